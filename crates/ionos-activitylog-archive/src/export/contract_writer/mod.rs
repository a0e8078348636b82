//! The folder of one contract, locked for writing. Files change in an order that lets the next export continue after a
//! kill at any instant: part, then manifest, then state. A part without a manifest is written again; an outdated state
//! is derived again from the manifests.
//!
//! `check` compares files before anything is written, `cleanup` removes leftovers, `commit` changes manifests and
//! `coverage` derives the state.

mod check;
mod cleanup;
mod commit;
mod coverage;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use ionos_activitylog::clock::Clock;
use ionos_activitylog::{DateRange, RangeSet};

use self::check::check_identity;
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::{FailPoints, folder};
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;
use crate::manifest::{Manifest, ManifestLink, ReadRange, read_days};
use crate::state::{ArchiveIdentity, ContractLock, State};

/// A contract's folder, locked for writing.
pub(crate) struct ContractWriter {
    pub(crate) folder: ContractFolder,
    pub(crate) days: BTreeMap<NaiveDate, (Manifest, Digest)>,
    pub(crate) state: State,
    /// Warnings to show the user.
    pub(crate) warnings: Vec<String>,
    clock: Arc<dyn Clock>,
    fail_points: FailPoints,
    /// Whether a manifest is newer than the state file.
    manifests_ahead: bool,
    /// Whether facts changed that no manifest contains, such as tries of a gap.
    retries_changed: bool,
    /// Time of the last write of the state, by the monotonic clock.
    saved: Duration,
    /// Whether a state existed. If that state is open, any part that no manifest names was left by an export.
    state_existed: bool,
    _lock: ContractLock,
}

impl ContractWriter {
    /// Opens and locks the folder of a contract, creates it if needed, and removes the leftovers of a killed export.
    ///
    /// Fails if the archive has another identity, if another process holds the lock, and if a file was modified.
    pub(crate) fn open(
        folder: ContractFolder,
        api: &str,
        clock: Arc<dyn Clock>,
        fail_points: FailPoints,
    ) -> Result<Self, Error> {
        folder::create_all(folder.path(), &fail_points)?;
        let lock = ContractLock::acquire(&folder, clock.now(), &fail_points)?;
        let identity = ArchiveIdentity::new(api, folder.contract());
        let (state, warning) = State::read(&folder)?;
        let days = read_days(&folder)?;
        let mut warnings: Vec<String> = warning.into_iter().collect();
        let state_existed = state.is_some();
        let state = match state {
            Some(state) => {
                check_identity(&folder, &state.identity, &identity)?;
                state
            }
            None => {
                if !days.is_empty() {
                    warnings.push(format!("the state was missing and was rebuilt from {} manifests", days.len()));
                }
                State {
                    // Assume that the last export was interrupted.
                    open: true,
                    ..State::new(identity.clone(), clock.now())
                }
            }
        };
        for (manifest, _) in days.values() {
            let found = ArchiveIdentity {
                api: manifest.api.clone(),
                contract: manifest.contract.clone(),
                id_rule: manifest.id_rule.clone(),
                filter: String::new(),
            };
            check_identity(&folder, &found, &identity)?;
        }
        let mut writer = Self {
            folder,
            days,
            state,
            warnings,
            clock,
            fail_points,
            manifests_ahead: false,
            retries_changed: false,
            saved: Duration::ZERO,
            state_existed,
            _lock: lock,
        };
        writer.check_against_state()?;
        if writer.state.relink.is_some() {
            writer.relink()?;
        }
        writer.check_chain()?;
        writer.cleanup(None)?;
        writer.check_parts()?;
        Ok(writer)
    }

    /// All ranges that were read.
    pub(crate) fn covered_ranges(&self) -> RangeSet {
        let days = self.days.values();
        days.flat_map(|(manifest, _)| manifest.ranges.iter().filter_map(ReadRange::range)).collect()
    }

    /// Ranges that were read and not verified, each as it was read.
    pub(crate) fn unverified_ranges(&self) -> Vec<DateRange> {
        let ranges = self.days.values().flat_map(|(manifest, _)| &manifest.ranges);
        ranges.filter(|range| !range.verified).filter_map(ReadRange::range).collect()
    }

    /// The latest manifest.
    pub(crate) fn head(&self) -> Option<ManifestLink> {
        let (date, (_, sha256)) = self.days.last_key_value()?;
        Some(ManifestLink { date: *date, sha256: *sha256 })
    }

    /// Records that an export is running.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.state.open = true;
        self.state.writer = LockOwner::current_process(self.clock.now());
        self.save()
    }

    /// Ends an export. If reading failed, the state stays open, so that the next export removes leftovers.
    pub(crate) fn end(&mut self, failed: bool) -> Result<(), Error> {
        self.relink()?;
        self.cleanup(None)?;
        for date in self.folder.days()? {
            if !self.days.contains_key(&date) {
                // The folder of a discarded part. A folder that is not empty stays.
                let _ = std::fs::remove_dir(self.folder.day(date));
            }
        }
        self.state.open = failed;
        self.save()?;
        // Reports a part that was removed during the export while the service may still have its events.
        self.check_parts()
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
