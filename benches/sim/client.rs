//! A client with minimal CPU cost, because it shares the machine with the measured server. The client requests pages on
//! connections that stay open and reads each body into the same buffer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};
use ionos_activitylog_sim::Simulator;

use crate::log;

/// Number of connections, each with one request at a time.
const CONNECTIONS: u64 = 4;

/// Number of requested pages, spread evenly over the log.
const PAGES: u64 = 2_000;

/// Reads all pages, over all connections. Returns the throughput in millions of body bytes per second.
pub(crate) fn measure_throughput(address: &str, simulator: &Simulator, events: u64) -> Result<f64> {
    let step = events / PAGES;
    let next = AtomicU64::new(0);
    let start = Instant::now();
    let bytes = thread::scope(|scope| {
        let readers: Vec<_> =
            (0..CONNECTIONS).map(|_| scope.spawn(|| read_pages(address, simulator, step, &next))).collect();
        let mut bytes = 0;
        for reader in readers {
            bytes += reader.join().map_err(|_| anyhow!("a reader panicked"))??;
        }
        Ok::<u64, anyhow::Error>(bytes)
    })?;
    Ok(bytes as f64 / 1e6 / start.elapsed().as_secs_f64())
}

/// Reads pages on one connection until all connections together have requested all pages. Returns the number of body
/// bytes that this connection received.
fn read_pages(address: &str, simulator: &Simulator, step: u64, next: &AtomicU64) -> Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut responses = BufReader::new(stream.try_clone()?);
    let (mut body, mut bytes) = (Vec::new(), 0);
    loop {
        let page = next.fetch_add(1, Ordering::Relaxed);
        if page >= PAGES {
            return Ok(bytes);
        }
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n",
            log::page_path(simulator, page * step),
            simulator.token()
        );
        stream.write_all(request.as_bytes())?;
        let length = read_head(&mut responses)?;
        body.resize(length, 0);
        responses.read_exact(&mut body)?;
        bytes += length as u64;
    }
}

/// Reads the head of a response. Returns the length of its body in bytes.
fn read_head(responses: &mut impl BufRead) -> Result<usize> {
    let mut line = String::new();
    responses.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200 "), "the simulator answered {line:?}");
    let mut length = None;
    while line != "\r\n" {
        line.clear();
        ensure!(responses.read_line(&mut line)? > 0, "the response ended within its head");
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = Some(value.trim_end().parse()?);
        }
    }
    length.context("the response has no content-length")
}
