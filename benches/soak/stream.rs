//! One stream over the whole log.

use anyhow::{Result, ensure};
use futures_util::TryStreamExt;
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use workspace_benches::{Server, Stopwatch, peak_mebibytes, threads};

use crate::digest::SetDigest;
use crate::world;

/// What was read.
pub(crate) struct Read {
    /// As much as there is.
    pub(crate) found: SetDigest,
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) peak_mebibytes: Option<f64>,
}

/// Reads all events, checks their order, their number and their bytes.
pub(crate) fn read() -> Result<Read> {
    let server = Server::start(&[])?;
    let runtime = threads::shared()?;
    let stopwatch = Stopwatch::start();
    let (found, requests) = runtime.block_on(events(server.address()))?;
    let spent = stopwatch.spent();
    let peak = peak_mebibytes(std::process::id());
    drop(server);
    let truth = world::truth()?;
    ensure!(found == truth, "{} events came and {} are there, or their bytes differ", found.records, truth.records);
    Ok(Read { found, requests, seconds: spent.wall.as_secs_f64(), peak_mebibytes: peak })
}

async fn events(address: &str) -> Result<(SetDigest, u64)> {
    let client = Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN);
    let client = threads::lend(client).build()?;
    let range = DateRange::new(world::start(), world::end())?;
    let mut stream = client.events(world::contract().into(), range).stream();
    let mut found = SetDigest::default();
    let mut last = None;
    while let Some(event) = stream.try_next().await? {
        let key = (event.time(), event.id());
        ensure!(last.as_ref().is_none_or(|last| *last < key), "{} does not come in order", key.1);
        found.add(event.raw());
        last = Some(key);
    }
    Ok((found, stream.summary().requests))
}
