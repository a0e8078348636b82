//! Verifies an archive without the service. If the last manifest is the original, every part or manifest that was
//! changed or removed is found, and every file that was added. The verification compares each manifest with the files
//! of its day and with the next manifest.
//!
//! [`verify_archive`] checks the contracts of an archive: `chain` compares manifests, files and state, `day` checks the
//! lines of a day. In contrast, `online` compares the totals of an archive with those of the service.

mod chain;
mod day;
mod online;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use ionos_activitylog::ContractNumber;

use crate::digest::Digest;
use crate::encode::text;
use crate::encode::text::single_line;
use crate::error::Error;
use crate::layout::Archive;
use crate::manifest::{ManifestLink, Part};

pub use online::{TotalsReport, verify_totals};

/// Explanation for users of the guarantees and the limits of a verification.
pub const WHAT_IT_PROVES: &str = "\
If there are no findings, no file of the archive was changed, removed or added after the manifests were written,
provided that the last manifest is the original: compare its SHA-256 with a copy kept elsewhere. Verification does not
prove that the service's log was complete or unaltered when it was read. For verified ranges, the number of events
equalled the service's own count. For a verified range without a total, the service gave no usable count, and repeated
scans returned the same events.";

/// Result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the report contains the findings"]
pub struct VerifyReport {
    /// Differences. Empty if the archive is unmodified.
    pub findings: Vec<Finding>,
    /// Warnings to show the user. A warning is not a difference.
    pub warnings: Vec<String>,
    /// The chain of manifests of each contract.
    pub chains: Vec<ManifestChain>,
    /// Number of parts read.
    pub parts: u64,
    /// Number of events read.
    pub events: u64,
    /// Size of the lines of these events in bytes, decompressed.
    pub bytes: u64,
}

/// The chain of manifests of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestChain {
    /// Contract of the manifests.
    pub contract: ContractNumber,
    /// Number of manifests, one per day.
    pub days: u64,
    /// Number of gaps that the manifests name.
    pub gaps: u64,
    /// Number of manifests whose links were not compared, because an export still has to link these manifests again.
    pub unlinked: u64,
    /// The last manifest. `None` if there is none.
    pub head: Option<ManifestLink>,
}

/// A difference and where it is.
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

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// A file that a manifest or the state names does not exist.
    Missing,
    /// A file exists that no manifest names.
    Extra,
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
    /// The service reports more events than the archive has.
    Total,
    /// A file cannot be read.
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
    /// Whether the archive is unmodified.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether the links of all manifests were compared.
    #[must_use]
    pub fn is_fully_linked(&self) -> bool {
        self.chains.iter().all(|chain| chain.unlinked == 0)
    }

    /// Compares the last manifest of each contract with digests that were kept elsewhere, one per contract.
    pub fn compare_heads(&mut self, archive: &Archive, kept: &[Digest]) {
        let mut found = Vec::new();
        let mut unmatched: Vec<&Digest> = kept.iter().collect();
        for chain in &self.chains {
            let folder = archive.contract(&chain.contract);
            let (file, detail) = match chain.head {
                Some(head) if kept.contains(&head.sha256) => {
                    unmatched.retain(|one| **one != head.sha256);
                    continue;
                }
                Some(head) => (
                    folder.manifest(head.date),
                    format!("the last manifest has SHA-256 {}, which matches none of the --head values", head.sha256),
                ),
                None => (
                    folder.path().to_path_buf(),
                    "there is no manifest, so none of the --head values matches".to_owned(),
                ),
            };
            let root = archive.root();
            found.push(FileLocation { root, file }.find(None, Problem::Chain, detail));
        }
        if found.is_empty() {
            for one in unmatched {
                let root = archive.root();
                let file = PathBuf::from(".");
                let detail = format!("--head {one} does not match the last manifest of any contract");
                found.push(FileLocation { root, file }.find(None, Problem::Chain, detail));
            }
        }
        self.findings.extend(found);
        self.findings.sort();
    }

    fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.warnings.extend(other.warnings);
        self.chains.extend(other.chains);
        self.parts += other.parts;
        self.events += other.events;
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

/// Compares the archive of some contracts (`None`: all) with its manifests, without the service. Uses one thread per
/// processor core; memory grows with the largest day.
///
/// Fails if the archive cannot be listed or has no contract. Any other problem is a finding, also a requested contract
/// without a folder.
pub fn verify_archive(archive: &Archive, contracts: Option<&[ContractNumber]>) -> Result<VerifyReport, Error> {
    verify_archive_with_progress(archive, contracts, |_, _| {})
}

/// Like [`verify_archive`], but calls `on_progress` after each part with the number of bytes read and the total number
/// of bytes.
pub fn verify_archive_with_progress(
    archive: &Archive,
    contracts: Option<&[ContractNumber]>,
    on_progress: impl Fn(u64, u64) + Sync,
) -> Result<VerifyReport, Error> {
    let contracts = archive.select_contracts(contracts)?;
    if contracts.is_empty() {
        return Err(Error::NoArchive { path: archive.root().to_path_buf() });
    }
    let mut report = VerifyReport::default();
    let mut days = Vec::new();
    for folder in &contracts {
        let (found, manifests) = chain::check_contract(archive.root(), folder);
        report.add(found);
        let manifests = manifests.into_iter();
        days.extend(manifests.map(|manifest| (folder.day(manifest.date), manifest)));
    }
    let parts = days.iter().flat_map(|(_, manifest)| &manifest.parts);
    let (done, bytes) = (AtomicU64::new(0), parts.map(|part| part.bytes).sum());
    let on_part = |part: &Part| {
        let before = done.fetch_add(part.bytes, Ordering::Relaxed);
        on_progress(before + part.bytes, bytes);
    };
    let (next, all) = (AtomicUsize::new(0), Mutex::new(VerifyReport::default()));
    let work = || {
        while let Some((folder, manifest)) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = day::check_day(archive.root(), folder, manifest, &on_part);
            all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(found);
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
    report.add(all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    report.findings.sort();
    Ok(report)
}

/// One line about the last manifest, whose digest can be kept elsewhere.
impl fmt::Display for ManifestChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = if self.days == 1 { "day" } else { "days" };
        write!(f, "contract {}: {} {days}", self.contract, self.days)?;
        if let Some(ManifestLink { date, sha256 }) = self.head {
            write!(f, ", last manifest {date} with SHA-256 {sha256}")?;
        }
        match self.gaps {
            0 => Ok(()),
            1 => f.write_str(", 1 gap that could not be verified"),
            gaps => write!(f, ", {gaps} gaps that could not be verified"),
        }
    }
}

fn range(range: ionos_activitylog::DateRange) -> String {
    format!("{} .. {}", text::time(range.start()), text::time(range.end()))
}
