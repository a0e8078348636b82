//! A library that is safe to use is soon suspected of being slow. So the facade is compared with the least code that
//! reads the same pages: reqwest and serde_json in a loop, in one run, on one machine, over the same loopback
//! connection.
//!
//! The pages come from another process ([`server`]), rendered before the first request, so that the time of this
//! process is the time of the client. Rounds of the two readers alternate, and each round is compared with its
//! neighbour: what else the machine does changes slowly, and so meets both.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask bench` reads.

mod bare;
mod canned;
mod facade;
mod server;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use serde::Serialize;
use tokio::runtime::{self, Runtime};

use bare::Bare;
use facade::Facade;
use workspace_benches::{Server, Spent, Stopwatch, median};

/// Pages of a round: two turns of the canned ones. Short rounds keep neighbours close in time.
const PAGES: u64 = 20;

/// Rounds of each reader that count: many, because the machine does other things, too. An odd number has a median of
/// its own.
const ROUNDS: usize = 201;

/// Rounds of each reader before that: connections, caches and the allocator settle.
const WARM_UP: usize = 10;

/// What the measurement says; times are medians, in microseconds a page.
#[derive(Debug, Serialize)]
struct Measured {
    events_per_page: u64,
    pages_per_round: u64,
    rounds: usize,
    bare_cpu_micros: f64,
    facade_cpu_micros: f64,
    bare_wall_micros: f64,
    facade_wall_micros: f64,
    /// The median over the rounds of the facade's processor time divided by that of the bare loop beside it.
    cpu_ratio: f64,
    /// The same with the time on the wall.
    wall_ratio: f64,
}

fn main() -> ExitCode {
    workspace_benches::run(|_| server::serve(), measure)
}

fn measure() -> Result<()> {
    let server = Server::start(&[])?;
    // One thread for everything, so that the work is the same in each round.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let bare = Bare::new(server.address())?;
    let facade = Facade::new(server.address())?;

    let (mut bare_rounds, mut facade_rounds) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        // Each goes first in every other round.
        let (b, f) = if round % 2 == 0 {
            let b = timed(&runtime, bare.read(PAGES))?;
            (b, timed(&runtime, facade.read(PAGES))?)
        } else {
            let f = timed(&runtime, facade.read(PAGES))?;
            (timed(&runtime, bare.read(PAGES))?, f)
        };
        ensure!(b.read == f.read, "the two readers do not read the same: {:?} and {:?}", b.read, f.read);
        if round >= WARM_UP {
            bare_rounds.push(b);
            facade_rounds.push(f);
        }
    }
    println!("{}", serde_json::to_string(&summary(&bare_rounds, &facade_rounds))?);
    Ok(())
}

/// What a reader read, so that both can be seen to have done the same work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Read {
    events: u64,
    bytes: u64,
}

/// One round of one reader.
struct Round {
    read: Read,
    spent: Spent,
}

fn timed(runtime: &Runtime, work: impl Future<Output = Result<Read>>) -> Result<Round> {
    let stopwatch = Stopwatch::start();
    let read = runtime.block_on(work)?;
    Ok(Round { read, spent: stopwatch.spent() })
}

fn summary(bare: &[Round], facade: &[Round]) -> Measured {
    let per_page = |rounds: &[Round], seconds: fn(&Spent) -> f64| {
        median(rounds.iter().map(|round| seconds(&round.spent) * 1e6 / PAGES as f64))
    };
    let ratio = |seconds: fn(&Spent) -> f64| {
        let pairs = facade.iter().zip(bare);
        median(pairs.map(|(f, b)| seconds(&f.spent) / seconds(&b.spent)))
    };
    let cpu = |spent: &Spent| spent.cpu.as_secs_f64();
    let wall = |spent: &Spent| spent.wall.as_secs_f64();
    Measured {
        events_per_page: bare.first().map_or(0, |round| round.read.events / PAGES),
        pages_per_round: PAGES,
        rounds: bare.len(),
        bare_cpu_micros: per_page(bare, cpu),
        facade_cpu_micros: per_page(facade, cpu),
        bare_wall_micros: per_page(bare, wall),
        facade_wall_micros: per_page(facade, wall),
        cpu_ratio: ratio(cpu),
        wall_ratio: ratio(wall),
    }
}
