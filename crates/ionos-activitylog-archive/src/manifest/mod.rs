//! Files alone cannot say that none of them is missing. So each day has a manifest: which times of it were read, what
//! parts there are and what is in them, and which manifest came before, so that the manifests of a contract are a chain
//! in which nothing can be changed without changing all that follows.
//!
//! A manifest is made of the data alone. It names no clock, no run and no machine, so that the same events exported
//! again give the same bytes. What is known about runs is in `_runs.ndjson`.

mod check;
mod days;
#[cfg(test)]
mod tests;

pub(crate) use days::read_days;

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

/// The form of a manifest that this version writes and reads.
pub const MANIFEST_SCHEMA: &str = "ialog.manifest/1";

/// How events are told apart: by their `@uuid`, or by the SHA-256 of their canonical content.
pub const ID_RULE: &str = "uuid|canon-sha256/1";

/// What is in the folder of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The form of this file, [`MANIFEST_SCHEMA`].
    pub schema: String,
    /// The address of the API that the events come from.
    pub api: String,
    /// Whose log it is.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The day, in UTC.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub date: NaiveDate,
    /// Which times of the day were read, in order; they do not overlap.
    pub ranges: Vec<ReadRange>,
    /// What of it is not proven to be complete, in order.
    pub gaps: Vec<KnownGap>,
    /// How much there is in all parts together.
    pub counts: EventCounts,
    /// The files of the day, in the order of their ranges, late ones after all others.
    pub parts: Vec<Part>,
    /// The SHA-256 over the digests of all parts, in their order: it stands for every line of the day.
    pub digest: Digest,
    /// The manifest of the nearest earlier day of this contract; none for the first.
    pub previous: Option<ManifestLink>,
    /// The program that wrote this, and the description of the API that it knows.
    pub tool: Tool,
    /// How events are told apart.
    pub id_rule: String,
}

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadRange {
    /// The first instant of it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Whether what came is proven to be all.
    pub verified: bool,
    /// Whether the service counted exactly what came. Where it is verified and not counted, the service gave no usable
    /// count, and the same events came repeatedly.
    pub counted: bool,
}

/// A time that was read and is not proven to be complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownGap {
    /// The first instant of it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Why: `overflow`, `disagreement`, `outside-of-window` or `unknown`.
    pub reason: String,
    /// How many different events came.
    pub seen: u64,
    /// How many the service counts; none when it does not say.
    pub total: Option<u64>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCounts {
    /// Events, one on a line.
    pub count: u64,
    /// Different ids.
    pub unique: u64,
    /// How many events the service counted of what was read, late ones included; none where it gave no usable count of
    /// all of it, or where a part of the day is not verified.
    pub total: Option<u64>,
}

/// A file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Part {
    /// Its name, a [`PartName`].
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub file: PartName,
    /// The first instant of the time that it is of.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after that time.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// The SHA-256 of the file as it lies there.
    pub sha256: Digest,
    /// The length of the file.
    pub bytes: u64,
    /// The length of its lines, with their line ends, when unpacked.
    pub unpacked: u64,
    /// Events in it.
    pub count: u64,
    /// Different ids in it; in a late part those that were not archived before.
    pub unique: u64,
    /// How many events the service counted of its time, and in a late part how many more than before; none where the
    /// part is not verified, or was read where the service counted other than it sent. An event that was amended while
    /// it was read counts once.
    pub total: Option<u64>,
    /// The time of its first event that has one.
    #[serde(with = "text::instant_or_none")]
    #[schemars(with = "Option<String>")]
    pub first: Option<DateTime<Utc>>,
    /// The time of its last event that has one.
    #[serde(with = "text::instant_or_none")]
    #[schemars(with = "Option<String>")]
    pub last: Option<DateTime<Utc>>,
    /// The SHA-256 over the SHA-256 of each of its lines, without their line ends.
    pub digest: Digest,
    /// Whether it is proven to hold all events of its time.
    pub verified: bool,
    /// Whether its events came after the time had been read completely.
    pub late: bool,
}

/// An earlier manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestLink {
    /// Its day.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub date: NaiveDate,
    /// The SHA-256 of its file.
    pub sha256: Digest,
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the API's description that it was made from.
    pub description: String,
    /// The SHA-256 of that description.
    pub description_sha256: String,
}

