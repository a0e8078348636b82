//! Measures how much more CPU time the facade takes than a minimal client built on reqwest and serde_json.

use std::path::Path;

use anyhow::Result;
use workspace_bench_results::FacadeResult;

use super::program;
use super::table::BenchRow;

/// Maximum CPU time that the facade adds to a page, in percent of the CPU time of the minimal client.
const MAX_OVERHEAD_PERCENT: f64 = 5.0;

pub(super) fn measure(root: &Path) -> Result<Vec<BenchRow>> {
    Ok(rows(&program::run(root, "bench-facade")?))
}

fn rows(result: &FacadeResult) -> Vec<BenchRow> {
    let millis = |name: &str, micros: f64| {
        let events = result.events_per_page;
        BenchRow::unlimited(format!("{name}, a page of {events} events"), micros / 1e3, "ms").with_decimals(3)
    };
    vec![
        millis("minimal client: CPU time", result.minimal_cpu_micros),
        millis("facade: CPU time", result.facade_cpu_micros),
        BenchRow::at_most("facade: overhead, CPU time", percent(result.cpu_ratio), "%", MAX_OVERHEAD_PERCENT),
        millis("minimal client: wall-clock time", result.minimal_wall_micros),
        millis("facade: wall-clock time", result.facade_wall_micros),
        BenchRow::unlimited("facade: overhead, wall-clock time", percent(result.wall_ratio), "%"),
    ]
}

fn percent(ratio: f64) -> f64 {
    (ratio - 1.0) * 100.0
}
