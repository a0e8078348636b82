//! Compares the time of an export to an archive with the time to copy the same bytes. Also measures the speed of
//! verification, the memory of an export, and the start time of the command line.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use workspace_bench_results::ArchiveResult;

use super::program::{self, middle};
use super::table::BenchRow;
use crate::cargo;

/// Maximum time of an uncompressed export, as a multiple of the time to copy the bytes.
const MAX_PLAIN_COPY_RATIO: f64 = 4.0;

/// Maximum time of an export with zstd, as a multiple of the time to copy the bytes.
const MAX_ZSTD_COPY_RATIO: f64 = 6.0;

/// Maximum time of an export with zstd if each answer takes 100 ms, as a multiple of the time to copy the bytes.
const MAX_SLOW_ZSTD_COPY_RATIO: f64 = 1.2;

/// Maximum memory of an export in MiB.
const MAX_MEBIBYTES: f64 = 64.0;

/// Minimum speed of verification, in millions of bytes of records per second.
const MIN_VERIFY_MEGABYTES: f64 = 300.0;

/// Maximum time of `ialog --version` in milliseconds.
const MAX_START_MILLIS: f64 = 10.0;

/// Number of measured starts of the command line. The result is the median of their times.
const STARTS: usize = 21;

pub(super) fn measure(root: &Path) -> Result<Vec<BenchRow>> {
    let mut rows = rows(&program::run(root, "bench-archive")?);
    rows.push(BenchRow::at_most("ialog --version", start_millis(root)?, "ms", MAX_START_MILLIS));
    Ok(rows)
}

fn rows(result: &ArchiveResult) -> Vec<BenchRow> {
    let events = result.events;
    let millis = |name: &str, value| BenchRow::unlimited(format!("{name}, {events} events"), value, "ms");
    let verify = |name: &str, value| {
        BenchRow::at_least(format!("verify, {name}"), value, "MB/s", MIN_VERIFY_MEGABYTES).with_decimals(0)
    };
    let ratio = |name: &str, value, max| BenchRow::at_most(name, value, "x", max).with_decimals(2);
    let mut rows = vec![
        millis("bytes to a file", result.copy_millis),
        millis("archive of plain NDJSON", result.plain_millis),
        millis("archive of zstd", result.zstd_millis),
        ratio("plain archive / bytes", result.plain_copy_ratio, MAX_PLAIN_COPY_RATIO),
        ratio("zstd archive / bytes", result.zstd_copy_ratio, MAX_ZSTD_COPY_RATIO),
        ratio("zstd archive / bytes at 100 ms", result.slow_zstd_copy_ratio, MAX_SLOW_ZSTD_COPY_RATIO),
        verify("plain NDJSON", result.verify_plain_megabytes),
        verify("zstd", result.verify_zstd_megabytes),
    ];
    rows.extend(
        result.peak_mebibytes.map(|peak| BenchRow::at_most("archive: peak memory", peak, "MiB", MAX_MEBIBYTES)),
    );
    rows
}

/// The median time that the command line takes to print its version, in milliseconds.
fn start_millis(root: &Path) -> Result<f64> {
    let program = cargo::build_release(root, "ialog")?;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let start = Instant::now();
        let output = Command::new(&program).arg("--version").output()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(output.status.success(), "ialog --version failed");
    }
    Ok(middle(times))
}
