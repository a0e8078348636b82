//! Decides whether a window was read completely. An answer without an error proves nothing: the service may report
//! another total than it sends, repeat one hit and never send another one. [`Verification`] compares all scans of a
//! window and asks one rule per [`Proof`]; the window is verified as soon as one rule holds.

use std::collections::HashSet;

use crate::api::page::Total;
use crate::event::{Event, EventMultiset};
use crate::range::DateRange;
use crate::reader::collected_events::CollectedEvents;
use crate::reader::scan::Scan;

/// Identical scans in a row that prove a window without a usable total, if one page holds all of it. A window of
/// several pages needs twice as many.
const IDENTICAL_SCANS: u32 = 3;

/// The proof that a window was read completely, from the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// One scan returned as many distinct events as each of its pages reported.
    ScanMatchesTotal,
    /// All scans together returned as many distinct events as the service reports, and the reported total never
    /// changed.
    UnionMatchesStableTotal,
    /// One page with room for more hits holds the whole window. It repeats a record, and the reported total counts the
    /// repeat.
    RepeatsAreCounted,
    /// The service reports no usable total, and this number of scans in a row returned the same events.
    IdenticalScans(u32),
}

impl Proof {
    /// The weaker one of two proofs: the proof of a range that consists of two verified ranges.
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

/// The scans of one window, as far as the rules depend on them.
#[derive(Clone, Copy, Debug)]
struct ScanFacts {
    /// Hits of the last scan, including repeats.
    hits: u64,
    /// Distinct events of the last scan.
    distinct: u64,
    /// Distinct events of all scans.
    union: u64,
    /// The total that all pages of the last scan reported exactly. `None` if they differ or one is absent or inexact.
    agreed_total: Option<u64>,
    /// Highest total that a page of the last scan reported.
    highest_total: Option<Total>,
    /// Lowest total that any scan reported.
    lowest_total: Option<u64>,
    /// Whether two scans, or two pages of one scan, reported different totals.
    total_changed: bool,
    /// Whether the last scan was one page with room for more hits.
    is_single_page: bool,
    /// Whether the last page of the last scan had room for more hits.
    reached_end: bool,
    /// Whether a hit occurs on two pages of the last scan.
    repeats_across_pages: bool,
    /// Whether any scan of several pages repeated a hit or missed a known one.
    is_unstable: bool,
    /// Scans in a row that returned the same events, including the last one.
    identical_scans: u32,
    /// Whether the window cannot be split any further.
    is_finest: bool,
}

impl ScanFacts {
    /// The strongest proof.
    fn proof(&self) -> Option<Proof> {
        self.scan_matches_total()
            .or_else(|| self.union_matches_stable_total())
            .or_else(|| self.repeats_are_counted())
            .or_else(|| self.scans_are_identical())
    }

    /// The last scan has all events that are reported. If a hit occurs on two of its pages, another one may have moved
    /// between them unseen and the total may match by chance, so a second identical scan is required.
    fn scan_matches_total(&self) -> Option<Proof> {
        let matches = self.agreed_total == Some(self.distinct) && !self.misses_events();
        let is_confirmed = !self.repeats_across_pages || self.identical_scans >= 2;
        (matches && is_confirmed).then_some(Proof::ScanMatchesTotal)
    }

    /// No single scan has all events, as hits change places between its pages, but all scans together have them.
    fn union_matches_stable_total(&self) -> Option<Proof> {
        let matches = self.agreed_total == Some(self.union) && self.misses_events();
        (matches && !self.total_changed).then_some(Proof::UnionMatchesStableTotal)
    }

    /// A repeat within one answer is a second event that looks the same, if the total counts it.
    fn repeats_are_counted(&self) -> Option<Proof> {
        let has_repeats = self.hits > self.distinct;
        let is_counted = self.agreed_total == Some(self.hits);
        (self.is_single_page && has_repeats && is_counted).then_some(Proof::RepeatsAreCounted)
    }

    /// The proof for a window without a usable total: several scans in a row returned the same events, on one page or
    /// on pages that never overlap.
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

