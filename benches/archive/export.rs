//! Exports the whole log to a new archive.

use anyhow::{Context, Result, ensure};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::{Archive, Compression, Exporter};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use workspace_benches::measure::Stopwatch;
use workspace_benches::{log, runtimes};

/// An archive with all events, and the time of the export. Dropping this value removes the archive.
pub(crate) struct TimedExport {
    /// Wall-clock time of the export in milliseconds.
    pub(crate) millis: f64,
    pub(crate) folder: TempDir,
}

/// Exports all events. Fails if the archive does not hold all of them, or has a gap.
pub(crate) fn export(runtime: &Runtime, address: &str, compression: Compression) -> Result<TimedExport> {
    let folder = tempfile::tempdir()?;
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .token(DEFAULT_TOKEN)
        .max_in_flight(log::CONCURRENT_REQUESTS);
    let client = runtimes::lend_threads(client).build()?;
    let exporter = Exporter::new(client, Archive::new(folder.path())).compression(compression);
    let range = DateRange::new(log::start(), log::end())?;
    let contract = ContractNumber::from(log::contract());
    let stopwatch = Stopwatch::start();
    let exports = runtime.block_on(exporter.run(std::slice::from_ref(&contract), range, std::future::pending()));
    let millis = stopwatch.millis();
    let (_, export) = exports.into_iter().next().context("no contract was exported")?;
    let export = export?;
    ensure!(export.events == log::event_count() && export.gaps.is_empty(), "{export:?}");
    Ok(TimedExport { millis, folder })
}
