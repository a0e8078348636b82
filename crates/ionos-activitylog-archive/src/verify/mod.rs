//! Verifies an archive without the service. The verification compares each manifest with the files of its day and with
//! the next manifest. If the last manifest is unmodified, every changed or removed part or manifest is found, and also
//! every added file.
//!
//! [`verify_archive`] checks the contracts of an archive: `chain` compares manifests, files and state, and `day` checks
//! the lines of a day. `foreign` reports files that are not of the archive, and `moved` recognises parts under other
//! names. `heads` compares the manifests with digests that were kept elsewhere, and `document` is the report for
//! machines. In contrast, `online` compares the numbers of archived events with the totals of the service.

mod chain;
mod day;
mod document;
mod foreign;
mod heads;
mod moved;
mod online;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use ionos_activitylog::{ContractNumber, RangeSet};

use crate::encode::text;
use crate::encode::text::single_line;
use crate::error::Error;
use crate::layout::{Archive, contract_of, day_of, manifest_number, names};
use crate::manifest::{Manifest, ManifestLink, Part};
use crate::sum::saturating_sum;
use foreign::ForeignFiles;

pub use document::{
    ComparedTotals, ReportedFinding, UnarchivedRange, VERIFICATION_SCHEMA, VerificationDocument, VerifiedContract,
    VerifiedDay,
};
pub use online::{TotalsReport, verify_totals};

/// Explains to users what a verification guarantees and what it does not guarantee.
pub const WHAT_IT_PROVES: &str = "\
OK means: every file is as its manifest states, no other file is there, each manifest continues the chain, no range of
a closed day has a gap, and no range between the first and the last archived time of a contract is missing. A person
who can write to the archive could replace all of it, or remove its end or the folder of a contract. So keep the
SHA-256 of the last manifest of each contract elsewhere: with --head, OK also means that nothing up to that manifest
was changed, removed or added since that manifest was written. Verification does not prove that the log of the service
was complete or unaltered when it was read. For a verified range, the number of events equalled the count of the
service; without a usable count, repeated scans returned the same events. A day that is not over, or whose export was
interrupted, is checked but not proven, because its manifest is still open.";

/// Result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the report contains the findings"]
pub struct VerifyReport {
    /// Differences, and files that cannot be read. Empty if the archive is unmodified and all its files can be read.
    pub findings: Vec<Finding>,
    /// Warnings to show the user. A warning is not a difference.
    pub warnings: Vec<String>,
    /// The chain of manifests of each contract.
    pub chains: Vec<ManifestChain>,
    /// The combined content of the manifests of each day, in order of contract and day.
    pub days: Vec<Manifest>,
    /// Number of parts read.
    pub parts: u64,
    /// Number of events read.
    pub events: u64,
    /// Number of events read that are a further version of an event that changed. Such a version has the same id as
    /// another event of its day, but another content.
    pub amended: u64,
    /// Decompressed size of the lines of all events read, in bytes.
    pub bytes: u64,
}

/// The chain of manifests of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestChain {
    /// Contract of the manifests.
    pub contract: ContractNumber,
    /// Number of days with a closed manifest.
    pub days: u64,
    /// Number of files in the chain.
    pub manifests: u64,
    /// Number of gaps that the manifests name.
    pub gaps: u64,
    /// Ranges between the first and the last archived time that no manifest covers, for example because no export has
    /// read them. Empty if a manifest is missing or unreadable, because the ranges of this manifest are unknown.
    pub unarchived: RangeSet,
    /// The links of all closed manifests, those of version 1 first.
    pub links: Vec<ManifestLink>,
    /// The last closed day. `None` if no day is closed.
    pub closed_until: Option<NaiveDate>,
    /// The day that is open, because it is not over. At most one.
    pub open_days: Vec<NaiveDate>,
    /// Days that an interrupted export has left open.
    pub interrupted_days: Vec<NaiveDate>,
    /// Whether an export is running, has failed or was killed.
    pub is_unfinished: bool,
    /// Why the end of the chain was not compared with the state or with the run log, although an export has ended: one
    /// phrase for each of the two files, such as "contract=7/_runs.ndjson is missing". Nothing else in the archive
    /// shows whether manifests are missing at its end.
    pub without_evidence: Vec<String>,
    /// The checks that were made.
    pub checks: ChainChecks,
    /// End of the range of a completed export in the run log, if the manifests end earlier. In this case, the manifest
    /// of an open day is missing, and the state does not show this loss. Otherwise `None`.
    pub lost_end: Option<DateTime<Utc>>,
    /// Days whose manifest has version 1 and is not linked to the manifest before it. These manifests prove nothing
    /// about earlier days.
    pub unlinked_days: Vec<NaiveDate>,
    /// Whether the chain lists the manifests of version 1.
    pub has_import: bool,
    /// The last manifest whose digest was kept elsewhere. `None` before [`VerifyReport::compare_heads`], or if no kept
    /// digest matches.
    pub kept: Option<ManifestLink>,
}

