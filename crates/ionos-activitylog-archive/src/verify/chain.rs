//! Compares the chain of manifests, the files and the state of a contract with each other. Each manifest contains the
//! digest of the previous one, so a changed manifest is found unless all later manifests were changed as well, and then
//! the digest of the last one differs from any copy that was kept.
//!
//! Nothing in the archive can switch a check off: the state can only add findings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use ionos_activitylog::RangeSet;

use super::foreign::ForeignFiles;
use super::{FileLocation, ManifestChain, Problem, VerifyReport};
use crate::digest::Digest;
use crate::error::Error;
use crate::fs::is_leftover;
use crate::fs::regular_file::{self, is_not_regular};
use crate::layout::{
    ContractFolder, LOCK, MANIFEST_OF_VERSION_1, MANIFESTS, OPEN_MANIFESTS, PREVIOUS_STATE, PartName, RUN_LOG, STATE,
    day_of, is_kept_file, manifest_number, names,
};
use crate::manifest::{
    ChainEntry, ImportedManifests, MAX_MANIFEST_BYTES, Manifest, ManifestLink, OpenManifests, ReadRange,
};
use crate::state::{ContractLock, State};

/// Files of a contract that belong to the archive but are not named in manifests.
const UNLISTED_FILES: [&str; 5] = [STATE, PREVIOUS_STATE, LOCK, RUN_LOG, MANIFESTS];

/// Checks the manifests, files and state of a contract. Returns what its manifests state about each day.
pub(super) fn check_contract(
    root: &Path,
    folder: &ContractFolder,
    foreign: &ForeignFiles,
) -> (VerifyReport, Vec<Manifest>) {
    let mut check = ChainCheck::new(root, folder, foreign);
    let (version_1, chain) = (check.check_version_1(), check.check_chain());
    check.check_open();
    // A manifest that cannot be read is one finding, not one more for each range that it states.
    check.check_state(version_1 && chain);
    check.check_files();
    check.finish()
}

/// The check of one contract: its inputs, and the results so far.
struct ChainCheck<'a> {
    root: &'a Path,
    folder: &'a ContractFolder,
    foreign: &'a ForeignFiles,
    report: VerifyReport,
    chain: ManifestChain,
    /// What the manifests of each day state together.
    days: BTreeMap<NaiveDate, Manifest>,
    /// Days of closed manifests.
    closed: BTreeSet<NaiveDate>,
    /// The manifests of version 1 that could be read, in order of their days.
    version_1: Vec<(ManifestLink, Manifest)>,
    /// Name of the service and rule for ids of the first manifest, which all others must have.
    identity: Option<(String, String)>,
}

impl<'a> ChainCheck<'a> {
    fn new(root: &'a Path, folder: &'a ContractFolder, foreign: &'a ForeignFiles) -> Self {
        Self {
            root,
            folder,
            foreign,
            report: VerifyReport::default(),
            chain: ManifestChain::new(folder.contract().clone()),
            days: BTreeMap::new(),
            closed: BTreeSet::new(),
            version_1: Vec::new(),
            identity: None,
        }
    }

    fn add_finding(&mut self, file: PathBuf, problem: Problem, detail: impl Into<String>) {
        let location = FileLocation { root: self.root, file };
        self.report.findings.push(location.find(None, problem, detail));
    }

    fn report_unreadable(&mut self, file: PathBuf, error: &impl Display) {
        self.add_finding(file, Problem::Unreadable, format!("cannot be read: {error}"));
    }

    fn report_error(&mut self, file: PathBuf, error: Error) {
        match error {
            Error::Open { source, .. } if is_not_regular(&source) => {
                self.add_finding(file, Problem::Changed, source.to_string());
            }
            Error::Open { source, .. } => self.report_unreadable(file, &source),
            error => self.add_finding(file, Problem::Changed, error.to_string()),
        }
    }

