//! Compares the chain of manifests, the files and the state of a contract with each other. Each manifest contains the
//! digest of the previous one, so a changed manifest is found unless all later manifests were changed as well. If all
//! of them were changed, the digest of the last manifest differs from any copy of this digest that was kept elsewhere.
//!
//! `files` reports files that no manifest names, `state` compares the chain with the state, and `runs` compares it with
//! the run log.

mod files;
mod runs;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use ionos_activitylog::RangeSet;

use super::foreign::ForeignFiles;
use super::{FileLocation, ManifestChain, Problem, VerifyReport};
use crate::digest::Digest;
use crate::encode::text::single_line;
use crate::error::Error;
use crate::export::read_run_log;
use crate::fs::regular_file::{self, is_not_regular};
use crate::layout::{ContractFolder, day_of, manifest_number, names};
use crate::manifest::{
    CONTRADICTS_CLOSED, ChainEntry, ImportedManifests, MAX_MANIFEST_BYTES, Manifest, ManifestLink, OpenManifestKind,
    OpenManifests, like_next_manifests,
};
use crate::state::unarchived_ranges;

/// The warning for manifests that were added after the chain was read.
const ADDED_MEANWHILE: &str = "an export has added manifests during the verification: verify again";

/// The finding for a manifest whose content is unchanged, but formatted in another way.
const REFORMATTED: &str = "file was changed: its members are not formatted as an export formats them";

