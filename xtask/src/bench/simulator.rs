//! Whether the simulator is fast and small enough not to be what somebody measures with it.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::program;
use super::table::Row;

/// The longest that a page of a thousand events may take, in milliseconds.
const PAGE_MILLIS: f64 = 2.0;

/// The least that one instance must give out over loopback, in millions of bytes a second.
const MEGABYTES_PER_SECOND: f64 = 300.0;

/// The most memory that it may ever have, in MiB.
const PEAK_MEBIBYTES: f64 = 100.0;

/// What the program prints: the fields that are shown.
#[derive(Deserialize)]
struct Measured {
    events: u64,
    events_per_page: u64,
    page_micros: f64,
    megabytes_per_second: f64,
    peak_mebibytes: Option<f64>,
}

pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    Ok(rows(&program::measured(root, "bench-sim")?))
}

fn rows(measured: &Measured) -> Vec<Row> {
    let log = format!("of a log of {:.1} million events", measured.events as f64 / 1e6);
    let mut rows = vec![
        Row::limited(
            format!("simulator: a page of {} {log}", measured.events_per_page),
            measured.page_micros / 1e3,
            "ms",
            PAGE_MILLIS,
        ),
        Row::at_least(
            format!("simulator: pages {log}, over loopback"),
            measured.megabytes_per_second,
            "MB/s",
            MEGABYTES_PER_SECOND,
        ),
    ];
    rows.extend(
        measured.peak_mebibytes.map(|peak| Row::limited("simulator: most memory", peak, "MiB", PEAK_MEBIBYTES)),
    );
    rows
}
