//! The log that is read: ten million events of a hundred busy days.

use std::io::{self, Read};
use std::net::Ipv4Addr;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::{LOG_BEGIN, Simulator};
use tokio::net::TcpListener;
use tokio::runtime;

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
    Simulator::builder()
        .events_per_day(EVENTS / DAYS as u64 + 8_000)
        .clock(|| end() + TimeDelta::days(1))
        .build()
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
    anyhow::ensure!(
        truth.records >= EVENTS,
        "the log has {} events only",
        truth.records
    );
    Ok(truth)
}

/// Prints its address and serves until the standard input ends, which it does when the parent is gone.
pub(crate) fn serve() -> Result<()> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.local_addr()?);
    let simulator = simulator();
    let server = runtime.spawn(async move { simulator.serve(listener).await });
    io::stdin().read_to_end(&mut Vec::new())?;
    server.abort();
    Ok(())
}
