//! One module for each command.

pub(crate) mod contracts;
pub(crate) mod export;
pub(crate) mod sim;

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes data to stdout. A reader that has seen enough is no failure.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::unexpected(
            format!("standard output cannot be written: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Writes talk to stderr. Where it is closed nobody is listening.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
