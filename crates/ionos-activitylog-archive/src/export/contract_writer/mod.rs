//! The folder of one contract, open for writing: what its manifests say, and the order in which files change so that
//! whoever is killed in between leaves an archive that the next export can go on with.
//!
//! Part, then manifest, then state. A manifest is the moment at which a part belongs to the archive: a part without
//! one is written again, and a state that is behind is brought up to the manifests.
//!
//! `check` looks before anything is written, `sweep` removes what was left, `take` changes manifests, and `coverage` the
//! state.

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

/// A contract's folder with the right to write to it.
pub(crate) struct ContractWriter {
    pub(crate) folder: ContractFolder,
    pub(crate) days: BTreeMap<NaiveDate, (Manifest, Digest)>,
    pub(crate) state: State,
    /// What is worth a word to the user.
    pub(crate) warnings: Vec<String>,
    clock: Arc<dyn Clock>,
    fail_points: FailPoints,
    /// Whether a manifest is newer than the state.
    manifests_ahead: bool,
    /// Whether something has happened that no manifest says, such as another try of a gap.
    retries_changed: bool,
    /// When the state was written last, by the time of the clock that never goes back.
    saved: Duration,
    /// Whether there was a state before: then a part in no manifest was left by an export.
    known: bool,
    _lock: ContractLock,
}

impl ContractWriter {
    /// Opens the folder of a contract, which is made where it is missing. What an export that was killed has left is
    /// brought in order.
    ///
    /// Fails where the archive is of something else, where somebody else writes to it, and where it is not as it was
    /// written.
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
        let known = state.is_some();
        let state = match state {
            Some(state) => {
                check_identity(&folder, &state.identity, &identity)?;
                state
            }
            None => {
                if !days.is_empty() {
                    warnings.push(format!("there was no state, so it was made anew from {} manifests", days.len()));
                }
                State {
                    // Nobody knows how the last export ended.
                    open: true,
                    ..State::new(identity.clone(), clock.now())
                }
            }
        };
        for (manifest, _) in days.values() {
            let theirs = ArchiveIdentity {
                api: manifest.api.clone(),
                contract: manifest.contract.clone(),
                id_rule: manifest.id_rule.clone(),
                filter: String::new(),
            };
            check_identity(&folder, &theirs, &identity)?;
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
            known,
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

    /// What was read.
    pub(crate) fn covered_ranges(&self) -> RangeSet {
        let days = self.days.values();
        days.flat_map(|(manifest, _)| manifest.ranges.iter().filter_map(ReadRange::range)).collect()
    }

    /// Everything that was read and is not proven to be complete, each as it was read.
    pub(crate) fn unverified_ranges(&self) -> Vec<DateRange> {
        let ranges = self.days.values().flat_map(|(manifest, _)| &manifest.ranges);
        ranges.filter(|range| !range.verified).filter_map(ReadRange::range).collect()
    }

    /// The latest manifest.
    pub(crate) fn head(&self) -> Option<ManifestLink> {
        let (date, (_, sha256)) = self.days.last_key_value()?;
        Some(ManifestLink { date: *date, sha256: *sha256 })
    }

    /// Says that an export is on its way.
    pub(crate) fn begin(&mut self) -> Result<(), Error> {
        self.state.open = true;
        self.state.writer = LockOwner::current_process(self.clock.now());
        self.save()
    }

    /// Brings everything in order after the last part. Where the reading failed, the export stays open, so that the next
    /// one looks for what this one has left.
    pub(crate) fn end(&mut self, failed: bool) -> Result<(), Error> {
        self.relink()?;
        self.cleanup(None)?;
        for date in self.folder.days()? {
            if !self.days.contains_key(&date) {
                // Made for a part that was given up. One that is not empty stays.
                let _ = std::fs::remove_dir(self.folder.day(date));
            }
        }
        self.state.open = failed;
        self.save()?;
        // Whatever somebody else has removed meanwhile is better known now than years later.
        self.check_parts()
    }

    /// The folder of a day, made where it is missing.
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
