//! An export that starts again must know what it need not read. What it has is in the manifests, which are the truth; the
//! state is a summary of them for people and programs that watch, and what manifests must not hold because it depends on
//! runs: how often a gap was tried, what was counted again, and whether an export is on its way.

mod lock;
mod rebuild;
mod store;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use ionos_activitylog::{ContractNumber, DateRange, RangeSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encode::text;
use crate::layout::ContractFolder;
use crate::lock_owner::LockOwner;
use crate::manifest::{ID_RULE, KnownGap, Manifest, ManifestLink};

pub(crate) use lock::ContractLock;
pub use rebuild::{RebuiltState, rebuild_state};

/// The form of a state that this version writes and reads.
pub const STATE_SCHEMA: &str = "ialog.state/1";

/// A gap is tried again after this, and after twice as long each further time.
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(1);

/// A gap is tried again after this at the latest.
const LAST_RETRY: TimeDelta = TimeDelta::days(1);

/// What is known about the archive of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct State {
    /// The form of this file, [`STATE_SCHEMA`].
    pub schema: String,
    /// How often the state was written.
    pub generation: u64,
    /// When it was written last.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub updated: DateTime<Utc>,
    /// What the archive is of.
    pub identity: ArchiveIdentity,
    /// Who wrote it last.
    pub writer: LockOwner,
    /// Whether an export has begun and not ended well. Where none is on its way, it has failed or was killed.
    pub open: bool,
    /// The latest manifest. Where an export is open, it may be behind.
    pub head: Option<ManifestLink>,
    /// The first day that was changed so that later manifests do not follow it yet.
    #[serde(with = "text::display_or_none")]
    #[schemars(with = "Option<String>")]
    pub relink: Option<NaiveDate>,
    /// What was read, in order.
    pub coverage: Vec<CoverageEntry>,
    /// What of it is not proven to be complete.
    pub gaps: Vec<OpenGap>,
}

/// What an archive is of. Where any of it differs, it is another archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveIdentity {
    /// The address of the API.
    pub api: String,
    /// The contract.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The filter; empty where everything is kept.
    pub filter: String,
    /// How events are told apart.
    pub id_rule: String,
}

impl ArchiveIdentity {
    pub(crate) fn new(api: &str, contract: &ContractNumber) -> Self {
        Self { api: api.to_owned(), contract: contract.clone(), filter: String::new(), id_rule: ID_RULE.to_owned() }
    }
}

/// How sure it is that what was read is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Certainty {
    /// It was read, and is not proven to be complete.
    Fetched,
    /// It was proven to be complete when it was read.
    Verified,
    /// Counted again at least a day later, it was still complete.
    Sealed,
}

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageEntry {
    /// The first instant of it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// How sure it is.
    pub state: Certainty,
    /// Events in it.
    pub count: u64,
}

/// A gap, and when it is worth another try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenGap {
    /// The first instant of it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub from: DateTime<Utc>,
    /// The first instant after it.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub to: DateTime<Utc>,
    /// Why, as in the manifest.
    pub reason: String,
    /// How many different events came.
    pub seen: u64,
    /// How many the service counts; none when it does not say.
    pub total: Option<u64>,
    /// How often it was read.
    pub tries: u32,
    /// When it is read again at the earliest.
    #[serde(with = "text::instant")]
    #[schemars(with = "String")]
    pub next: DateTime<Utc>,
}

impl OpenGap {
    /// One that was tried once.
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

    pub(crate) fn range(&self) -> Option<DateRange> {
        DateRange::new(self.from, self.to).ok()
    }
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
            relink: None,
            coverage: Vec::new(),
            gaps: Vec::new(),
        }
    }

    /// Reads the state of a contract: none when it has none. What is worth a word comes with it.
    ///
    /// Fails with [`Error::StateLost`](crate::error::Error::StateLost) when neither it nor the copy before it can be read.
    pub fn read(folder: &ContractFolder) -> Result<(Option<Self>, Option<String>), crate::error::Error> {
        store::read(folder)
    }

    /// What is in it, however sure.
    #[must_use]
    pub fn covered_ranges(&self) -> RangeSet {
        self.with(|_| true)
    }

    /// What was counted again.
    #[must_use]
    pub fn sealed_ranges(&self) -> RangeSet {
        self.with(|certainty| certainty == Certainty::Sealed)
    }

    fn with(&self, wanted: impl Fn(Certainty) -> bool) -> RangeSet {
        let stretches = self.coverage.iter().filter(|one| wanted(one.state));
        stretches.filter_map(|one| DateRange::new(one.from, one.to).ok()).collect()
    }

    /// When a gap that was read so often is worth another try.
    pub(crate) fn next_try(tries: u32, now: DateTime<Utc>) -> DateTime<Utc> {
        let doubled = 1_i32.checked_shl(tries.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = FIRST_RETRY.checked_mul(doubled.max(1)).map_or(LAST_RETRY, |wait| wait.min(LAST_RETRY));
        now.checked_add_signed(wait).unwrap_or(now)
    }
}

#[cfg(test)]
pub(crate) use store::path;
pub(crate) use store::write;

/// Adds what a later day has; touching stretches of one certainty become one.
pub(crate) fn extend(stretches: &mut Vec<CoverageEntry>, manifest: &Manifest, sealed: &RangeSet) {
    for covered in &manifest.ranges {
        let Some(range) = covered.range() else {
            continue;
        };
        let parts = manifest.parts.iter();
        let inside = parts.filter(|part| range.contains(part.from));
        let count = inside.map(|part| part.count).sum();
        let state = match covered.verified {
            true if sealed.covers(range) => Certainty::Sealed,
            true => Certainty::Verified,
            false => Certainty::Fetched,
        };
        match stretches.last_mut() {
            Some(last) if last.to == covered.from && last.state == state => {
                last.to = covered.to;
                last.count += count;
            }
            _ => stretches.push(CoverageEntry { from: covered.from, to: covered.to, state, count }),
        }
    }
}
