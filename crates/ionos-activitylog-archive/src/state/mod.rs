//! The state of a contract's archive. The state contains a summary of the manifests for people and monitoring. It also
//! contains facts that depend on runs and so must not be in a manifest: the number of tries of each gap, the ranges
//! that a recount or reread has confirmed, and whether an export is running. If state and manifests differ, the
//! manifests are authoritative.

mod compare;
mod lock;
mod rebuild;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{ContractNumber, DateRange, RangeSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::error::Error;
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;
use crate::manifest::{ID_RULE, KnownGap, Manifest, ManifestLink};
use crate::sum::saturating_sum;

pub(crate) use compare::{
    ArchivedDays, ChainSummary, RESTORE_ARCHIVE, StateComparison, StateDifference, covered_end, covered_ranges,
    read_archived_days, read_complete_days, spanned_range, unarchived_ranges, verified_ranges,
};
pub(crate) use lock::ContractLock;
pub use rebuild::{RebuiltState, rebuild_state};

/// Schema and version of the state files that this crate writes. This crate also reads `ialog.state/1`.
pub const STATE_SCHEMA: &str = "ialog.state/2";

/// The schema of the states that version 0.1.0 wrote.
const STATE_SCHEMA_1: &str = "ialog.state/1";

/// Largest size of a state file in bytes. The ranges and gaps of any contract need less.
const MAX_STATE_BYTES: u64 = 64 << 20;

/// Delay before a new gap is read again. Doubled after each further try.
const MIN_RETRY_DELAY: TimeDelta = TimeDelta::minutes(1);

/// Longest delay before a gap is read again.
const MAX_RETRY_DELAY: TimeDelta = TimeDelta::days(1);

/// The state of a contract's archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct State {
    /// Schema and version of this file, [`STATE_SCHEMA`].
    pub schema: String,
    /// Number of times the state was written.
    pub generation: u64,
    /// Time of the last write, UTC.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub updated: DateTime<Utc>,
    /// What the archive contains.
    pub identity: ArchiveIdentity,
    /// Process that wrote the state last.
    pub writer: LockOwner,
    /// Whether the last export is running, has failed or was killed.
    pub open: bool,
    /// Latest manifest. May be outdated while `open` is true. `null` if there is none.
    pub head: Option<ManifestLink>,
    /// Start of the export that is open, UTC. If that export was interrupted, a later export finishes it and skips each
    /// gap that was read since this time. `null` unless `open` is true.
    #[serde(default, with = "text::instant_or_none")]
    #[schemars(with = "Option<String>")]
    pub open_since: Option<DateTime<Utc>>,
    /// Ranges whose totals an export has to compare with the totals of their days, in order of time. An export adds
    /// the ranges that it is about to read, and removes them after the comparison. Absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncompared: Vec<UncomparedRange>,
    /// A member of version 1. If a state of version 1 has it, the state loses its `head` when it is converted. In a
    /// state of a later version, the member is ignored, because no file may switch off a check of the chain.
    #[serde(default, skip_serializing)]
    #[schemars(skip)]
    pub(crate) relink: Option<String>,
    /// Ranges that were read, in order of time.
    pub coverage: Vec<CoverageEntry>,
    /// Ranges that could not be verified.
    pub gaps: Vec<OpenGap>,
}

/// What an archive contains. An export to an archive with another identity is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveIdentity {
    /// Base URL of the API, or the name that replaces it.
    pub api: String,
    /// Contract number.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// Canonical text of the filter. Empty: all events.
    pub filter: String,
    /// Rule by which events are identified.
    pub id_rule: String,
}

impl ArchiveIdentity {
    pub(crate) fn new(api: &str, contract: &ContractNumber) -> Self {
        Self { api: api.to_owned(), contract: contract.clone(), filter: String::new(), id_rule: ID_RULE.to_owned() }
    }

    /// The identity of the archive that a manifest is from.
    pub(crate) fn of_manifest(manifest: &Manifest) -> Self {
        Self { id_rule: manifest.id_rule.clone(), ..Self::new(&manifest.api, &manifest.contract) }
    }

    /// Fails if the archive in `folder`, which has this identity, belongs to another service, contract, filter or id
    /// rule than `expected`.
    pub(crate) fn require(&self, expected: &Self, folder: &ContractFolder) -> Result<(), Error> {
        if self == expected {
            return Ok(());
        }
        let (actual, expected) = (self.to_string(), expected.to_string());
        Err(Error::IdentityMismatch { path: folder.path().to_path_buf(), actual, expected })
    }
}

impl fmt::Display for ArchiveIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "contract {} at {}", self.contract, self.api)?;
        if !self.filter.is_empty() {
            write!(f, ", filter {:?}", self.filter)?;
        }
        write!(f, " (ids by {})", self.id_rule)
    }
}

/// How certain it is that a range is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Certainty {
    /// Read, not verified.
    Fetched,
    /// Verified when it was read.
    Verified,
    /// The service reported a total that equals the number of archived events, at least 24 hours after the end of the
    /// range.
    Recounted,
    /// The service returned the archived events again, with the same ids and contents, at least 24 hours after the end
    /// of the range.
    Sealed,
}

/// A range that was read (half-open, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageEntry {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Certainty that the range is complete.
    pub state: Certainty,
    /// Number of events.
    pub count: u64,
}

/// A range whose total an export has to compare with the totals of its days (half-open, UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UncomparedRange {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
}

/// A gap and the time of its next try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenGap {
    /// Start, inclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// End, exclusive.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Reason, as in the manifest.
    pub reason: String,
    /// Number of distinct events received.
    pub seen: u64,
    /// Total that the service reports. `null` if it reports none.
    pub total: Option<u64>,
    /// Number of times the gap was read.
    pub tries: u32,
    /// Earliest time of the next try, UTC.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub next: DateTime<Utc>,
}

