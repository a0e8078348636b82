//! What the facade adds to the work of reading a page, in processor time, compared with a bare loop.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::program;
use super::table::Row;

/// The most that the facade may add to the processor time of a page, in percent: retries, limits, metadata and
/// redaction should cost less than one notices.
const OVERHEAD_PERCENT: f64 = 5.0;

/// What the program prints: the fields that are shown.
#[derive(Deserialize)]
struct Measured {
    events_per_page: u64,
    bare_cpu_micros: f64,
    facade_cpu_micros: f64,
    bare_wall_micros: f64,
    facade_wall_micros: f64,
    cpu_ratio: f64,
    wall_ratio: f64,
}

pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    Ok(rows(&program::measured(root, "bench-facade")?))
}

fn rows(measured: &Measured) -> Vec<Row> {
    let millis = |what: &str, micros: f64| {
        let events = measured.events_per_page;
        Row::told(format!("{what}, a page of {events} events"), micros / 1e3, "ms").exact()
    };
    vec![
        millis("bare loop: processor time", measured.bare_cpu_micros),
        millis("facade: processor time", measured.facade_cpu_micros),
        Row::limited("facade: overhead, processor time", percent(measured.cpu_ratio), "%", OVERHEAD_PERCENT),
        millis("bare loop: time on the wall", measured.bare_wall_micros),
        millis("facade: time on the wall", measured.facade_wall_micros),
        Row::told("facade: overhead, time on the wall", percent(measured.wall_ratio), "%"),
    ]
}

fn percent(ratio: f64) -> f64 {
    (ratio - 1.0) * 100.0
}