    /// The names in a folder of the archive, or `None` if there is none. A finding if it cannot be listed.
    fn list(&mut self, folder: &Path) -> Option<Vec<String>> {
        match std::fs::symlink_metadata(folder) {
            Ok(found) if !found.is_dir() => {
                self.add_finding(folder.to_path_buf(), Problem::Foreign, "not a folder of the archive");
                None
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            _ => match names(folder) {
                Ok(names) => Some(names),
                Err(error) => {
                    self.report_error(folder.to_path_buf(), error);
                    None
                }
            },
        }
    }

    /// Reads the manifests of version 0.1.0 and compares their links. Returns whether all could be read.
    fn check_version_1(&mut self) -> bool {
        let days: Vec<NaiveDate> =
            self.list(self.folder.path()).unwrap_or_default().iter().filter_map(|name| day_of(name)).collect();
        let mut is_complete = true;
        for date in days {
            let path = self.folder.manifest_of_version_1(date);
            let read = regular_file::read_if_exists(&path, MAX_MANIFEST_BYTES).and_then(|bytes| {
                let Some(bytes) = bytes else { return Ok(None) };
                Ok(Some((Manifest::from_bytes_of_version_1(&bytes, &path)?, bytes)))
            });
            match read {
                Ok(Some((manifest, bytes))) => {
                    let belongs = manifest.date == date && manifest.contract == *self.folder.contract();
                    if !belongs || manifest.to_bytes() != bytes {
                        self.report_reformatted(path);
                    }
                    let link = ManifestLink { number: None, date, sha256: Digest::sha256(&bytes) };
                    self.version_1.push((link, manifest));
                }
                Ok(None) => {}
                Err(error) => {
                    is_complete = false;
                    self.report_error(path, error);
                }
            }
        }
        let dates: BTreeSet<NaiveDate> = self.version_1.iter().map(|(link, _)| link.date).collect();
        let mut previous: Option<ManifestLink> = None;
        for (link, manifest) in self.version_1.clone() {
            match manifest.previous {
                expected if expected == previous => {}
                Some(expected) if !dates.contains(&expected.date) && is_complete => {
                    let path = self.folder.manifest_of_version_1(expected.date);
                    let detail = format!("file is missing: the manifest of {} refers to it", link.date);
                    self.add_finding(path, Problem::Missing, detail);
                }
                _ => self.chain.unlinked_days.push(link.date),
            }
            previous = Some(link);
            self.add_closed(&manifest, self.folder.manifest_of_version_1(link.date));
            self.chain.links.push(link);
        }
        is_complete
    }

    fn report_reformatted(&mut self, path: PathBuf) {
        let detail = "file was changed: it belongs to another place or contract, or was reformatted";
        self.add_finding(path, Problem::Changed, detail);
    }

    /// Adds what a manifest states to its day.
    fn add(&mut self, manifest: &Manifest, path: PathBuf) {
        let identity = (manifest.api.clone(), manifest.id_rule.clone());
        if *self.identity.get_or_insert_with(|| identity.clone()) != identity {
            let detail = "file was changed: it names another service or id rule than the first manifest";
            self.add_finding(path, Problem::Changed, detail);
        }
        match self.days.get_mut(&manifest.date) {
            Some(sum) => sum.add(manifest),
            None => drop(self.days.insert(manifest.date, manifest.clone().into_sum())),
        }
    }

    fn add_closed(&mut self, manifest: &Manifest, path: PathBuf) {
        self.closed.insert(manifest.date);
        self.add(manifest, path);
    }

    /// Checks the numbers and links of the chain. Returns whether all of its files could be read.
    fn check_chain(&mut self) -> bool {
        let Some(files) = self.list(&self.folder.manifests()) else {
            return true;
        };
        let mut numbers: Vec<u64> = files.iter().filter_map(|name| manifest_number(name)).collect();
        numbers.sort_unstable();
        let mut is_complete = true;
        // The entry before the next one. `None` if it is missing or cannot be read, so that its digest is unknown.
        let (mut last, mut previous): (u64, Option<Option<ManifestLink>>) = (0, Some(None));
        for number in numbers {
            if number > last + 1 {
                is_complete = false;
                previous = None;
                let (first, path) = (last + 1, self.folder.manifest(last + 1));
                let detail = match number - first {
                    1 => "file is missing from the chain of manifests".to_owned(),
                    missing => format!("file is missing from the chain of manifests, and {} after it", missing - 1),
                };
                self.add_finding(path, Problem::Missing, detail);
            }
            last = number;
            let path = self.folder.manifest(number);
            let read = regular_file::read(&path, MAX_MANIFEST_BYTES)
                .and_then(|bytes: Vec<u8>| Ok((ChainEntry::from_bytes(&bytes, &path)?, bytes)));
            previous = match read {
                Ok((entry, bytes)) => Some(Some(self.check_entry(number, &entry, &bytes, previous))),
                Err(error) => {
                    is_complete = false;
                    self.report_error(path, error);
                    None
                }
            };
        }
        if last > 0 && !self.version_1.is_empty() && !self.chain.has_import {
            let path = self
                .folder
                .manifest_of_version_1(self.version_1.first().map(|(link, _)| link.date).unwrap_or_default());
            self.add_finding(path, Problem::Extra, "the chain of manifests does not list this file");
        }
        is_complete
    }

    fn check_entry(
        &mut self,
        number: u64,
        entry: &ChainEntry,
        bytes: &[u8],
        previous: Option<Option<ManifestLink>>,
    ) -> ManifestLink {
        let path = self.folder.manifest(number);
        if entry.number() != Some(number) || entry.to_bytes() != bytes {
            self.report_reformatted(path.clone());
        }
        if let Some(previous) = previous
            && entry.previous() != previous
        {
            // The finding names the earlier file, because the later one contains its digest.
            let file =
                previous.and_then(|link| link.number).map_or(path.clone(), |number| self.folder.manifest(number));
            let detail = match entry.previous() {
                Some(expected) => format!("file was changed: manifest {number} expects SHA-256 {}", expected.sha256),
                None => format!("manifest {number} does not refer to this file: one of the two was changed or added"),
            };
            self.add_finding(file, Problem::Chain, detail);
        }
        match entry {
            ChainEntry::Imported(import) => self.check_import(import, path),
            ChainEntry::Manifest(manifest) => {
                if manifest.contract != *self.folder.contract() {
                    self.report_reformatted(path.clone());
                }
                self.add_closed(manifest, path);
            }
        }
        let link = ManifestLink { number: Some(number), date: entry.date(), sha256: Digest::sha256(bytes) };
        self.chain.links.push(link);
        self.chain.manifests += 1;
        link
    }

    /// Compares the manifests of version 1 with the list of the chain.
    fn check_import(&mut self, import: &ImportedManifests, path: PathBuf) {
        self.chain.has_import = true;
        let found: BTreeMap<NaiveDate, Digest> =
            self.version_1.iter().map(|(link, _)| (link.date, link.sha256)).collect();
        for listed in &import.manifests {
            let file = self.folder.manifest_of_version_1(listed.date);
            match found.get(&listed.date) {
                Some(sha256) if *sha256 == listed.sha256 => {}
                Some(_) => {
                    let detail = format!("file was changed: manifest 1 expects SHA-256 {}", listed.sha256);
                    self.add_finding(file, Problem::Chain, detail);
                }
                None if file.exists() => {}
                None => self.add_finding(file, Problem::Missing, "file is missing: manifest 1 lists it"),
            }
        }
        for (link, _) in self.version_1.clone() {
            if !import.manifests.iter().any(|listed| listed.date == link.date) {
                let file = self.folder.manifest_of_version_1(link.date);
                self.add_finding(file, Problem::Extra, "manifest 1 does not list this file");
            }
        }
        let unlinked: Vec<NaiveDate> = import.unlinked.iter().map(|link| link.date).collect();
        if unlinked != self.chain.unlinked_days || import.contract != *self.folder.contract() {
            let detail = "it was changed: it names another contract or other unlinked manifests than there are";
            self.add_finding(path, Problem::Changed, detail);
        }
    }

    /// Checks the open manifests, which prove nothing.
    fn check_open(&mut self) {
        let path = self.folder.open_manifests();
        let open = match OpenManifests::read(&path) {
            Ok(open) => open,
            Err(error) => return self.report_error(path, error),
        };
        let last_closed = self.closed.last().copied();
        for manifest in &open.manifests {
            if manifest.contract != *self.folder.contract() {
                self.report_reformatted(path.clone());
            }
            match last_closed.is_some_and(|closed| manifest.date <= closed) {
                true => self.chain.interrupted_days.push(manifest.date),
                false => self.chain.open_days.push(manifest.date),
            }
            self.add(manifest, path.clone());
        }
        // Of several open days, only the last can be the current one.
        let current = self.chain.open_days.pop();
        self.chain.interrupted_days.append(&mut self.chain.open_days);
        self.chain.open_days.extend(current);
    }

    /// Reports files that no manifest names.
    fn check_files(&mut self) {
        self.chain.is_unfinished |= ContractLock::is_held(self.folder);
        let folder = self.folder.path().to_path_buf();
        for name in self.list(&folder).unwrap_or_default() {
            match day_of(&name) {
                Some(date) => self.check_day(date),
                None if UNLISTED_FILES.contains(&name.as_str()) => self.check_unlisted(&folder.join(&name), &name),
                None => self.check_foreign(folder.join(&name), &name),
            }
        }
        let folder = self.folder.manifests();
        if folder.is_dir() {
            for name in self.list(&folder).unwrap_or_default() {
                if manifest_number(&name).is_none() && name != OPEN_MANIFESTS {
                    self.check_foreign(folder.join(&name), &name);
                }
            }
        }
    }

    /// Reports an unlisted file that is a link, a pipe or the like.
    fn check_unlisted(&mut self, path: &Path, name: &str) {
        let is_usual = std::fs::symlink_metadata(path).is_ok_and(|found| match name {
            MANIFESTS => found.is_dir(),
            _ => found.is_file(),
        });
        if !is_usual {
            self.add_finding(path.to_path_buf(), Problem::Extra, "not the kind of file that an export writes here");
        }
    }

    fn check_day(&mut self, date: NaiveDate) {
        let folder = self.folder.day(date);
        for name in self.list(&folder).unwrap_or_default() {
            match name.parse::<PartName>() {
                Ok(part) => self.check_part_name(date, &part, folder.join(&name)),
                Err(_) if name == MANIFEST_OF_VERSION_1 => {}
                Err(_) if is_kept_file(&name) => self.check_kept_name(date, &name, folder.join(&name)),
                Err(_) => self.check_foreign(folder.join(&name), &name),
            }
        }
    }

    /// Reports a part that no manifest names.
    fn check_part_name(&mut self, date: NaiveDate, part: &PartName, path: PathBuf) {
        let day = self.days.get(&date);
        if day.is_none_or(|day| day.parts.iter().all(|one| one.file != *part)) {
            let covered: RangeSet = day.iter().flat_map(|day| &day.ranges).filter_map(ReadRange::range).collect();
            self.report_unnamed(path, part.late || !covered.covers(part.range));
        }
    }

    /// Reports kept records that no manifest names.
    fn check_kept_name(&mut self, date: NaiveDate, name: &str, path: PathBuf) {
        if self.days.get(&date).is_none_or(|day| day.kept.iter().all(|kept| kept.file != name)) {
            self.report_unnamed(path, true);
        }
    }

    /// Reports a file that no manifest names. An export that is running or was killed may have written it, if it can be
    /// a file of an unfinished export; then the result is not OK, either.
    fn report_unnamed(&mut self, path: PathBuf, can_be_unfinished: bool) {
        if self.report.findings.iter().any(|one| one.problem == Problem::Unreadable) {
            let shown = path.strip_prefix(self.root).unwrap_or(&path).display();
            let warning = format!("{shown} may be named in the manifest that cannot be read");
            self.report.warnings.push(warning);
        } else if can_be_unfinished && self.chain.is_unfinished {
            let shown = path.strip_prefix(self.root).unwrap_or(&path).display();
            let warning = format!("no manifest names {shown}: a running export writes it, or a killed one has left it");
            self.report.warnings.push(warning);
        } else {
            self.add_finding(path, Problem::Extra, "no manifest names this file: it was added");
        }
    }

    fn check_foreign(&mut self, path: PathBuf, name: &str) {
        if is_leftover(name) {
            let shown = path.strip_prefix(self.root).unwrap_or(&path).display();
            self.report.warnings.push(format!("{shown} was left by a killed export; the next export removes it"));
        } else {
            self.foreign.report(&mut self.report, self.root, path);
        }
    }

    /// Compares the chain with the state, which names the last manifest that was written and the ranges that were read.
    fn check_state(&mut self, is_complete: bool) {
        let path = self.folder.path().join(STATE);
        let state = match State::read(self.folder) {
            Ok((state, warning)) => {
                self.report.warnings.extend(warning);
                state
            }
            Err(error) => return self.report_error(path, error),
        };
        let Some(state) = state else {
            return;
        };
        self.chain.is_unfinished |= state.open;
        if !is_complete {
            return;
        }
        if let Some(written) = state.head
            && !self.chain.links.contains(&written)
        {
            let (is_missing, file) = match written.number {
                Some(number) => (number > self.chain.manifests, self.folder.manifest(number)),
                None => {
                    let file = self.folder.manifest_of_version_1(written.date);
                    (!file.exists(), file)
                }
            };
            let (problem, detail) = match is_missing {
                true => (Problem::Missing, "file is missing: it was the last manifest"),
                false => (Problem::Chain, "not the manifest that was written: file was changed or added"),
            };
            self.add_finding(file, problem, detail);
        }
        let ranges = self.days.values().flat_map(|manifest| &manifest.ranges);
        let covered: RangeSet = ranges.filter_map(ReadRange::range).collect();
        for lost in state.covered_ranges().difference(&covered).iter() {
            let detail = format!("{} was archived, but no manifest covers it", super::range(lost));
            self.add_finding(self.folder.day(lost.start().date_naive()), Problem::Missing, detail);
        }
    }

    fn finish(mut self) -> (VerifyReport, Vec<Manifest>) {
        self.chain.days = self.closed.len() as u64;
        self.chain.closed_until = self.closed.last().copied();
        self.chain.gaps = self.days.values().map(|manifest| manifest.gaps.len() as u64).sum();
        self.report.chains.push(self.chain);
        (self.report, self.days.into_values().collect())
    }
}
