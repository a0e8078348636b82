//! The simulated log: ten million events over two years.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use http::Request;
use http::header::AUTHORIZATION;
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};
use workspace_benches::server::serve_simulator;

/// Minimum number of events in the log.
pub(crate) const MIN_EVENTS: u64 = 10_000_000;

/// Events in a page.
pub(crate) const PAGE_SIZE: u64 = 1_000;

/// Length of the log in days: two years.
const DAYS: u64 = 730;

/// Number of threads of the server. The minimum throughput in `cargo xtask bench sim` is meant for two cores.
const THREADS: usize = 2;

pub(crate) fn simulator() -> Simulator {
    Simulator::builder().events_per_day(MIN_EVENTS / DAYS + 200).clock(end).build()
}

/// The number of events in the log.
pub(crate) fn event_count(simulator: &Simulator) -> u64 {
    simulator.count(simulator.contracts()[0], LOG_BEGIN, end())
}

/// Path and query of the page that begins at `offset` in the whole log.
pub(crate) fn page_path(simulator: &Simulator, offset: u64) -> String {
    let contract = simulator.contracts()[0];
    format!("/activitylog/v1/contracts/{contract}?offset={offset}&limit={PAGE_SIZE}")
}

/// A request for the page that begins at `offset` in the whole log.
pub(crate) fn page_request(simulator: &Simulator, offset: u64) -> Result<Request<()>> {
    Request::get(page_path(simulator, offset))
        .header(AUTHORIZATION, format!("Bearer {}", simulator.token()))
        .body(())
        .context("cannot build the request")
}

/// Serves the log in the server process.
pub(crate) fn serve() -> Result<()> {
    serve_simulator(simulator(), Some(THREADS))
}

fn end() -> DateTime<Utc> {
    LOG_BEGIN + chrono::TimeDelta::days(DAYS as i64)
}