impl OpenGap {
    /// Creates an open gap that was read once.
    pub(crate) fn new(gap: &KnownGap, next: DateTime<Utc>) -> Self {
        Self {
            from: gap.from,
            to: gap.to,
            reason: gap.reason.clone(),
            seen: gap.seen,
            total: gap.total,
            tries: 1,
            next,
        }
    }

    /// Whether the gap and a range have a common time.
    pub(crate) fn overlaps(&self, range: DateRange) -> bool {
        self.range().is_some_and(|gap| gap.intersection(&range).is_some())
    }

    pub(crate) fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }

    /// Time of the last try.
    pub(crate) fn last_try(&self) -> DateTime<Utc> {
        self.next.checked_sub_signed(retry_delay(self.tries)).unwrap_or(self.next)
    }
}

/// Delay between a gap's last try and its next one, if the gap was read `tries` times.
fn retry_delay(tries: u32) -> TimeDelta {
    let doubled = 2_i32.saturating_pow(tries.saturating_sub(1));
    MIN_RETRY_DELAY.checked_mul(doubled).map_or(MAX_RETRY_DELAY, |wait| wait.min(MAX_RETRY_DELAY))
}

impl State {
    pub(crate) fn new(identity: ArchiveIdentity, now: DateTime<Utc>) -> Self {
        Self {
            schema: STATE_SCHEMA.to_owned(),
            generation: 0,
            updated: now,
            identity,
            writer: LockOwner::current_process(now),
            open: false,
            head: None,
            open_since: None,
            uncompared: Vec::new(),
            relink: None,
            coverage: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Reads the state of a contract. Also returns a warning if the state cannot be read and its previous copy is used.
    /// The state is `None` if the contract has no state.
    ///
    /// Fails with [`Error::StateLost`](crate::error::Error::StateLost) if neither the state nor its previous copy can
    /// be read, and with [`Error::UnsupportedVersion`](crate::error::Error::UnsupportedVersion) if a later version
    /// wrote the state.
    pub fn read(folder: &ContractFolder) -> Result<(Option<Self>, Option<String>), crate::error::Error> {
        store::read(folder)
    }

    /// All ranges that were read.
    #[must_use]
    pub fn covered_ranges(&self) -> RangeSet {
        self.ranges_with(|_| true)
    }

    /// Ranges that are sealed.
    #[must_use]
    pub fn sealed_ranges(&self) -> RangeSet {
        self.ranges_with(|certainty| certainty == Certainty::Sealed)
    }

    /// Ranges that were recounted and are not sealed.
    #[must_use]
    pub fn recounted_ranges(&self) -> RangeSet {
        self.ranges_with(|certainty| certainty == Certainty::Recounted)
    }

    /// Ranges whose totals an export has to compare with the totals of their days.
    pub(crate) fn uncompared_ranges(&self) -> RangeSet {
        self.uncompared.iter().filter_map(|one| DateRange::new(one.from, one.to).ok()).collect()
    }

    /// Replaces the ranges of [`State::uncompared_ranges`].
    pub(crate) fn set_uncompared(&mut self, ranges: &RangeSet) {
        self.uncompared = ranges.iter().map(|one| UncomparedRange { from: one.start(), to: one.end() }).collect();
    }

    fn ranges_with(&self, is_included: impl Fn(Certainty) -> bool) -> RangeSet {
        let entries = self.coverage.iter().filter(|one| is_included(one.state));
        entries.filter_map(|one| DateRange::new(one.from, one.to).ok()).collect()
    }

    /// Time from which an unverified range is read again: the latest [`OpenGap::next`] of its gaps. `None` if the state
    /// has no gap in this range.
    pub(crate) fn next_try_of(&self, unverified: DateRange) -> Option<DateTime<Utc>> {
        self.gaps.iter().filter(|gap| gap.overlaps(unverified)).map(|gap| gap.next).max()
    }

    /// Time of the next try of a gap that was read `tries` times, the last time at `now`.
    pub(crate) fn next_try(tries: u32, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_add_signed(retry_delay(tries)).unwrap_or(now)
    }
}

#[cfg(test)]
pub(crate) use store::path;
pub(crate) use store::write;

/// Verified ranges that a later recount or reread has confirmed.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfirmedRanges {
    pub(crate) recounted: RangeSet,
    pub(crate) sealed: RangeSet,
}

impl ConfirmedRanges {
    /// The confirmed ranges of a state.
    pub(crate) fn of_state(state: &State) -> Self {
        Self { recounted: state.recounted_ranges(), sealed: state.sealed_ranges() }
    }
}

/// Appends the ranges of a manifest to `entries`, and merges adjacent ranges of the same certainty. All ranges that are
/// already in `entries` must be earlier.
pub(crate) fn extend(entries: &mut Vec<CoverageEntry>, manifest: &Manifest, confirmed: &ConfirmedRanges) {
    for covered in &manifest.ranges {
        let Some(range) = covered.range() else {
            continue;
        };
        let parts = manifest.parts.iter();
        let inside = parts.filter(|part| range.contains(part.from));
        let count = saturating_sum(inside.map(|part| part.count));
        let state = match covered.verified {
            true if confirmed.sealed.covers(range) => Certainty::Sealed,
            true if confirmed.recounted.covers(range) => Certainty::Recounted,
            true => Certainty::Verified,
            false => Certainty::Fetched,
        };
        match entries.last_mut() {
            Some(last) if last.to == covered.from && last.state == state => {
                last.to = covered.to;
                last.count = last.count.saturating_add(count);
            }
            _ => entries.push(CoverageEntry { from: covered.from, to: covered.to, state, count }),
        }
    }
}
