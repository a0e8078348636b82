//! The report of a verification as a document for machines and auditors.

use chrono::{DateTime, NaiveDate, Utc};
use ionos_activitylog::DateRange;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ChainChecks, ManifestChain, TotalsReport, VerifyReport, WHAT_IT_PROVES};
use crate::digest::Digest;
use crate::encode::text;
use crate::encode::text::single_line;
use crate::manifest::{KeptRecords, KnownGap, Manifest, ManifestLink, ReadRange};

/// Schema and version of the report.
pub const VERIFICATION_SCHEMA: &str = "ialog.verification/1";

/// What is compared, as a sentence, and whether the check was made for a contract.
type Check = (&'static str, fn(ChainChecks) -> bool);

/// All checks.
const CHECKS: [Check; 9] = [
    ("the numbers of the manifests follow each other, and each manifest has the digest of the one before", |_| true),
    ("the sums of each manifest follow from its parts and ranges", |_| true),
    ("the manifests of a contract cover all time between its first and its last archived time", |made| made.ranges),
    ("each part has the size and the SHA-256 that its manifest states", |_| true),
    ("the lines of each part have the counts, times, order and digests that its manifest states", |_| true),
    ("no event of a day is archived twice", |_| true),
    ("manifests name every part, the chain has every manifest, and no other file is in the archive", |_| true),
    (
        "every manifest and range that the state names exists, and no manifest was added after the last export had ended",
        |made| made.state,
    ),
    (
        "the chain has the manifests that the run log names, and does not end before the last finished export in the run log",
        |made| made.run_log,
    ),
];

/// The report of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerificationDocument {
    /// Schema and version of this document, [`VERIFICATION_SCHEMA`].
    pub schema: String,
    /// `ok`, `failed` or `incomplete`. `failed` means that there are findings. `incomplete` means that there are no
    /// findings, and that the archive does not prove everything. The causes are an interrupted export, a missing end
    /// of a contract, a state or a run log that is missing or cannot be used, a contract without a closed day,
    /// manifests of version 0.1.0 without a link, gaps, and ranges that are not archived. Other causes are a day with
    /// fewer events than the service reports, and a day that could not be compared with the service.
    pub result: &'static str,
    /// What was compared. Has only the checks that were made for all contracts: for example, a contract whose run log
    /// is missing cannot be compared with its run log, and the notes say so.
    pub checks: Vec<&'static str>,
    /// What the result does not prove.
    pub limits: &'static str,
    /// Number of events that are further versions of another event of their day: they have the same id and another
    /// content, because the event changed.
    pub amended: u64,
    /// The contracts, in the order of the archive.
    pub contracts: Vec<VerifiedContract>,
    /// The comparison with the totals of the service. `null` if it was not requested (`--online`). If it failed, no day
    /// was compared, and its notes have the reason.
    pub totals: Option<ComparedTotals>,
    /// All differences.
    pub findings: Vec<ReportedFinding>,
    /// Remarks that are no differences.
    pub notes: Vec<String>,
}

/// The chain and the days of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerifiedContract {
    /// Contract number.
    pub contract: String,
    /// Number of files in the chain.
    pub manifests: u64,
    /// The last manifest. `null` if there is none.
    pub head: Option<ManifestLink>,
    /// The manifest whose digest is one of the given digests (`--head`). `null` if no digest was given, or if no
    /// manifest of this contract has one of the digests.
    pub kept: Option<ManifestLink>,
    /// Manifests after the one in `kept`, which the given digest does not cover.
    pub after_kept: Vec<ManifestLink>,
    /// The last day that is closed. `null` if none is.
    pub closed_until: Option<String>,
    /// Days that are not over, so that their manifests prove nothing yet.
    pub open_days: Vec<String>,
    /// Days that an interrupted export has left open.
    pub interrupted_days: Vec<String>,
    /// Days whose manifests of version 0.1.0 do not name the digest of the previous manifest.
    pub unlinked_days: Vec<String>,
    /// Ranges between the first and the last archived time that no manifest covers, for example because no export has
    /// read them. Empty if a manifest is missing or unreadable, because the ranges of this manifest are unknown.
    pub unarchived_ranges: Vec<UnarchivedRange>,
    /// The days, in order.
    pub days: Vec<VerifiedDay>,
}

/// A range that no manifest covers (half-open, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct UnarchivedRange {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
}

/// The combined content of all manifests of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct VerifiedDay {
    /// The day, UTC.
    pub date: String,
    /// The closed manifests of the day.
    pub manifests: Vec<ManifestLink>,
    /// Ranges that were read, with their proofs.
    pub ranges: Vec<ReadRange>,
    /// Ranges that could not be verified.
    pub gaps: Vec<KnownGap>,
    /// Number of parts.
    pub parts: u64,
    /// Number of events.
    pub events: u64,
    /// Records that are in no part.
    pub kept: Vec<KeptRecords>,
    /// SHA-256 over the digests of the parts.
    pub digest: Digest,
}

