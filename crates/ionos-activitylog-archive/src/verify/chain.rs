//! Compares the chain of manifests, the files and the state of a contract with each other. Each manifest contains the
//! digest of the previous one, so a changed manifest is found unless all later manifests and the state were changed as
//! well.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use ionos_activitylog::RangeSet;

use super::{FileLocation, ManifestChain, Problem, VerifyReport};
use crate::digest::Digest;
use crate::fs::is_leftover;
use crate::layout::{ContractFolder, LOCK, MANIFEST, PREVIOUS_STATE, PartName, RUN_LOG, STATE, day_of, names};
use crate::manifest::{Manifest, ManifestLink, ReadRange};
use crate::state::State;

/// Files of a contract that belong to the archive but are not named in manifests.
const UNLISTED_FILES: [&str; 4] = [STATE, PREVIOUS_STATE, LOCK, RUN_LOG];

/// Checks the manifests, files and state of a contract. Returns the manifests that can be used.
pub(super) fn check_contract(root: &Path, folder: &ContractFolder) -> (VerifyReport, Vec<Manifest>) {
    let (state, report) = read_state(root, folder);
    let mut check = ChainCheck::new(root, folder, state.as_ref(), report);
    let listed = folder.days().and_then(|days| Ok((days, names(folder.path())?)));
    let (days, other_files) = match listed {
        Ok(listed) => listed,
        Err(error) => {
            check.report_unreadable(folder.path().to_path_buf(), &cause(error));
            return (check.report, Vec::new());
        }
    };
    for date in days {
        check.check_day(date);
    }
    check.check_state();
    check.check_other_files(&other_files);
    check.finish()
}

/// Reads the state of a contract, and reports why the manifests cannot be compared with it.
fn read_state(root: &Path, folder: &ContractFolder) -> (Option<State>, VerifyReport) {
    let mut report = VerifyReport::default();
    let state = match State::read(folder) {
        Ok((state, warning)) => {
            report.warnings.extend(warning);
            state
        }
        Err(error) => {
            let location = FileLocation { root, file: folder.path().join(STATE) };
            report.findings.push(location.find(None, Problem::Unreadable, error.to_string()));
            None
        }
    };
    if state.as_ref().is_some_and(|state| state.open) {
        report.warnings.push(format!(
            "an export of contract {} is running or was killed; the next export cleans up",
            folder.contract()
        ));
    }
    if state.is_none() {
        report.warnings.push(format!(
            "contract {} has no state file to compare the last manifest with: compare its SHA-256 with a copy kept \
             elsewhere",
            folder.contract()
        ));
    }
    (state, report)
}

/// The check of one contract: its inputs, and the results of the days checked so far.
struct ChainCheck<'a> {
    root: &'a Path,
    folder: &'a ContractFolder,
    state: Option<&'a State>,
    report: VerifyReport,
    /// Manifests that can be used.
    manifests: Vec<Manifest>,
    /// Ranges that these manifests cover.
    covered: RangeSet,
    /// Number of gaps that these manifests name.
    gaps: u64,
    /// Number of manifests whose links were not compared.
    unlinked: u64,
    /// The last manifest that could be read, to which the next one must refer.
    previous: Option<ManifestLink>,
    /// The last day whose manifest could not be read, so that its digest is unknown.
    unreadable_day: Option<NaiveDate>,
}

impl<'a> ChainCheck<'a> {
    fn new(root: &'a Path, folder: &'a ContractFolder, state: Option<&'a State>, report: VerifyReport) -> Self {
        Self {
            root,
            folder,
            state,
            report,
            manifests: Vec::new(),
            covered: RangeSet::new(),
            gaps: 0,
            unlinked: 0,
            previous: None,
            unreadable_day: None,
        }
    }

    /// Whether an export is running or was killed.
    fn is_open(&self) -> bool {
        self.state.is_some_and(|state| state.open)
    }

    fn add_finding(&mut self, file: PathBuf, problem: Problem, detail: impl Into<String>) {
        let location = FileLocation { root: self.root, file };
        self.report.findings.push(location.find(None, problem, detail));
    }

    fn report_unreadable(&mut self, file: PathBuf, error: &impl Display) {
        self.add_finding(file, Problem::Unreadable, format!("cannot be read: {error}"));
    }

    /// Checks the manifest of a day, and the names of the files in its folder.
    fn check_day(&mut self, date: NaiveDate) {
        let folder = self.folder.day(date);
        let files = match names(&folder) {
            Ok(files) => files,
            Err(error) => {
                self.report_unreadable(folder, &cause(error));
                self.unreadable_day = Some(date);
                return;
            }
        };
        let path = self.folder.manifest(date);
        match std::fs::read(&path) {
            Ok(bytes) => self.check_manifest(date, &bytes, &files),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.report_missing_manifest(path, &files),
            Err(error) => {
                self.report_unreadable(path, &error);
                self.unreadable_day = Some(date);
            }
        }
    }

    /// Reports a day without a manifest. An export creates the folder before the first part of the day, and the
    /// manifest after that part.
    fn report_missing_manifest(&mut self, path: PathBuf, files: &[String]) {
        if self.is_open() && files.iter().all(|name| is_leftover(name) || is_part(name)) {
            let shown = path.strip_prefix(self.root).unwrap_or(&path);
            self.report.warnings.push(format!("{} does not exist yet", shown.display()));
        } else {
            self.add_finding(path, Problem::Missing, "file is missing");
        }
    }

