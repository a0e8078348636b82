//! Decides whether a window was read completely. An answer without an error proves nothing: the service may report a
//! wrong total, or repeat one hit and omit another. [`Verification`] compares all scans of a window and checks one rule
//! per [`Proof`]; the window is verified as soon as one rule holds.

use std::collections::{BTreeSet, HashSet};
use std::hash::RandomState;

use chrono::{DateTime, Utc};

use crate::api::page::{Total, UnreadableRecord};
use crate::event::{Event, EventId};
use crate::range::DateRange;
use crate::reader::collected_events::CollectedEvents;
use crate::reader::content_repeats::ContentRepeats;
use crate::reader::scanned_pages::Scan;

/// Number of identical scans in a row that prove a window without a usable total, if one page holds the whole window. A
/// window of several pages needs twice this number.
const IDENTICAL_SCANS: u32 = 3;

/// The proof that a window was read completely, from the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// One scan returned as many distinct events as the total that each of its pages reported.
    ScanMatchesTotal,
    /// All scans together returned as many distinct events as the service reports, and the reported total never
    /// changed.
    UnionMatchesStableTotal,
    /// One page with room for more hits holds the whole window. Some records on this page are equal and have no usable
    /// `@uuid`, and the reported total counts each of them. So each of these records is an event, and is returned. A
    /// repeat of a `@uuid` never counts as a further event, because it could take the place of a missing event.
    RepeatsAreCounted,
    /// The service reports no usable total, and this number of scans in a row returned the same events.
    IdenticalScans(u32),
}

impl Proof {
    /// The weaker of two proofs. A range that consists of two verified ranges has the weaker of their proofs.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::IdenticalScans(one), Self::IdenticalScans(two)) => Self::IdenticalScans(one.min(two)),
            (one, two) if one.rank() >= two.rank() => one,
            (_, two) => two,
        }
    }

    /// Position in the order of strength; the strongest proof is 0.
    fn rank(self) -> u8 {
        match self {
            Self::ScanMatchesTotal => 0,
            Self::UnionMatchesStableTotal => 1,
            Self::RepeatsAreCounted => 2,
            Self::IdenticalScans(_) => 3,
        }
    }
}

/// The facts about the scans of one window. The rules of the proofs depend only on these facts.
///
/// An event at exactly the end of the window is not an event of the window. But a service that treats `dateEnd` as
/// inclusive returns such events and counts them in its total. So `distinct` and `union` include the events at the end
/// that the last scan returned, to be comparable with the total. An event at the end that only an earlier scan returned
/// never counts, so it cannot take the place of a missing event.
#[derive(Clone, Copy, Debug)]
struct ScanFacts {
    /// Number of distinct events of the last scan, including those at the end of the window.
    distinct: u64,
    /// Number of hits of the last scan that have no usable `@uuid` and are equal to an earlier hit of this scan.
    repeats_without_id: u64,
    /// Number of those hits in `repeats_without_id` whose time is exactly the end of the window.
    repeats_at_end: u64,
    /// Number of distinct events of all scans, including those at the end of the window that the last scan returned.
    union: u64,
    /// The exact total that all pages of the last scan reported. `None` if the totals differ or if a page has no exact
    /// total.
    agreed_total: Option<u64>,
    /// Highest total that a page of any scan reported. `None` if no page reported a total.
    highest_total: Option<Total>,
    /// Lowest total of all scans, where the total of a scan is the highest one of its pages. `None` if no scan reported
    /// a total.
    lowest_total: Option<u64>,
    /// Whether two scans in a row had different agreed totals, or a scan of several pages had no agreed total.
    total_changed: bool,
    /// Whether the last scan was one page with room for more hits.
    is_single_page: bool,
    /// Whether the last page of the last scan had room for more hits.
    reached_end: bool,
    /// Whether hits of the last scan changed places between its pages: a hit is repeated outside of the overlap of two
    /// pages, or hits moved between two requests. `false` for a scan of one page.
    repeats_across_pages: bool,
    /// Whether any scan of several pages repeated or moved a hit as in `repeats_across_pages`, or lacked an event that
    /// was received before.
    is_unstable: bool,
    /// Number of scans in a row, up to the last one, that returned the same events.
    identical_scans: u32,
    /// Whether the window cannot be split any further.
    is_finest: bool,
    /// Whether a page of the last scan came from a partial search, or had a hit that is not JSON.
    is_damaged: bool,
    /// Whether other answers returned events at exactly the start of the window that no scan returned. These events are
    /// not counted in `distinct` and `union`.
    excludes_start: bool,
}

