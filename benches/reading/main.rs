//! Reading completely costs something: a count to compare, a record to tell apart, an order to make. So it is compared
//! with a program that only reads the same bytes with as many requests on their way and writes them to a file, and with
//! the loop that most people would write.
//!
//! Prints one JSON object, [`Measured`], which `cargo xtask bench` reads.

mod usual;
mod verified;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use serde::Serialize;
use workspace_benches::threads::{self, timed};
use workspace_benches::{Server, floor, median, ratio, world};

/// Rounds without latency that count; an odd number has a median of its own.
const ROUNDS: usize = 11;

/// Rounds with latency, which take seconds each.
const SLOW_ROUNDS: usize = 3;

/// What the measurement says; times are medians, in milliseconds.
#[derive(Debug, Default, Serialize)]
struct Measured {
    events: u64,
    floor_millis: f64,
    verified_millis: f64,
    usual_millis: f64,
    /// Medians over the rounds of the quotients of neighbours.
    ratio: f64,
    usual_ratio: f64,
    slow_floor_millis: f64,
    slow_verified_millis: f64,
    slow_ratio: f64,
    /// Requests, divided by the fewest that could bring all events.
    requests_ratio: f64,
}

fn main() -> ExitCode {
    workspace_benches::run(world::serve, measure)
}

fn measure() -> Result<()> {
    let (alone, shared) = (threads::alone()?, threads::shared()?);
    let mut measured = Measured::default();
    let server = Server::start(&[])?;
    let (mut floors, mut verifieds, mut usuals) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + 1 {
        let f = timed(&alone, floor::read(server.address()))?;
        let v = timed(&shared, verified::read(server.address()))?;
        let u = timed(&alone, usual::read(server.address()))?;
        measured.events = v.1.events;
        measured.requests_ratio = v.1.requests as f64 / v.1.events.div_ceil(world::PAGE) as f64;
        ensure!(u.1.events == v.1.events, "the loop reads {} events, and there are {}", u.1.events, v.1.events);
        if round > 0 {
            floors.push(f.0);
            verifieds.push(v.0);
            usuals.push(u.0);
        }
    }
    drop(server);
    measured.ratio = ratio(&verifieds, &floors);
    measured.usual_ratio = ratio(&usuals, &verifieds);
    measured.floor_millis = median(floors.into_iter());
    measured.verified_millis = median(verifieds.into_iter());
    measured.usual_millis = median(usuals.into_iter());
    let server = Server::start(&[world::SLOW])?;
    let (mut floors, mut verifieds) = (Vec::new(), Vec::new());
    for _ in 0..SLOW_ROUNDS {
        floors.push(timed(&alone, floor::read(server.address()))?.0);
        verifieds.push(timed(&shared, verified::read(server.address()))?.0);
    }
    measured.slow_ratio = ratio(&verifieds, &floors);
    measured.slow_floor_millis = median(floors.into_iter());
    measured.slow_verified_millis = median(verifieds.into_iter());
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// What was read.
#[derive(Clone, Copy, Debug, Default)]
struct Read {
    events: u64,
    requests: u64,
}
