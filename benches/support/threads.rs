//! A program that only moves bytes is fastest on one thread; the library's work can be shared among several. Each is
//! measured on what suits it.

use anyhow::Result;
use ionos_activitylog::ClientBuilder;
use tokio::runtime::{Builder, Runtime};

use crate::Stopwatch;

/// Threads that share the library's work: as many as the measurements ask for cores.
const SHARED: usize = 2;

/// A runtime on the thread that waits for it.
pub fn alone() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// A runtime with threads of its own.
pub fn shared() -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    Ok(builder.worker_threads(SHARED).enable_all().build()?)
}

/// Lends the threads of the runtime to the client.
pub fn lend(client: ClientBuilder) -> ClientBuilder {
    client.spawner(|task| {
        tokio::spawn(task);
    })
}

/// How many milliseconds some work takes, and what comes of it.
pub fn timed<T>(runtime: &Runtime, work: impl Future<Output = Result<T>>) -> Result<(f64, T)> {
    let stopwatch = Stopwatch::start();
    let done = runtime.block_on(work)?;
    Ok((stopwatch.spent().wall.as_secs_f64() * 1e3, done))
}
