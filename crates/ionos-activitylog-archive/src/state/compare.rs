//! Compares the state of a contract with its chain of manifests. The state can show that manifests are missing or were
//! added, but it cannot switch off a check.
//!
//! An export marks the state as open before it writes anything else, and as closed after all other writes. So if a kill
//! leaves a chain with more manifests than its state knows, the state is open.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use ionos_activitylog::{DateRange, RangeSet};

use super::{ArchiveIdentity, State};
use crate::error::Error;
use crate::layout::{ContractFolder, STATE};
use crate::manifest::{Chain, Manifest, ManifestLink, ReadRange, like_next_manifests};

/// The hint for an archive whose state and chain differ, or that lacks a part.
pub(crate) const RESTORE_ARCHIVE: &str = "restore the archive from a copy, or export to a new folder and keep this one as evidence; \
     `ialog verify` shows all differences";

/// What a state is compared with: the content of a chain of manifests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainSummary<'a> {
    /// All entries of the chain, those of version 1 first.
    pub(crate) links: &'a [ManifestLink],
    /// The sum of all manifests of each day, including the open ones.
    pub(crate) days: &'a BTreeMap<NaiveDate, Manifest>,
    /// Days whose open manifest repeats a closed one.
    pub(crate) repeated: &'a [NaiveDate],
}

/// Result of comparing a state with its chain of manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StateComparison {
    /// Differences that no export leaves, not even an export that was killed.
    pub(crate) differences: Vec<StateDifference>,
    /// Whether the chain has manifests after the last one that the state names.
    pub(crate) has_added: bool,
}

/// A difference between a state and its chain that no export leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateDifference {
    /// The manifests with the numbers from `first` to `last` are missing at the end of the chain. The state names
    /// `last` as the last manifest.
    MissingManifests { first: u64, last: u64 },
    /// The last manifest that the state names has version 1 and is missing.
    MissingManifestOfVersion1(NaiveDate),
    /// The chain has another manifest in place of the last one that the state names.
    OtherManifest(ManifestLink),
    /// The state has a range that no manifest covers.
    MissingRange(DateRange),
    /// The chain has manifests after the last one that the state names, although the last export was not interrupted.
    /// An export that is not interrupted writes the state after its last manifest.
    AddedManifests { first: ManifestLink, count: usize },
    /// The open manifests repeat a closed one, although the last export was not interrupted. Only an interrupted
    /// export leaves a repetition.
    RepeatedDay(NaiveDate),
    /// A manifest covers a range that the state does not have, although the last export was not interrupted.
    AddedRange(DateRange),
    /// The identity in the state differs from that of the manifests, for example in the contract or the service. This
    /// variant contains the name of the first member that differs.
    OtherIdentity(&'static str),
}

impl StateDifference {
    /// Whether the state shows that manifests are missing or were changed. `false` if the chain has more than the
    /// state, or if the identities differ.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::MissingManifests { .. }
            | Self::MissingManifestOfVersion1(_)
            | Self::OtherManifest(_)
            | Self::MissingRange(_) => true,
            Self::AddedManifests { .. } | Self::RepeatedDay(_) | Self::AddedRange(_) | Self::OtherIdentity(_) => false,
        }
    }

    /// The file or folder that the difference is about.
    pub(crate) fn path(&self, folder: &ContractFolder) -> PathBuf {
        let manifest = |link: &ManifestLink| match link.number {
            Some(number) => folder.manifest(number),
            None => folder.manifest_of_version_1(link.date),
        };
        match self {
            Self::MissingManifests { first, .. } => folder.manifest(*first),
            Self::MissingManifestOfVersion1(date) => folder.manifest_of_version_1(*date),
            Self::OtherManifest(link) | Self::AddedManifests { first: link, .. } => manifest(link),
            Self::MissingRange(range) => folder.day(range.start().date_naive()),
            Self::RepeatedDay(_) => folder.open_manifests(),
            Self::AddedRange(_) | Self::OtherIdentity(_) => folder.path().join(STATE),
        }
    }

    /// Description for users, without the path.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::MissingManifests { first, last } => format!(
                "file is missing{}: the last manifest of the chain was number {last}",
                like_next_manifests(last.saturating_sub(*first))
            ),
            Self::MissingManifestOfVersion1(_) => "file is missing: it was the last manifest".to_owned(),
            Self::OtherManifest(_) => "file was changed or added: it is not the manifest that was written".to_owned(),
            Self::MissingRange(range) => format!("{range} was archived, but no manifest covers it"),
            Self::AddedManifests { count, .. } => {
                format!(
                    "file was added{}: the last export ended with an earlier manifest",
                    like_next_manifests(*count as u64 - 1)
                )
            }
            Self::RepeatedDay(date) => {
                format!("file was changed: it repeats the closed manifest of {date}, but no export was interrupted")
            }
            Self::AddedRange(range) => format!(
                "a manifest covers {range}, but this file does not list it, and no export was interrupted: the state or the \
                 manifest was changed"
            ),
            Self::OtherIdentity(member) => {
                format!("file was changed: its identity has another `{member}` than the manifests")
            }
        }
    }

    /// The error for commands that cannot continue.
    pub(crate) fn to_error(&self, folder: &ContractFolder) -> Error {
        Error::Damaged { path: self.path(folder), detail: self.detail(), hint: RESTORE_ARCHIVE }
    }
}

