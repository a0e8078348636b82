//! What holds for a day of events must hold for years of them: ten million events are read to the end, and archived by a
//! process that is killed again and again, each compared with what the log really holds, while the memory is watched.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask soak` reads.

mod archive;
mod digest;
mod stream;
mod world;

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

/// What the program says.
#[derive(Debug, Serialize)]
struct Measured {
    events: u64,
    requests: u64,
    seconds: f64,
    /// The most memory that this process ever had, in MiB; absent where the machine does not tell.
    peak_mebibytes: Option<f64>,
    archive_seconds: f64,
    /// The most memory that one of the exporting processes ever had, in MiB; 0 where the machine does not tell.
    archive_mebibytes: f64,
    /// Events that were archived twice, the same byte for byte.
    archived_again: u64,
}

fn main() -> ExitCode {
    workspace_benches::run(
        |arguments| match arguments.split_first() {
            Some((first, rest)) if first == archive::EXPORT => archive::export(rest),
            _ => world::serve(),
        },
        measure,
    )
}

fn measure() -> Result<()> {
    let read = stream::read()?;
    let archived = archive::keep(read.found)?;
    let measured = Measured {
        events: archived.events,
        requests: read.requests,
        seconds: read.seconds,
        peak_mebibytes: read.peak_mebibytes,
        archive_seconds: archived.seconds,
        archive_mebibytes: archived.peak_mebibytes,
        archived_again: archived.again,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