/// The version of the API's description, as `openapi/PROVENANCE.toml` has it.
pub const DESCRIPTION_VERSION: &str = "v1";

/// The SHA-256 of the API's description, as `openapi/PROVENANCE.toml` has it.
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
    /// Of a day of which nothing was read yet.
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

    /// Reads a manifest, and gives the digest of its file with it.
    ///
    /// Fails with [`Error::Open`] when there is none, with [`Error::UnsupportedVersion`] for one of a later version, and with
    /// [`Error::Damaged`] for anything that this library would not have written.
    pub fn read(path: &Path) -> Result<(Self, Digest), Error> {
        let bytes = fs::read(path).map_err(|error| Error::Open { path: path.to_path_buf(), source: error })?;
        let manifest = Self::from_bytes(&bytes, path)?;
        Ok((manifest, Digest::sha256(&bytes)))
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let manifest: Self = json_file::parse(bytes, &[MANIFEST_SCHEMA], path)?;
        manifest.check().map_err(|detail| Error::damaged(path.to_path_buf(), detail))?;
        Ok(manifest)
    }

    /// The bytes of its file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json_file::to_pretty(self)
    }

    /// The day as a range.
    #[must_use]
    pub fn day(&self) -> Option<DateRange> {
        day(self.date)
    }

    /// What is proven to be complete.
    #[must_use]
    pub fn verified_ranges(&self) -> RangeSet {
        self.covered(true)
    }

    /// What was read and is not proven to be complete.
    #[must_use]
    pub fn unverified_ranges(&self) -> RangeSet {
        self.covered(false)
    }

    fn covered(&self, verified: bool) -> RangeSet {
        let ranges = self.ranges.iter().filter(|one| one.verified == verified);
        ranges.filter_map(ReadRange::range).collect()
    }

    /// The parts of a time.
    pub(crate) fn parts_in(&self, range: DateRange) -> impl Iterator<Item = &Part> {
        let inside = RangeSet::from(range);
        self.parts.iter().filter(move |part| inside.covers(part.file.range))
    }

    /// How many events the service counted of a time when it was archived; none where some of it was not counted. Only by
    /// this can a count be compared: an event that was amended is archived with several contents, and the service counts it
    /// once, so what is archived may be more than that and something be missing all the same.
    pub(crate) fn total_in(&self, range: DateRange) -> Option<u64> {
        self.parts_in(range).map(|part| part.total).sum()
    }

    /// Brings all that follows from the parts and the ranges in step with them.
    pub(crate) fn recompute(&mut self) {
        self.parts.sort_by(|a, b| {
            (a.late, a.from, a.to, a.file.to_string()).cmp(&(b.late, b.from, b.to, b.file.to_string()))
        });
        self.gaps.sort_by_key(|gap| (gap.from, gap.to));
        self.counts = self.counted();
        self.digest = digest::combine(self.parts.iter().map(|part| &part.digest));
    }

    /// What the parts add up to.
    fn counted(&self) -> EventCounts {
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
    pub(crate) fn new(range: DateRange, verified: bool) -> Self {
        Self { from: range.start(), to: range.end(), verified, counted: verified }
    }

    /// The same, unless it was not counted.
    pub(crate) fn counted_if(self, counted: bool) -> Self {
        Self { counted: self.counted && counted, ..self }
    }

    /// The time as a range; none for one that is none.
    #[must_use]
    pub fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }
}

impl KnownGap {
    /// The time as a range; none for one that is none.
    #[must_use]
    pub fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }

    /// Whether no reading closes it while the service is as it is: more events share the shortest time that can be asked
    /// for than it lets one reach.
    #[must_use]
    pub fn is_beyond_reach(&self) -> bool {
        self.reason == Self::reason(GapReason::Overflow)
    }

    pub(crate) fn reason(reason: GapReason) -> &'static str {
        match reason {
            GapReason::Overflow => "overflow",
            GapReason::Disagreement => "disagreement",
            GapReason::OutsideOfWindow => "outside-of-window",
            _ => "unknown",
        }
    }
}

/// A day in UTC; none at the ends of the calendar.
pub(crate) fn day(date: NaiveDate) -> Option<DateRange> {
    let start = date.and_time(chrono::NaiveTime::MIN).and_utc();
    let end = start.checked_add_signed(TimeDelta::days(1))?;
    DateRange::new(start, end).ok()
}
