//! Measures the time of verified reading: the library reads all events and verifies that none is missing. Compares this
//! time with the times of two simpler readers: the loop that most programs use (`usual_loop`), and a byte copy, which
//! only copies the same bytes to a file. The byte copy has as many requests in flight as the library.
//!
//! Prints a [`ReadingResult`] as JSON.

mod usual_loop;
mod verified_events;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use workspace_bench_results::ReadingResult;
use workspace_benches::byte_copy::copy_pages;
use workspace_benches::measure::{median, median_ratio};
use workspace_benches::server::{self, Server};
use workspace_benches::{log, runtimes};

/// Number of counted rounds without latency. The number is odd, so that the median is the time of one round.
const ROUNDS: usize = 11;

/// Number of rounds with latency, each of which takes seconds.
const SLOW_ROUNDS: usize = 3;

fn main() -> ExitCode {
    server::run(log::serve, measure)
}

fn measure() -> Result<()> {
    let mut result = ReadingResult { events: log::event_count(), ..ReadingResult::default() };
    measure_without_latency(&mut result)?;
    measure_with_latency(&mut result)?;
    println!("{}", serde_json::to_string(&result)?);
    Ok(())
}

fn measure_without_latency(result: &mut ReadingResult) -> Result<()> {
    let (single, multi) = (runtimes::single_threaded()?, runtimes::multi_threaded()?);
    let server = Server::start(&[])?;
    let (mut copies, mut verified, mut usual) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + 1 {
        let (copy_millis, ()) = runtimes::time(&single, copy_pages(server.address()))?;
        let (verified_millis, requests) = runtimes::time(&multi, verified_events::read(server.address()))?;
        let (usual_millis, events) = runtimes::time(&single, usual_loop::read(server.address()))?;
        ensure!(events == result.events, "the usual loop read {events} events of {}", result.events);
        result.requests_ratio = requests as f64 / result.events.div_ceil(log::PAGE_SIZE) as f64;
        // The first round warms up connections and caches.
        if round > 0 {
            copies.push(copy_millis);
            verified.push(verified_millis);
            usual.push(usual_millis);
        }
    }
    result.copy_ratio = median_ratio(&verified, &copies);
    result.usual_ratio = median_ratio(&usual, &verified);
    result.copy_millis = median(copies);
    result.verified_millis = median(verified);
    result.usual_millis = median(usual);
    Ok(())
}

fn measure_with_latency(result: &mut ReadingResult) -> Result<()> {
    let (single, multi) = (runtimes::single_threaded()?, runtimes::multi_threaded()?);
    let server = Server::start(&[log::WITH_LATENCY])?;
    let (mut copies, mut verified) = (Vec::new(), Vec::new());
    for _ in 0..SLOW_ROUNDS {
        copies.push(runtimes::time(&single, copy_pages(server.address()))?.0);
        verified.push(runtimes::time(&multi, verified_events::read(server.address()))?.0);
    }
    result.slow_copy_ratio = median_ratio(&verified, &copies);
    result.slow_copy_millis = median(copies);
    result.slow_verified_millis = median(verified);
    Ok(())
}