impl ScanFacts {
    /// The strongest proof. `None` if no rule holds, if any answer reported more events than the rule proves, or if a
    /// page was damaged.
    fn proof(&self) -> Option<Proof> {
        if self.is_damaged {
            return None;
        }
        let has_reached = |events: u64| self.highest_total.is_none_or(|total| total.count <= events);
        let with_repeats = self.distinct + self.repeats_without_id;
        self.scan_matches_total()
            .filter(|_| has_reached(self.distinct))
            .or_else(|| self.union_matches_stable_total().filter(|_| has_reached(self.union)))
            .or_else(|| self.repeats_are_counted().filter(|_| has_reached(with_repeats)))
            .or_else(|| self.scans_are_identical().filter(|_| has_reached(self.union)))
    }

    /// The proof if the last scan has as many distinct events as its pages report. If a hit occurs on two pages, hits
    /// moved while the pages were read: another hit may be missing, and the total may match by chance. Such a scan
    /// proves the window only together with a second, identical scan. The same holds if another answer has events at
    /// the start of the window that this scan lacks. In this case, either the service excludes the start of a range, or
    /// this scan is incomplete.
    fn scan_matches_total(&self) -> Option<Proof> {
        let matches = self.agreed_total == Some(self.distinct) && !self.misses_events();
        let is_doubtful = self.repeats_across_pages || self.excludes_start;
        let is_confirmed = !is_doubtful || self.identical_scans >= 2;
        (matches && is_confirmed).then_some(Proof::ScanMatchesTotal)
    }

    /// The proof if the last scan lacks events, because hits change places between its pages, but all scans together
    /// have as many events as the service reports.
    fn union_matches_stable_total(&self) -> Option<Proof> {
        let matches = self.agreed_total == Some(self.union) && self.misses_events();
        (matches && !self.total_changed).then_some(Proof::UnionMatchesStableTotal)
    }

    /// The proof if the scan has one page, and the total of this page counts each repeat of a record without a usable
    /// `@uuid` as a further event. A repeated `@uuid` is one event, so it cannot take the place of a missing event.
    fn repeats_are_counted(&self) -> Option<Proof> {
        let is_counted = self.agreed_total == Some(self.distinct + self.repeats_without_id);
        let is_counted = is_counted && !self.misses_events();
        (self.is_single_page && self.repeats_without_id > 0 && is_counted).then_some(Proof::RepeatsAreCounted)
    }

    /// The proof if there is no usable total, but several scans in a row returned the same events. A window of several
    /// pages needs more identical scans. It must also be too short to be split, and no scan may have repeated or missed
    /// a hit.
    fn scans_are_identical(&self) -> Option<Proof> {
        let is_steady = self.is_finest && self.reached_end && !self.is_unstable;
        let required = if self.is_single_page { IDENTICAL_SCANS } else { 2 * IDENTICAL_SCANS };
        let is_identical = (self.is_single_page || is_steady) && self.identical_scans >= required;
        (is_identical && !self.has_usable_total()).then_some(Proof::IdenticalScans(self.identical_scans))
    }

    /// Whether the last scan lacks events of an earlier one.
    fn misses_events(&self) -> bool {
        self.distinct < self.union
    }

