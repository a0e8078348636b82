//! Compares the chain of manifests, the files and the state of a contract. Each manifest contains the digest of the one
//! before it, so a changed manifest is found unless all later ones and the state were changed as well.

use std::path::Path;

use super::{FileLocation, Finding, ManifestChain, Problem, VerifyReport};
use crate::digest::Digest;
use crate::fs::is_leftover;
use crate::layout::{ContractFolder, MANIFEST, PartName, day_of, names};
use crate::manifest::{Manifest, ManifestLink, ReadRange};
use crate::state::State;
use ionos_activitylog::RangeSet;

/// Files of a contract that no manifest names.
const KNOWN: [&str; 4] = ["_state.json", "_state.prev.json", "_state.lock", "_runs.ndjson"];

/// Checks the manifests, files and state of a contract. Returns the manifests that can be used.
pub(super) fn of(root: &Path, folder: &ContractFolder) -> (VerifyReport, Vec<Manifest>) {
    let mut report = VerifyReport::default();
    let place = |file: std::path::PathBuf| FileLocation { root, file };
    let state = match State::read(folder) {
        Ok((state, warning)) => {
            report.warnings.extend(warning);
            state
        }
        Err(error) => {
            let state = place(folder.path().join("_state.json"));
            report.findings.push(state.find(None, Problem::Unreadable, error.to_string()));
            None
        }
    };
    let open = state.as_ref().is_some_and(|state| state.open);
    let relink = state.as_ref().and_then(|state| state.relink);
    if open {
        report.warnings.push(format!(
            "an export of contract {} is on its way or was killed; the next one puts in order what it left",
            folder.contract()
        ));
    }
    if state.is_none() {
        report.warnings.push(format!(
            "there is no state of contract {} to compare its last manifest with: compare its SHA-256 with one that is \
             kept in another place",
            folder.contract()
        ));
    }
    let unreadable = |file: &Path, error: &dyn std::fmt::Display| {
        let there = place(file.to_path_buf());
        there.find(None, Problem::Unreadable, format!("it cannot be read: {error}"))
    };
    let listed = folder.days().and_then(|days| Ok((days, names(folder.path())?)));
    let (days, others) = match listed {
        Ok(listed) => listed,
        Err(error) => {
            let error = cause(error);
            report.findings.push(unreadable(folder.path(), &error));
            return (report, Vec::new());
        }
    };
    // A day whose manifest could not be read, so that its digest is unknown.
    let mut unknown = None;
    let mut unlinked = 0;
    let (mut manifests, mut covered) = (Vec::new(), RangeSet::new());
    let (mut before, mut gaps): (Option<ManifestLink>, u64) = (None, 0);
    for date in days {
        let here = place(folder.manifest(date));
        let day = match names(&folder.day(date)) {
            Ok(day) => day,
            Err(error) => {
                let error = cause(error);
                report.findings.push(unreadable(&folder.day(date), &error));
                unknown = Some(date);
                continue;
            }
        };
        let read = std::fs::read(&here.file).map_err(|error| (error.kind(), error));
        let bytes = match read {
            Ok(bytes) => bytes,
            Err((std::io::ErrorKind::NotFound, _)) => {
                // An export creates the folder before its first part, and the manifest after it.
                if open && day.iter().all(|name| is_leftover(name) || is_part(name)) {
                    report
                        .warnings
                        .push(format!("{} has no manifest yet", here.find(None, Problem::Missing, "").file.display()));
                } else {
                    report.findings.push(here.find(None, Problem::Missing, "there is no manifest"));
                }
                continue;
            }
            Err((_, error)) => {
                report.findings.push(unreadable(&here.file, &error));
                unknown = Some(date);
                continue;
            }
        };
        let sha256 = Digest::sha256(&bytes);
        match Manifest::from_bytes(&bytes, &here.file) {
            Ok(manifest) => {
                let belongs = manifest.date == date && manifest.contract == *folder.contract();
                if !belongs || manifest.to_bytes() != bytes {
                    report.findings.push(here.find(
                        None,
                        Problem::Changed,
                        "it was modified: it belongs to another day or contract, or was reformatted",
                    ));
                }
                if relink.is_some_and(|from| date >= from) {
                    unlinked += 1;
                } else if manifest.previous != before && manifest.previous.is_none_or(|one| Some(one.date) != unknown) {
                    report.findings.push(broken(root, folder, &manifest, before));
                }
                gaps += manifest.gaps.len() as u64;
                covered.extend(manifest.ranges.iter().filter_map(ReadRange::range));
                files(&mut report, root, folder, &manifest, &day, open);
                manifests.push(manifest);
            }
            Err(error) => report.findings.push(here.find(None, Problem::Changed, error.to_string())),
        }
        before = Some(ManifestLink { date, sha256 });
    }
    if let Some(from) = relink {
        report.warnings.push(format!(
            "the manifests of contract {} are being linked again from {from} on, so the links between these days were \
             not compared: export again first",
            folder.contract()
        ));
    }
    if let Some(state) = &state {
        state_findings(&mut report, root, folder, state, &covered, before);
    }
    for name in others {
        if is_leftover(&name) {
            report.warnings.push(left(&name));
        } else if !KNOWN.contains(&name.as_str()) && day_of(&name).is_none() {
            let extra = place(folder.path().join(&name));
            report.findings.push(extra.find(None, Problem::Extra, "it does not belong to the archive"));
        }
    }
    report.chains.push(ManifestChain {
        contract: folder.contract().clone(),
        days: manifests.len() as u64,
        gaps,
        unlinked,
        head: before,
    });
    (report, manifests)
}

