//! An archive is verified, sorted, hashed, perhaps compressed, and durable. What that costs is compared with a program that
//! only reads the same bytes with as many requests on their way and writes them to a file.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask bench` reads.

mod archived;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use ionos_activitylog_archive::{Archive, Compression, verify_archive};
use serde::Serialize;
use workspace_benches::threads::{self, timed};
use workspace_benches::{Server, Stopwatch, floor, median, peak_mebibytes, ratio, world};

/// Rounds without latency that count; an odd number has a median of its own.
const ROUNDS: usize = 7;

/// Rounds with latency, which take seconds each.
const SLOW_ROUNDS: usize = 3;

/// What the measurement says; ratios are medians over the rounds, times are medians in milliseconds.
#[derive(Debug, Default, Serialize)]
struct Measured {
    events: u64,
    floor_millis: f64,
    plain_millis: f64,
    zstd_millis: f64,
    plain_ratio: f64,
    zstd_ratio: f64,
    slow_ratio: f64,
    /// The most memory of this process while it exported, in MiB; absent where the machine does not tell.
    peak_mebibytes: Option<f64>,
    /// Millions of bytes of records a second, uncompressed.
    verify_plain: f64,
    verify_zstd: f64,
}

fn main() -> ExitCode {
    workspace_benches::run(world::serve, measure)
}

fn measure() -> Result<()> {
    let (alone, shared) = (threads::alone()?, threads::shared()?);
    let mut measured = Measured { events: world::events(), ..Measured::default() };
    let server = Server::start(&[])?;
    let address = server.address();
    // First of all, so that the memory is that of an export and of nothing else.
    archived::export(&shared, address, Compression::Zstd)?;
    archived::export(&shared, address, Compression::None)?;
    measured.peak_mebibytes = peak_mebibytes(std::process::id());
    let (mut floors, mut plains, mut zstds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut plain_speeds, mut zstd_speeds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.push(timed(&alone, floor::read(address))?.0);
        let plain = archived::export(&shared, address, Compression::None)?;
        let zstd = archived::export(&shared, address, Compression::Zstd)?;
        plains.push(plain.millis);
        zstds.push(zstd.millis);
        plain_speeds.push(verified(plain.root.path())?);
        zstd_speeds.push(verified(zstd.root.path())?);
    }
    drop(server);
    measured.plain_ratio = ratio(&plains, &floors);
    measured.zstd_ratio = ratio(&zstds, &floors);
    measured.floor_millis = median(floors.into_iter());
    measured.plain_millis = median(plains.into_iter());
    measured.zstd_millis = median(zstds.into_iter());
    measured.verify_plain = median(plain_speeds.into_iter());
    measured.verify_zstd = median(zstd_speeds.into_iter());
    let server = Server::start(&[world::SLOW])?;
    let (mut floors, mut zstds) = (Vec::new(), Vec::new());
    for _ in 0..SLOW_ROUNDS {
        floors.push(timed(&alone, floor::read(server.address()))?.0);
        zstds.push(archived::export(&shared, server.address(), Compression::Zstd)?.millis);
    }
    measured.slow_ratio = ratio(&zstds, &floors);
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Millions of bytes of records a second.
fn verified(root: &Path) -> Result<f64> {
    let stopwatch = Stopwatch::start();
    let report = verify_archive(&Archive::at(root), None)?;
    let seconds = stopwatch.spent().wall.as_secs_f64();
    ensure!(
        report.findings.is_empty() && report.events == world::events(),
        "the archive is not whole: {:?}",
        report.findings
    );
    Ok(report.bytes as f64 / 1e6 / seconds)
}