    /// Whether the reported total can prove or refute anything. A total is not usable if it is absent, or if it is a
    /// lower bound below the number of distinct events. A total that changed between scans is usable only if it was
    /// always above the number of distinct events.
    fn has_usable_total(&self) -> bool {
        let is_uninformative = self.highest_total.is_none_or(|total| !total.exact && total.count < self.distinct);
        let is_unreliable = self.total_changed && self.lowest_total.is_none_or(|lowest| lowest <= self.distinct);
        !is_uninformative && !is_unreliable
    }
}

/// The events that the scans of one window returned, and the facts that may prove the window.
#[derive(Debug)]
pub(super) struct Verification {
    pub(super) events: CollectedEvents,
    /// The records of the last scan that have no usable `@uuid`. Kept after the scan only if the total counts repeats,
    /// or if identical scans of one page prove the window.
    content_repeats: ContentRepeats,
    /// Number of records without a usable `@uuid` in the last scan that repeat the id of an earlier record of this
    /// scan.
    last_repeats: u64,
    /// Number of distinct events that the last scan returned.
    pub(super) last_distinct: u64,
    agreed_total: Option<u64>,
    /// See [`ScanFacts::lowest_total`].
    lowest_total: Option<u64>,
    total_changed: bool,
    identical_scans: u32,
    /// See [`ScanFacts::is_unstable`].
    pub(super) is_unstable: bool,
    /// Whether the totals so far can prove or refute anything; see [`ScanFacts::has_usable_total`].
    pub(super) has_usable_total: bool,
    /// Number of scans in a row, up to the last one, without a new event.
    pub(super) scans_without_new: u32,
    pub(super) scans: u32,
    /// Number of hits that repeated an earlier hit of the same scan.
    pub(super) duplicates: u64,
    /// Highest total that a page of any scan reported. `None` if no page reported a total. A later, lower total does
    /// not replace it, because the lower total does not prove that the service was wrong before.
    pub(super) highest_total: Option<Total>,
    /// The hits of the last scan that are not JSON.
    pub(super) unreadable: Vec<UnreadableRecord>,
    /// Whether the service searched only a part of the log for a page of the last scan.
    pub(super) has_partial_search: bool,
    /// Highest total that a page of the last scan reported. `None` if no page reported a total.
    last_total: Option<Total>,
    /// Whether answers before the first scan returned events of the window.
    has_received: bool,
    /// Ids of the events at exactly the start of the window that other answers returned and no scan returned. A service
    /// that excludes the start of a range neither returns nor counts these events, so no scan is expected to have them.
    only_received_at_start: HashSet<EventId>,
    /// Whether a scan returned an event at exactly the start of the window. If so, the service includes the start.
    includes_start: bool,
    /// Number of events at the end of the window that the total of the last scan counts.
    pub(super) at_end: u64,
}

impl Verification {
    pub(super) fn new(range: DateRange) -> Self {
        Self {
            events: CollectedEvents::new(range),
            content_repeats: ContentRepeats::default(),
            last_distinct: 0,
            last_repeats: 0,
            agreed_total: None,
            lowest_total: None,
            total_changed: false,
            identical_scans: 0,
            is_unstable: false,
            has_usable_total: false,
            scans_without_new: 0,
            scans: 0,
            duplicates: 0,
            highest_total: None,
            unreadable: Vec::new(),
            has_partial_search: false,
            last_total: None,
            has_received: false,
            only_received_at_start: HashSet::new(),
            includes_start: false,
            at_end: 0,
        }
    }

    /// Adds events of the window that were received outside of its scans. A scan that lacks one of these events proves
    /// nothing. With `excludes_start`, no scan is expected to have the events at exactly the start of the window.
    pub(super) fn receive(&mut self, events: Vec<Event>, excludes_start: bool) {
        self.has_received |= !events.is_empty();
        let start = self.range().start();
        for event in events {
            if excludes_start && !self.includes_start && event.time() == Some(start) {
                self.only_received_at_start.insert(event.id());
            }
            self.events.add(event);
        }
    }

    /// The range of the window.
    pub(super) fn range(&self) -> DateRange {
        self.events.range()
    }

