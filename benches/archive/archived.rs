//! The whole log into a new archive.

use anyhow::{Context, Result, ensure};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::{Archive, Compression, Exporter};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use workspace_benches::{Stopwatch, threads, world};

/// An archive with all events.
pub(crate) struct Archived {
    pub(crate) millis: f64,
    pub(crate) root: TempDir,
}

/// Exports everything.
pub(crate) fn export(runtime: &Runtime, address: &str, compression: Compression) -> Result<Archived> {
    let root = tempfile::tempdir()?;
    let client =
        Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN).max_in_flight(world::AT_ONCE);
    let client = threads::lend(client).build()?;
    let exporter = Exporter::new(client, Archive::at(root.path())).compression(compression);
    let range = DateRange::new(world::start(), world::end())?;
    let contract = ContractNumber::from(world::contract());
    let stopwatch = Stopwatch::start();
    let done = runtime.block_on(exporter.run(std::slice::from_ref(&contract), range, std::future::pending()));
    let millis = stopwatch.spent().wall.as_secs_f64() * 1e3;
    let (_, done) = done.into_iter().next().context("no contract")?;
    let done = done?;
    ensure!(done.events == world::events() && done.gaps.is_empty(), "{done:?}");
    Ok(Archived { millis, root })
}
