//! Reads ten million events through one stream, and archives them in eleven processes, ten of which are killed.
//! Compares the digests of the streamed and of the archived records with the digest of the log, and measures peak
//! memory and throughput. Then kills exports at random points. The first argument is the seed that determines these
//! points.
//!
//! Prints a [`SoakResult`] as JSON.

mod digest;
mod killed_export;
mod kills;
mod log;
mod stream;

use std::process::ExitCode;

use anyhow::{Context, Result};
use workspace_bench_results::{SoakResult, SoakedEvents};
use workspace_benches::server::{self, Server};

/// Argument that skips the part with ten million events.
const ONLY_KILLS: &str = "--only-kills";

fn main() -> ExitCode {
    server::run(
        |arguments| match arguments.split_first() {
            Some((first, rest)) if first == killed_export::EXPORT => killed_export::export(rest),
            Some((first, rest)) if first == kills::KILLED => kills::export(rest),
            Some((first, rest)) if first == kills::KILLS_LOG => kills::serve(rest),
            _ => log::serve(),
        },
        measure,
    )
}

fn measure() -> Result<()> {
    let seed = std::env::args().nth(1).context("usage: soak SEED [--only-kills]")?.parse()?;
    let events = if std::env::args().any(|argument| argument == ONLY_KILLS) { None } else { Some(measure_events()?) };
    let result = SoakResult { events, killed: kills::run(seed)? };
    println!("{}", serde_json::to_string(&result)?);
    Ok(())
}

fn measure_events() -> Result<SoakedEvents> {
    let stream = stream::read()?;
    let server = Server::start(&[])?;
    let archive = killed_export::run(server.address(), stream.records)?;
    let rearchived_events = killed_export::compare_repeated(server.address())?;
    Ok(SoakedEvents {
        events: stream.records.records,
        stream_requests: stream.requests,
        stream_seconds: stream.seconds,
        stream_peak_mebibytes: stream.peak_mebibytes,
        archive_seconds: archive.seconds,
        archive_peak_mebibytes: archive.peak_mebibytes,
        rearchived_events,
    })
}
