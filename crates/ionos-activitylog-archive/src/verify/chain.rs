//! Compares the chain of manifests, the files and the state of a contract. Each manifest contains the digest of the
//! previous one, so a changed manifest is found unless all later manifests and the state were changed as well.

use std::path::Path;

use super::{FileLocation, Finding, ManifestChain, Problem, VerifyReport};
use crate::digest::Digest;
use crate::fs::is_leftover;
use crate::layout::{ContractFolder, MANIFEST, PartName, day_of, names};
use crate::manifest::{Manifest, ManifestLink, ReadRange};
use crate::state::State;
use ionos_activitylog::RangeSet;

/// Files of a contract that belong to the archive but are not named in manifests.
const UNLISTED_FILES: [&str; 4] = ["_state.json", "_state.prev.json", "_state.lock", "_runs.ndjson"];

/// Checks the manifests, files and state of a contract. Returns the manifests that can be used.
pub(super) fn check_contract(root: &Path, folder: &ContractFolder) -> (VerifyReport, Vec<Manifest>) {
    let mut report = VerifyReport::default();
    let locate = |file: std::path::PathBuf| FileLocation { root, file };
    let state = match State::read(folder) {
        Ok((state, warning)) => {
            report.warnings.extend(warning);
            state
        }
        Err(error) => {
            let state = locate(folder.path().join("_state.json"));
            report.findings.push(state.find(None, Problem::Unreadable, error.to_string()));
            None
        }
    };
    let open = state.as_ref().is_some_and(|state| state.open);
    let relink = state.as_ref().and_then(|state| state.relink);
    if open {
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
    let unreadable = |file: &Path, error: &dyn std::fmt::Display| {
        let location = locate(file.to_path_buf());
        location.find(None, Problem::Unreadable, format!("cannot be read: {error}"))
    };
    let listed = folder.days().and_then(|days| Ok((days, names(folder.path())?)));
    let (days, other_files) = match listed {
        Ok(listed) => listed,
        Err(error) => {
            let error = cause(error);
            report.findings.push(unreadable(folder.path(), &error));
            return (report, Vec::new());
        }
    };
    // A day whose manifest could not be read, so that its digest is unknown.
    let mut unreadable_day = None;
    let mut unlinked = 0;
    let (mut manifests, mut covered) = (Vec::new(), RangeSet::new());
    let (mut previous, mut gaps): (Option<ManifestLink>, u64) = (None, 0);
    for date in days {
        let location = locate(folder.manifest(date));
        let day = match names(&folder.day(date)) {
            Ok(day) => day,
            Err(error) => {
                let error = cause(error);
                report.findings.push(unreadable(&folder.day(date), &error));
                unreadable_day = Some(date);
                continue;
            }
        };
        let read = std::fs::read(&location.file).map_err(|error| (error.kind(), error));
        let bytes = match read {
            Ok(bytes) => bytes,
            Err((std::io::ErrorKind::NotFound, _)) => {
                // An export creates the folder before its first part, and the manifest after it.
                if open && day.iter().all(|name| is_leftover(name) || is_part(name)) {
                    report.warnings.push(format!(
                        "{} does not exist yet",
                        location.find(None, Problem::Missing, "").file.display()
                    ));
                } else {
                    report.findings.push(location.find(None, Problem::Missing, "file is missing"));
                }
                continue;
            }
            Err((_, error)) => {
                report.findings.push(unreadable(&location.file, &error));
                unreadable_day = Some(date);
                continue;
            }
        };
        let sha256 = Digest::sha256(&bytes);
        match Manifest::from_bytes(&bytes, &location.file) {
            Ok(manifest) => {
                let belongs = manifest.date == date && manifest.contract == *folder.contract();
                if !belongs || manifest.to_bytes() != bytes {
                    report.findings.push(location.find(
                        None,
                        Problem::Changed,
                        "file was changed: it belongs to another day or contract, or was reformatted",
                    ));
                }
                if relink.is_some_and(|from| date >= from) {
                    unlinked += 1;
                } else if manifest.previous != previous
                    && manifest.previous.is_none_or(|one| Some(one.date) != unreadable_day)
                {
                    report.findings.push(broken_link(root, folder, &manifest, previous));
                }
                gaps += manifest.gaps.len() as u64;
                covered.extend(manifest.ranges.iter().filter_map(ReadRange::range));
                check_files(&mut report, root, folder, &manifest, &day, open);
                manifests.push(manifest);
            }
            Err(error) => report.findings.push(location.find(None, Problem::Changed, error.to_string())),
        }
        previous = Some(ManifestLink { date, sha256 });
    }
    if let Some(from) = relink {
        report.warnings.push(format!(
            "the manifests of contract {} are to be linked again from {from} on, so these links were not checked: run an \
             export first",
            folder.contract()
        ));
    }
    if let Some(state) = &state {
        state_findings(&mut report, root, folder, state, &covered, previous);
    }
    for name in other_files {
        if is_leftover(&name) {
            report.warnings.push(leftover_warning(&name));
        } else if !UNLISTED_FILES.contains(&name.as_str()) && day_of(&name).is_none() {
            let extra = locate(folder.path().join(&name));
            report.findings.push(extra.find(None, Problem::Extra, "not a file of the archive"));
        }
    }
    report.chains.push(ManifestChain {
        contract: folder.contract().clone(),
        days: manifests.len() as u64,
        gaps,
        unlinked,
        head: previous,
    });
    (report, manifests)
}

/// The text of the operating system's error. Without the path, because the finding names it.
fn cause(error: crate::error::Error) -> String {
    match error {
        crate::error::Error::Open { source: error, .. } => error.to_string(),
        error => error.to_string(),
    }
}

/// The finding about a broken link. Names the earlier manifest if it exists, because the later one contains its digest.
fn broken_link(root: &Path, folder: &ContractFolder, manifest: &Manifest, previous: Option<ManifestLink>) -> Finding {
    let date = manifest.date;
    let (at, problem, detail) = match (manifest.previous, previous) {
        (Some(expected), Some(found)) if expected.date == found.date => (
            found.date,
            Problem::Chain,
            format!("file was changed: the manifest of {date} expects SHA-256 {}", expected.sha256),
        ),
        (Some(expected), found) if found.is_none_or(|found| found.date < expected.date) => {
            (expected.date, Problem::Missing, format!("file is missing: the manifest of {date} refers to it"))
        }
        (_, Some(found)) => (
            found.date,
            Problem::Chain,
            format!("the manifest of {date} does not refer to this file: one of the two was changed or added"),
        ),
        (_, None) => {
            (date, Problem::Chain, "refers to an earlier manifest, but is the first of the contract".to_owned())
        }
    };
    let location = FileLocation { root, file: folder.manifest(at) };
    location.find(None, problem, detail)
}

/// Reports files of a day that are not listed in its manifest.
fn check_files(
    report: &mut VerifyReport,
    root: &Path,
    folder: &ContractFolder,
    manifest: &Manifest,
    day: &[String],
    open: bool,
) {
    for name in day {
        let listed = |name: &str| {
            let part: Option<PartName> = name.parse().ok();
            part.is_some_and(|part| manifest.parts.iter().any(|one| one.file == part))
        };
        if name == MANIFEST || listed(name) {
            continue;
        }
        if is_leftover(name) || open && is_part(name) {
            report.warnings.push(leftover_warning(name));
            continue;
        }
        let extra = FileLocation { root, file: folder.day(manifest.date).join(name) };
        report.findings.push(extra.find(None, Problem::Extra, "not listed in the manifest"));
    }
}

fn state_findings(
    report: &mut VerifyReport,
    root: &Path,
    folder: &ContractFolder,
    state: &State,
    covered: &RangeSet,
    head: Option<ManifestLink>,
) {
    let find = |date, problem, detail: String| {
        let file = folder.manifest(date);
        FileLocation { root, file }.find(None, problem, detail)
    };
    if let Some(written) = state.head
        && !state.open
        && head != Some(written)
    {
        let (problem, detail) = if head.is_none_or(|head| head.date < written.date) {
            (Problem::Missing, "file is missing: it was the last manifest")
        } else {
            (Problem::Chain, "not the last manifest that was written: file was changed or added")
        };
        let at = head.map_or(written.date, |head| head.date.max(written.date));
        report.findings.push(find(at, problem, detail.to_owned()));
    }
    for lost in state.covered_ranges().difference(covered).iter() {
        report.findings.push(find(
            lost.start().date_naive(),
            Problem::Missing,
            format!("{} was archived, but no manifest covers it", super::range(lost)),
        ));
    }
}

fn leftover_warning(name: &str) -> String {
    format!("{name} was left by a killed export; the next export removes it")
}

fn is_part(name: &str) -> bool {
    name.parse::<PartName>().is_ok()
}
