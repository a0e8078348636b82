//! Runtimes for the readers. Copying bytes is fastest on one thread, while the library can share its parsing among
//! several threads, so each reader is measured on the runtime that suits it.

use anyhow::Result;
use ionos_activitylog::ClientBuilder;
use tokio::runtime::{Builder, Runtime};

use crate::measure::Stopwatch;

/// Number of threads for the library. The limits of `cargo xtask bench` are meant for two cores.
const THREADS: usize = 2;

/// A runtime on the calling thread.
pub fn single_threaded() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// A runtime with two worker threads.
pub fn multi_threaded() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?)
}

/// Lets the client run its parsing on the threads of the current runtime.
pub fn lend_threads(client: ClientBuilder) -> ClientBuilder {
    client.spawner(|task| {
        tokio::spawn(task);
    })
}

/// Runs a future to its end. Returns the wall-clock time in milliseconds and the value of the future.
pub fn time<T>(runtime: &Runtime, work: impl Future<Output = Result<T>>) -> Result<(f64, T)> {
    let stopwatch = Stopwatch::start();
    let value = runtime.block_on(work)?;
    Ok((stopwatch.millis(), value))
}
