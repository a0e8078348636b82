//! An archive grows by exports, which may be killed, fail for one contract of many, or come again a year later. Each
//! finds out what is missing, reads that and nothing else, and changes files in an order that keeps the archive whole
//! at every instant.
//!
//! ```text
//! what is asked for - what the manifests have -> windows -> parts -> manifests -> state
//! ```
//!
//! [`Exporter`] is the way in; `writer` holds the folder of one contract and the order of its writes, `contract` reads
//! what is missing, `count` asks how much there is, `recount` finds what came late, `plan` says beforehand what
//! it will take.

mod checkpoint;
mod committing;
mod contract;
mod contract_writer;
mod event_file;
mod file;
mod part_writer;
mod plan;
mod recount;
mod run;
mod run_log;
mod target;
#[cfg(test)]
pub(crate) mod tests;

use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{BoxFuture, Either, Shared, select};
use futures_util::{FutureExt, StreamExt, stream};
use ionos_activitylog::clock::{Clock, SystemClock};
use ionos_activitylog::{Client, ContractNumber, DateRange};

use crate::encode::Compression;
use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::Archive;
use crate::manifest::KnownGap;
use crate::part::FULL;

pub use checkpoint::{CHECKPOINT_SCHEMA, ExportSpec, FileCheckpoint};
pub use event_file::EventFileWriter;
pub use file::{ExportStats, FileExport, FinishedExport};
pub use plan::ContractPlan;
pub use run_log::{RUN_SCHEMA, RunRecord};
pub use target::FileTarget;

/// The newest events are left to the next export for so long, because they may not be in the log yet.
pub const SETTLE_DELAY: TimeDelta = TimeDelta::seconds(10);

/// What is older than this is old for every clock that is halfway right.
const RECENT: TimeDelta = TimeDelta::days(1);

/// Clocks that are apart by more than this are worth a word.
const AHEAD: TimeDelta = TimeDelta::seconds(60);

/// Contracts that are exported at the same time.
const CONTRACTS_AT_ONCE: usize = 4;

/// Windows of one contract that are read at the same time, where it is the only one.
const WINDOWS_AT_ONCE: usize = 4;

/// Resolves when an export is to stop.
pub(crate) type Stop = Shared<BoxFuture<'static, ()>>;

/// Who is told how far a contract is.
type ProgressCallback = dyn Fn(&ContractNumber, &ExportProgress) + Send + Sync;

/// Exports events into an archive.
#[derive(Clone)]
pub struct Exporter {
    client: Client,
    archive: Archive,
    api: String,
    settle_delay: TimeDelta,
    compression: Compression,
    recount: bool,
    clock: Arc<dyn Clock>,
    fail_points: FailPoints,
    on_progress: Arc<ProgressCallback>,
    full: u64,
}

/// How far the export of a contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportProgress {
    /// Events that have come, archived or not yet.
    pub events: u64,
    /// Requests, retries not counted.
    pub requests: u64,
    /// Up to where everything has come.
    pub read_to: DateTime<Utc>,
}

/// What the export of a contract has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says what is missing"]
pub struct ContractExport {
    /// What was asked for, without the newest edge; none where all of it is too new.
    pub range: Option<DateRange>,
    /// Events that were read and archived.
    pub events: u64,
    /// Events that were read and given up again with the part that they were for, because the export was stopped; the
    /// next one reads them again.
    pub discarded: u64,
    /// Of these, events that do not fit the model; they are archived like the others.
    pub with_issues: u64,
    /// Events that had come late and were archived now.
    pub late: u64,
    /// Events of the archive that the service does not send any more. They stay.
    pub no_longer_served: u64,
    /// Requests, retries not counted.
    pub requests: u64,
    /// Whether everything that was asked for had been archived before.
    pub nothing_to_do: bool,
    /// What of the range is archived and not proven to be complete.
    pub gaps: Vec<KnownGap>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// What is worth a word.
    pub warnings: Vec<String>,
}

impl Exporter {
    /// Exports what a client reads into an archive, which is made where it is missing.
    #[must_use]
    pub fn new(client: Client, archive: Archive) -> Self {
        Self {
            api: client.api_address().to_owned(),
            client,
            archive,
            settle_delay: SETTLE_DELAY,
            compression: Compression::Zstd,
            recount: false,
            clock: Arc::new(SystemClock::new()),
            fail_points: FailPoints::default(),
            on_progress: Arc::new(|_, _| ()),
            full: FULL,
        }
    }