    /// Whether the reported total can prove or refute anything. It cannot if it is absent, or a lower bound below the
    /// number of received events, or if it changed between scans and was not always above that number.
    fn has_usable_total(&self) -> bool {
        let says_nothing = self.highest_total.is_none_or(|total| !total.exact && total.count < self.distinct);
        let wavers = self.total_changed && self.lowest_total.is_none_or(|lowest| lowest <= self.distinct);
        !says_nothing && !wavers
    }
}

/// The events that the scans of one window returned, and the facts that may prove the window.
#[derive(Debug)]
pub(super) struct Verification {
    pub(super) events: CollectedEvents,
    /// Repeated records without an id in the last scan, if the total counts the repeats.
    repeats_without_id: EventMultiset,
    agreed_total: Option<u64>,
    lowest_total: Option<u64>,
    total_changed: bool,
    identical_scans: u32,
    /// Whether any scan of several pages repeated a hit or missed a known one.
    pub(super) is_unstable: bool,
    /// Scans in a row without a new event.
    pub(super) scans_without_new: u32,
    pub(super) scans: u32,
    /// Hits that occurred more than once in one scan.
    pub(super) duplicates: u64,
    /// Highest total that a page of the last scan reported.
    pub(super) highest_total: Option<Total>,
}

impl Verification {
    pub(super) fn new(range: DateRange) -> Self {
        Self {
            events: CollectedEvents::new(range),
            repeats_without_id: EventMultiset::new(),
            agreed_total: None,
            lowest_total: None,
            total_changed: false,
            identical_scans: 0,
            is_unstable: false,
            scans_without_new: 0,
            scans: 0,
            duplicates: 0,
            highest_total: None,
        }
    }

    /// The total that all pages of the last scan reported exactly.
    pub(super) fn reported_total(&self) -> Option<u64> {
        self.agreed_total
    }

    /// Adds a scan. Returns the proof if the window is verified now. `is_finest` says that the window cannot be split
    /// any further.
    pub(super) fn add(&mut self, scan: Scan, is_finest: bool) -> Option<Proof> {
        let facts = self.collect(scan, is_finest);
        if facts.repeats_are_counted().is_none() {
            self.repeats_without_id.clear();
        }
        // An event outside of the window shows that the service does not honour the range.
        if self.events.out_of_window > 0 { None } else { facts.proof() }
    }

    fn collect(&mut self, scan: Scan, is_finest: bool) -> ScanFacts {
        let Scan { events, agreed_total, highest_total, has_overlapping_pages, pages, reached_end, .. } = scan;
        let hits = events.len() as u64;
        let known_before = self.events.distinct();
        // All events of the first scan are new, so its distinct events are those of all scans.
        let mut in_scan = (self.scans > 0).then(|| HashSet::with_capacity(events.len()));
        self.repeats_without_id.clear();
        self.events.reserve(events.len());
        for event in events {
            let id = self.events.add(event);
            if id.is_of_content() {
                self.repeats_without_id.insert(id.clone());
            }
            if let Some(in_scan) = &mut in_scan {
                in_scan.insert(id);
            }
        }
        let union = self.events.distinct();
        let distinct = in_scan.map_or(union, |in_scan| in_scan.len() as u64);
        let (has_new, misses_events) = (union > known_before, distinct < union);
        let has_several_pages = pages > 1;
        let repeats_across_pages = has_several_pages && hits > distinct && !has_overlapping_pages;
        self.duplicates += hits - distinct;
        self.is_unstable |= repeats_across_pages || has_several_pages && misses_events;
        self.total_changed |=
            self.scans > 0 && agreed_total != self.agreed_total || has_several_pages && agreed_total.is_none();
        self.agreed_total = agreed_total;
        self.highest_total = highest_total;
        let totals = [self.lowest_total, highest_total.map(|total| total.count)];
        self.lowest_total = totals.into_iter().flatten().min();
        self.scans += 1;
        self.scans_without_new = if has_new { 0 } else { self.scans_without_new + 1 };
        self.identical_scans = if has_new || misses_events { 1 } else { self.identical_scans + 1 };
        ScanFacts {
            hits,
            distinct,
            union,
            agreed_total,
            highest_total,
            lowest_total: self.lowest_total,
            total_changed: self.total_changed,
            is_single_page: !has_several_pages && reached_end,
            reached_end,
            repeats_across_pages,
            is_unstable: self.is_unstable,
            identical_scans: self.identical_scans,
            is_finest,
        }
    }

