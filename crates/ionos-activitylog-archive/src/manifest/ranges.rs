//! The ranges of a manifest: those that were read, and those that could not be verified.

use chrono::{DateTime, Utc};
use ionos_activitylog::{DateRange, GapReason, RangeSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RangeProof;
use crate::encode::text;
use crate::sum::saturating_sum_if_known;

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
    /// Total that the service reported for the range when it was read. Absent if the range is not verified, if the
    /// service reported no usable total, and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
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
    /// `total-increased`, `partial-search`, `unreadable-record` or `unknown`.
    pub reason: String,
    /// Number of distinct events received. If the gap was divided at midnight, the number for the undivided gap.
    pub seen: u64,
    /// Highest total that the service has reported. `null` if it reported none. If the gap was divided at midnight, the
    /// total of this part of the gap, and `null` if it is unknown.
    pub total: Option<u64>,
}

impl ReadRange {
    /// A range that was read and could not be verified.
    pub(crate) fn unverified(range: DateRange) -> Self {
        Self { from: range.start(), to: range.end(), verified: false, counted: false, total: None, proof: None }
    }

    /// A verified range with the total that the service reported for it.
    pub(crate) fn verified(range: DateRange, total: Option<u64>, proof: Option<RangeProof>) -> Self {
        Self { from: range.start(), to: range.end(), verified: true, counted: total.is_some(), total, proof }
    }

    /// This entry, restricted to a part of its range. The restricted entry has no total, because the service reported a
    /// total only for the whole range.
    fn of_part(self, range: DateRange) -> Self {
        match self.range() == Some(range) {
            true => self,
            false => Self { from: range.start(), to: range.end(), counted: false, total: None, ..self },
        }
    }

    /// Merges the next range into this one if both are verified, adjacent and have the same proof. Returns whether the
    /// two were merged. The merged range is counted if both ranges are counted.
    pub(crate) fn merge(&mut self, next: &Self) -> bool {
        let is_one = self.verified && next.verified && self.to == next.from && self.proof == next.proof;
        if is_one {
            self.to = next.to;
            self.counted &= next.counted;
            self.total = saturating_sum_if_known([self.total, next.total]);
        }
        is_one
    }

    /// Like [`ReadRange::merge`], but also merges ranges with different proofs. The merged range has the weaker proof.
    pub(crate) fn merge_any(&mut self, next: &Self) -> bool {
        let is_merged = self.merge(&Self { proof: self.proof, ..*next });
        if is_merged {
            self.proof = RangeProof::weaker(self.proof, next.proof);
        }
        is_merged
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

    /// Whether the gap overlaps a range.
    pub(crate) fn overlaps(&self, range: DateRange) -> bool {
        self.range().is_some_and(|gap| gap.intersection(&range).is_some())
    }

    /// Whether reading again cannot close the gap, because the shortest range that can be requested has more events
    /// than the service returns.
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
            GapReason::TotalIncreased => "total-increased",
            GapReason::PartialSearch => "partial-search",
            GapReason::UnreadableRecord => "unreadable-record",
            _ => "unknown",
        }
    }
}

/// Adds a new entry. The other entries lose the part of their ranges that the new entry covers. Adjacent verified
/// ranges with the same proof are merged.
pub(super) fn cover(entries: &mut Vec<ReadRange>, new: ReadRange) {
    let mut all = Vec::new();
    let replaced: RangeSet = new.range().into_iter().collect();
    for read in entries.iter() {
        let Some(old) = read.range() else { continue };
        let left = RangeSet::from(old).difference(&replaced);
        all.extend(left.iter().map(|left| read.of_part(left)));
    }
    all.push(new);
    all.sort_by_key(|read| read.from);
    all.dedup_by(|next, kept| kept.merge(next));
    *entries = all;
}