/// Numbers of days and events from the comparison with the totals of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ComparedTotals {
    /// Days for which the service reports as many events as the archive has.
    pub equal_days: u64,
    /// Days for which the service reports more events.
    pub more_days: u64,
    /// Days for which the service reports fewer events.
    pub fewer_days: u64,
    /// Days that could not be compared completely, for example because the service gave no usable count.
    pub unknown_days: u64,
    /// Days that are archived only in part. Their archived ranges were compared, and the service does not report more
    /// events for them.
    pub partial_days: u64,
    /// Days between the first and the last archived time of which nothing is archived. They were not compared.
    pub unarchived_days: u64,
    /// Number of events of verified ranges that the service reports and the archive lacks. For example, they arrived
    /// after the export.
    pub late_events: u64,
    /// Number of events of ranges with gaps that the service reports and the archive lacks.
    pub missing_events: u64,
    /// The differences and remarks, for people.
    pub notes: Vec<String>,
}

impl From<&TotalsReport> for ComparedTotals {
    fn from(totals: &TotalsReport) -> Self {
        let findings = totals.report.findings.iter().map(ToString::to_string);
        Self {
            equal_days: totals.equal,
            more_days: totals.more_days(),
            fewer_days: totals.fewer,
            unknown_days: totals.unknown,
            partial_days: totals.partial,
            unarchived_days: totals.unarchived,
            late_events: totals.more_events,
            missing_events: totals.missing_events,
            notes: findings.chain(totals.report.warnings.iter().cloned()).collect(),
        }
    }
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct ReportedFinding {
    /// The file, relative to the root of the archive.
    pub file: String,
    /// Number of the line, from 1. `null` if the finding is about the file.
    pub line: Option<u64>,
    /// Kind of the difference, such as `changed`.
    pub problem: String,
    /// Description for people.
    pub detail: String,
}

impl VerifyReport {
    /// Returns the report as a document. `totals` is the result of the comparison with the service. `None` if there was
    /// no such comparison.
    #[must_use]
    pub fn document(&self, totals: Option<&TotalsReport>) -> VerificationDocument {
        let finding = |finding: &super::Finding| ReportedFinding {
            file: single_line(&finding.file),
            line: finding.line,
            problem: format!("{:?}", finding.problem).to_lowercase(),
            detail: finding.detail.clone(),
        };
        VerificationDocument {
            schema: VERIFICATION_SCHEMA.to_owned(),
            result: match self.is_intact() {
                false => "failed",
                true if self.has_all_events() && totals.is_none_or(TotalsReport::is_complete) => "ok",
                true => "incomplete",
            },
            checks: self.made_checks(),
            limits: WHAT_IT_PROVES,
            amended: self.amended,
            contracts: self.chains.iter().map(|chain| self.contract(chain)).collect(),
            totals: totals.map(ComparedTotals::from),
            findings: self.findings.iter().map(finding).collect(),
            notes: self.warnings.clone(),
        }
    }

    /// The checks that were made for all contracts.
    fn made_checks(&self) -> Vec<&'static str> {
        let is_made = |made: fn(ChainChecks) -> bool| self.chains.iter().all(|chain| made(chain.checks));
        CHECKS.into_iter().filter(|(_, made)| is_made(*made)).map(|(check, _)| check).collect()
    }

    fn contract(&self, chain: &ManifestChain) -> VerifiedContract {
        let dates = |dates: &[NaiveDate]| dates.iter().map(ToString::to_string).collect();
        let days = self.days.iter().filter(|day| day.contract == chain.contract);
        VerifiedContract {
            contract: chain.contract.to_string(),
            manifests: chain.manifests,
            head: chain.head(),
            kept: chain.kept,
            after_kept: chain.after_kept().to_vec(),
            closed_until: chain.closed_until.map(|date| date.to_string()),
            open_days: dates(&chain.open_days),
            interrupted_days: dates(&chain.interrupted_days),
            unlinked_days: dates(&chain.unlinked_days),
            unarchived_ranges: chain.unarchived.iter().map(unarchived_range).collect(),
            days: days.map(|day| verified_day(day, chain)).collect(),
        }
    }
}

fn unarchived_range(range: DateRange) -> UnarchivedRange {
    UnarchivedRange { from: range.start(), to: range.end() }
}

fn verified_day(day: &Manifest, chain: &ManifestChain) -> VerifiedDay {
    let is_of_day = |link: &&ManifestLink| link.date == day.date && !(chain.has_import && link.number == Some(1));
    VerifiedDay {
        date: day.date.to_string(),
        manifests: chain.links.iter().filter(is_of_day).copied().collect(),
        ranges: day.ranges.clone(),
        gaps: day.gaps.clone(),
        parts: day.parts.len() as u64,
        events: day.counts.count,
        kept: day.kept.clone(),
        digest: day.digest,
    }
}
