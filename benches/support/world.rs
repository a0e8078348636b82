//! The log that is read: a hundred thousand events of a busy contract, with latency or without.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::fault::{Fault, Faults, When};
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};

/// Events of a page.
pub const PAGE: u64 = 1_000;

/// Requests on their way at the same time.
pub const AT_ONCE: u32 = 4;

/// The server keeps all records that it has written: what is measured is how they are read.
const KEPT_BYTES: usize = 128 << 20;

/// The argument with which the server is slow.
pub const SLOW: &str = "slow";

/// Days of the log.
const DAYS: i64 = 20;

/// Events of a day.
const EVENTS: u64 = 5_000;

/// What every answer waits for, where there is latency.
const LATENCY: Duration = Duration::from_millis(100);

/// Where the log begins.
pub fn start() -> DateTime<Utc> {
    LOG_BEGIN
}

/// Where it ends.
pub fn end() -> DateTime<Utc> {
    LOG_BEGIN + TimeDelta::days(DAYS)
}

fn simulator(faults: Faults) -> Simulator {
    Simulator::builder()
        .events_per_day(EVENTS)
        .keeping(KEPT_BYTES)
        .faults(faults)
        .clock(|| end() + TimeDelta::days(1))
        .build()
}

/// The path of a page of the whole range.
pub fn path(offset: u64) -> String {
    let contract = contract();
    let (start, end) = (start().format("%FT%TZ"), end().format("%FT%TZ"));
    format!("/activitylog/v1/contracts/{contract}?dateStart={start}&dateEnd={end}&offset={offset}&limit={PAGE}")
}

/// The contract, and how many events its range holds; found out once, since that is not what is measured.
static KNOWN: LazyLock<(u64, u64)> = LazyLock::new(|| {
    let simulator = simulator(Faults::new());
    let contract = simulator.contracts()[0];
    (contract, simulator.count(contract, start(), end()))
});

/// The number of the contract.
pub fn contract() -> u64 {
    KNOWN.0
}

/// How many events the range holds.
pub fn events() -> u64 {
    KNOWN.1
}

/// Serves it; with [`SLOW`] among the arguments, each answer takes 100 ms.
pub fn serve(arguments: &[String]) -> Result<()> {
    let faults = match arguments.iter().any(|argument| argument == SLOW) {
        true => Faults::new().on(When::any(), Fault::Delay(LATENCY))?,
        false => Faults::new(),
    };
    crate::serve(simulator(faults), None)
}
