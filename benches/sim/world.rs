//! The log that is measured: ten million events over two years.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use http::Request;
use http::header::AUTHORIZATION;
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};

/// The log has at least as many.
pub(crate) const EVENTS: u64 = 10_000_000;

/// Events of a page.
pub(crate) const PAGE: u64 = 1_000;

/// Days of the log: two years.
const DAYS: u64 = 730;

/// As many threads as the limit is meant for.
const THREADS: usize = 2;

pub(crate) fn simulator() -> Simulator {
    Simulator::builder().events_per_day(EVENTS / DAYS + 200).clock(end).build()
}

/// How many events the log of its contract has.
pub(crate) fn events(simulator: &Simulator) -> u64 {
    simulator.count(simulator.contracts()[0], LOG_BEGIN, end())
}

/// The path of a page of the whole log.
pub(crate) fn path(simulator: &Simulator, offset: u64) -> String {
    let contract = simulator.contracts()[0];
    format!("/activitylog/v1/contracts/{contract}?offset={offset}&limit={PAGE}")
}

/// A request for it.
pub(crate) fn request(simulator: &Simulator, offset: u64) -> Result<Request<()>> {
    Request::get(path(simulator, offset))
        .header(AUTHORIZATION, format!("Bearer {}", simulator.token()))
        .body(())
        .context("no request")
}

/// Serves it.
pub(crate) fn serve() -> Result<()> {
    workspace_benches::serve(simulator(), Some(THREADS))
}

fn end() -> DateTime<Utc> {
    LOG_BEGIN + chrono::TimeDelta::days(DAYS as i64)
}