/// The checks of a chain that need complete manifests, a usable state or a usable run log. Each member says whether the
/// check was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainChecks {
    /// Whether the ranges of the manifests were searched for ranges that are missing.
    pub ranges: bool,
    /// Whether the chain was compared with the state. `false` if only the previous copy of the state can be used.
    pub state: bool,
    /// Whether the chain was compared with the run log.
    pub run_log: bool,
}

impl ManifestChain {
    fn new(contract: ContractNumber) -> Self {
        Self {
            contract,
            days: 0,
            manifests: 0,
            gaps: 0,
            unarchived: RangeSet::new(),
            links: Vec::new(),
            closed_until: None,
            open_days: Vec::new(),
            interrupted_days: Vec::new(),
            is_unfinished: false,
            without_evidence: Vec::new(),
            checks: ChainChecks::default(),
            lost_end: None,
            unlinked_days: Vec::new(),
            has_import: false,
            kept: None,
        }
    }

    /// The last manifest. `None` if there is none.
    #[must_use]
    pub fn head(&self) -> Option<ManifestLink> {
        self.links.last().copied()
    }

    /// The manifests after the one whose digest was kept elsewhere. Empty without such a digest.
    #[must_use]
    pub fn after_kept(&self) -> &[ManifestLink] {
        let kept = self.kept.and_then(|kept| self.links.iter().position(|link| *link == kept));
        kept.and_then(|kept| self.links.get(kept + 1..)).unwrap_or_default()
    }

    /// Whether the end of the chain is proven: the chain was compared with the state and with the run log, or a digest
    /// that was kept elsewhere is the digest of the last manifest.
    #[must_use]
    pub fn is_end_proven(&self) -> bool {
        self.without_evidence.is_empty() || self.kept.is_some() && self.after_kept().is_empty()
    }

    /// Whether four conditions hold: the contract has a day, no export is unfinished, the end is neither missing nor
    /// unproven, and all manifests are linked. The chain then proves everything up to its end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let has_day = !self.links.is_empty() || !self.open_days.is_empty();
        let is_finished = self.interrupted_days.is_empty() && !self.is_unfinished && self.lost_end.is_none();
        has_day && is_finished && self.is_end_proven() && self.unlinked_days.is_empty()
    }

    /// Whether the chain proves that the archive has all events of its closed days: it is complete, at least one day is
    /// closed, no gap is left, and no range between the first and the last archived time is missing.
    #[must_use]
    pub fn has_all_events(&self) -> bool {
        self.is_complete() && self.closed_until.is_some() && self.gaps == 0 && self.unarchived.is_empty()
    }
}

/// A difference or an unreadable file, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The file, relative to the root of the archive.
    pub file: PathBuf,
    /// Number of the line, from 1. `None` if the finding is about the file.
    pub line: Option<u64>,
    /// Kind of the difference.
    pub problem: Problem,
    /// Description for users, without the file name.
    pub detail: String,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// A file does not exist, although a manifest or the state names it.
    Missing,
    /// A part or manifest exists that no manifest names.
    Extra,
    /// A file exists that is not of the archive.
    Foreign,
    /// The content of a file was changed.
    Changed,
    /// A manifest is not the one that the next manifest, the state or a kept digest refers to.
    Chain,
    /// A line is not JSON or has no line end.
    Record,
    /// An event occurs twice.
    Duplicate,
    /// An event lies outside of the range of its part, or the first or last time of a part differs from the manifest.
    Time,
    /// Events are not in order of time and id.
    Order,
    /// The number of events or ids, or the total that follows from them, differs from the manifest.
    Count,
    /// The service reports more events than the archive has, for example because some arrived after the export.
    Total,
    /// A file cannot be read because of an error of the system, such as a missing permission. This is no difference.
    Unreadable,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&single_line(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

impl VerifyReport {
    /// Whether there are no findings: the archive is unmodified, and all its files can be read.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether all findings are files that could not be read. Such a finding shows no difference.
    #[must_use]
    pub fn is_only_unreadable(&self) -> bool {
        self.findings.iter().all(|finding| finding.problem == Problem::Unreadable)
    }

    /// Number of days that findings are about.
    #[must_use]
    pub fn damaged_days(&self) -> usize {
        let day = |finding: &Finding| {
            let mut folders = finding.file.components().map(|one| one.as_os_str().to_string_lossy().into_owned());
            let contract = folders.next()?;
            let name = folders.next()?;
            match day_of(&name) {
                Some(date) => Some((contract, date)),
                None => {
                    let number = manifest_number(&folders.next()?)?;
                    let links = self.chains.iter().find(|chain| contract.ends_with(&format!("={}", chain.contract)));
                    let link = links?.links.iter().find(|link| link.number == Some(number))?;
                    Some((contract, link.date))
                }
            }
        };
        self.findings.iter().filter_map(day).collect::<BTreeSet<_>>().len()
    }

    /// Whether the chains of all contracts are complete, see [`ManifestChain::is_complete`].
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.chains.iter().all(ManifestChain::is_complete)
    }

    /// Whether the chains of all contracts prove all events, see [`ManifestChain::has_all_events`].
    #[must_use]
    pub fn has_all_events(&self) -> bool {
        self.chains.iter().all(ManifestChain::has_all_events)
    }

    fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.warnings.extend(other.warnings);
        self.chains.extend(other.chains);
        self.parts += other.parts;
        self.events += other.events;
        self.amended += other.amended;
        self.bytes += other.bytes;
    }
}

