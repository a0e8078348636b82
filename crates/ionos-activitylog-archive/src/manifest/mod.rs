//! A manifest lists what an export added to a day: the ranges that were read, and the parts with their contents. The
//! manifests of a contract form a chain, in the order in which they were written. Each manifest has a number and the
//! digest of the manifest before it, and is never replaced. So a changed or removed part or manifest is noticed unless
//! every later manifest is changed as well.
//!
//! The first manifest of a day lists what was read of the day. Each further manifest lists only additions: late events,
//! or a range that was read or verified later. [`Manifest::add`] computes the sum of all manifests of a day. The
//! manifests of days that may still change are open ([`OpenManifests`]): they are outside of the chain and may be
//! replaced.
//!
//! A manifest depends only on the data and the version of the program. It contains no clock time, run or machine, so
//! that exporting the same events again gives the same bytes. Facts about runs are in `_runs.ndjson`.

mod chain;
mod check;
mod import;
mod kept;
mod open;
mod proof;
mod ranges;
#[cfg(test)]
mod tests;

pub(crate) use chain::{Chain, ChainEntry, read_days};
pub use import::{IMPORT_SCHEMA, ImportedManifests};
pub use kept::KeptRecords;
pub(crate) use open::{CONTRADICTS_CLOSED, OpenManifestKind};
pub use open::{OPEN_SCHEMA, OpenManifests};
pub use proof::RangeProof;
pub use ranges::{KnownGap, ReadRange};

use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ionos_activitylog::{ContractNumber, DateRange, RangeSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::digest::Digest;
use crate::encode::text;
use crate::error::Error;
use crate::fs::{json_file, regular_file};
use crate::layout::PartName;
use crate::sum::{saturating_sum, saturating_sum_if_known};

/// Schema and version of the manifests that this crate writes. This crate also reads `ialog.manifest/1`.
pub const MANIFEST_SCHEMA: &str = "ialog.manifest/2";

/// The schema of the manifests that version 0.1.0 wrote. Such manifests name no proofs, but this crate reads, verifies
/// and continues them.
const MANIFEST_SCHEMA_1: &str = "ialog.manifest/1";

/// The rule by which events are identified: their `@uuid`, or else the SHA-256 of their canonical content.
pub const ID_RULE: &str = "uuid|canon-sha256/1";

/// Largest size of a manifest in bytes: more than the parts and gaps of any day take.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// What was added to a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// Schema and version of this file, [`MANIFEST_SCHEMA`] or an earlier version.
    pub schema: String,
    /// Number in the chain of the contract, from 1, as in the file name. Absent while the manifest is open, and in
    /// version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Base URL of the API that the events come from, or the name that replaces it.
    pub api: String,
    /// Contract whose events this manifest lists.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The day, UTC.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub date: NaiveDate,
    /// Ranges of the day that were read, in order of time, without overlaps. If a later manifest of the day has an
    /// entry for the same range, only the later entry counts.
    pub ranges: Vec<ReadRange>,
    /// Ranges that could not be verified, in order of time.
    pub gaps: Vec<KnownGap>,
    /// Sums over the parts and ranges of this manifest.
    pub counts: EventCounts,
    /// Parts that this manifest adds, in order of their ranges, late parts after all others.
    pub parts: Vec<Part>,
    /// Records that are in no part, in order of their file names. Absent if there are none, and in version 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptRecords>,
    /// SHA-256 over the digests of `parts`, in order. So it covers every line of these parts.
    pub digest: Digest,
    /// The manifest before this one in the chain. `null` for the first manifest, and while the manifest is open. In
    /// version 1, the manifest of the nearest earlier day.
    pub previous: Option<ManifestLink>,
    /// Program that wrote this file, and the API description that it was built from.
    pub tool: Tool,
    /// Rule by which events are identified, [`ID_RULE`].
    pub id_rule: String,
}

