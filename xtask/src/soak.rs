//! `cargo xtask soak`: reads and archives ten million events, which takes minutes. The benchmark program compares all
//! events with the log; this module compares the peak memory of that program with limits.

use std::path::Path;

use anyhow::Result;
use workspace_bench_results::SoakResult;

use crate::bench::table::BenchRow;
use crate::bench::{print_and_check, program};

/// Maximum memory of one stream in MiB.
const MAX_STREAM_MEBIBYTES: f64 = 150.0;

/// Maximum memory of an export to an archive in MiB.
const MAX_ARCHIVE_MEBIBYTES: f64 = 200.0;

/// Runs the soak test and prints a table. Fails if an event is missing or a limit is exceeded.
pub fn run(root: &Path) -> Result<()> {
    print_and_check(&rows(&program::run(root, "soak")?))
}

fn rows(result: &SoakResult) -> Vec<BenchRow> {
    let events = result.events as f64;
    let whole = |name: String, value: f64, unit| BenchRow::unlimited(name, value, unit).with_decimals(0);
    let stream = |name: &str| format!("one stream: {name}");
    let archive = |name: &str| format!("archive, killed ten times and resumed: {name}");
    let mut rows = vec![
        whole(stream("events, each exactly once"), events, ""),
        whole(stream("requests"), result.stream_requests as f64, ""),
        whole(stream("throughput"), events / result.stream_seconds, "events/s"),
    ];
    rows.extend(
        result
            .stream_peak_mebibytes
            .map(|peak| BenchRow::at_most(stream("peak memory"), peak, "MiB", MAX_STREAM_MEBIBYTES)),
    );
    rows.extend([
        whole(archive("events, each exactly once"), events, ""),
        whole(archive("throughput"), events / result.archive_seconds, "events/s"),
        BenchRow::at_most(archive("peak memory"), result.archive_peak_mebibytes, "MiB", MAX_ARCHIVE_MEBIBYTES),
        whole("archived again a month later: events, identical files".into(), result.rearchived_events as f64, ""),
    ]);
    rows
}
