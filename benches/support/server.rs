//! A measuring program starts itself a second time as the server. So the server is another process, and the CPU time
//! and memory of the server are not counted.

use std::io::{self, BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use ionos_activitylog_sim::Simulator;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// First argument of a program that is started as the server.
pub const SERVE: &str = "serve";

/// Main function of a measuring program: if the first argument is [`SERVE`], runs `serve` with the other arguments, and
/// otherwise runs `measure`.
pub fn run(serve: impl FnOnce(&[String]) -> Result<()>, measure: impl FnOnce() -> Result<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((first, rest)) if first == SERVE => serve(rest),
        _ => measure(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A running server process. Dropping it ends the process.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts this program again as the server and waits until the server prints its address.
    ///
    /// Fails if the process cannot be started or ends before it serves.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let process = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut server = Self { address: String::new(), process };
        let output = server.process.stdout.take().context("the server has no standard output")?;
        BufReader::new(output).read_line(&mut server.address)?;
        server.address = server.address.trim_end().to_owned();
        if server.address.is_empty() {
            bail!("the server ended before it printed its address");
        }
        Ok(server)
    }

    /// The id of the server's process.
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
        // The server ends when its standard input ends.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Serves a simulator in the server process: prints its address and serves until standard input ends, which also
/// happens if the parent process dies. Uses as many threads as there are cores if `threads` is `None`.
pub fn serve_simulator(simulator: Simulator, threads: Option<usize>) -> Result<()> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    println!("{}", listener.local_addr()?);
    let server = runtime.spawn(async move { simulator.serve(listener).await });
    io::stdin().read_to_end(&mut Vec::new())?;
    server.abort();
    Ok(())
}
