use super::*;

/// The facts about one scan, whose only page has two events and the total 2.
const VERIFIED: ScanFacts = ScanFacts {
    distinct: 2,
    repeats_without_id: 0,
    repeats_at_end: 0,
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
    is_damaged: false,
    excludes_start: false,
};

fn total(count: u64, exact: bool) -> Option<Total> {
    Some(Total { count, exact })
}

#[test]
fn a_scan_proves_the_window_if_its_distinct_events_match_the_total() {
    assert_eq!(VERIFIED.proof(), Some(Proof::ScanMatchesTotal));
    assert_eq!(ScanFacts { agreed_total: Some(3), ..VERIFIED }.scan_matches_total(), None);
    assert_eq!(ScanFacts { agreed_total: None, ..VERIFIED }.scan_matches_total(), None);
    // An earlier scan had an event that this scan lacks.
    assert_eq!(ScanFacts { union: 3, ..VERIFIED }.scan_matches_total(), None);
}

#[test]
fn a_scan_that_repeats_a_hit_across_pages_proves_the_window_only_with_an_identical_scan() {
    let repeats = ScanFacts { is_single_page: false, repeats_across_pages: true, is_unstable: true, ..VERIFIED };
    assert_eq!(repeats.proof(), None);
    let twice = ScanFacts { identical_scans: 2, ..repeats };
    assert_eq!(twice.proof(), Some(Proof::ScanMatchesTotal));
}

#[test]
fn all_scans_together_prove_the_window_if_the_total_never_changed() {
    let union =
        ScanFacts { union: 3, agreed_total: Some(3), highest_total: total(3, true), is_single_page: false, ..VERIFIED };
    assert_eq!(union.proof(), Some(Proof::UnionMatchesStableTotal));
    assert_eq!(ScanFacts { total_changed: true, ..union }.union_matches_stable_total(), None);
    assert_eq!(ScanFacts { agreed_total: Some(4), ..union }.union_matches_stable_total(), None);
}

#[test]
fn repeats_without_an_id_on_a_single_page_prove_the_window_if_the_total_counts_them() {
    let repeats = ScanFacts { repeats_without_id: 1, agreed_total: Some(3), highest_total: total(3, true), ..VERIFIED };
    assert_eq!(repeats.proof(), Some(Proof::RepeatsAreCounted));
    assert_eq!(ScanFacts { is_single_page: false, ..repeats }.repeats_are_counted(), None);
    assert_eq!(ScanFacts { agreed_total: Some(2), ..repeats }.repeats_are_counted(), None);
    assert_eq!(VERIFIED.repeats_are_counted(), None);
}