impl StateComparison {
    /// Compares a state with its chain. `is_previous`: the state is the previous copy, because the latest state is
    /// damaged. An export may have been interrupted since that copy.
    pub(crate) fn new(folder: &ContractFolder, state: &State, is_previous: bool, chain: ChainSummary<'_>) -> Self {
        let links = chain.links;
        let added = match state.head {
            Some(head) => match links.iter().position(|link| *link == head) {
                Some(place) => links.get(place + 1..).unwrap_or_default(),
                None => return Self { differences: vec![missing_head(folder, head, links)], has_added: false },
            },
            // The state has no head in two cases. Either there was no manifest yet, or an export of version 0.1.0 was
            // interrupted before it had linked all manifests again. In the second case, the manifests of version 1 are
            // not new. So only manifests with a number count as added: these are of a later version.
            None => {
                let first = links.iter().position(|link| link.number.is_some());
                first.and_then(|first| links.get(first..)).unwrap_or_default()
            }
        };
        let (known, covered) = (state.covered_ranges(), covered_ranges(chain.days));
        let lost = known.difference(&covered);
        let mut differences: Vec<StateDifference> = lost.iter().map(StateDifference::MissingRange).collect();
        differences.extend(other_identity(folder, state, chain.days).map(StateDifference::OtherIdentity));
        if !state.open && !is_previous {
            if let Some(first) = added.first() {
                differences.push(StateDifference::AddedManifests { first: *first, count: added.len() });
            } else if let Some(date) = chain.repeated.first() {
                differences.push(StateDifference::RepeatedDay(*date));
            } else if let Some(range) = covered.difference(&known).iter().next() {
                differences.push(StateDifference::AddedRange(range));
            }
        }
        Self { differences, has_added: !added.is_empty() }
    }

    /// Like [`StateComparison::new`], but for a chain that [`Chain::read`] has returned.
    pub(crate) fn of_chain(folder: &ContractFolder, state: &State, is_previous: bool, chain: &Chain) -> Self {
        let repeated: Vec<NaiveDate> =
            chain.open_on_disk.iter().filter(|date| !chain.open.contains_key(date)).copied().collect();
        let summary = ChainSummary { links: &chain.links, days: &chain.days, repeated: &repeated };
        Self::new(folder, state, is_previous, summary)
    }

    /// Fails if there is a difference. The error describes the first one.
    pub(crate) fn check(&self, folder: &ContractFolder) -> Result<(), Error> {
        self.differences.first().map_or(Ok(()), |first| Err(first.to_error(folder)))
    }
}

/// The difference to report if the last manifest that a state names is not in the chain.
fn missing_head(folder: &ContractFolder, head: ManifestLink, links: &[ManifestLink]) -> StateDifference {
    let last = links.iter().filter_map(|link| link.number).max().unwrap_or_default();
    match head.number {
        Some(number) if number > last => StateDifference::MissingManifests { first: last + 1, last: number },
        None if !folder.manifest_of_version_1(head.date).exists() => {
            StateDifference::MissingManifestOfVersion1(head.date)
        }
        _ => StateDifference::OtherManifest(head),
    }
}