    /// What tells this service from others, in place of the address of its API: an archive takes events from one.
    #[must_use]
    pub fn api(mut self, api: impl Into<String>) -> Self {
        self.api = api.into();
        self
    }

    /// How long the newest events are left to the next export; [`SETTLE_DELAY`] unless chosen.
    #[must_use]
    pub fn settle_delay(mut self, delay: TimeDelta) -> Self {
        self.settle_delay = delay;
        self
    }

    /// How parts are compressed; [`Compression::Zstd`] unless chosen. Parts that are there stay as they are.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Whether what is archived is counted again, with one request a day, and what came late is added. Gaps are read
    /// again then, whether it is time or not.
    #[must_use]
    pub fn recount(mut self, recount: bool) -> Self {
        self.recount = recount;
        self
    }

    /// Where the time comes from; the machine's clock unless chosen.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Who is told each step.
    #[must_use]
    pub fn fail_points(mut self, fail_points: FailPoints) -> Self {
        self.fail_points = fail_points;
        self
    }

    /// Who is told after each window.
    #[must_use]
    pub fn on_progress(
        mut self,
        on_progress: impl Fn(&ContractNumber, &ExportProgress) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Arc::new(on_progress);
        self
    }

    /// A part ends at the first full hour at which it has so many events.
    #[cfg(test)]
    pub(crate) fn full(mut self, events: u64) -> Self {
        self.full = events;
        self
    }

    /// The part of a range that is old enough to be read, by this machine's clock and by the service's: where one is
    /// ahead, what it takes for the past may not be in the log yet.
    fn settled_range(&self, range: DateRange, service: Option<DateTime<Utc>>) -> Option<DateRange> {
        let local = self.clock.now();
        let now = service.map_or(local, |service| service.min(local));
        range.past(now.checked_sub_signed(self.settle_delay)?)
    }

    /// What time it is for the service, where that matters: its last answer may be from long ago, so it is asked for
    /// something small. It is not known where it does not say.
    async fn service_time(&self, range: DateRange) -> Option<DateTime<Utc>> {
        let heard = self.client.service_time();
        let recent = self.clock.now().checked_sub_signed(RECENT)?;
        let past = heard.is_some_and(|heard| range.past(heard - self.settle_delay) == Some(range));
        if range.end() < recent || past {
            return heard;
        }
        // What is wrong shows again where it matters more, and an answer that says no has a time as well.
        let answered = self.client.info().await.is_ok();
        let now = self.client.service_time();
        now.filter(|_| answered || now != heard)
    }

    /// Exports a range of several contracts, each on its own: the failure of one says nothing about the others. What is
    /// archived already is not read again.
    ///
    /// When `stop` resolves, each contract gives up the part that it is at, brings its archive in order and ends; the
    /// same export goes on from there. Dropped, it leaves what a killed process leaves, which is as good, except that
    /// files in the making stay until the next export.
    pub async fn run(
        &self,
        contracts: &[ContractNumber],
        range: DateRange,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Vec<(ContractNumber, Result<ContractExport, Error>)> {
        let stop = stop.boxed().shared();
        let windows = if contracts.len() > 1 { 1 } else { WINDOWS_AT_ONCE };
        let asked = pin!(self.service_time(range));
        let service = match select(asked, stop.clone()).await {
            Either::Left((service, _)) => service,
            Either::Right(_) => None,
        };
        let mut exports: Vec<BoxFuture<'_, _>> = Vec::with_capacity(contracts.len());
        for (index, contract) in contracts.iter().enumerate() {
            let stop = stop.clone();
            let export = async move {
                let done = contract::export(self, contract, (range, service), windows, stop).await;
                (index, contract.clone(), done)
            };
            exports.push(export.boxed());
        }
        let mut done: Vec<_> = stream::iter(exports).buffer_unordered(CONTRACTS_AT_ONCE).collect().await;
        done.sort_by_key(|(index, ..)| *index);
        done.into_iter().map(|(_, contract, done)| (contract, done)).collect()
    }

    /// What an export would do, without changing anything on the disk. It takes one request for each time that is
    /// missing.
    pub async fn plan(
        &self,
        contracts: &[ContractNumber],
        range: DateRange,
    ) -> Vec<(ContractNumber, Result<ContractPlan, Error>)> {
        let service = self.service_time(range).await;
        let mut plans = Vec::with_capacity(contracts.len());
        for contract in contracts {
            plans.push((contract.clone(), plan::of(self, contract, (range, service)).await));
        }
        plans
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("client", &self.client).field("archive", &self.archive).finish_non_exhaustive()
    }
}
