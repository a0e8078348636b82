//! Tests of ranges and their pages.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{at, later, page, pages, read, records, text, time_of, usual};
use crate::Simulator;
use crate::behavior::{Behavior, Order};
use crate::log::{LOG_BEGIN, LOG_END, Recording};

#[test]
fn a_range_includes_its_start_and_excludes_its_end_to_the_nanosecond() {
    let simulator = usual().build();
    let read = |start, end| super::read(&simulator, start, end);
    let day = read(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"));
    let time_of = |record: &String| {
        let record: Value = serde_json::from_str(record).unwrap();
        at(text(&record, "/meta/time"))
    };
    let time = time_of(&day[day.len() / 2]);
    let then: Vec<String> = day.iter().filter(|record| time_of(record) == time).cloned().collect();
    let millisecond = TimeDelta::milliseconds(1);
    let nanosecond = TimeDelta::nanoseconds(1);
    for (start, end, found) in [
        (time, time + millisecond, true),
        (time, time + nanosecond, true),
        (time - nanosecond, time + nanosecond, true),
        (time, time, false),
        (time - nanosecond, time, false),
        (time + nanosecond, time + millisecond, false),
        (time + millisecond, time, false),
    ] {
        let expected = if found { &then[..] } else { &[] };
        assert_eq!(read(start, end), expected, "{start} to {end}");
    }
}

#[test]
fn adjacent_ranges_join_without_a_gap_or_an_overlap() {
    let whole = records("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let cuts = [
        "2026-11-20T00:00:00Z",
        "2026-11-20T07:00:00Z",
        "2026-11-20T08:30:00Z",
        "2026-11-20T09:12:33.394Z",
        "2026-11-20T09:12:33.395Z",
        "2026-11-21T00:00:00Z",
    ];
    let joined: Vec<String> = cuts.windows(2).flat_map(|cut| records(cut[0], cut[1])).collect();
    assert_eq!(joined, whole);
}

#[test]
fn the_log_begins_at_the_documented_time() {
    assert_eq!(LOG_BEGIN, at("2025-01-01T00:00:00Z"));
    assert!(records("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z").is_empty());
    for now in ["1969-12-31T23:00:00Z", "2024-12-31T00:00:00Z"] {
        let simulator = Simulator::builder().clock(move || at(now)).build();
        assert_eq!(page(&simulator, (None, None), 0, 20, 0), (0, vec![]));
    }
    let first_day = (None, Some("2025-01-02T00:00:00Z"));
    assert!(page(&usual().build(), first_day, 0, 1, 0).0 > 0);
}

#[test]
fn all_pages_together_are_the_records_from_newest_to_oldest() {
    let range = ("2026-11-20T07:15:00Z", "2026-11-20T15:45:00Z");
    let mut expected = records(range.0, range.1);
    expected.reverse();
    for limit in [1, 7, 20, 100, 1000] {
        let (total, joined) = pages(&usual().build(), range, limit);
        assert_eq!(total, expected.len() as u64);
        assert_eq!(joined, expected, "limit {limit}");
    }
}

#[test]
fn an_offset_beyond_the_end_gives_an_empty_page_with_the_correct_total() {
    let simulator = usual().build();
    let range = (Some("2026-11-20T07:00:00Z"), None);
    let (total, _) = page(&simulator, range, 0, 1, 0);
    for offset in [total, total + 1, u64::MAX] {
        assert_eq!(page(&simulator, range, offset, 20, 0), (total, vec![]), "{offset}");
    }
}

#[test]
fn pages_of_a_busy_contract_agree_with_its_records() {
    // With this number of events, an hour has 120 slices.
    let simulator = usual().events_per_day(500_000).build();
    let range = ("2026-11-20T07:15:00.250Z", "2026-11-20T07:23:00Z");
    let mut expected = read(&simulator, at(range.0), at(range.1));
    assert!(expected.len() > 3_000, "{}", expected.len());
    expected.reverse();
    let (total, joined) = pages(&simulator, range, 1000);
    assert_eq!((total, joined), (expected.len() as u64, expected));
    let year = simulator.count(simulator.contracts()[0], at("2025-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    let deep = page(&simulator, (None, Some("2026-01-01T00:00:00Z")), year - 3, 1000, 0);
    let first = read(&simulator, LOG_BEGIN, at("2025-01-01T01:00:00Z"));
    let oldest: Vec<String> = first[..3].iter().rev().cloned().collect();
    assert_eq!(deep, (year, oldest));
}

#[test]
fn every_order_has_the_same_events_and_two_orders_have_stable_pages() {
    let range = ("2026-11-20T07:15:00Z", "2026-11-20T09:45:00Z");
    let sorted = |mut records: Vec<String>| {
        records.sort_unstable();
        records
    };
    for order in Order::ALL {
        let behavior = Behavior { order: *order, ..Behavior::default() };
        let simulator =
            usual().burst(at("2026-11-20T08:00:00Z"), TimeDelta::milliseconds(3), 900).behavior(behavior).build();
        let expected = read(&simulator, at(range.0), at(range.1));
        let whole = (Some(range.0), Some(range.1));
        let (total, once) = page(&simulator, whole, 0, 10_000, 1);
        assert_eq!(total, expected.len() as u64);
        assert_eq!(sorted(once.clone()), sorted(expected.clone()), "{order}");
        let (_, again) = page(&simulator, whole, 0, 10_000, 2);
        let stable = matches!(order, Order::NewestFirst | Order::OldestFirst);
        assert_eq!(once == again, stable, "{order}");
        // If the order changes from page to page, pages repeat some events and miss others.
        let (_, joined) = pages(&simulator, range, 100);
        let unique: BTreeSet<&String> = joined.iter().collect();
        assert_eq!(unique.len() == expected.len(), stable, "{order}");
        let times: Vec<&str> = once.iter().map(|record| time_of(record)).collect();
        match order {
            Order::OldestFirst => assert_eq!(once, expected),
            Order::NewestFirst | Order::UnstableTies => {
                assert!(times.is_sorted_by(|a, b| a >= b));
            }
            Order::Shuffled => assert!(!times.is_sorted_by(|a, b| a >= b)),
        }
    }
}

#[test]
fn a_recording_is_served_unchanged() {
    let all = records("2026-11-20T07:00:00Z", "2026-11-20T12:00:00Z");
    let recording = Recording::read(all.join("\n").as_bytes(), None).unwrap();
    let simulator = Simulator::builder().seed(99).recording(recording).clock(later).build();
    assert_eq!(simulator.contracts(), usual().build().contracts());
    assert_eq!(read(&simulator, LOG_BEGIN, later()), all);
    let range = ("2026-11-20T08:10:00Z", "2026-11-20T09:50:00Z");
    let mut expected = records(range.0, range.1);
    expected.reverse();
    assert_eq!(pages(&simulator, range, 7), (expected.len() as u64, expected));
}

#[test]
fn a_clock_or_a_query_after_the_end_of_the_log_counts_as_the_end() {
    assert_eq!(LOG_END, at("2200-01-01T00:00:00Z"));
    let seen = |now: DateTime<Utc>, events_per_day| {
        let simulator = Simulator::builder()
            .log_begin(LOG_END - TimeDelta::hours(3))
            .events_per_day(events_per_day)
            .clock(move || now)
            .build();
        let first = page(&simulator, (None, None), 0, 5, 0);
        let far = (None, Some("9999-12-31T23:59:59Z"));
        assert_eq!(page(&simulator, far, 0, 5, 0), first);
        assert_eq!(read(&simulator, LOG_BEGIN, DateTime::<Utc>::MAX_UTC).len() as u64, first.0);
        let id = first.1.iter().find_map(|record| {
            let record: Value = serde_json::from_str(record).unwrap();
            Some(record.pointer("/meta/requestId")?.as_str()?.to_owned())
        });
        assert!(simulator.0.log.request(&id.unwrap(), |_| true, now).is_some());
        first
    };
    for events_per_day in [3_200, 20_000] {
        let end = seen(LOG_END, events_per_day);
        assert!(end.0 > 0);
        for now in ["2262-01-01T00:00:00Z", "2262-04-11T23:47:17Z", "9999-01-01T00:00:00Z"] {
            assert_eq!(seen(at(now), events_per_day), end, "{now}");
        }
        assert_eq!(seen(DateTime::<Utc>::MAX_UTC, events_per_day), end);
    }
}

#[test]
fn the_begin_of_the_log_is_clamped_to_1970_and_a_future_begin_means_an_empty_log() {
    let now = at("1970-01-03T00:00:00Z");
    let total = |begin| {
        let simulator = Simulator::builder().log_begin(begin).clock(move || now).build();
        let (total, records) = page(&simulator, (None, None), 0, 20, 0);
        assert_eq!(records.len() as u64, total.min(20));
        total
    };
    let all = total(at("1970-01-01T00:00:00Z"));
    assert!(all > 0);
    for (begin, expected) in [
        (DateTime::<Utc>::MIN_UTC, all),
        (at("1960-01-01T00:00:00Z"), all),
        (now + TimeDelta::days(1), 0),
        (LOG_END, 0),
        (at("2262-06-01T00:00:00Z"), 0),
        (at("9999-01-01T00:00:00Z"), 0),
        (DateTime::<Utc>::MAX_UTC, 0),
    ] {
        assert_eq!(total(begin), expected, "{begin}");
    }
}

#[test]
fn a_request_id_is_known_only_if_its_slice_is_in_the_log() {
    let request = |simulator: &Simulator, id: &str, now: &str| simulator.0.log.request(id, |_| true, at(now)).is_some();
    let now = "2026-11-20T12:00:00Z";
    let id = |simulator: &Simulator| {
        let (_, newest) = page(simulator, (None, Some(now)), 0, 20, 0);
        let found = newest.iter().find_map(|record| {
            let record: Value = serde_json::from_str(record).unwrap();
            Some(record.pointer("/meta/requestId")?.as_str()?.to_owned())
        });
        found.unwrap()
    };
    let simulator = usual().build();
    let own = id(&simulator);
    assert!(request(&simulator, &own, now));
    assert!(!request(&simulator, &own, "2026-11-20T06:00:00Z"));
    assert!(simulator.0.log.request(&own, |_| false, at(now)).is_none());
    let later = usual().log_begin(at("2026-11-20T12:00:00Z")).build();
    assert!(!request(&later, &own, "2026-11-21T00:00:00Z"));
    // With another number of slices per hour, the same slice number belongs to another time.
    for events_per_day in [50_000, 500_000, 20_000_000] {
        let busy = usual().events_per_day(events_per_day).build();
        assert!(!request(&busy, &own, now), "{events_per_day}");
        assert!(!request(&simulator, &id(&busy), now), "{events_per_day}");
    }
}
