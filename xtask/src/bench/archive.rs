//! What an archive costs, compared with a program that only reads the same bytes and writes them to a file, how fast it is
//! verified, and how long the command line takes to begin.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::program;
use super::table::Row;
use crate::cargo;

/// The most that an archive may take, as a multiple of the least.
const PLAIN_RATIO: f64 = 4.0;

/// The same compressed.
const ZSTD_RATIO: f64 = 6.0;

/// The same where each answer takes 100 ms.
const SLOW_RATIO: f64 = 1.2;

/// The most memory of an export, in MiB.
const PEAK_MEBIBYTES: f64 = 64.0;

/// The least that verifying reads, in millions of bytes of records a second.
const VERIFY_MEGABYTES: f64 = 300.0;

/// The longest that `ialog --version` may take, in milliseconds.
const START_MILLIS: f64 = 10.0;

/// How often the command line is started; the middle one counts.
const STARTS: usize = 21;

/// What the program prints: the fields that are shown.
#[derive(Deserialize)]
struct Measured {
    events: u64,
    floor_millis: f64,
    plain_millis: f64,
    zstd_millis: f64,
    plain_ratio: f64,
    zstd_ratio: f64,
    slow_ratio: f64,
    peak_mebibytes: Option<f64>,
    verify_plain: f64,
    verify_zstd: f64,
}

pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    let mut rows = rows(&program::measured(root, "bench-archive")?);
    rows.push(Row::limited("ialog --version", start(root)?, "ms", START_MILLIS));
    Ok(rows)
}

fn rows(measured: &Measured) -> Vec<Row> {
    let events = measured.events;
    let millis = |what: &str, value| Row::told(format!("{what}, {events} events"), value, "ms");
    let verify = |what: &str, value| {
        let what = format!("verify, {what}");
        Row::at_least(what, value, "MB/s", VERIFY_MEGABYTES).whole()
    };
    let mut rows = vec![
        millis("bytes to a file", measured.floor_millis),
        millis("archive of plain NDJSON", measured.plain_millis),
        millis("archive of zstd", measured.zstd_millis),
        Row::limited("plain archive / bytes", measured.plain_ratio, "x", PLAIN_RATIO).fine(),
        Row::limited("zstd archive / bytes", measured.zstd_ratio, "x", ZSTD_RATIO).fine(),
        Row::limited("zstd archive / bytes at 100 ms", measured.slow_ratio, "x", SLOW_RATIO).fine(),
        verify("plain NDJSON", measured.verify_plain),
        verify("zstd", measured.verify_zstd),
    ];
    let peak = measured.peak_mebibytes;
    rows.extend(peak.map(|peak| Row::limited("archive: most memory", peak, "MiB", PEAK_MEBIBYTES)));
    rows
}

/// How long the command line takes to print its version, in milliseconds.
fn start(root: &Path) -> Result<f64> {
    let program = cargo::built(root, "ialog")?;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let begun = Instant::now();
        let output = Command::new(&program).arg("--version").output()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(output.status.success(), "ialog --version failed");
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(STARTS / 2).copied().unwrap_or(f64::NAN))
}
