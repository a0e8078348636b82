//! Reads the whole log through one stream.

use anyhow::{Result, ensure};
use futures_util::TryStreamExt;
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use workspace_benches::measure::{Stopwatch, peak_mebibytes};
use workspace_benches::runtimes;
use workspace_benches::server::Server;

use crate::digest::SetDigest;
use crate::log;

/// The result of reading all events.
pub(crate) struct StreamRun {
    pub(crate) records: SetDigest,
    pub(crate) requests: u64,
    /// Wall-clock time in seconds.
    pub(crate) seconds: f64,
    /// Peak memory of this process in MiB; `None` if the system does not report it.
    pub(crate) peak_mebibytes: Option<f64>,
}

/// Reads all events. Fails if an event is missing, repeated, out of order or not byte for byte as in the log.
pub(crate) fn read() -> Result<StreamRun> {
    let server = Server::start(&[])?;
    let runtime = runtimes::multi_threaded()?;
    let stopwatch = Stopwatch::start();
    let (records, requests) = runtime.block_on(read_events(server.address()))?;
    let seconds = stopwatch.elapsed().wall.as_secs_f64();
    let peak_mebibytes = peak_mebibytes(std::process::id());
    drop(server);
    let expected = log::digest()?;
    ensure!(
        records == expected,
        "the events differ from the log: received {} events, the log has {} (if the counts are equal, the bytes differ)",
        records.records,
        expected.records
    );
    Ok(StreamRun { records, requests, seconds, peak_mebibytes })
}

async fn read_events(address: &str) -> Result<(SetDigest, u64)> {
    let client = Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN);
    let client = runtimes::lend_threads(client).build()?;
    let range = DateRange::new(log::start(), log::end())?;
    let mut stream = client.events(log::contract().into(), range).stream();
    let mut records = SetDigest::default();
    let mut previous = None;
    while let Some(event) = stream.try_next().await? {
        let key = (event.time(), event.id());
        ensure!(previous.as_ref().is_none_or(|previous| *previous < key), "the event {} is out of order", key.1);
        records.add(event.raw());
        previous = Some(key);
    }
    Ok((records, stream.summary().requests))
}