    /// The exact total that all pages of the last scan reported (see [`ScanFacts::agreed_total`]), converted to the
    /// total of a range that includes its start and excludes its end.
    pub(super) fn reported_total(&self) -> Option<u64> {
        self.agreed_total.map(|total| self.inside(total))
    }

    /// The exact total that all pages of the last scan reported, without the events at exactly the end of the window.
    /// Unlike [`Self::reported_total`], does not add the events at the start that no scan returned.
    pub(super) fn counted_total(&self) -> Option<u64> {
        self.agreed_total.map(|total| total.saturating_sub(self.at_end))
    }

    /// Highest total that a page of any scan reported, converted to the total of a range that includes its start and
    /// excludes its end.
    pub(super) fn highest_total_inside(&self) -> Option<Total> {
        self.highest_total.map(|total| Total { count: self.inside(total.count), ..total })
    }

    /// Converts a total: subtracts the events at the end of the window, and adds the events at its start that no scan
    /// returned.
    fn inside(&self, total: u64) -> u64 {
        total.saturating_sub(self.at_end).saturating_add(self.excluded_at_start())
    }

    /// Number of hits of the last scan that have no usable `@uuid` and are equal to an earlier hit of this scan. 0 if
    /// these hits do not count as events. They count only if the total counts repeats, or if identical scans of one
    /// page prove the window.
    pub(super) fn content_repeats(&self) -> u64 {
        self.content_repeats.count() + self.content_repeats.count_at_end()
    }

    /// Number of events at exactly the start of the window that no scan returned.
    pub(super) fn excluded_at_start(&self) -> u64 {
        self.only_received_at_start.len() as u64
    }

    /// The seconds in which the last scan has repeats that count as events of their own.
    pub(super) fn seconds_with_repeats(&self) -> BTreeSet<DateTime<Utc>> {
        self.content_repeats.seconds()
    }

    /// Whether two scans in a row returned the same events.
    pub(super) fn is_repeated(&self) -> bool {
        self.identical_scans >= 2
    }

    /// Whether an earlier scan reported a higher total than the last one.
    pub(super) fn total_decreased(&self) -> bool {
        let count = |total: Option<Total>| total.map(|total| total.count);
        count(self.highest_total) > count(self.last_total)
    }

    /// Adds a scan. Returns the proof if the window is verified now. `is_finest` says that the window cannot be split
    /// any further.
    pub(super) fn add(&mut self, scan: Scan, is_finest: bool) -> Option<Proof> {
        let facts = self.collect(scan, is_finest);
        self.has_usable_total = facts.has_usable_total();
        // An event outside of the window shows that the service does not honour the range, so nothing is proven.
        let proof = if self.events.out_of_window > 0 { None } else { facts.proof() };
        // If identical scans of one page prove the window, there is no usable total. Then the repeats on the page are
        // kept as events.
        let is_shown = facts.is_single_page && matches!(proof, Some(Proof::IdenticalScans(_)));
        match facts.repeats_are_counted() {
            Some(_) => self.at_end += facts.repeats_at_end,
            None if is_shown => {}
            None => self.content_repeats.clear(),
        }
        proof
    }

