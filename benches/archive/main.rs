//! Measures exports to an archive. An export verifies, sorts, hashes and syncs the events, and may compress them. The
//! baseline only copies the bytes of the pages to a file, with the same number of requests in flight.
//!
//! Prints an [`ArchiveResult`] as JSON.

mod export;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use ionos_activitylog_archive::{Archive, Compression, verify_archive};
use workspace_bench_results::ArchiveResult;
use workspace_benches::byte_copy::copy_pages;
use workspace_benches::measure::{Stopwatch, median, median_ratio, peak_mebibytes};
use workspace_benches::server::{self, Server};
use workspace_benches::{log, runtimes};

use export::export;

/// Number of rounds without latency. It is odd, so that the median is the value of one round.
const ROUNDS: usize = 7;

/// Number of rounds with latency. The number is small, because each of these rounds takes seconds.
const SLOW_ROUNDS: usize = 3;

fn main() -> ExitCode {
    server::run(log::serve, measure)
}

fn measure() -> Result<()> {
    let mut result = ArchiveResult { events: log::event_count(), ..ArchiveResult::default() };
    measure_without_latency(&mut result)?;
    measure_with_latency(&mut result)?;
    println!("{}", serde_json::to_string(&result)?);
    Ok(())
}

fn measure_without_latency(result: &mut ArchiveResult) -> Result<()> {
    let (copy_runtime, runtime) = (runtimes::single_threaded()?, runtimes::multi_threaded()?);
    let server = Server::start(&[])?;
    let address = server.address();
    // These two exports are not timed. The peak memory is read right after them, before copies and verifications use
    // memory.
    export(&runtime, address, Compression::Zstd)?;
    export(&runtime, address, Compression::None)?;
    result.peak_mebibytes = peak_mebibytes(std::process::id());
    let (mut copies, mut plains, mut zstds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut plain_speeds, mut zstd_speeds) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        copies.push(runtimes::time(&copy_runtime, copy_pages(address))?.0);
        let plain = export(&runtime, address, Compression::None)?;
        let zstd = export(&runtime, address, Compression::Zstd)?;
        plains.push(plain.millis);
        zstds.push(zstd.millis);
        plain_speeds.push(verify(plain.folder.path())?);
        zstd_speeds.push(verify(zstd.folder.path())?);
    }
    result.plain_copy_ratio = median_ratio(&plains, &copies);
    result.zstd_copy_ratio = median_ratio(&zstds, &copies);
    result.copy_millis = median(copies);
    result.plain_millis = median(plains);
    result.zstd_millis = median(zstds);
    result.verify_plain_megabytes = median(plain_speeds);
    result.verify_zstd_megabytes = median(zstd_speeds);
    Ok(())
}

fn measure_with_latency(result: &mut ArchiveResult) -> Result<()> {
    let (copy_runtime, runtime) = (runtimes::single_threaded()?, runtimes::multi_threaded()?);
    let server = Server::start(&[log::WITH_LATENCY])?;
    let (mut copies, mut zstds) = (Vec::new(), Vec::new());
    for _ in 0..SLOW_ROUNDS {
        copies.push(runtimes::time(&copy_runtime, copy_pages(server.address()))?.0);
        zstds.push(export(&runtime, server.address(), Compression::Zstd)?.millis);
    }
    result.slow_zstd_copy_ratio = median_ratio(&zstds, &copies);
    Ok(())
}

/// Verifies an archive of all events. Returns the speed in millions of record bytes per second.
fn verify(folder: &Path) -> Result<f64> {
    let stopwatch = Stopwatch::start();
    let report = verify_archive(&Archive::new(folder), None)?;
    let seconds = stopwatch.elapsed().wall.as_secs_f64();
    ensure!(
        report.findings.is_empty() && report.events == log::event_count(),
        "the archive is incomplete: {:?}",
        report.findings
    );
    Ok(report.bytes as f64 / 1e6 / seconds)
}