/// Sums over the parts and ranges of a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCounts {
    /// Number of events, one per line.
    pub count: u64,
    /// Number of distinct ids.
    pub unique: u64,
    /// Total that the service reported for the ranges. It includes events that an earlier manifest added. `null` if one
    /// of the ranges is not verified, has no usable total, or has a total that differs from its number of events.
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
    /// Start of the range of the part, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End of the range of the part, exclusive.
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
    /// Number of distinct ids. In a late part, only ids that no other part has are counted.
    pub unique: u64,
    /// Total that the service reported for the range. In a late part, the increase of this total. An event that was
    /// amended while it was read counts once. `null` if the range is not verified or its total did not match.
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
    /// Whether an earlier manifest already has the range of the part. The events then reached the log later, or were
    /// not returned before.
    pub late: bool,
}

/// Reference to an earlier manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestLink {
    /// Number of that manifest. Absent if it has version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Day of that manifest, UTC. For the list of imported manifests, the last day in it.
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
    /// This program in its current version, with the API description that it was built from.
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
    /// Whether an archived event is at exactly the start of a range.
    pub(crate) fn has_event_at_start(&self, range: DateRange) -> bool {
        self.parts.iter().any(|part| part.first == Some(range.start()))
    }

    /// An empty manifest of a day: nothing was read yet.
    #[must_use]
    pub fn new(api: impl Into<String>, contract: ContractNumber, date: NaiveDate) -> Self {
        Self {
            schema: MANIFEST_SCHEMA.to_owned(),
            number: None,
            api: api.into(),
            contract,
            date,
            ranges: Vec::new(),
            gaps: Vec::new(),
            counts: EventCounts::default(),
            parts: Vec::new(),
            kept: Vec::new(),
            digest: digest::combine([]),
            previous: None,
            tool: Tool::current(),
            id_rule: ID_RULE.to_owned(),
        }
    }

    /// Reads a manifest and returns it with the digest of its file.
    ///
    /// Fails with [`Error::Open`] if the file cannot be read, and with [`Error::UnsupportedVersion`] if a later version
    /// wrote it. Fails with [`Error::Damaged`] if the file is not a manifest, or if its values contradict each other.
    pub fn read(path: &Path) -> Result<(Self, Digest), Error> {
        let bytes = regular_file::read(path, MAX_MANIFEST_BYTES)?;
        let manifest = Self::from_bytes(&bytes, path)?;
        Ok((manifest, Digest::sha256(&bytes)))
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let manifest: Self = json_file::parse(bytes, &[MANIFEST_SCHEMA_1, MANIFEST_SCHEMA], path)?;
        manifest.check().map_err(|detail| Error::damaged(path.to_path_buf(), detail))?;
        Ok(manifest)
    }

    /// Like [`Manifest::from_bytes`], but for a file in the folder of a day. Such a file must have version 1.
    pub(crate) fn from_bytes_of_version_1(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let manifest = Self::from_bytes(bytes, path)?;
        if manifest.schema != MANIFEST_SCHEMA_1 {
            let detail = format!("only manifests of the format {MANIFEST_SCHEMA_1} are in folders of days");
            return Err(Error::damaged(path.to_path_buf(), detail));
        }
        Ok(manifest)
    }

    /// Whether an export may add this manifest to `known`, the sum of the earlier manifests of the same day. An
    /// addition names at least one new file, or no file at all. If both manifests name a file, their entries for this
    /// file must be equal.
    pub(crate) fn adds_to(&self, known: &Self) -> bool {
        let known_part = |part: &Part| known.parts.iter().find(|known| known.file == part.file);
        let known_kept = |kept: &KeptRecords| known.kept.iter().find(|known| known.file == kept.file);
        let differs = self.parts.iter().any(|part| known_part(part).is_some_and(|known| known != part))
            || self.kept.iter().any(|kept| known_kept(kept).is_some_and(|known| known != kept));
        let has_files = !self.parts.is_empty() || !self.kept.is_empty();
        let has_new_file = self.parts.iter().any(|part| known_part(part).is_none())
            || self.kept.iter().any(|kept| known_kept(kept).is_none());
        !differs && (has_new_file || !has_files)
    }

    /// Whether two manifests are equal, except for their places in the chain.
    pub(crate) fn states_the_same(&self, other: &Self) -> bool {
        let outside = |manifest: &Self| Self { number: None, previous: None, ..manifest.clone() };
        outside(self) == outside(other)
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

    /// Whether this manifest names a part, so that the part belongs to the archive.
    pub(crate) fn names(&self, part: &PartName) -> bool {
        self.parts.iter().any(|one| one.file == *part)
    }

    /// Whether an interrupted export can have left `part`, which no manifest of its day names. This is possible for a
    /// part of late events. It is also possible for a part of a range that the manifests do not cover, because the
    /// range was being read for the first time. `of_day`: the sum of the manifests of the day; `None` if the day has
    /// none.
    pub(crate) fn can_be_leftover(of_day: Option<&Self>, part: &PartName) -> bool {
        let ranges = of_day.into_iter().flat_map(|manifest| &manifest.ranges);
        let covered: RangeSet = ranges.filter_map(ReadRange::range).collect();
        part.late || !covered.covers(part.range)
    }

    /// Parts whose own range lies within `range`.
    pub(crate) fn parts_in(&self, range: DateRange) -> impl Iterator<Item = &Part> {
        let inside = RangeSet::from(range);
        self.parts.iter().filter(move |part| inside.covers(part.file.range))
    }

    /// Number of archived events of a range.
    pub(crate) fn archived_in(&self, range: DateRange) -> ArchivedCount {
        let distinct = self.parts_in(range).map(|part| part.total.unwrap_or(part.unique));
        let lines = self.parts_in(range).map(|part| part.count);
        ArchivedCount { distinct: saturating_sum(distinct), lines: saturating_sum(lines) }
    }

    /// Total that the service reported for a range when the range was read last. This is the sum of the totals of all
    /// entries of `ranges` that lie within the range. `None` if one of these entries has no total. 0 if no entry lies
    /// within the range.
    pub(crate) fn total_in(&self, range: DateRange) -> Option<u64> {
        let inside = RangeSet::from(range);
        let entries = self.ranges.iter().filter(|read| read.range().is_some_and(|read| inside.covers(read)));
        saturating_sum_if_known(entries.map(|read| read.total))
    }

    /// Adds a later manifest of the same day to this one. Adjacent verified ranges with the same proof are merged;
    /// ranges that are not verified stay as they were read, so that each can be read again.
    pub(crate) fn add(&mut self, later: &Self) {
        for read in &later.ranges {
            let Some(range) = read.range() else { continue };
            self.gaps.retain(|gap| gap.range().is_some_and(|gap| gap.intersection(&range).is_none()));
            ranges::cover(&mut self.ranges, *read);
        }
        self.gaps.extend(later.gaps.iter().cloned());
        // The entry of an earlier manifest for a file stays. Otherwise, a later manifest could hide that the file was
        // changed.
        let new_parts = later.parts.iter().filter(|new| !self.parts.iter().any(|part| part.file == new.file));
        let new_parts: Vec<Part> = new_parts.cloned().collect();
        self.parts.extend(new_parts);
        let new_kept = later.kept.iter().filter(|new| !self.kept.iter().any(|kept| kept.file == new.file));
        let new_kept: Vec<KeptRecords> = new_kept.cloned().collect();
        self.kept.extend(new_kept);
        self.recompute();
    }

    /// Adds a range that was read. The other ranges lose the part that the new range covers.
    pub(crate) fn cover(&mut self, read: ReadRange) {
        ranges::cover(&mut self.ranges, read);
    }

    /// Like [`Manifest::add`], but for a manifest that is still open: also updates whether its parts are verified. In
    /// contrast, the parts of a closed manifest keep the values that they had when the manifest was closed.
    pub(crate) fn add_to_open(&mut self, later: &Self) {
        self.add(later);
        let verified = self.verified_ranges();
        for part in &mut self.parts {
            part.verified = verified.covers(part.file.range);
            part.total = part.total.filter(|_| part.verified);
        }
        self.recompute();
    }

    /// Replaces the entries for parts in this sum by the entries that the open manifest `open` has for the same parts.
    pub(crate) fn restate_parts(&mut self, open: &Self) {
        for part in &mut self.parts {
            if let Some(restated) = open.parts.iter().find(|restated| restated.file == part.file) {
                *part = restated.clone();
            }
        }
    }

    /// Converts this manifest to a sum, to which [`Manifest::add`] adds the later manifests of its day. If this
    /// manifest has version 1, its ranges get their totals from its parts.
    pub(crate) fn into_sum(mut self) -> Self {
        if self.schema == MANIFEST_SCHEMA_1 {
            let totals: Vec<Option<u64>> =
                self.ranges.iter().map(|read| self.total_of_parts(read).filter(|_| read.counted)).collect();
            for (read, total) in self.ranges.iter_mut().zip(totals) {
                read.total = total;
            }
            self.schema = MANIFEST_SCHEMA.to_owned();
        }
        (self.number, self.previous) = (None, None);
        self
    }

    fn total_of_parts(&self, read: &ReadRange) -> Option<u64> {
        saturating_sum_if_known(self.parts_in(read.range()?).map(|part| part.total))
    }

    /// Sorts parts, gaps and kept records, and recomputes the sums and the digest.
    pub(crate) fn recompute(&mut self) {
        self.parts.sort_by(|a, b| {
            (a.late, a.from, a.to, a.file.to_string()).cmp(&(b.late, b.from, b.to, b.file.to_string()))
        });
        self.gaps.sort_by_key(|gap| (gap.from, gap.to));
        self.kept.sort_by(|a, b| a.file.cmp(&b.file));
        self.counts = self.sum_parts();
        self.digest = digest::combine(self.parts.iter().map(|part| &part.digest));
    }

    /// The sums over the parts and ranges.
    fn sum_parts(&self) -> EventCounts {
        let sum = |of: fn(&Part) -> u64| saturating_sum(self.parts.iter().map(of));
        let counted = self.ranges.iter().all(|range| range.verified && range.counted);
        let totals = match self.schema == MANIFEST_SCHEMA_1 {
            true => saturating_sum_if_known(self.parts.iter().map(|part| part.total)),
            false => saturating_sum_if_known(self.ranges.iter().map(|range| range.total)),
        };
        EventCounts {
            count: sum(|part| part.count),
            unique: sum(|part| part.unique),
            total: totals.filter(|_| counted),
        }
    }
}