/// A file of the archive that findings refer to.
#[derive(Clone, Debug)]
struct FileLocation<'a> {
    root: &'a Path,
    file: PathBuf,
}

impl FileLocation<'_> {
    fn find(&self, line: impl Into<Option<u64>>, problem: Problem, detail: impl Into<String>) -> Finding {
        Finding {
            file: self.file.strip_prefix(self.root).unwrap_or(&self.file).to_path_buf(),
            line: line.into(),
            problem,
            detail: detail.into(),
        }
    }
}

/// Compares the files of some contracts (`None`: of all contracts) with their manifests, without the service. Uses one
/// thread per processor core; memory grows with the largest day.
///
/// Fails if the archive cannot be listed or has no contract. Any other problem is a finding; a requested contract
/// without a folder is one, too.
pub fn verify_archive(archive: &Archive, contracts: Option<&[ContractNumber]>) -> Result<VerifyReport, Error> {
    verify_archive_with_progress(archive, contracts, &[], |_, _| {})
}

/// Like [`verify_archive`], but ignores some of the files that are not of the archive. A file is ignored if its name or
/// its path relative to the root matches one of the patterns in `ignored`. In a pattern, `*` stands for any characters,
/// and case is ignored. Calls `on_progress` after each part with the number of bytes read and the total number of
/// bytes.
pub fn verify_archive_with_progress(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    ignored: &[String],
    on_progress: impl Fn(u64, u64) + Sync,
) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let foreign = ForeignFiles::new(ignored);
    for name in names(archive.root())? {
        if contract_of(&name).is_none() {
            foreign.report(&mut report, archive.root(), archive.root().join(&name));
        }
    }
    let selected = archive.select_contracts(contracts)?;
    if selected.is_empty() {
        return Err(Error::NoArchive { path: archive.root().to_path_buf() });
    }
    let (mut days, mut folders): (Vec<Manifest>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for folder in &selected {
        let (found, manifests) = chain::check_contract(archive.root(), folder, &foreign);
        report.add(found);
        // Use the contract of the folder, because the contract in a manifest may have been changed.
        folders.extend(manifests.iter().map(|manifest| folder.day(manifest.date)));
        days.extend(manifests);
    }
    let parts = days.iter().flat_map(|manifest| &manifest.parts);
    let (done, bytes) = (Mutex::new(0_u64), saturating_sum(parts.map(|part| part.bytes)));
    let on_part = |part: &Part| {
        let done = {
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            *done = done.saturating_add(part.bytes);
            *done
        };
        on_progress(done, bytes);
    };
    let (next, all) = (AtomicUsize::new(0), Mutex::new(VerifyReport::default()));
    let work = || {
        let next_index = || next.fetch_add(1, Ordering::Relaxed);
        while let Some((folder, manifest)) = Some(next_index()).and_then(|at| folders.get(at).zip(days.get(at))) {
            let found = day::check_day(archive.root(), folder, manifest, &on_part);
            all.lock().unwrap_or_else(PoisonError::into_inner).add(found);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 1..threads.min(days.len()) {
            // If a thread cannot be started, the others do its work.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    report.add(all.into_inner().unwrap_or_else(PoisonError::into_inner));
    report.days = days;
    moved::merge_findings(&mut report, archive);
    report.findings.sort();
    Ok(report)
}

/// One line about the last manifest, whose digest can be kept elsewhere.
impl fmt::Display for ManifestChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = if self.days == 1 { "day" } else { "days" };
        write!(f, "contract {}: {} {days}", self.contract, self.days)?;
        if let Some(ManifestLink { number, date, sha256 }) = self.head() {
            let number = number.map(|number| format!("{number} ")).unwrap_or_default();
            write!(f, ", last manifest {number}of {date} with SHA-256 {sha256}")?;
        }
        match self.gaps {
            0 => {}
            1 => f.write_str(", 1 gap that could not be verified")?,
            gaps => write!(f, ", {gaps} gaps that could not be verified")?,
        }
        match self.unarchived.iter().len() {
            0 => Ok(()),
            1 => f.write_str(", 1 range that is not archived"),
            ranges => write!(f, ", {ranges} ranges that are not archived"),
        }
    }
}

fn range(range: ionos_activitylog::DateRange) -> String {
    format!("{} .. {}", text::time(range.start()), text::time(range.end()))
}
