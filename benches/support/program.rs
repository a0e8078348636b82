//! Every program that measures is two: the server that it starts, and the measurement.

use std::process::ExitCode;

use anyhow::Result;

use crate::SERVE;

/// Serves when it was started as the server, with the arguments behind that word, and measures otherwise.
pub fn run(serve: impl FnOnce(&[String]) -> Result<()>, measure: impl FnOnce() -> Result<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, rest)) if first == SERVE => serve(rest),
        _ => measure(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
