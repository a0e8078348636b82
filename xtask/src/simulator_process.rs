//! Runs `ialog sim` as a process, for tests and measurements that use the program as users do.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// `ialog sim` on a free port. Dropping this value ends the process.
pub struct SimulatorProcess {
    process: Child,
    /// The base URL of the simulated service.
    pub url: String,
    /// The token that the service accepts.
    pub token: String,
}

impl SimulatorProcess {
    /// Starts the program with flags of `ialog sim` and waits until the service accepts requests.
    pub fn start(mut program: Command, flags: &[&str]) -> Result<Self> {
        let process =
            program.args(["sim", "--port", "0"]).args(flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut simulator = Self { process, url: String::new(), token: String::new() };
        simulator.url = first_line(simulator.process.stdout.take())?;
        let advice = first_line(simulator.process.stderr.take())?;
        let Some((_, word)) = advice.split_once("IONOS_TOKEN=") else {
            bail!("the simulator does not serve: {advice}");
        };
        simulator.token = unquote(word);
        Ok(simulator)
    }
}

impl Drop for SimulatorProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn first_line(stream: Option<impl Read>) -> Result<String> {
    let mut line = String::new();
    BufReader::new(stream.context("the process has no such stream")?).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Undoes the quoting of a shell word.
fn unquote(word: &str) -> String {
    match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        Some(quoted) => quoted.replace(r"'\''", "'"),
        None => word.to_owned(),
    }
}
