//! Reads ten million events through one stream, and archives them in eleven processes, ten of which are killed.
//! Compares the digests of the streamed and of the archived records with the digest of the log, and measures peak
//! memory and throughput.
//!
//! Prints a [`SoakResult`] as JSON.

mod digest;
mod killed_export;
mod log;
mod stream;

use std::process::ExitCode;

use anyhow::Result;
use workspace_bench_results::SoakResult;
use workspace_benches::server::{self, Server};

fn main() -> ExitCode {
    server::run(
        |arguments| match arguments.split_first() {
            Some((first, rest)) if first == killed_export::EXPORT => killed_export::export(rest),
            _ => log::serve(),
        },
        measure,
    )
}

fn measure() -> Result<()> {
    let stream = stream::read()?;
    let server = Server::start(&[])?;
    let archive = killed_export::run(server.address(), stream.records)?;
    let rearchived_events = killed_export::compare_repeated(server.address())?;
    let result = SoakResult {
        events: stream.records.records,
        stream_requests: stream.requests,
        stream_seconds: stream.seconds,
        stream_peak_mebibytes: stream.peak_mebibytes,
        archive_seconds: archive.seconds,
        archive_peak_mebibytes: archive.peak_mebibytes,
        rearchived_events,
    };
    println!("{}", serde_json::to_string(&result)?);
    Ok(())
}