#[test]
fn no_rule_proves_a_window_with_fewer_events_than_the_highest_total() {
    let higher = total(3, true);
    let two_pages = ScanFacts { union: 3, agreed_total: Some(3), is_single_page: false, ..VERIFIED };
    let repeats = ScanFacts { repeats_without_id: 1, agreed_total: Some(3), ..VERIFIED };
    let no_total = ScanFacts { agreed_total: None, total_changed: true, identical_scans: 9, ..VERIFIED };
    for (facts, highest_total) in
        [(VERIFIED, higher), (two_pages, total(4, true)), (repeats, total(4, false)), (no_total, higher)]
    {
        assert_eq!(ScanFacts { highest_total, ..facts }.proof(), None, "{facts:?}");
    }
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
fn a_total_is_usable_only_if_it_can_prove_or_refute_something() {
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
fn a_damaged_page_prevents_every_proof() {
    assert_eq!(ScanFacts { is_damaged: true, ..VERIFIED }.proof(), None);
    let no_total = ScanFacts { agreed_total: None, highest_total: None, identical_scans: 9, ..VERIFIED };
    assert_eq!(ScanFacts { is_damaged: true, ..no_total }.proof(), None);
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
        unreadable: Vec::new(),
        has_partial_search: false,
        says_nothing: false,
        agreed_total: Some(count),
        highest_total: Some(Total { count, exact: true }),
        overlapping_hits: 0,
        has_moved_hits: false,
        pages: 1,
        reached_end: true,
        ends_before_total: false,
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
            event("later", "2026-11-20T11:00:00.001Z"),
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
fn an_event_at_the_end_counts_for_the_scan_that_returned_it_and_belongs_to_the_next_window() {
    let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
    let (inside, other) = (event("a", "2026-11-20T10:30:00Z"), event("b", "2026-11-20T10:40:00Z"));
    let at_end = event("end", "2026-11-20T11:00:00Z");
    let of_three = |events: Vec<Event>| Scan { agreed_total: Some(3), highest_total: total(3, true), ..scan(events) };
    let mut verification = Verification::new(window);
    // An event at the end does not explain the total if only an earlier scan returned it. A second copy of this event
    // on the same page does not explain the total either.
    for events in [vec![inside.clone(), at_end.clone()], vec![inside.clone()], vec![at_end.clone(), at_end.clone()]] {
        assert_eq!(verification.add(of_three(events), true), None);
    }
    let proof = verification.add(of_three(vec![inside.clone(), other.clone(), at_end.clone()]), true);
    assert_eq!(proof, Some(Proof::ScanMatchesTotal));
    assert_eq!((verification.reported_total(), verification.at_end), (Some(2), 1));
    let (events, out_of_window) = verification.take_events(window);
    assert_eq!((events.len(), out_of_window.len()), (2, 0));
    // A total that does not count the event at the end is below the number of received events, so it proves nothing.
    let mut verification = Verification::new(window);
    let exclusive = Scan { agreed_total: Some(2), ..scan(vec![inside, other, at_end]) };
    assert_eq!(verification.add(exclusive, true), None);
}

#[test]
fn equal_records_without_an_id_at_the_end_are_counted_and_belong_to_the_next_window() {
    let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
    let at = |time: &str| Event::from_json(format!(r#"{{"meta":{{"time":"{time}"}}}}"#)).unwrap();
    let (inside, at_end) = (at("2026-11-20T10:30:00Z"), at("2026-11-20T11:00:00Z"));
    let mut verification = Verification::new(window);
    let proof = verification.add(scan(vec![inside.clone(), inside, at_end.clone(), at_end]), true);
    assert_eq!(proof, Some(Proof::RepeatsAreCounted));
    assert_eq!((verification.reported_total(), verification.at_end), (Some(2), 2));
    assert_eq!(verification.take_events(window).0.len(), 2);
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
            event("after", "2026-11-20T10:59:59.500Z"),
        ]),
        true,
    );
    assert_eq!(proof, Some(Proof::ScanMatchesTotal));
    assert_eq!(verification.reported_total(), Some(3));
    let (events, out_of_window) = verification.take_events(requested);
    assert_eq!((events.len(), out_of_window.len()), (1, 0));
}

#[test]
fn a_repeated_id_does_not_stand_for_a_missing_event() {
    let time = "2026-11-20T10:30:00Z";
    let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
    let without_id = || Event::from_json(format!(r#"{{"meta":{{"time":"{time}"}}}}"#)).unwrap();
    let amended = Event::from_json(format!(r#"{{"@uuid":"a","n":2,"meta":{{"time":"{time}"}}}}"#)).unwrap();
    for (what, other, proof, returned) in [
        ("the same record", event("a", time), None, 1),
        ("another content of the id", amended, None, 2),
        ("another event", event("b", time), Some(Proof::ScanMatchesTotal), 2),
    ] {
        let mut verification = Verification::new(window);
        for _ in 0..5 {
            assert_eq!(verification.add(scan(vec![event("a", time), other.clone()]), true), proof, "{what}");
        }
        assert_eq!(verification.take_events(window).0.len(), returned, "{what}");
    }
    // Two equal records without an id are two events, even if the page repeats an id and the total does not count the
    // repeated id.
    let mut verification = Verification::new(window);
    let hits = vec![without_id(), event("a", time), without_id(), event("a", time)];
    let counted = Scan { agreed_total: Some(3), highest_total: total(3, true), ..scan(hits.clone()) };
    assert_eq!(verification.add(counted, true), Some(Proof::RepeatsAreCounted));
    assert_eq!(verification.take_events(window).0.len(), 3);
    let mut verification = Verification::new(window);
    assert_eq!(verification.add(scan(hits), true), None);
}

#[test]
fn a_higher_total_is_remembered_by_later_scans() {
    let time = "2026-11-20T10:30:00Z";
    let mut verification = Verification::new(range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"));
    let higher = Scan { agreed_total: Some(2), highest_total: total(2, true), ..scan(vec![event("a", time)]) };
    assert_eq!(verification.add(higher, true), None);
    assert!(!verification.total_decreased());
    for _ in 0..5 {
        assert_eq!(verification.add(scan(vec![event("a", time)]), true), None);
    }
    assert!(verification.total_decreased());
    assert_eq!(verification.highest_total, total(2, true));
    // Once the missing event is returned, the window is proven.
    let complete = scan(vec![event("a", time), event("b", time)]);
    assert_eq!(verification.add(complete, true), Some(Proof::ScanMatchesTotal));
}
