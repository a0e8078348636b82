//! `cargo xtask soak`: ten million events, which takes minutes and so is no test. What is read is compared with the log
//! record by record; memory has a limit, and the throughput is told.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use crate::bench::table::Row;
use crate::bench::{judge, program};

/// The most memory that one stream may ever take, in MiB.
const STREAM_MEBIBYTES: f64 = 150.0;

/// What the program prints.
#[derive(Deserialize)]
struct Measured {
    events: u64,
    requests: u64,
    seconds: f64,
    peak_mebibytes: Option<f64>,
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
        Row::told(
            "one stream: throughput",
            events / measured.seconds,
            "events/s",
        )
        .whole(),
    ];
    rows.extend(
        measured
            .peak_mebibytes
            .map(|peak| Row::limited("one stream: most memory", peak, "MiB", STREAM_MEBIBYTES)),
    );
    rows
}
