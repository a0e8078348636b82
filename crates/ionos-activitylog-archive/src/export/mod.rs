//! Exports events to a file or an archive.
//!
//! An export may be killed, fail for one contract of many, or be repeated a year later. So each export reads only
//! missing ranges and gaps, and changes files in an order that keeps the archive valid at every instant:
//!
//! ```text
//! requested range - ranges of the manifests -> windows -> parts -> manifests -> state
//! ```
//!
//! [`Exporter`] is the entry point. `contract` exports one contract, and its steps share the state in `run`. `recount`
//! finds late events, `reread` reads a range again, and `kept` keeps records that belong to no part. `part_writer`
//! writes parts on threads; `contract_writer` owns the folder and the order of its writes. `plan` estimates the cost.
//! [`FileExport`] writes a single file.

mod archived_count;
mod boundary_events;
mod checkpoint;
mod contract;
mod contract_writer;
mod cross_check;
mod event_file;
mod file;
mod gap_totals;
mod kept;
mod part_writer;
mod plan;
mod recount;
mod reread;
mod run;
mod run_log;
pub(crate) mod settle;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod vanished;

use std::pin::pin;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{BoxFuture, Either, Shared, select};
use futures_util::{FutureExt, StreamExt, stream};
use ionos_activitylog::clock::{Clock, SystemClock};
use ionos_activitylog::{Client, ContractNumber, CrossCheck, DateRange, RangeSet};

use crate::encode::Compression;
use crate::error::Error;
use crate::fs::FailPoints;
use crate::layout::Archive;
use crate::manifest::KnownGap;
use crate::part::PART_EVENTS;
use crate::state::State;

pub(crate) use boundary_events::CorrectedTotal;
pub use checkpoint::{CHECKPOINT_SCHEMA, ExportSpec, FileCheckpoint};
pub use event_file::EventFileWriter;
pub use file::{ExportStats, FileExport, FinishedExport};
pub use plan::ContractPlan;
pub use run_log::{RUN_SCHEMA, RunRecord};
pub(crate) use run_log::{lost_end, names_end, read_run_log};
pub use target::FileTarget;

/// Minimum age of the events that an export reads, because younger events may not be in the log yet.
pub const SETTLE_DELAY: TimeDelta = TimeDelta::seconds(10);

/// Maximum number of contracts that are exported at once.
const CONTRACTS_AT_ONCE: usize = 4;

/// Maximum number of windows that are read at once if only one contract is exported.
const WINDOWS_AT_ONCE: usize = 4;

/// Resolves when the export must stop.
pub(crate) type Stop = Shared<BoxFuture<'static, ()>>;

/// Callback with the progress of a contract.
type ProgressCallback = dyn Fn(&ContractNumber, &ExportProgress) + Send + Sync;

/// Exports events to an archive.
#[derive(Clone)]
pub struct Exporter {
    client: Client,
    archive: Archive,
    api: String,
    settle_delay: TimeDelta,
    compression: Compression,
    recount: bool,
    reread: bool,
    clock: Arc<dyn Clock>,
    fail_points: FailPoints,
    on_progress: Arc<ProgressCallback>,
    part_events: u64,
}

/// Progress of the export of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportProgress {
    /// Number of events received that were not archived before.
    pub events: u64,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Every event before this time was received.
    pub read_to: DateTime<Utc>,
}

/// Result of the export of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the result names the gaps of the archive"]
pub struct ContractExport {
    /// The requested range without its most recent seconds, see [`SETTLE_DELAY`]. `None` if the whole range is too
    /// recent.
    pub range: Option<DateRange>,
    /// The times at the end of the requested range that are in the future or too recent to be read. Does not contain
    /// ranges that earlier exports have archived and verified. Empty if the archive reaches the requested end.
    pub unread: RangeSet,
    /// Number of events that were added to the archive.
    pub events: u64,
    /// Number of events that were received and discarded, because the export was stopped before their part was
    /// complete. The next export reads them again.
    pub discarded: u64,
    /// Number of added events that do not fit the event model. They are archived like the others.
    pub with_issues: u64,
    /// Number of added events that are further versions of another event: they have the same id and another content,
    /// because the event changed while its range was read. Counts only ranges that were read for the first time.
    pub amended: u64,
    /// Number of added events that are new versions of archived events: they have the same id and another content,
    /// because the event changed after it was archived.
    pub amended_later: u64,
    /// Number of events that were added because a verified range was read again. For example, these events reached the
    /// log after the range was archived. Does not count the events in `amended_later`.
    pub late: u64,
    /// Number of archived events that the service did not return when their range was read again. They stay in the
    /// archive.
    pub no_longer_served: u64,
    /// Number of records that are not JSON or lie outside of their window. They are kept beside the parts of their day.
    pub kept: u64,
    /// Result of comparing totals: whether the days that were read have as many events as the service reports for the
    /// range. Days that differed were read again, and their new events count as late.
    pub cross_check: CrossCheck,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Whether nothing had to be read, because the range is archived or too recent. Also true if the only ranges to
    /// read are gaps that wait for their next try.
    pub nothing_to_do: bool,
    /// Gaps that overlap the range.
    pub gaps: Vec<KnownGap>,
    /// Number of `gaps` that this export did not read, because their next try is later.
    pub waiting_gaps: u64,
    /// Earliest time, UTC, from which an export reads all `gaps` again, except those that no export can close. `None`
    /// if there is no gap that can be closed. With [`Exporter::recount`] or [`Exporter::reread`], an export does not
    /// wait for this time.
    pub next_try: Option<DateTime<Utc>>,
    /// Whether the export was stopped before its end.
    pub stopped: bool,
    /// Warnings to show the user.
    pub warnings: Vec<String>,
}

