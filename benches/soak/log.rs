//! The simulated log: ten million events over a hundred days.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};
use workspace_benches::server::serve_simulator;

use crate::digest::SetDigest;

/// Minimum number of events in the log.
const MIN_EVENTS: u64 = 10_000_000;

/// Length of the log in days.
const DAYS: i64 = 100;

/// First instant of the log.
pub(crate) fn start() -> DateTime<Utc> {
    LOG_BEGIN
}

/// End of the log, exclusive.
pub(crate) fn end() -> DateTime<Utc> {
    LOG_BEGIN + TimeDelta::days(DAYS)
}

fn simulator() -> Simulator {
    Simulator::builder().events_per_day(MIN_EVENTS / DAYS as u64 + 8_000).clock(|| end() + TimeDelta::days(1)).build()
}

/// The contract number.
pub(crate) fn contract() -> u64 {
    simulator().contracts()[0]
}

/// The digest of all records. The records come from the simulator directly, without a server.
pub(crate) fn digest() -> Result<SetDigest> {
    let mut digest = SetDigest::default();
    for record in simulator().records(contract(), start(), end()) {
        digest.add(&record);
    }
    anyhow::ensure!(digest.records >= MIN_EVENTS, "the log has only {} events", digest.records);
    Ok(digest)
}

/// Serves the log in the server process.
pub(crate) fn serve() -> Result<()> {
    serve_simulator(simulator(), None)
}
