//! Reads verified events through the library, in order, and writes their bytes to a file.

use std::io::{BufWriter, Write};

use anyhow::{Result, ensure};
use futures_util::TryStreamExt;
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use workspace_benches::{log, runtimes};

/// Number of bytes per write: about the size of a page, because the byte copy (the baseline) writes one page at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// Writes all records to a temporary file. Returns the number of requests. Fails if an event was not read.
pub(crate) async fn read(address: &str) -> Result<u64> {
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .token(DEFAULT_TOKEN)
        .max_in_flight(log::CONCURRENT_REQUESTS);
    let client = runtimes::lend_threads(client).build()?;
    let range = DateRange::new(log::start(), log::end())?;
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, tempfile::tempfile()?);
    let mut stream = client.events(log::contract().into(), range).stream();
    while let Some(event) = stream.try_next().await? {
        file.write_all(event.raw().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    let summary = stream.summary();
    ensure!(summary.yielded == log::event_count(), "{summary:?}");
    Ok(summary.requests)
}