    fn check_manifest(&mut self, date: NaiveDate, bytes: &[u8], files: &[String]) {
        let path = self.folder.manifest(date);
        match Manifest::from_bytes(bytes, &path) {
            Ok(manifest) => {
                let belongs = manifest.date == date && manifest.contract == *self.folder.contract();
                if !belongs || manifest.to_bytes() != bytes {
                    self.add_finding(
                        path,
                        Problem::Changed,
                        "file was changed: it belongs to another day or contract, or was reformatted",
                    );
                }
                self.check_link(date, &manifest);
                self.check_files(&manifest, files);
                self.gaps += manifest.gaps.len() as u64;
                self.covered.extend(manifest.ranges.iter().filter_map(ReadRange::range));
                self.manifests.push(manifest);
            }
            Err(error) => self.add_finding(path, Problem::Changed, error.to_string()),
        }
        self.previous = Some(ManifestLink { date, sha256: Digest::sha256(bytes) });
    }

    /// Compares the reference of a manifest with the previous manifest. Skips manifests that an export still has to
    /// link again, and a reference to a manifest that could not be read.
    fn check_link(&mut self, date: NaiveDate, manifest: &Manifest) {
        let relink = self.state.and_then(|state| state.relink);
        if relink.is_some_and(|from| date >= from) {
            self.unlinked += 1;
        } else if manifest.previous != self.previous
            && manifest.previous.is_none_or(|one| Some(one.date) != self.unreadable_day)
        {
            self.report_broken_link(manifest);
        }
    }

    /// Reports a broken link. The finding names the earlier manifest, because the later manifest contains its digest.
    fn report_broken_link(&mut self, manifest: &Manifest) {
        let date = manifest.date;
        let (day, problem, detail) = match (manifest.previous, self.previous) {
            (Some(expected), Some(actual)) if expected.date == actual.date => (
                actual.date,
                Problem::Chain,
                format!("file was changed: the manifest of {date} expects SHA-256 {}", expected.sha256),
            ),
            (Some(expected), actual) if actual.is_none_or(|actual| actual.date < expected.date) => {
                (expected.date, Problem::Missing, format!("file is missing: the manifest of {date} refers to it"))
            }
            (_, Some(actual)) => (
                actual.date,
                Problem::Chain,
                format!("the manifest of {date} does not refer to this file: one of the two was changed or added"),
            ),
            (_, None) => {
                (date, Problem::Chain, "refers to an earlier manifest, but is the first of the contract".to_owned())
            }
        };
        self.add_finding(self.folder.manifest(day), problem, detail);
    }

    /// Reports files of a day that are not listed in its manifest.
    fn check_files(&mut self, manifest: &Manifest, files: &[String]) {
        for name in files {
            let part: Option<PartName> = name.parse().ok();
            let is_listed = part.as_ref().is_some_and(|part| manifest.parts.iter().any(|one| one.file == *part));
            if name == MANIFEST || is_listed {
                continue;
            }
            if is_leftover(name) || self.is_open() && part.is_some() {
                self.report.warnings.push(leftover_warning(name));
                continue;
            }
            let extra = self.folder.day(manifest.date).join(name);
            self.add_finding(extra, Problem::Extra, "not listed in the manifest");
        }
    }

    /// Compares the manifests with the state: the last manifest, and the ranges that the manifests cover.
    fn check_state(&mut self) {
        let Some(state) = self.state else {
            return;
        };
        if let Some(from) = state.relink {
            self.report.warnings.push(format!(
                "the manifests of contract {} are to be linked again from {from} on, so these links were not checked: \
                 run an export first",
                self.folder.contract()
            ));
        }
        let head = self.previous;
        if let Some(written) = state.head
            && !state.open
            && head != Some(written)
        {
            let (problem, detail) = if head.is_none_or(|head| head.date < written.date) {
                (Problem::Missing, "file is missing: it was the last manifest")
            } else {
                (Problem::Chain, "not the last manifest that was written: file was changed or added")
            };
            let day = head.map_or(written.date, |head| head.date.max(written.date));
            self.add_finding(self.folder.manifest(day), problem, detail);
        }
        for lost in state.covered_ranges().difference(&self.covered).iter() {
            let manifest = self.folder.manifest(lost.start().date_naive());
            let detail = format!("{} was archived, but no manifest covers it", super::range(lost));
            self.add_finding(manifest, Problem::Missing, detail);
        }
    }

    /// Reports files in the folder of the contract that do not belong to the archive.
    fn check_other_files(&mut self, names: &[String]) {
        for name in names {
            if is_leftover(name) {
                self.report.warnings.push(leftover_warning(name));
            } else if !UNLISTED_FILES.contains(&name.as_str()) && day_of(name).is_none() {
                self.add_finding(self.folder.path().join(name), Problem::Extra, "not a file of the archive");
            }
        }
    }

    fn finish(mut self) -> (VerifyReport, Vec<Manifest>) {
        self.report.chains.push(ManifestChain {
            contract: self.folder.contract().clone(),
            days: self.manifests.len() as u64,
            gaps: self.gaps,
            unlinked: self.unlinked,
            head: self.previous,
        });
        (self.report, self.manifests)
    }
}

/// The text of the operating system's error, without the path, because the finding already names the file.
fn cause(error: crate::error::Error) -> String {
    match error {
        crate::error::Error::Open { source: error, .. } => error.to_string(),
        error => error.to_string(),
    }
}

fn leftover_warning(name: &str) -> String {
    format!("{name} was left by a killed export; the next export removes it")
}

fn is_part(name: &str) -> bool {
    name.parse::<PartName>().is_ok()
}
