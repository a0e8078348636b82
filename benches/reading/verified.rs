//! The library: verified events in order, their bytes to a file.

use std::io::{BufWriter, Write};

use anyhow::{Result, ensure};
use futures_util::TryStreamExt;
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_sim::DEFAULT_TOKEN;

use workspace_benches::{threads, world};

use crate::Read;

/// Bytes that are written at once. The program that only moves bytes writes a page at once.
const BUFFER: usize = 256 * 1024;

pub(crate) async fn read(address: &str) -> Result<Read> {
    let client =
        Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN).max_in_flight(world::AT_ONCE);
    let client = threads::lend(client).build()?;
    let range = DateRange::new(world::start(), world::end())?;
    let mut file = BufWriter::with_capacity(BUFFER, tempfile::tempfile()?);
    let mut stream = client.events(world::contract().into(), range).stream();
    while let Some(event) = stream.try_next().await? {
        file.write_all(event.raw().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    let summary = stream.summary();
    ensure!(summary.yielded == world::events(), "{summary:?}");
    Ok(Read { events: summary.yielded, requests: summary.requests })
}
