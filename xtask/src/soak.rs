//! `cargo xtask soak`: reads and archives ten million events, and kills exports three hundred times. The task takes
//! minutes. The benchmark program compares all events with the log, and all files with those of an export that was not
//! killed. This module compares the peak memory of the benchmark program with limits.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use workspace_bench_results::{KilledExports, SoakResult, SoakedEvents};

use crate::bench::table::BenchRow;
use crate::bench::{print_and_check, program};

/// Maximum memory of one stream in MiB.
const MAX_STREAM_MEBIBYTES: f64 = 150.0;

/// Maximum memory of an export to an archive in MiB.
const MAX_ARCHIVE_MEBIBYTES: f64 = 200.0;

/// Runs the soak test and prints a table. Fails if an event is missing, a file differs or a limit is exceeded. `seed`
/// decides at which points exports are killed; `None` stands for a new seed. `only_kills` skips the ten million events.
pub fn run(root: &Path, seed: Option<u64>, only_kills: bool) -> Result<()> {
    let seed = seed.unwrap_or_else(new_seed);
    println!("soak: the seed {seed} decides at which points exports are killed; repeat this run with `--seed {seed}`");
    let seed = seed.to_string();
    let arguments = if only_kills { &[&*seed, "--only-kills"][..] } else { &[&*seed][..] };
    let result: SoakResult = program::run_with(root, "soak", arguments)?;
    let mut rows = result.events.as_ref().map(event_rows).unwrap_or_default();
    rows.extend(result.killed.iter().flat_map(kill_rows));
    print_and_check(&rows)
}

/// A seed that differs from run to run, short enough to be typed.
fn new_seed() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since_epoch.subsec_micros())
}

fn kill_rows(result: &KilledExports) -> [BenchRow; 2] {
    let KilledExports { kind, kills, exports, files, seconds } = result;
    let name = |what: String| format!("{kind}, killed and resumed: {what}");
    [
        BenchRow::unlimited(
            name(format!("kills in {exports} exports; all {files} files identical")),
            *kills as f64,
            "",
        )
        .with_decimals(0),
        BenchRow::unlimited(name("time".to_owned()), *seconds, "s"),
    ]
}

fn event_rows(result: &SoakedEvents) -> Vec<BenchRow> {
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
        whole("events archived again a month later; files identical".into(), result.rearchived_events as f64, ""),
    ]);
    rows
}
