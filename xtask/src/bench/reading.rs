//! Measures verified reading: the library reads all events and verifies that none is missing. This takes longer than
//! copying the same bytes to a file, and less time than the usual loop. Most programs use the usual loop: it requests
//! one page after another and writes each record.

use std::path::Path;

use anyhow::Result;
use workspace_bench_results::ReadingResult;

use super::program;
use super::table::BenchRow;

/// Maximum time of verified reading, as a multiple of the time to copy the bytes.
const MAX_COPY_RATIO: f64 = 2.2;

/// Maximum time of verified reading if each answer takes 100 ms, as a multiple of the time to copy the bytes.
const MAX_SLOW_COPY_RATIO: f64 = 1.15;

/// Maximum number of requests, as a multiple of the smallest number that can return all events.
const MAX_REQUESTS_RATIO: f64 = 1.15;

/// Minimum time of the usual loop, as a multiple of the time of verified reading.
const MIN_USUAL_RATIO: f64 = 6.0;

pub(super) fn measure(root: &Path) -> Result<Vec<BenchRow>> {
    Ok(rows(&program::run(root, "bench-reading")?))
}

fn rows(result: &ReadingResult) -> Vec<BenchRow> {
    let events = result.events;
    let millis = |name: &str, value| BenchRow::unlimited(format!("{name}, {events} events"), value, "ms");
    let at_most = |name: &str, value, max| BenchRow::at_most(name, value, "x", max).with_decimals(2);
    vec![
        millis("bytes to a file", result.copy_millis),
        millis("verified events to a file", result.verified_millis),
        millis("the usual loop", result.usual_millis),
        at_most("verified / bytes", result.copy_ratio, MAX_COPY_RATIO),
        BenchRow::at_least("usual loop / verified", result.usual_ratio, "x", MIN_USUAL_RATIO).with_decimals(2),
        millis("bytes to a file at 100 ms", result.slow_copy_millis),
        millis("verified events to a file at 100 ms", result.slow_verified_millis),
        at_most("verified / bytes at 100 ms", result.slow_copy_ratio, MAX_SLOW_COPY_RATIO),
        at_most("requests / fewest", result.requests_ratio, MAX_REQUESTS_RATIO),
    ]
}