/// The error of the operating system without the path, which the finding names.
fn cause(error: crate::error::Error) -> String {
    match error {
        crate::error::Error::Open { source: error, .. } => error.to_string(),
        error => error.to_string(),
    }
}

/// Names the modified manifest: the earlier one if it exists, because the later one contains its digest.
fn broken(root: &Path, folder: &ContractFolder, manifest: &Manifest, before: Option<ManifestLink>) -> Finding {
    let date = manifest.date;
    let (at, problem, detail) = match (manifest.previous, before) {
        (Some(expected), Some(found)) if expected.date == found.date => (
            found.date,
            Problem::Chain,
            format!(
                "it was changed after the manifest of {date} was written, which follows one with SHA-256 {}",
                expected.sha256
            ),
        ),
        (Some(expected), found) if found.is_none_or(|found| found.date < expected.date) => {
            (expected.date, Problem::Missing, format!("there is no manifest, and the manifest of {date} follows it"))
        }
        (_, Some(found)) => (
            found.date,
            Problem::Chain,
            format!("the manifest of {date} does not follow it: one of the two was changed or added"),
        ),
        (_, None) => (
            date,
            Problem::Chain,
            "it should be the first of the contract, and says that there is one before it".to_owned(),
        ),
    };
    let place = FileLocation { root, file: folder.manifest(at) };
    place.find(None, problem, detail)
}

/// Reports files of a day that its manifest does not name.
fn files(
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
            report.warnings.push(left(name));
            continue;
        }
        let extra = FileLocation { root, file: folder.day(manifest.date).join(name) };
        report.findings.push(extra.find(None, Problem::Extra, "the manifest of the day does not name it"));
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
            (Problem::Missing, "it was the last manifest, and is gone")
        } else {
            (Problem::Chain, "it is not the last manifest that was written: it was changed, or one was added")
        };
        let at = head.map_or(written.date, |head| head.date.max(written.date));
        report.findings.push(find(at, problem, detail.to_owned()));
    }
    for lost in state.covered_ranges().difference(covered).iter() {
        report.findings.push(find(
            lost.start().date_naive(),
            Problem::Missing,
            format!("{} was archived, and no manifest has it", super::range(lost)),
        ));
    }
}

fn left(name: &str) -> String {
    format!("{name} was left by an export that was killed; the next one removes it")
}

fn is_part(name: &str) -> bool {
    name.parse::<PartName>().is_ok()
}
