//! A simulated service to ask over a socket, as whoever runs `ialog sim` has it: tests and measurements start the program
//! itself, so that what they find is true of it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// `ialog sim` on a free port, ended when it is dropped.
pub struct Serving {
    process: Child,
    /// Its address.
    pub url: String,
    /// The token that it says to use.
    pub token: String,
}

impl Serving {
    /// Starts the program with these flags of `ialog sim`, and waits until it serves.
    pub fn start(mut program: Command, flags: &[&str]) -> Result<Self> {
        let process =
            program.args(["sim", "--port", "0"]).args(flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut serving = Self { process, url: String::new(), token: String::new() };
        serving.url = first_line(serving.process.stdout.take())?;
        let said = first_line(serving.process.stderr.take())?;
        let Some((_, word)) = said.split_once("IONOS_TOKEN=") else {
            bail!("the simulator does not serve: {said}");
        };
        serving.token = unquoted(word);
        Ok(serving)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn first_line(stream: Option<impl Read>) -> Result<String> {
    let mut line = String::new();
    BufReader::new(stream.context("no stream")?).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// What a shell makes of a word: itself, or what is between single quotes.
fn unquoted(word: &str) -> String {
    match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        Some(quoted) => quoted.replace(r"'\''", "'"),
        None => word.to_owned(),
    }
}
