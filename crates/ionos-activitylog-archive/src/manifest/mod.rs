//! The manifest of a day: the ranges that were read, the parts with their contents, and the digest of the previous
//! manifest. The manifests of a contract form a chain, so that no part or manifest can be changed or removed without
//! changing every later manifest.
//!
//! A manifest depends only on the data and the version of the program. It contains no clock time, run or machine, so
//! that exporting the same events again gives the same bytes. Facts about runs are in `_runs.ndjson`.

mod check;
mod days;
mod proof;
#[cfg(test)]
mod tests;

pub(crate) use days::read_days;
pub use proof::RangeProof;

use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ionos_activitylog::{ContractNumber, DateRange, GapReason, RangeSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::digest::Digest;
use crate::encode::text;
use crate::error::Error;
use crate::fs::json_file;
use crate::layout::PartName;

/// Schema and version of the manifests that this crate writes. This crate also reads `ialog.manifest/1`.
pub const MANIFEST_SCHEMA: &str = "ialog.manifest/2";

/// The schema of the manifests that version 0.1.0 wrote. They name no proofs, but are read, verified and continued.
const MANIFEST_SCHEMA_1: &str = "ialog.manifest/1";

/// The rule by which events are identified: their `@uuid`, or else the SHA-256 of their canonical content.
pub const ID_RULE: &str = "uuid|canon-sha256/1";

/// The content of the folder of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// Schema and version of this file, [`MANIFEST_SCHEMA`] or an earlier version.
    pub schema: String,
    /// Base URL of the API that the events come from, or the name that replaces it.
    pub api: String,
    /// Contract whose log this is.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The day, UTC.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub date: NaiveDate,
    /// Ranges of the day that were read, in order of time, without overlaps.
    pub ranges: Vec<ReadRange>,
    /// Ranges that could not be verified, in order of time.
    pub gaps: Vec<KnownGap>,
    /// Sums over all parts.
    pub counts: EventCounts,
    /// Parts of the day, in order of their ranges, late parts after all others.
    pub parts: Vec<Part>,
    /// SHA-256 over the digests of all parts, in order. It covers every line of the day.
    pub digest: Digest,
    /// Manifest of the nearest earlier day of this contract. `null` for the first day.
    pub previous: Option<ManifestLink>,
    /// Program that wrote this file, and the API description that it was built from.
    pub tool: Tool,
    /// Rule by which events are identified, [`ID_RULE`].
    pub id_rule: String,
}

/// A range that was read (half-open, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadRange {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Whether the range is proven to be complete.
    pub verified: bool,
    /// Whether the service reported as many events for this range as are archived.
    pub counted: bool,
    /// Why the range counts as complete. Absent if the range is not verified, if version 0.1.0 archived it, or if it
    /// shares a second with a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<RangeProof>,
}

/// A range that was read and could not be verified (half-open, UTC).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownGap {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Why the range could not be verified: `overflow`, `disagreement`, `outside-of-window`, `total-decreased`,
    /// `partial-search`, `unreadable-record` or `unknown`.
    pub reason: String,
    /// Number of distinct events received.
    pub seen: u64,
    /// Total that the service reports. `null` if it reports none.
    pub total: Option<u64>,
}

/// Sums over the parts of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCounts {
    /// Number of events, one per line.
    pub count: u64,
    /// Number of distinct ids.
    pub unique: u64,
    /// Total that the service reported for the ranges of the day, including late events. `null` if one range is not
    /// verified or has no usable total.
    pub total: Option<u64>,
}

