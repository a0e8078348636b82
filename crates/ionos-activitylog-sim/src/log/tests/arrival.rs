//! Events that appear late, change, occur twice or are no longer retained.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{at, pages, read, records, time_of, usual};
use crate::Simulator;
use crate::behavior::Behavior;
use crate::behavior::share::Share;
use crate::log::LOG_BEGIN;

#[test]
fn an_event_appears_after_its_delay_and_all_events_appear_in_the_end() {
    let range = ("2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z");
    let all = records(range.0, range.1);
    let seen = |now: &str, behavior: Behavior| {
        let now = at(now);
        let simulator = Simulator::builder().clock(move || now).behavior(behavior).build();
        let contract = simulator.contracts()[0];
        let records = read(&simulator, at(range.0), at(range.1));
        assert_eq!(simulator.count(contract, at(range.0), at(range.1)), records.len() as u64);
        records
    };
    let delayed = Behavior { ingest_delay: "50%<10m,50%<1h".parse().unwrap(), ..Behavior::default() };
    let late = Behavior { late_events: "10%:3h".parse().unwrap(), ..Behavior::default() };
    for (behavior, last) in [(delayed, "2026-11-20T11:00:00Z"), (late, "2026-11-20T13:00:00Z")] {
        let early = seen("2026-11-20T10:00:00Z", behavior.clone());
        let later = seen("2026-11-20T10:20:00Z", behavior.clone());
        assert!(!early.is_empty() && early.len() < all.len(), "{} events", early.len());
        assert!(early.iter().all(|record| later.contains(record)));
        assert_eq!(seen(last, behavior), all);
    }
}

#[test]
fn an_amended_event_keeps_its_identifier_and_its_time() {
    let range = ("2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z");
    let seen = |now: &str| {
        let now = at(now);
        let behavior = Behavior { amended_events: "20%:1h".parse().unwrap(), ..Behavior::default() };
        let simulator = Simulator::builder().clock(move || now).behavior(behavior).build();
        read(&simulator, at(range.0), at(range.1))
    };
    let (before, after) = (records(range.0, range.1), seen("2026-11-20T12:00:00Z"));
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after);
    let mut count = 0;
    for (before, after) in changed {
        assert!(after.contains("(amended)") && !before.contains("(amended)"));
        assert_eq!((&before[..60], time_of(before)), (&after[..60], time_of(after)));
        count += 1;
    }
    assert!((before.len() / 10..before.len() / 3).contains(&count), "{count} of {} changed", before.len());
    let between = seen("2026-11-20T10:00:00Z");
    assert!(between != before && between != after);
}

#[test]
fn counted_duplicates_are_in_the_total_and_on_the_pages() {
    let range = ("2026-11-20T07:10:00Z", "2026-11-20T12:00:00Z");
    let behavior = Behavior { duplicates: Share::new(0.1).unwrap(), duplicates_counted: true, ..Behavior::default() };
    let simulator = usual().behavior(behavior).build();
    let events = read(&simulator, at(range.0), at(range.1));
    assert_eq!(events, records(range.0, range.1));
    let (total, hits) = pages(&simulator, range, 20);
    assert_eq!(total, hits.len() as u64);
    let unique: BTreeSet<&String> = hits.iter().collect();
    assert_eq!(unique.len(), events.len());
    let twice = hits.len() - unique.len();
    assert!((events.len() / 15..events.len() / 7).contains(&twice), "{twice} duplicates");
}

#[test]
fn events_disappear_after_the_retention() {
    let now = at("2026-11-20T12:00:00Z");
    let behavior = Behavior { retention: Some(TimeDelta::days(2)), ..Behavior::default() };
    let simulator = Simulator::builder().clock(move || now).behavior(behavior).build();
    let retained = read(&simulator, LOG_BEGIN, now);
    assert_eq!(retained, records("2026-11-18T12:00:00Z", "2026-11-20T12:00:00Z"));
}

#[test]
fn duplicates_have_the_configured_share_with_any_number_of_slices() {
    for percent in [1, 2, 5, 40, 70] {
        for events_per_day in [320, 500_000] {
            let behavior = Behavior {
                duplicates: format!("{percent}%").parse().unwrap(),
                duplicates_counted: true,
                ..Behavior::default()
            };
            let usual = usual().events_per_day(events_per_day);
            let simulator = usual.behavior(behavior).build();
            let contract = simulator.contracts()[0];
            let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
            let hits = simulator.count(contract, start, end);
            let plain = super::usual().events_per_day(events_per_day).build();
            let events = plain.count(contract, start, end);
            let share = (hits - events) as f64 * 100.0 / events as f64;
            assert!((share - f64::from(percent)).abs() < 0.2, "{share} % instead of {percent} %");
        }
    }
}

#[test]
fn total_and_pages_agree_in_slices_with_delayed_events_and_duplicates() {
    let now = at("2026-11-20T07:23:00Z");
    let behavior = Behavior {
        ingest_delay: "5m".parse().unwrap(),
        duplicates: Share::new(0.3).unwrap(),
        duplicates_counted: true,
        ..Behavior::default()
    };
    let simulator = Simulator::builder().clock(move || now).events_per_day(500_000).behavior(behavior).build();
    let range = ("2026-11-20T07:15:00.250Z", "2026-11-20T07:23:00Z");
    let (total, hits) = pages(&simulator, range, 1000);
    assert_eq!(total, hits.len() as u64);
    let unique: BTreeSet<&String> = hits.iter().collect();
    let events = read(&simulator, at(range.0), at(range.1));
    assert_eq!(unique.len(), events.len());
    let share = (hits.len() - events.len()) as f64 / events.len() as f64;
    assert!((0.27..0.33).contains(&share), "share of duplicates: {share}");
}
