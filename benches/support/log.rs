//! The log that the benchmarks read: a hundred thousand events of one contract, served with or without latency.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::fault::{Fault, Faults, Trigger};
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};

/// Events in a page.
pub const PAGE_SIZE: u64 = 1_000;

/// Maximum number of requests in flight, the same for all readers.
pub const CONCURRENT_REQUESTS: u32 = 4;

/// Maximum size of the record cache of the server in bytes. All records fit, so that generating records is not
/// measured.
const RECORD_CACHE_BYTES: usize = 128 << 20;

/// Argument that makes the server delay each answer.
pub const WITH_LATENCY: &str = "slow";

/// Length of the log in days.
const DAYS: i64 = 20;

/// Events per day, on average.
const DEFAULT_EVENTS_PER_DAY: u64 = 5_000;

/// Delay of each answer of a server with latency.
const LATENCY: Duration = Duration::from_millis(100);

/// First instant of the log.
pub fn start() -> DateTime<Utc> {
    LOG_BEGIN
}

/// End of the log, exclusive.
pub fn end() -> DateTime<Utc> {
    LOG_BEGIN + TimeDelta::days(DAYS)
}

fn simulator(faults: Faults) -> Simulator {
    Simulator::builder()
        .events_per_day(DEFAULT_EVENTS_PER_DAY)
        .record_cache(RECORD_CACHE_BYTES)
        .faults(faults)
        .clock(|| end() + TimeDelta::days(1))
        .build()
}

/// Path and query of the page at an offset of the whole log.
pub fn page_path(offset: u64) -> String {
    let contract = contract();
    let (start, end) = (start().format("%FT%TZ"), end().format("%FT%TZ"));
    format!("/activitylog/v1/contracts/{contract}?dateStart={start}&dateEnd={end}&offset={offset}&limit={PAGE_SIZE}")
}

/// The contract number and its number of events, computed once before anything is measured.
static CONTRACT_AND_COUNT: LazyLock<(u64, u64)> = LazyLock::new(|| {
    let simulator = simulator(Faults::new());
    let contract = simulator.contracts()[0];
    (contract, simulator.count(contract, start(), end()))
});

/// The contract number.
pub fn contract() -> u64 {
    CONTRACT_AND_COUNT.0
}

/// The number of events in the log.
pub fn event_count() -> u64 {
    CONTRACT_AND_COUNT.1
}

/// Serves the log in the server process. [`WITH_LATENCY`] among the arguments delays each answer by 100 ms.
pub fn serve(arguments: &[String]) -> Result<()> {
    let faults = match arguments.iter().any(|argument| argument == WITH_LATENCY) {
        true => Faults::new().add_rule(Trigger::any(), Fault::Delay(LATENCY))?,
        false => Faults::new(),
    };
    crate::server::serve_simulator(simulator(faults), None)
}