    fn collect(&mut self, scan: Scan, is_finest: bool) -> ScanFacts {
        let Scan { events, agreed_total, highest_total, overlapping_hits, has_moved_hits, pages, reached_end, .. } =
            scan;
        self.unreadable = scan.unreadable;
        self.has_partial_search = scan.has_partial_search;
        let hits = (events.len() as u64).saturating_sub(overlapping_hits);
        let known_before = self.events.distinct().saturating_sub(self.excluded_at_start());
        // The ids in this scan. Not needed if no event was received before this scan: then the ids in `self.events` are
        // those of this scan.
        let mut in_scan = (self.scans > 0 || self.has_received).then(|| HashSet::with_capacity(events.len()));
        self.content_repeats.clear();
        self.events.reserve(events.len());
        let mut ids_at_end = HashSet::new();
        for event in events {
            let (id, is_at_end) = (event.id(), self.events.is_at_end(&event));
            if event.time() == Some(self.range().start()) {
                self.includes_start = true;
                self.only_received_at_start.clear();
            }
            // Even if the set is empty, removing an id would hash it.
            if !self.only_received_at_start.is_empty() {
                self.only_received_at_start.remove(&id);
            }
            if id.is_of_content() {
                self.content_repeats.add(&id, &event, is_at_end);
            }
            self.events.add_with_id(id.clone(), event);
            if is_at_end {
                ids_at_end.insert(id);
            } else if let Some(in_scan) = &mut in_scan {
                in_scan.insert(id);
            }
        }
        let all_inside = self.events.distinct().saturating_sub(self.excluded_at_start());
        let inside = in_scan.map_or(all_inside, |in_scan| in_scan.len() as u64);
        let has_new = if self.scans == 0 { inside > 0 } else { all_inside > known_before };
        let misses_events = inside < all_inside;
        // An id may have one content inside of the window and another at its end. Such an id counts once, as an event
        // inside.
        self.at_end = ids_at_end.iter().filter(|id| !self.events.contains(id)).count() as u64;
        let (distinct, union) = (inside + self.at_end, all_inside + self.at_end);
        self.last_distinct = distinct;
        let has_several_pages = pages > 1;
        let repeats_across_pages = has_several_pages && (hits > distinct || has_moved_hits);
        self.duplicates += hits.saturating_sub(distinct);
        self.is_unstable |= repeats_across_pages || has_several_pages && misses_events;
        self.total_changed |=
            self.scans > 0 && agreed_total != self.agreed_total || has_several_pages && agreed_total.is_none();
        self.agreed_total = agreed_total;
        self.last_total = highest_total;
        self.highest_total = [self.highest_total, highest_total].into_iter().flatten().max_by_key(|total| total.count);
        let totals = [self.lowest_total, highest_total.map(|total| total.count)];
        self.lowest_total = totals.into_iter().flatten().min();
        self.scans += 1;
        self.scans_without_new = if has_new { 0 } else { self.scans_without_new + 1 };
        let repeats = self.content_repeats.count();
        let is_changed = has_new || misses_events || self.scans > 1 && repeats != self.last_repeats;
        self.last_repeats = repeats;
        self.identical_scans = if is_changed { 1 } else { self.identical_scans + 1 };
        ScanFacts {
            distinct,
            repeats_without_id: self.content_repeats(),
            repeats_at_end: self.content_repeats.count_at_end(),
            union,
            agreed_total,
            highest_total: self.highest_total,
            lowest_total: self.lowest_total,
            total_changed: self.total_changed,
            is_single_page: !has_several_pages && reached_end,
            reached_end,
            repeats_across_pages,
            is_unstable: self.is_unstable,
            identical_scans: self.identical_scans,
            is_finest,
            is_damaged: self.has_partial_search || !self.unreadable.is_empty(),
            excludes_start: !self.only_received_at_start.is_empty(),
        }
    }

    /// Removes and returns two lists of events, both sorted by time and id: the events that lie in `range`, including
    /// counted repeats, and the events outside of the window.
    pub(super) fn take_events(&mut self, range: DateRange) -> (Vec<Event>, Vec<Event>) {
        self.add_repeats();
        self.events.take(range)
    }

    /// Number of events, including counted repeats. Several contents of one id count as one event.
    pub(super) fn count_events(&mut self) -> u64 {
        self.add_repeats();
        self.events.count()
    }

    /// Hashes of the ids of all events, including counted repeats.
    pub(super) fn id_hashes(&mut self, hasher: &RandomState) -> Vec<u64> {
        self.add_repeats();
        self.events.id_hashes(hasher)
    }

    /// Adds the counted repeats to the events, as events of their own.
    fn add_repeats(&mut self) {
        self.duplicates -= self.content_repeats.count();
        for (id, records) in self.content_repeats.take() {
            self.events.set_repeats(&id, records);
        }
    }
}

#[cfg(test)]
mod tests;
