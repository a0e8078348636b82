//! What holds for a day of events must hold for years of them: ten million events are read to the end, each compared with
//! what the log really holds, while the memory is watched.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask soak` reads.

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
}

fn main() -> ExitCode {
    workspace_benches::run(|_| world::serve(), measure)
}

fn measure() -> Result<()> {
    let measured = stream::read()?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
