//! Measures the overhead of the facade: the facade and a minimal client built on reqwest and serde_json read the same
//! pages. Both run on one thread of one process; each has its own loopback connection to the server.
//!
//! The server is another process, which renders the responses before the first request. Rounds of the two clients
//! alternate, and each round is compared with the neighbouring round of the other client. So the two compared rounds
//! run under about the same load of the machine.
//!
//! Prints a [`FacadeResult`] as JSON.

mod canned_pages;
mod facade_client;
mod minimal_client;
mod server;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use tokio::runtime::Runtime;
use workspace_bench_results::FacadeResult;
use workspace_benches::measure::{ElapsedTime, Stopwatch, median, median_ratio};
use workspace_benches::runtimes;
use workspace_benches::server::{Server, run};

use facade_client::FacadeClient;
use minimal_client::MinimalClient;

/// Number of pages in a round: each canned page twice. Short rounds keep the two compared rounds close in time.
const PAGES: u64 = 20;

/// Number of counted rounds of each client. The number is large, because other work of the machine disturbs single
/// rounds. It is odd, so that the median is the value of one round.
const ROUNDS: usize = 201;

/// Number of rounds of each client before the first counted round, to warm up connections, caches and the allocator.
const WARM_UP_ROUNDS: usize = 10;

/// Number of events that a client read, and number of bytes of their records. The numbers of both clients must be
/// equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ReadCounts {
    events: u64,
    bytes: u64,
}

/// One round of one client.
struct TimedRound {
    counts: ReadCounts,
    elapsed: ElapsedTime,
}

fn main() -> ExitCode {
    run(|_| server::serve(), measure)
}

fn measure() -> Result<()> {
    let server = Server::start(&[])?;
    let runtime = runtimes::single_threaded()?;
    let minimal_client = MinimalClient::new(server.address())?;
    let facade_client = FacadeClient::new(server.address())?;

    let (mut minimal_rounds, mut facade_rounds) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        // The clients take turns at going first.
        let (minimal, facade) = if round % 2 == 0 {
            let minimal = time_round(&runtime, minimal_client.read(PAGES))?;
            (minimal, time_round(&runtime, facade_client.read(PAGES))?)
        } else {
            let facade = time_round(&runtime, facade_client.read(PAGES))?;
            (time_round(&runtime, minimal_client.read(PAGES))?, facade)
        };
        ensure!(
            minimal.counts == facade.counts,
            "the clients read different events: {:?} and {:?}",
            minimal.counts,
            facade.counts
        );
        if round >= WARM_UP_ROUNDS {
            minimal_rounds.push(minimal);
            facade_rounds.push(facade);
        }
    }
    println!("{}", serde_json::to_string(&summarize(&minimal_rounds, &facade_rounds))?);
    Ok(())
}

fn time_round(runtime: &Runtime, work: impl Future<Output = Result<ReadCounts>>) -> Result<TimedRound> {
    let stopwatch = Stopwatch::start();
    let counts = runtime.block_on(work)?;
    Ok(TimedRound { counts, elapsed: stopwatch.elapsed() })
}

fn summarize(minimal: &[TimedRound], facade: &[TimedRound]) -> FacadeResult {
    let (minimal_cpu, facade_cpu) = (cpu_micros(minimal), cpu_micros(facade));
    let (minimal_wall, facade_wall) = (wall_micros(minimal), wall_micros(facade));
    FacadeResult {
        events_per_page: minimal.first().map_or(0, |round| round.counts.events / PAGES),
        cpu_ratio: median_ratio(&facade_cpu, &minimal_cpu),
        wall_ratio: median_ratio(&facade_wall, &minimal_wall),
        minimal_cpu_micros: median(minimal_cpu),
        facade_cpu_micros: median(facade_cpu),
        minimal_wall_micros: median(minimal_wall),
        facade_wall_micros: median(facade_wall),
    }
}

/// For each round, the CPU time per page in microseconds.
fn cpu_micros(rounds: &[TimedRound]) -> Vec<f64> {
    rounds.iter().map(|round| round.elapsed.cpu.as_secs_f64() * 1e6 / PAGES as f64).collect()
}

/// For each round, the wall-clock time per page in microseconds.
fn wall_micros(rounds: &[TimedRound]) -> Vec<f64> {
    rounds.iter().map(|round| round.elapsed.wall.as_secs_f64() * 1e6 / PAGES as f64).collect()
}
