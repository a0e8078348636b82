//! Measures the simulator, which must be faster than the clients that are tested against it. With a log of ten million
//! events, the program measures the time per page, the throughput of one instance over loopback, and the peak memory of
//! this instance.
//!
//! Prints a [`SimulatorResult`] as JSON.

mod client;
mod log;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use workspace_bench_results::SimulatorResult;
use workspace_benches::measure::{Stopwatch, median, peak_mebibytes};
use workspace_benches::server::{self, Server};

/// Number of timed pages, spread evenly over the log. The program gets these pages from the simulator without a server.
/// The number is odd, so that the median is the time of one page.
const TIMED_PAGES: u64 = 501;

fn main() -> ExitCode {
    server::run(|_| log::serve(), measure)
}

fn measure() -> Result<()> {
    let simulator = log::simulator();
    let events = log::event_count(&simulator);
    ensure!(events >= log::MIN_EVENTS, "the log has only {events} events");
    let mut times = Vec::new();
    for page in 0..TIMED_PAGES {
        let request = log::page_request(&simulator, events / TIMED_PAGES * page)?;
        let stopwatch = Stopwatch::start();
        let response = simulator.answer(&request);
        times.push(stopwatch.millis() * 1e3);
        ensure!(response.status() == 200, "the simulator answered {}", response.status());
    }
    let server = Server::start(&[])?;
    let megabytes_per_second = client::measure_throughput(server.address(), &simulator, events)?;
    let result = SimulatorResult {
        events,
        events_per_page: log::PAGE_SIZE,
        page_micros: median(times),
        megabytes_per_second,
        peak_mebibytes: peak_mebibytes(server.process()),
    };
    println!("{}", serde_json::to_string(&result)?);
    Ok(())
}
