//! The server runs as another process, so that its work is not in the processor's time of this one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// The argument with which a program is the server and not the measurement.
pub const SERVE: &str = "serve";

/// The server, running; it ends when this is dropped.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts this program once more, with these arguments behind [`SERVE`], and waits until it serves.
    ///
    /// Fails when it cannot be started, or ends before it serves.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self { address: String::new(), process };
        let output = server.process.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut server.address)?;
        server.address = server.address.trim_end().to_owned();
        if server.address.is_empty() {
            bail!("the server ended before it served");
        }
        Ok(server)
    }

    /// The identifier of its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input tells it to go.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
