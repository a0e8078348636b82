//! The folder of one contract, locked for writing. Files change in an order that lets the next export continue after a
//! kill at any instant: part, then manifest, then state. A part without a manifest is written again; an outdated state
//! is derived again from the manifests.
//!
//! `check` compares files before anything is written, `cleanup` removes leftovers, `commit` adds to the manifests and
//! `coverage` derives the state.

mod check;
mod cleanup;
mod commit;
mod coverage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{DateRange, RangeSet};

use crate::error::Error;
use crate::fs::{FailPoints, folder};
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;
use crate::manifest::{Chain, KeptRecords, Manifest, ManifestLink, ReadRange, day};
use crate::state::{self, ArchiveIdentity, ConfirmedRanges, ContractLock, State, StateComparison};

/// A contract's folder, locked for writing.
pub(crate) struct ContractWriter {
    pub(crate) folder: ContractFolder,
    pub(crate) chain: Chain,
    pub(crate) state: State,
    /// Files of kept records (records that belong to no part) that no manifest names yet.
    kept: BTreeMap<NaiveDate, Vec<KeptRecords>>,
    /// Ranges that were recounted or sealed.
    confirmed: ConfirmedRanges,
    /// Time before which events are old enough to be read. A day is over if it ends at or before this time.
    settled: DateTime<Utc>,
    /// The days that have a manifest in the file of open manifests.
    open_on_disk: BTreeSet<NaiveDate>,
    /// Warnings to show the user.
    pub(crate) warnings: Vec<String>,
    clock: Arc<dyn Clock>,
    fail_points: FailPoints,
    /// Whether a manifest could not be written.
    has_failed: bool,
    /// Whether a manifest is newer than the state file.
    manifests_ahead: bool,
    /// Whether facts changed that no manifest contains, such as tries of a gap.
    retries_changed: bool,
    /// Time of the last write of the state, by the monotonic clock.
    saved: Duration,
    _lock: ContractLock,
}

impl ContractWriter {
    /// Opens and locks the folder of a contract, creates it if needed, and removes the leftovers of a killed export.
    /// A day is over if it ends at or before `settled`.
    ///
    /// Fails if the archive has another identity, if another process holds the lock, or if a file was modified. Also
    /// fails if a file is named in no manifest and cannot come from an interrupted export. In all these cases, removes
    /// nothing.
    pub(crate) fn open(
        folder: ContractFolder,
        api: &str,
        settled: DateTime<Utc>,
        clock: Arc<dyn Clock>,
        fail_points: FailPoints,
    ) -> Result<Self, Error> {
        folder::create_all(folder.path(), &fail_points)?;
        let lock = ContractLock::acquire(&folder, clock.now(), &fail_points)?;
        let identity = ArchiveIdentity::new(api, folder.contract());
        let (state, warning) = State::read(&folder)?;
        let chain = Chain::read(&folder)?;
        let mut warnings: Vec<String> = warning.into_iter().collect();
        // Only a state can show that the last export was interrupted. Without a state, no file may be removed as a
        // leftover of that export.
        let mut was_interrupted = false;
        let state = match state {
            Some(state) => {
                state.identity.require(&identity, &folder)?;
                let is_previous = !warnings.is_empty();
                let comparison = StateComparison::of_chain(&folder, &state, is_previous, &chain);
                comparison.check(&folder)?;
                was_interrupted = state.open || is_previous && comparison.has_added;
                // If the state is damaged, its previous copy is used. An export may have been interrupted after that
                // copy was written.
                State { open: state.open || is_previous, ..state }
            }
            None => {
                if !chain.days.is_empty() {
                    let days = chain.days.len();
                    warnings.push(format!("the state was missing and was rebuilt from the manifests of {days} days"));
                }
                State {
                    // The last export may have been interrupted, so the new state is marked as open.
                    open: true,
                    ..State::new(identity.clone(), clock.now())
                }
            }
        };
        for manifest in chain.days.values() {
            ArchiveIdentity::of_manifest(manifest).require(&identity, &folder)?;
        }
        let mut writer = Self {
            open_on_disk: chain.open_on_disk.clone(),
            kept: BTreeMap::new(),
            confirmed: ConfirmedRanges::of_state(&state),
            folder,
            chain,
            state,
            settled,
            warnings,
            clock,
            fail_points,
            has_failed: false,
            manifests_ahead: false,
            retries_changed: false,
            saved: Duration::ZERO,
            _lock: lock,
        };
        writer.check_parts()?;
        let leftovers = writer.leftovers(was_interrupted)?;
        match writer.remove(&leftovers)? + writer.remove_partial_files()? {
            0 => {}
            1 => writer.warnings.push("removed 1 file that an interrupted export had left".to_owned()),
            removed => writer.warnings.push(format!("removed {removed} files that an interrupted export had left")),
        }
        Ok(writer)
    }

    /// All ranges that were read.
    pub(crate) fn covered_ranges(&self) -> RangeSet {
        state::covered_ranges(&self.chain.days)
    }