/// The first member in which the identity of a state differs from that of the manifests. Without a manifest, only the
/// contract and the filter can be compared.
fn other_identity(
    folder: &ContractFolder,
    state: &State,
    days: &BTreeMap<NaiveDate, Manifest>,
) -> Option<&'static str> {
    let ArchiveIdentity { api, contract, filter, id_rule } = &state.identity;
    let first = days.values().next();
    let members = [
        ("contract", contract == folder.contract()),
        ("filter", filter.is_empty()),
        ("api", first.is_none_or(|first| first.api == *api)),
        ("id_rule", first.is_none_or(|first| first.id_rule == *id_rule)),
    ];
    members.into_iter().find(|(_, is_equal)| !is_equal).map(|(member, _)| member)
}

/// All ranges that were read, according to the manifests of all days.
pub(crate) fn covered_ranges(days: &BTreeMap<NaiveDate, Manifest>) -> RangeSet {
    days.values().flat_map(|manifest| manifest.ranges.iter().filter_map(ReadRange::range)).collect()
}

/// Ranges that no manifest covers, between the first and the last range that was read. The time before the first and
/// after the last range is not included.
pub(crate) fn unarchived_ranges(days: &BTreeMap<NaiveDate, Manifest>) -> RangeSet {
    let covered = covered_ranges(days);
    let span: RangeSet = spanned_range(&covered).into_iter().collect();
    span.difference(&covered)
}

/// The range from the start of the first to the end of the last range. `None` if the set is empty.
pub(crate) fn spanned_range(ranges: &RangeSet) -> Option<DateRange> {
    let (first, last) = (ranges.iter().next()?, ranges.iter().next_back()?);
    DateRange::new(first.start(), last.end()).ok()
}

/// All ranges that were read and verified, according to the manifests of all days. Adjacent ranges are merged.
pub(crate) fn verified_ranges(days: &BTreeMap<NaiveDate, Manifest>) -> RangeSet {
    days.values().flat_map(Manifest::verified_ranges).collect()
}

/// End of the last range that was read, according to the manifests of all days. `None` if no range was read.
pub(crate) fn covered_end(days: &BTreeMap<NaiveDate, Manifest>) -> Option<DateTime<Utc>> {
    let ranges = days.values().flat_map(|manifest| &manifest.ranges).filter_map(ReadRange::range);
    ranges.map(|range| range.end()).max()
}

/// The days of a contract, and what its state says about the last export.
#[derive(Debug)]
pub(crate) struct ArchivedDays {
    /// The sum of the manifests of each day.
    pub(crate) days: BTreeMap<NaiveDate, Manifest>,
    /// Whether the contract has a state, which means that an export has begun.
    pub(crate) has_state: bool,
    /// Whether a manifest has version 1.
    pub(crate) has_version_1: bool,
    /// Whether an export is running, has failed or was killed.
    pub(crate) is_unfinished: bool,
    /// Whether the contract has days, but its state is missing or cannot be read, for whatever reason. In this case,
    /// nothing names the last manifest, so manifests may be missing.
    pub(crate) is_end_unknown: bool,
}

/// Like [`read_archived_days`], but returns only the days.
pub(crate) fn read_complete_days(folder: &ContractFolder) -> Result<BTreeMap<NaiveDate, Manifest>, Error> {
    read_archived_days(folder).map(|archived| archived.days)
}

/// Reads the days of a contract. Fails in the same cases as [`Chain::read`], and also if the state shows that manifests
/// are missing. The days are read even if the state cannot be read: see [`ArchivedDays::is_end_unknown`].
pub(crate) fn read_archived_days(folder: &ContractFolder) -> Result<ArchivedDays, Error> {
    // Read the state first, because a running export adds to the chain before it writes the state.
    let state = State::read(folder);
    let chain = Chain::read(folder)?;
    let has_state = !matches!(state, Ok((None, _)));
    let is_end_unknown = !chain.days.is_empty() && matches!(state, Ok((None, _)) | Err(_));
    let mut is_unfinished = false;
    if let Ok((Some(state), warning)) = state {
        let comparison = StateComparison::of_chain(folder, &state, warning.is_some(), &chain);
        if let Some(loss) = comparison.differences.iter().find(|difference| difference.is_loss()) {
            return Err(loss.to_error(folder));
        }
        is_unfinished = state.open || warning.is_some() && comparison.has_added;
    }
    let has_version_1 = chain.links.iter().any(|link| link.number.is_none());
    Ok(ArchivedDays { days: chain.days, has_state, has_version_1, is_unfinished, is_end_unknown })
}
