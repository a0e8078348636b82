//! What completeness costs, compared with a program that only reads the same bytes and writes them to a file, and what it
//! saves, compared with the loop that most people would write.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::program;
use super::table::Row;

/// The most that reading verified events may take, as a multiple of the least.
const RATIO: f64 = 3.0;

/// The same where each answer takes 100 ms.
const SLOW_RATIO: f64 = 1.15;

/// The most requests, as a multiple of the fewest that could bring all events.
const REQUESTS_RATIO: f64 = 1.15;

/// How many times faster than the usual loop it must be.
const USUAL_RATIO: f64 = 6.0;

/// What the program prints: the fields that are shown.
#[derive(Deserialize)]
struct Measured {
    events: u64,
    floor_millis: f64,
    verified_millis: f64,
    usual_millis: f64,
    ratio: f64,
    usual_ratio: f64,
    slow_floor_millis: f64,
    slow_verified_millis: f64,
    slow_ratio: f64,
    requests_ratio: f64,
}

pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    Ok(rows(&program::measured(root, "bench-reading")?))
}

fn rows(measured: &Measured) -> Vec<Row> {
    let events = measured.events;
    let millis = |what: &str, value| Row::told(format!("{what}, {events} events"), value, "ms");
    vec![
        millis("bytes to a file", measured.floor_millis),
        millis("verified events to a file", measured.verified_millis),
        millis("the usual loop", measured.usual_millis),
        Row::limited("verified / bytes", measured.ratio, "x", RATIO).fine(),
        Row::at_least("usual loop / verified", measured.usual_ratio, "x", USUAL_RATIO).fine(),
        millis("bytes to a file at 100 ms", measured.slow_floor_millis),
        millis("verified events to a file at 100 ms", measured.slow_verified_millis),
        Row::limited("verified / bytes at 100 ms", measured.slow_ratio, "x", SLOW_RATIO).fine(),
        Row::limited("requests / fewest", measured.requests_ratio, "x", REQUESTS_RATIO).fine(),
    ]
}
