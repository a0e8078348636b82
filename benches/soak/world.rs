//! The log that is read: ten million events of a hundred busy days.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};

use crate::digest::SetDigest;

/// The log has at least as many.
const EVENTS: u64 = 10_000_000;

const DAYS: i64 = 100;

pub(crate) fn start() -> DateTime<Utc> {
    LOG_BEGIN
}

pub(crate) fn end() -> DateTime<Utc> {
    LOG_BEGIN + TimeDelta::days(DAYS)
}

fn simulator() -> Simulator {
    Simulator::builder().events_per_day(EVENTS / DAYS as u64 + 8_000).clock(|| end() + TimeDelta::days(1)).build()
}

pub(crate) fn contract() -> u64 {
    simulator().contracts()[0]
}

/// What there is to read.
pub(crate) fn truth() -> Result<SetDigest> {
    let mut truth = SetDigest::default();
    for record in simulator().records(contract(), start(), end()) {
        truth.add(&record);
    }
    anyhow::ensure!(truth.records >= EVENTS, "the log has {} events only", truth.records);
    Ok(truth)
}

/// Serves it.
pub(crate) fn serve() -> Result<()> {
    workspace_benches::serve(simulator(), None)
}
