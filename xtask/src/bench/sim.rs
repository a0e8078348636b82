//! Measures the speed and the memory of the simulator. The simulator must be fast, because the measurements of clients
//! use it as the service.

use std::path::Path;

use anyhow::Result;
use workspace_bench_results::SimulatorResult;

use super::program;
use super::table::BenchRow;

/// Maximum time to answer a request for a page of a thousand events, in milliseconds.
const MAX_PAGE_MILLIS: f64 = 2.0;

/// Minimum throughput of one instance over loopback, in millions of bytes per second.
const MIN_MEGABYTES_PER_SECOND: f64 = 300.0;

/// Maximum memory of one instance in MiB.
const MAX_MEBIBYTES: f64 = 100.0;

pub(super) fn measure(root: &Path) -> Result<Vec<BenchRow>> {
    Ok(rows(&program::run(root, "bench-sim")?))
}

fn rows(result: &SimulatorResult) -> Vec<BenchRow> {
    let log = format!("of a log of {:.1} million events", result.events as f64 / 1e6);
    let page = format!("simulator: a page of {} {log}", result.events_per_page);
    let throughput = format!("simulator: pages {log}, over loopback");
    let mut rows = vec![
        BenchRow::at_most(page, result.page_micros / 1e3, "ms", MAX_PAGE_MILLIS),
        BenchRow::at_least(throughput, result.megabytes_per_second, "MB/s", MIN_MEGABYTES_PER_SECOND),
    ];
    rows.extend(
        result.peak_mebibytes.map(|peak| BenchRow::at_most("simulator: peak memory", peak, "MiB", MAX_MEBIBYTES)),
    );
    rows
}