/// Numbers of archived events and of archived lines of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ArchivedCount {
    /// Number of events. An amended event, which is archived with several contents, counts once. Equal records without
    /// a usable `@uuid` are several events.
    pub(crate) distinct: u64,
    /// Number of lines, at least `distinct`.
    pub(crate) lines: u64,
}

/// Result of comparing the service's count for a range with the archived events of the range. `Fewer` means that the
/// service counts fewer events than are archived, and `More` means that it counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountComparison {
    Equal,
    Fewer,
    More,
    /// The service counts more events than the archive has distinct events, but not more than the archive has lines.
    /// The service may count each content of an amended event, or may have a further event.
    Ambiguous,
}

impl ArchivedCount {
    pub(crate) fn compare(self, count: u64) -> CountComparison {
        match count {
            _ if count == self.distinct => CountComparison::Equal,
            _ if count < self.distinct => CountComparison::Fewer,
            _ if count > self.lines => CountComparison::More,
            _ => CountComparison::Ambiguous,
        }
    }
}

/// The end of a message about a manifest that also concerns the next `count` manifests of the chain.
pub(crate) fn like_next_manifests(count: u64) -> String {
    match count {
        0 => String::new(),
        1 => ", like the next manifest".to_owned(),
        _ => format!(", like the next {count} manifests"),
    }
}

/// A day as a range, UTC. `None` at the end of the calendar.
pub(crate) fn day(date: NaiveDate) -> Option<DateRange> {
    let start = date.and_time(chrono::NaiveTime::MIN).and_utc();
    let end = start.checked_add_signed(TimeDelta::days(1))?;
    DateRange::new(start, end).ok()
}