impl Exporter {
    /// Creates an exporter that reads with a client and writes to an archive. An export creates the archive if it does
    /// not exist.
    #[must_use]
    pub fn new(client: Client, archive: Archive) -> Self {
        Self {
            api: client.api_address().to_owned(),
            client,
            archive,
            settle_delay: SETTLE_DELAY,
            compression: Compression::Zstd,
            recount: false,
            reread: false,
            clock: Arc::new(SystemClock::new()),
            fail_points: FailPoints::default(),
            on_progress: Arc::new(|_, _| ()),
            part_events: PART_EVENTS,
        }
    }

    /// Name of the service in the archive. Default: the base URL of its API. An archive accepts the events of only one
    /// service.
    #[must_use]
    pub fn api(mut self, api: impl Into<String>) -> Self {
        self.api = api.into();
        self
    }

    /// Minimum age of the events to read; younger events are left to the next export. Default: [`SETTLE_DELAY`].
    #[must_use]
    pub fn settle_delay(mut self, delay: TimeDelta) -> Self {
        self.settle_delay = delay;
        self
    }

    /// Compression of new parts. Default: [`Compression::Zstd`]. Existing parts stay as they are.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Whether to count archived ranges again, with one request per verified range of a day, and to add late events.
    /// A recount also reads gaps again, without waiting for their next try. Default: false.
    #[must_use]
    pub fn recount(mut self, recount: bool) -> Self {
        self.recount = recount;
        self
    }

    /// Whether to read archived ranges again, and to compare ids and contents with the archive. A reread finds what a
    /// recount cannot see, such as an event that was amended. A reread also reads gaps again, without waiting for their
    /// next try. Default: false.
    #[must_use]
    pub fn reread(mut self, reread: bool) -> Self {
        self.reread = reread;
        self
    }

    /// Source of the current time. Default: the clock of this machine.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Callback for tests at each fail point.
    #[must_use]
    pub fn fail_points(mut self, fail_points: FailPoints) -> Self {
        self.fail_points = fail_points;
        self
    }

    /// Callback after each window.
    #[must_use]
    pub fn on_progress(
        mut self,
        on_progress: impl Fn(&ContractNumber, &ExportProgress) + Send + Sync + 'static,
    ) -> Self {
        self.on_progress = Arc::new(on_progress);
        self
    }

    /// Number of events after which a part ends at the next full hour.
    #[cfg(test)]
    pub(crate) fn part_events(mut self, events: u64) -> Self {
        self.part_events = events;
        self
    }

    fn settled_range(&self, range: DateRange, service: Option<DateTime<Utc>>) -> Option<DateRange> {
        range.past(self.settled_time(service))
    }

    /// Whether an export at `now` skips an unverified range, because the next try of the range is later.
    fn waits(&self, state: Option<&State>, unverified: DateRange, now: DateTime<Utc>) -> bool {
        let next_try = state.and_then(|state| state.next_try_of(unverified));
        !self.recount && !self.reread && next_try.is_some_and(|next| next > now)
    }

    /// The time before which events are old enough to be read.
    fn settled_time(&self, service: Option<DateTime<Utc>>) -> DateTime<Utc> {
        settle::settled_time(self.clock.now(), service, self.settle_delay)
    }

    async fn service_time(&self, range: DateRange) -> Option<DateTime<Utc>> {
        settle::service_time(&self.client, self.clock.now(), range, self.settle_delay).await
    }

    /// Exports a range of several contracts, each independently of the others. Ranges that are archived are not read
    /// again.
    ///
    /// If `stop` resolves, the export of each contract discards its unfinished part, completes manifests and state, and
    /// ends. The next export continues from there. If the future is dropped, the archive stays valid, as after a kill,
    /// and the next export removes leftover files.
    pub async fn run(
        &self,
        contracts: &[ContractNumber],
        range: DateRange,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Vec<(ContractNumber, Result<ContractExport, Error>)> {
        let stop = stop.boxed().shared();
        let windows = if contracts.len() > 1 { 1 } else { WINDOWS_AT_ONCE };
        let service_time = pin!(self.service_time(range));
        let service = match select(service_time, stop.clone()).await {
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

    /// Estimates an export without changing anything on disk. Sends one request for each range to read.
    pub async fn plan(
        &self,
        contracts: &[ContractNumber],
        range: DateRange,
    ) -> Vec<(ContractNumber, Result<ContractPlan, Error>)> {
        let service = self.service_time(range).await;
        let mut plans = Vec::with_capacity(contracts.len());
        for contract in contracts {
            plans.push((contract.clone(), plan::estimate(self, contract, (range, service)).await));
        }
        plans
    }
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exporter").field("client", &self.client).field("archive", &self.archive).finish_non_exhaustive()
    }
}
