//! A simulator that is slower than what is tested against it measures itself. So it is asked how long a page takes
//! when the log has ten million events, and how many bytes a second one instance gives out over loopback, while its
//! memory is watched.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask bench` reads.

mod client;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;
use workspace_benches::{Server, median, peak_mebibytes};

/// Pages that are timed one by one, each from another place of the log. An odd number has a median of its own.
const TIMED: u64 = 501;

/// What the measurement says.
#[derive(Debug, Serialize)]
struct Measured {
    events: u64,
    events_per_page: u64,
    /// The median of the time for one page, in microseconds, in process.
    page_micros: f64,
    /// What one instance gives out over loopback, in millions of bytes a second.
    megabytes_per_second: f64,
    /// The most memory that the instance ever had, in MiB; absent where the machine does not tell.
    peak_mebibytes: Option<f64>,
}

fn main() -> ExitCode {
    workspace_benches::run(|_| world::serve(), measure)
}

fn measure() -> Result<()> {
    let simulator = world::simulator();
    let events = world::events(&simulator);
    ensure!(events >= world::EVENTS, "the log has {events} events only");
    let mut times = Vec::new();
    for page in 0..TIMED {
        let request = world::request(&simulator, events / TIMED * page)?;
        let begun = Instant::now();
        let answer = simulator.answer(&request);
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        ensure!(answer.status() == 200, "the simulator answers {}", answer.status());
    }
    let server = Server::start(&[])?;
    let megabytes_per_second = client::throughput(server.address(), &simulator, events)?;
    let measured = Measured {
        events,
        events_per_page: world::PAGE,
        page_micros: median(times.into_iter()),
        megabytes_per_second,
        peak_mebibytes: peak_mebibytes(server.process()),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
