//! `cargo xtask soak`: ten million events, which takes minutes and so is no test. What is read is compared with the log
//! record by record; memory has a limit, and the throughput is told.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use crate::bench::table::Row;
use crate::bench::{judge, program};

/// The most memory that one stream may ever take, in MiB.
const STREAM_MEBIBYTES: f64 = 150.0;

/// The most memory that an export into an archive may ever take, in MiB.
const ARCHIVE_MEBIBYTES: f64 = 200.0;

/// What the program prints.
#[derive(Deserialize)]
struct Measured {
    events: u64,
    requests: u64,
    seconds: f64,
    peak_mebibytes: Option<f64>,
    archive_seconds: f64,
    archive_mebibytes: f64,
    archived_again: u64,
}

/// Reads everything, prints a table, and fails where an event is missing or a limit is missed.
pub fn run(root: &Path) -> Result<()> {
    judge(&rows(&program::measured(root, "soak")?))
}

fn rows(measured: &Measured) -> Vec<Row> {
    let events = measured.events as f64;
    let mut rows = vec![
        Row::told("one stream: events, each exactly once", events, "").whole(),
        Row::told("one stream: requests", measured.requests as f64, "").whole(),
        Row::told("one stream: throughput", events / measured.seconds, "events/s").whole(),
    ];
    rows.extend(
        measured.peak_mebibytes.map(|peak| Row::limited("one stream: most memory", peak, "MiB", STREAM_MEBIBYTES)),
    );
    let archived = "archive, killed ten times and resumed";
    rows.extend([
        Row::told(format!("{archived}: events, each exactly once"), events, "").whole(),
        Row::told(format!("{archived}: throughput"), events / measured.archive_seconds, "events/s").whole(),
        Row::limited(format!("{archived}: most memory"), measured.archive_mebibytes, "MiB", ARCHIVE_MEBIBYTES),
        Row::told("archived again a month later: events, the same bytes", measured.archived_again as f64, "").whole(),
    ]);
    rows
}