/// Checks the manifests, files and state of a contract. Also returns, for each day, the sum of its manifests.
pub(super) fn check_contract(
    root: &Path,
    folder: &ContractFolder,
    foreign: &ForeignFiles,
) -> (VerifyReport, Vec<Manifest>) {
    let mut check = ChainCheck::new(root, folder, foreign);
    let run_log = read_run_log(folder);
    check.check_version_1();
    check.check_chain();
    let repeated = check.check_open();
    check.find_unarchived_ranges();
    if check.check_state(repeated) {
        check.check_runs(run_log);
    }
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
    /// The sum of the manifests of each day.
    days: BTreeMap<NaiveDate, Manifest>,
    /// Days of closed manifests.
    closed: BTreeSet<NaiveDate>,
    /// The last manifest of each day in the chain, with its number.
    last_of_day: BTreeMap<NaiveDate, (u64, Manifest)>,
    /// Whether all manifests exist and are readable. A missing or unreadable manifest is a single finding. Its ranges
    /// and files are unknown, and get no findings of their own.
    is_complete: bool,
    /// Whether a file that no manifest names can be from an interrupted export, because the state does not show whether
    /// an export was interrupted.
    may_have_leftovers: bool,
    /// Files that no readable manifest names. A missing or unreadable manifest may name them.
    unnamed: Vec<PathBuf>,
    /// The manifests of version 1 that could be read, in order of their days.
    version_1: Vec<(ManifestLink, Manifest)>,
    /// Service name and id rule of the first manifest. All other manifests must have the same values.
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
            last_of_day: BTreeMap::new(),
            is_complete: true,
            may_have_leftovers: false,
            unnamed: Vec::new(),
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
            Error::Damaged { detail, .. } => {
                self.add_finding(file, Problem::Changed, format!("file was changed: {detail}"));
            }
            Error::UnsupportedVersion { actual, expected, .. } => {
                let detail = format!("file has the format {actual}; this version reads {expected}");
                self.add_finding(file, Problem::Changed, detail);
            }
            error => self.add_finding(file, Problem::Changed, error.to_string()),
        }
    }

    /// A path relative to the root of the archive, for a warning.
    fn shown(&self, path: &Path) -> String {
        single_line(path.strip_prefix(self.root).unwrap_or(path))
    }

    /// Notes that the end of the chain cannot be compared with one of the two files that show where the chain must end.
    /// `reason`: why the file cannot be used, as a phrase that begins with its name.
    fn lack_evidence(&mut self, reason: String) {
        self.warn(format!("{reason}, so the end of the chain was not compared with it"));
        self.chain.without_evidence.push(reason);
    }

    fn warn(&mut self, warning: String) {
        self.report.warnings.push(warning);
    }

    /// The names in a folder of the archive. `None` if the folder does not exist. If it cannot be listed, adds a
    /// finding and returns `None`.
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

    /// Reads the manifests of version 0.1.0 and compares their links.
    fn check_version_1(&mut self) {
        let days: Vec<NaiveDate> =
            self.list(self.folder.path()).unwrap_or_default().iter().filter_map(|name| day_of(name)).collect();
        for date in days {
            let path = self.folder.manifest_of_version_1(date);
            let read = regular_file::read_if_exists(&path, MAX_MANIFEST_BYTES).and_then(|bytes| {
                let Some(bytes) = bytes else { return Ok(None) };
                Ok(Some((Manifest::from_bytes_of_version_1(&bytes, &path)?, bytes)))
            });
            match read {
                Ok(Some((manifest, bytes))) => {
                    let belongs = manifest.date == date && manifest.contract == *self.folder.contract();
                    if !belongs {
                        let detail = format!(
                            "file was changed: it belongs to contract {}, {}",
                            manifest.contract, manifest.date
                        );
                        self.add_finding(path, Problem::Changed, detail);
                    } else if manifest.to_bytes() != bytes {
                        self.add_finding(path, Problem::Changed, REFORMATTED);
                    }
                    let link = ManifestLink { number: None, date, sha256: Digest::sha256(&bytes) };
                    self.version_1.push((link, manifest));
                }
                Ok(None) => {}
                Err(error) => {
                    self.is_complete = false;
                    self.report_error(path, error);
                }
            }
        }
        let dates: BTreeSet<NaiveDate> = self.version_1.iter().map(|(link, _)| link.date).collect();
        let mut previous: Option<ManifestLink> = None;
        for (link, manifest) in self.version_1.clone() {
            match manifest.previous {
                expected if expected == previous => {}
                Some(expected) if !dates.contains(&expected.date) && self.is_complete => {
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
    }

    /// Adds a manifest to the sum of its day.
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

    /// Checks the numbers and links of the chain.
    fn check_chain(&mut self) {
        let Some(files) = self.list(&self.folder.manifests()) else {
            return;
        };
        let mut numbers: Vec<u64> = files.iter().filter_map(|name| manifest_number(name)).collect();
        numbers.sort_unstable();
        // `last` is the number of the latest entry so far. `previous` is `Some(Some(link))` with the link of this
        // entry, and `Some(None)` before the first entry. It is `None` if the digest of the entry is unknown, because
        // the entry is missing, cannot be read or was changed.
        let (mut last, mut previous): (u64, Option<Option<ManifestLink>>) = (0, Some(None));
        for number in numbers {
            if number > last + 1 {
                previous = None;
                self.report_missing(last + 1, number - 1, "from the chain of manifests");
            }
            last = number;
            let path = self.folder.manifest(number);
            let read = regular_file::read(&path, MAX_MANIFEST_BYTES)
                .and_then(|bytes: Vec<u8>| Ok((ChainEntry::from_bytes(&bytes, &path)?, bytes)));
            previous = match read {
                Ok((entry, bytes)) => self.check_entry(number, &entry, &bytes, previous).map(Some),
                Err(error) => {
                    self.is_complete = false;
                    self.report_error(path, error);
                    None
                }
            };
        }
        // Sort by number, because manifests may have been swapped. Those of version 1 have no number, so they stay
        // first.
        self.chain.links.sort_by_key(|link| link.number);
        if last > 0 && !self.version_1.is_empty() && !self.chain.has_import {
            let path = self
                .folder
                .manifest_of_version_1(self.version_1.first().map(|(link, _)| link.date).unwrap_or_default());
            self.add_finding(path, Problem::Extra, "the chain of manifests does not list this file");
        }
    }

    /// Reports the manifests with the numbers from `first` to `last` as one finding.
    fn report_missing(&mut self, first: u64, last: u64, place: &str) {
        self.is_complete = false;
        let others = like_next_manifests(last.saturating_sub(first));
        let detail = format!("file is missing {place}{others}");
        self.add_finding(self.folder.manifest(first), Problem::Missing, detail);
    }

    /// Checks a file of the chain. Returns its link, which the next manifest must contain. `None` if the file was
    /// changed: its own finding is enough, so the link in the next manifest is not compared.
    fn check_entry(
        &mut self,
        number: u64,
        entry: &ChainEntry,
        bytes: &[u8],
        previous: Option<Option<ManifestLink>>,
    ) -> Option<ManifestLink> {
        let path = self.folder.manifest(number);
        let own_number = entry.number().unwrap_or(number);
        let changed = if own_number != number {
            Some(format!("file was changed: it is manifest {own_number} of the chain"))
        } else if entry.contract() != self.folder.contract() {
            Some(format!("file was changed: it belongs to contract {}", entry.contract()))
        } else {
            (entry.to_bytes() != bytes).then(|| REFORMATTED.to_owned())
        };
        let is_changed = changed.is_some();
        if let Some(detail) = changed {
            self.add_finding(path.clone(), Problem::Changed, detail);
        } else if let Some(previous) = previous
            && entry.previous() != previous
        {
            // The finding names the earlier file, because the later file contains the digest that the earlier file
            // should have.
            let file =
                previous.and_then(|link| link.number).map_or(path.clone(), |number| self.folder.manifest(number));
            let detail = match entry.previous() {
                Some(expected) => format!("file was changed: manifest {number} expects SHA-256 {}", expected.sha256),
                None => format!(
                    "manifest {number} does not refer to this file: this file or manifest {number} was changed or added"
                ),
            };
            self.add_finding(file, Problem::Chain, detail);
        }
        match entry {
            ChainEntry::Imported(import) => self.check_import(import, path),
            ChainEntry::Manifest(manifest) => {
                self.last_of_day.insert(manifest.date, (number, (**manifest).clone()));
                self.add_closed(manifest, path);
            }
        }
        let link = ManifestLink { number: Some(own_number), date: entry.date(), sha256: Digest::sha256(bytes) };
        self.chain.links.push(link);
        self.chain.manifests += 1;
        (!is_changed).then_some(link)
    }

    /// Compares the manifests of version 1 with the list of imported manifests in the chain.
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
        if unlinked != self.chain.unlinked_days {
            let detail = "file was changed: its list of unlinked manifests differs from those that the archive has";
            self.add_finding(path, Problem::Changed, detail);
        }
    }

    /// Checks the open manifests, which prove nothing. Returns the days whose open manifest repeats a closed one.
    fn check_open(&mut self) -> Vec<NaiveDate> {
        let path = self.folder.open_manifests();
        let open = match OpenManifests::read(&path) {
            Ok(open) => open,
            Err(error) => {
                self.is_complete = false;
                self.report_error(path, error);
                return Vec::new();
            }
        };
        let mut repeated = Vec::new();
        let last_closed = self.closed.last().copied();
        for manifest in &open.manifests {
            let date = manifest.date;
            if manifest.contract != *self.folder.contract() {
                let detail = format!("file was changed: {date} belongs to contract {}", manifest.contract);
                self.add_finding(path.clone(), Problem::Changed, detail);
            }
            let last = self.last_of_day.get(&date);
            match OpenManifests::compare(manifest, last.map(|(_, last)| last), self.days.get(&date)) {
                OpenManifestKind::Addition => {}
                OpenManifestKind::Repetition => {
                    repeated.extend(last.map(|(number, _)| (date, *number)));
                    continue;
                }
                // If manifests are missing, the open manifest may add to a missing one.
                OpenManifestKind::Contradiction if !self.is_complete => {}
                OpenManifestKind::Contradiction => {
                    let detail = format!("{date} was changed: {CONTRADICTS_CLOSED}");
                    self.add_finding(path.clone(), Problem::Changed, detail);
                    continue;
                }
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
        let numbers = repeated.iter().map(|(_, number)| *number).collect();
        if self.is_complete && !OpenManifests::repeats_the_end(numbers, self.chain.manifests) {
            self.add_finding(path, Problem::Changed, format!("file was changed: {CONTRADICTS_CLOSED}"));
            return Vec::new();
        }
        let repeated: Vec<NaiveDate> = repeated.into_iter().map(|(date, _)| date).collect();
        self.chain.interrupted_days.extend(&repeated);
        self.chain.interrupted_days.sort_unstable();
        repeated
    }

    /// Finds the ranges that no manifest covers. If a manifest is missing or unreadable, they are not known.
    fn find_unarchived_ranges(&mut self) {
        self.chain.checks.ranges = self.is_complete;
        if self.is_complete {
            self.chain.unarchived = unarchived_ranges(&self.days);
        }
    }

    fn finish(mut self) -> (VerifyReport, Vec<Manifest>) {
        self.chain.days = self.closed.len() as u64;
        self.chain.closed_until = self.closed.last().copied();
        self.chain.gaps = self.days.values().map(|manifest| manifest.gaps.len() as u64).sum();
        // A missing manifest has its own finding, and so does a missing range that only the state names. The ranges are
        // not reported a second time as unarchived.
        if self.report.findings.iter().any(|finding| finding.problem == Problem::Missing) {
            self.chain.unarchived = RangeSet::new();
        }
        self.report.chains.push(self.chain);
        (self.report, self.days.into_values().collect())
    }
}