/// A file with events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Part {
    /// File name, a [`PartName`].
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub file: PartName,
    /// Start of its range, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End of its range, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Size of the lines in bytes, decompressed, including line ends.
    pub unpacked: u64,
    /// Number of events.
    pub count: u64,
    /// Number of distinct ids. In a late part only the ids that no other part has.
    pub unique: u64,
    /// Total that the service reported for the range; in a late part the increase of it. An event that was amended
    /// while it was read counts once. `null` if the range is not verified or its total did not match.
    pub total: Option<u64>,
    /// Time of the first event that has a time. `null` if none has.
    #[serde(with = "text::instant_or_none")]
    #[schemars(with = "Option<String>")]
    pub first: Option<DateTime<Utc>>,
    /// Time of the last event that has a time. `null` if none has.
    #[serde(with = "text::instant_or_none")]
    #[schemars(with = "Option<String>")]
    pub last: Option<DateTime<Utc>>,
    /// SHA-256 over the SHA-256 of each line without its line end.
    pub digest: Digest,
    /// Whether the part is proven to contain all events of its range.
    pub verified: bool,
    /// Whether the events reached the log after their range had been verified.
    pub late: bool,
}

/// Reference to an earlier manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestLink {
    /// Day of that manifest, UTC.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub date: NaiveDate,
    /// SHA-256 of that manifest's file.
    pub sha256: Digest,
}

/// The program that wrote a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Name of the program.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// Version of the API description that the program was built from.
    pub description: String,
    /// SHA-256 of that API description.
    pub description_sha256: String,
}

/// Version of the API description, as in `openapi/PROVENANCE.toml`.
pub const DESCRIPTION_VERSION: &str = "v1";

/// SHA-256 of the API description, as in `openapi/PROVENANCE.toml`.
pub const DESCRIPTION_SHA256: &str = "5f2d6e35d3d198fc494747f7634c059c694e2b4ba9667879627862322870afac";

impl Tool {
    /// This library.
    #[must_use]
    pub fn current() -> Self {
        Self {
            name: "ialog".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            description: DESCRIPTION_VERSION.to_owned(),
            description_sha256: DESCRIPTION_SHA256.to_owned(),
        }
    }
}

impl Manifest {
    /// An empty manifest of a day: nothing was read yet.
    #[must_use]
    pub fn new(api: impl Into<String>, contract: ContractNumber, date: NaiveDate) -> Self {
        Self {
            schema: MANIFEST_SCHEMA.to_owned(),
            api: api.into(),
            contract,
            date,
            ranges: Vec::new(),
            gaps: Vec::new(),
            counts: EventCounts::default(),
            parts: Vec::new(),
            digest: digest::combine([]),
            previous: None,
            tool: Tool::current(),
            id_rule: ID_RULE.to_owned(),
        }
    }

    /// Reads a manifest and returns it with the digest of its file.
    ///
    /// Fails with [`Error::Open`] if the file cannot be read, with [`Error::UnsupportedVersion`] if a later version
    /// wrote the file, and with [`Error::Damaged`] if the file is not a manifest or its values contradict each other.
    pub fn read(path: &Path) -> Result<(Self, Digest), Error> {
        let bytes = fs::read(path).map_err(|error| Error::Open { path: path.to_path_buf(), source: error })?;
        let manifest = Self::from_bytes(&bytes, path)?;
        Ok((manifest, Digest::sha256(&bytes)))
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let manifest: Self = json_file::parse(bytes, &[MANIFEST_SCHEMA_1, MANIFEST_SCHEMA], path)?;
        manifest.check().map_err(|detail| Error::damaged(path.to_path_buf(), detail))?;
        Ok(manifest)
    }

