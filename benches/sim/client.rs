//! The client shares the machine with the server, and what it does is taken from what the server could give out. So it
//! does next to nothing: it asks for pages on connections that are kept, and reads each body into the same memory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use ionos_activitylog_sim::Simulator;

use crate::world;

/// Connections at the same time.
const CONNECTIONS: u64 = 4;

/// Pages that are read in all, from all over the log.
const PAGES: u64 = 2_000;

/// Millions of bytes of bodies a second.
pub(crate) fn throughput(address: &str, simulator: &Simulator, events: u64) -> Result<f64> {
    let step = events / PAGES;
    let next = AtomicU64::new(0);
    let begun = Instant::now();
    let bytes = thread::scope(|scope| {
        let readers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| read(address, simulator, step, &next))).collect();
        let mut bytes = 0;
        for reader in readers {
            bytes += reader.join().map_err(|_| anyhow!("a reader panicked"))??;
        }
        Ok::<u64, anyhow::Error>(bytes)
    })?;
    Ok(bytes as f64 / 1e6 / begun.elapsed().as_secs_f64())
}

/// Reads pages until there is no further one, and gives the bytes of their bodies.
fn read(address: &str, simulator: &Simulator, step: u64, next: &AtomicU64) -> Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let (mut body, mut bytes) = (Vec::new(), 0);
    loop {
        let page = next.fetch_add(1, Ordering::Relaxed);
        if page >= PAGES {
            return Ok(bytes);
        }
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n",
            world::path(simulator, page * step),
            simulator.token()
        );
        stream.write_all(request.as_bytes())?;
        let length = head(&mut answers)?;
        body.resize(length, 0);
        answers.read_exact(&mut body)?;
        bytes += length as u64;
    }
}

/// Reads the head of an answer and gives the length of its body.
fn head(answers: &mut impl BufRead) -> Result<usize> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200 "), "the simulator answers {line:?}");
    let mut length = None;
    while line != "\r\n" {
        line.clear();
        ensure!(answers.read_line(&mut line)? > 0, "the answer ends in its head");
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = Some(value.trim_end().parse()?);
        }
    }
    length.context("an answer without a length")
}