    /// Takes the events that lie in `range`, including counted repeats, sorted by time and id, and the events outside
    /// of the window.
    pub(super) fn take_events(&mut self, range: DateRange) -> (Vec<Event>, Vec<Event>) {
        self.duplicates -= self.events.add_repeats(&std::mem::take(&mut self.repeats_without_id));
        self.events.take(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One scan of one page that holds two events, with the total 2.
    const VERIFIED: ScanFacts = ScanFacts {
        hits: 2,
        distinct: 2,
        union: 2,
        agreed_total: Some(2),
        highest_total: Some(Total { count: 2, exact: true }),
        lowest_total: Some(2),
        total_changed: false,
        is_single_page: true,
        reached_end: true,
        repeats_across_pages: false,
        is_unstable: false,
        identical_scans: 1,
        is_finest: false,
    };

    fn total(count: u64, exact: bool) -> Option<Total> {
        Some(Total { count, exact })
    }

    #[test]
    fn a_scan_proves_the_window_if_its_distinct_events_match_the_total() {
        assert_eq!(VERIFIED.proof(), Some(Proof::ScanMatchesTotal));
        assert_eq!(ScanFacts { agreed_total: Some(3), ..VERIFIED }.scan_matches_total(), None);
        assert_eq!(ScanFacts { agreed_total: None, ..VERIFIED }.scan_matches_total(), None);
        // An earlier scan had an event that this one lacks.
        assert_eq!(ScanFacts { union: 3, ..VERIFIED }.scan_matches_total(), None);
    }

    #[test]
    fn a_scan_that_repeats_a_hit_across_pages_proves_the_window_only_with_an_identical_scan() {
        let repeats =
            ScanFacts { hits: 3, is_single_page: false, repeats_across_pages: true, is_unstable: true, ..VERIFIED };
        assert_eq!(repeats.proof(), None);
        let twice = ScanFacts { identical_scans: 2, ..repeats };
        assert_eq!(twice.proof(), Some(Proof::ScanMatchesTotal));
    }

    #[test]
    fn all_scans_together_prove_the_window_if_the_total_never_changed() {
        let union = ScanFacts { union: 3, agreed_total: Some(3), is_single_page: false, ..VERIFIED };
        assert_eq!(union.proof(), Some(Proof::UnionMatchesStableTotal));
        assert_eq!(ScanFacts { total_changed: true, ..union }.union_matches_stable_total(), None);
        assert_eq!(ScanFacts { agreed_total: Some(4), ..union }.union_matches_stable_total(), None);
    }

    #[test]
    fn repeats_on_a_single_page_prove_the_window_if_the_total_counts_them() {
        let repeats = ScanFacts { hits: 3, agreed_total: Some(3), ..VERIFIED };
        assert_eq!(repeats.proof(), Some(Proof::RepeatsAreCounted));
        assert_eq!(ScanFacts { is_single_page: false, ..repeats }.repeats_are_counted(), None);
        assert_eq!(ScanFacts { agreed_total: Some(2), ..repeats }.repeats_are_counted(), None);
        assert_eq!(VERIFIED.repeats_are_counted(), None);
    }

    #[test]
    fn identical_scans_prove_the_window_if_there_is_no_usable_total() {
        let without_total = ScanFacts { agreed_total: None, highest_total: None, lowest_total: None, ..VERIFIED };
        for (identical_scans, is_single_page, is_finest, is_unstable, proof) in [
            (2, true, false, false, None),
            (3, true, false, false, Some(Proof::IdenticalScans(3))),
            (5, false, true, false, None),
            (6, false, true, false, Some(Proof::IdenticalScans(6))),
            (6, false, false, false, None),
            (6, false, true, true, None),
        ] {
            let facts = ScanFacts { identical_scans, is_single_page, is_finest, is_unstable, ..without_total };
            assert_eq!(facts.proof(), proof, "{facts:?}");
        }
    }

    #[test]
    fn a_total_is_usable_unless_it_is_absent_too_low_or_wavering() {
        for (highest_total, lowest_total, total_changed, is_usable) in [
            (total(3, true), Some(3), false, true),
            (None, None, false, false),
            (total(1, false), Some(1), false, false),
            (total(2, false), Some(2), false, true),
            (total(1, true), Some(1), false, true),
            (total(3, true), Some(2), true, false),
            (total(4, true), Some(3), true, true),
        ] {
            let facts = ScanFacts { highest_total, lowest_total, total_changed, ..VERIFIED };
            assert_eq!(facts.has_usable_total(), is_usable, "{facts:?}");
        }
    }

    #[test]
    fn the_weaker_proof_of_two_ranges_counts() {
        let (scan, repeats) = (Proof::ScanMatchesTotal, Proof::RepeatsAreCounted);
        assert_eq!(scan.weaker(scan), scan);
        assert_eq!(scan.weaker(repeats), repeats);
        assert_eq!(Proof::IdenticalScans(6).weaker(repeats), Proof::IdenticalScans(6));
        assert_eq!(Proof::IdenticalScans(6).weaker(Proof::IdenticalScans(3)), Proof::IdenticalScans(3));
    }

    fn event(uuid: &str, time: &str) -> Event {
        Event::from_json(format!(r#"{{"@uuid":"{uuid}","meta":{{"time":"{time}"}}}}"#)).unwrap()
    }

    fn range(start: &str, end: &str) -> DateRange {
        DateRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    fn scan(events: Vec<Event>) -> Scan {
        let count = events.len() as u64;
        Scan {
            events,
            agreed_total: Some(count),
            highest_total: Some(Total { count, exact: true }),
            has_overlapping_pages: false,
            pages: 1,
            reached_end: true,
            requests: 1,
        }
    }

    #[test]
    fn events_outside_of_the_window_prevent_a_proof_and_are_returned_separately() {
        let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
        let whole = range("2026-11-20T09:00:00Z", "2026-11-20T12:00:00Z");
        let mut verification = Verification::new(window);
        let proof = verification.add(
            scan(vec![
                event("b", "2026-11-20T10:30:00Z"),
                event("earlier", "2026-11-20T09:30:00Z"),
                event("later", "2026-11-20T11:00:00Z"),
                event("a", "2026-11-20T10:30:00Z"),
            ]),
            true,
        );
        assert_eq!(proof, None);
        let (events, out_of_window) = verification.take_events(whole);
        let ids = |events: &[Event]| -> Vec<String> { events.iter().map(|event| event.id().to_string()).collect() };
        assert_eq!(ids(&events), ["u:a", "u:b"]);
        assert_eq!(ids(&out_of_window), ["u:earlier", "u:later"]);
    }

    #[test]
    fn events_outside_of_the_requested_range_are_dropped_from_a_verified_window() {
        let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
        let requested = range("2026-11-20T10:00:00.500Z", "2026-11-20T10:59:59.500Z");
        let mut verification = Verification::new(window);
        let proof = verification.add(
            scan(vec![
                event("before", "2026-11-20T10:00:00Z"),
                event("inside", "2026-11-20T10:00:00.500Z"),
                event("behind", "2026-11-20T10:59:59.500Z"),
            ]),
            true,
        );
        assert_eq!(proof, Some(Proof::ScanMatchesTotal));
        assert_eq!(verification.reported_total(), Some(3));
        let (events, out_of_window) = verification.take_events(requested);
        assert_eq!((events.len(), out_of_window.len()), (1, 0));
    }
}