    /// The bytes of the manifest's file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json_file::to_pretty(self)
    }

    /// The day as a range, UTC. `None` at the end of the calendar.
    #[must_use]
    pub fn day(&self) -> Option<DateRange> {
        day(self.date)
    }

    /// Ranges that are proven to be complete.
    #[must_use]
    pub fn verified_ranges(&self) -> RangeSet {
        self.filter_ranges(true)
    }

    /// Ranges that were read and could not be verified.
    #[must_use]
    pub fn unverified_ranges(&self) -> RangeSet {
        self.filter_ranges(false)
    }

    fn filter_ranges(&self, verified: bool) -> RangeSet {
        let ranges = self.ranges.iter().filter(|one| one.verified == verified);
        ranges.filter_map(ReadRange::range).collect()
    }

    /// Parts whose own range lies within `range`.
    pub(crate) fn parts_in(&self, range: DateRange) -> impl Iterator<Item = &Part> {
        let inside = RangeSet::from(range);
        self.parts.iter().filter(move |part| inside.covers(part.file.range))
    }

    /// Total that the service reported for a range when the range was archived. `None` if one of the parts has no
    /// total. Compare a later total with this one, not with the number of archived events: an amended event is archived
    /// with several contents, but the service counts it once.
    pub(crate) fn total_in(&self, range: DateRange) -> Option<u64> {
        self.parts_in(range).map(|part| part.total).sum()
    }

    /// Sorts parts and gaps, and recomputes the sums and the digest.
    pub(crate) fn recompute(&mut self) {
        self.parts.sort_by(|a, b| {
            (a.late, a.from, a.to, a.file.to_string()).cmp(&(b.late, b.from, b.to, b.file.to_string()))
        });
        self.gaps.sort_by_key(|gap| (gap.from, gap.to));
        self.counts = self.sum_parts();
        self.digest = digest::combine(self.parts.iter().map(|part| &part.digest));
    }

    /// The sums over the parts.
    fn sum_parts(&self) -> EventCounts {
        let sum = |of: fn(&Part) -> u64| self.parts.iter().map(of).sum::<u64>();
        let mut ranges = self.ranges.iter();
        let counted = ranges.all(|range| range.verified && range.counted);
        let totals: Option<u64> = self.parts.iter().map(|part| part.total).sum();
        EventCounts {
            count: sum(|part| part.count),
            unique: sum(|part| part.unique),
            total: totals.filter(|_| counted),
        }
    }
}

impl ReadRange {
    /// A range that was read and could not be verified.
    pub(crate) fn unverified(range: DateRange) -> Self {
        Self { from: range.start(), to: range.end(), verified: false, counted: false, proof: None }
    }

    /// A verified range. `counted`: whether the service reports as many events for the range as are archived.
    pub(crate) fn verified(range: DateRange, counted: bool, proof: Option<RangeProof>) -> Self {
        Self { from: range.start(), to: range.end(), verified: true, counted, proof }
    }

    /// This entry, restricted to a part of its range.
    pub(crate) fn of_part(self, range: DateRange) -> Self {
        Self { from: range.start(), to: range.end(), ..self }
    }

    /// Merges the next range into this one if both are verified, adjacent and have the same proof. Returns whether the
    /// two were merged. The merged range is counted if both ranges are counted.
    pub(crate) fn merge(&mut self, next: &Self) -> bool {
        let is_one = self.verified && next.verified && self.to == next.from && self.proof == next.proof;
        if is_one {
            self.to = next.to;
            self.counted &= next.counted;
        }
        is_one
    }

    /// The range. `None` if it is empty.
    #[must_use]
    pub fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }
}

impl KnownGap {
    /// The range. `None` if it is empty.
    #[must_use]
    pub fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }

    /// Whether reading again cannot close the gap: more events share the shortest range that can be requested than the
    /// service returns.
    #[must_use]
    pub fn is_beyond_reach(&self) -> bool {
        self.reason == Self::reason(GapReason::Overflow)
    }

    pub(crate) fn reason(reason: GapReason) -> &'static str {
        match reason {
            GapReason::Overflow => "overflow",
            GapReason::Disagreement => "disagreement",
            GapReason::OutsideOfWindow => "outside-of-window",
            GapReason::TotalDecreased => "total-decreased",
            GapReason::PartialSearch => "partial-search",
            GapReason::UnreadableRecord => "unreadable-record",
            _ => "unknown",
        }
    }
}

/// A day as a range, UTC. `None` at the end of the calendar.
pub(crate) fn day(date: NaiveDate) -> Option<DateRange> {
    let start = date.and_time(chrono::NaiveTime::MIN).and_utc();
    let end = start.checked_add_signed(TimeDelta::days(1))?;
    DateRange::new(start, end).ok()
}