    /// Ranges that were read and not verified. Adjacent ranges are not merged.
    pub(crate) fn unverified_ranges(&self) -> Vec<DateRange> {
        let ranges = self.chain.days.values().flat_map(|manifest| &manifest.ranges);
        ranges.filter(|range| !range.verified).filter_map(ReadRange::range).collect()
    }

    /// Whether a manifest could not be written.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Time before which events are old enough to be read. A day is over if it ends at or before this time.
    pub(crate) fn settled(&self) -> DateTime<Utc> {
        self.settled
    }

    /// The verified ranges that end after `limit`. Adjacent ranges are merged.
    pub(crate) fn verified_after(&self, limit: DateTime<Utc>) -> RangeSet {
        let ends_later = |day: &Manifest| day.verified_ranges().iter().any(|range| range.end() > limit);
        if !self.chain.days.range(limit.date_naive()..).any(|(_, day)| ends_later(day)) {
            return RangeSet::new();
        }
        state::verified_ranges(&self.chain.days).iter().filter(|range| range.end() > limit).collect()
    }

    /// The last entry of the chain. If the manifests of version 1 are not imported yet, the last manifest of version 1.
    pub(crate) fn head(&self) -> Option<ManifestLink> {
        self.chain.links.last().copied()
    }

    /// Whether a file with these records is on disk.
    pub(crate) fn is_kept(&self, date: NaiveDate, records: &KeptRecords) -> bool {
        let known = self.chain.days.get(&date).into_iter().flat_map(|day| &day.kept);
        let pending = self.kept.get(&date).into_iter().flatten();
        known.chain(pending).any(|kept| kept.file == records.file)
    }

    /// Remembers a file of kept records until the next manifest of the day is added. That manifest names this file.
    pub(crate) fn keep(&mut self, date: NaiveDate, records: KeptRecords) {
        self.kept.entry(date).or_default().push(records);
    }

    /// Whether the manifest of a day that is over is still open.
    pub(crate) fn has_days_to_close(&self) -> bool {
        self.chain.open.keys().any(|date| self.is_over(*date))
    }

    /// Whether a day is over, so that all of its events are old enough to be read.
    fn is_over(&self, date: NaiveDate) -> bool {
        day(date).is_some_and(|day| day.end() <= self.settled)
    }

    /// Whether an earlier export of this archive was interrupted.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.state.open && self.state.open_since.is_some()
    }

    /// Removes a range from the uncompared ranges. The removal takes effect when the state is written.
    pub(crate) fn mark_compared(&mut self, range: DateRange) {
        self.state.set_uncompared(&self.state.uncompared_ranges().difference(&range.into()));
    }

    /// Marks the state as open. Sets the start of the export to `started`, unless the export finishes an interrupted
    /// one. Adds `to_compare` to the uncompared ranges, so that a later export compares these ranges if this export is
    /// interrupted.
    pub(crate) fn begin(&mut self, started: DateTime<Utc>, to_compare: &RangeSet) -> Result<(), Error> {
        if !self.was_interrupted() {
            self.state.open_since = Some(started);
        }
        self.state.set_uncompared(&self.state.uncompared_ranges().union(to_compare));
        self.state.open = true;
        self.state.writer = LockOwner::current_process(self.clock.now());
        self.save()?;
        self.import()
    }

    /// Ends an export. If the export reached the end of its range, closes the days that are over. Otherwise the state
    /// stays open, so that the next export finishes the open days and removes leftovers.
    pub(crate) fn end(&mut self, is_complete: bool) -> Result<(), Error> {
        if is_complete {
            self.close_days(|_| true)?;
        }
        self.remove_partial_files()?;
        if !is_complete {
            if self.has_failed {
                self.read_chain_again()?;
            }
            let unnamed = self.unnamed_files()?.into_iter();
            let leftovers: Vec<PathBuf> = unnamed.filter(|file| file.can_be_leftover).map(|file| file.path).collect();
            self.remove(&leftovers)?;
        }
        for date in self.folder.days()? {
            if !self.chain.days.contains_key(&date) {
                // Remove the empty folder of a discarded part. A folder that is not empty stays, because removing it
                // fails.
                let _ = std::fs::remove_dir(self.folder.day(date));
            }
        }
        self.state.open = !is_complete;
        self.state.open_since = self.state.open_since.filter(|_| !is_complete);
        self.save()?;
        // Check again: if a part was removed during the export, report it now, while the service may still have its
        // events.
        self.check_parts()
    }

    /// Reads the chain from disk again after a manifest could not be written. The chain in memory may contain more than
    /// the manifests on disk, but the state must not.
    fn read_chain_again(&mut self) -> Result<(), Error> {
        self.chain = Chain::read(&self.folder)?;
        self.open_on_disk = self.chain.open_on_disk.clone();
        self.kept.clear();
        Ok(())
    }

    /// The folder of a day, created if it does not exist.
    pub(crate) fn day_folder(
        folder: &ContractFolder,
        date: NaiveDate,
        fail_points: &FailPoints,
    ) -> Result<PathBuf, Error> {
        let path = folder.day(date);
        folder::create_all(&path, fail_points)?;
        Ok(path)
    }
}
