use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::TimeDelta;
use serde_json::Value;

use super::*;
use crate::world::random::fingerprint;
use crate::{Share, Simulator, SimulatorBuilder};

fn at(value: &str) -> DateTime<Utc> {
    value.parse().unwrap()
}

/// Long after all ranges of these tests.
fn later() -> DateTime<Utc> {
    at("2027-01-01T00:00:00Z")
}

fn usual() -> SimulatorBuilder {
    Simulator::builder().clock(later)
}

/// The records of the first contract.
fn read(simulator: &Simulator, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<String> {
    simulator
        .records(simulator.contracts()[0], start, end)
        .collect()
}

fn records(start: &str, end: &str) -> Vec<String> {
    read(&usual().build(), at(start), at(end))
}

/// A page of the first contract: the total, and the records in the order in which they are sent.
fn page(
    simulator: &Simulator,
    range: (Option<&str>, Option<&str>),
    offset: u64,
    limit: u64,
    request: u64,
) -> (u64, Vec<String>) {
    let now = simulator.now();
    let (start, end) = (range.0.map(at), range.1.map(at));
    let view = simulator
        .log()
        .view(simulator.contracts()[0], start, end, now);
    let page = view.page(offset, limit, request);
    let records = page.hits().map(|(_, write)| {
        let mut record = Vec::new();
        write(&mut record);
        String::from_utf8(record).unwrap()
    });
    (page.total, records.collect())
}

/// All pages joined, with the total that all of them had.
fn pages(simulator: &Simulator, range: (&str, &str), limit: u64) -> (u64, Vec<String>) {
    let range = (Some(range.0), Some(range.1));
    let (mut joined, mut totals) = (Vec::new(), BTreeSet::new());
    loop {
        let (total, records) = page(
            simulator,
            range,
            joined.len() as u64,
            limit,
            joined.len() as u64,
        );
        totals.insert(total);
        if records.is_empty() {
            assert_eq!(totals.len(), 1);
            return (total, joined);
        }
        assert!(records.len() as u64 <= limit);
        joined.extend(records);
    }
}

/// 60 days of the log, read.
fn sixty_days() -> &'static [Value] {
    static RECORDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
        records("2026-09-01T00:00:00Z", "2026-10-31T00:00:00Z")
            .iter()
            .map(|record| serde_json::from_str(record).unwrap())
            .collect()
    });
    &RECORDS
}

fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("")
}

#[test]
fn the_data_is_what_it_always_was() {
    // Whoever changes it on purpose writes the new value here; every client's snapshot changes with it.
    let records = records("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let hash = fingerprint(records.iter().map(String::as_str));
    assert_eq!((records.len(), hash), (2240, 17_210_461_785_330_573_897));
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_time_is() {
    let (start, end) = (at("2026-11-20T06:00:00Z"), at("2026-11-20T12:00:00Z"));
    let read = |seed, now: DateTime<Utc>| {
        let simulator = Simulator::builder().seed(seed).clock(move || now).build();
        simulator
            .records(usual().build().contracts()[0], start, end)
            .collect::<Vec<String>>()
    };
    let all = read(1, later());
    assert_eq!(read(1, end), all);
    let half = read(1, at("2026-11-20T09:12:33.394Z"));
    assert!(!half.is_empty() && half.len() < all.len());
    assert_eq!(half, all[..half.len()]);
    assert_eq!(read(2, later()), Vec::<String>::new());
    let other = Simulator::builder().seed(2).clock(later).build();
    assert_ne!(super::tests::read(&other, start, end), all);
}

#[test]
fn contracts_have_logs_of_their_own() {
    let simulator = usual().contracts(2).build();
    let (start, end) = (at("2026-11-20T06:00:00Z"), later());
    let uuid = |contract: u64| {
        let record = simulator.records(contract, start, end).next().unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(
            text(&record, "/principal/identity/contractNumber"),
            contract.to_string()
        );
        text(&record, "/@uuid").to_owned()
    };
    let numbers = simulator.contracts();
    assert_ne!(uuid(numbers[0]), uuid(numbers[1]));
}

#[test]
fn a_range_holds_its_start_and_not_its_end_to_the_nanosecond() {
    let simulator = usual().build();
    let read = |start, end| super::tests::read(&simulator, start, end);
    let day = read(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"));
    let time_of = |record: &String| {
        let record: Value = serde_json::from_str(record).unwrap();
        at(text(&record, "/meta/time"))
    };
    let time = time_of(&day[day.len() / 2]);
    let then: Vec<String> = day
        .iter()
        .filter(|record| time_of(record) == time)
        .cloned()
        .collect();
    let millisecond = chrono::TimeDelta::milliseconds(1);
    let nanosecond = chrono::TimeDelta::nanoseconds(1);
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
        assert_eq!(read(start, end), expected, "{start} {end}");
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
    let joined: Vec<String> = cuts
        .windows(2)
        .flat_map(|cut| records(cut[0], cut[1]))
        .collect();
    assert_eq!(joined, whole);
}

#[test]
fn the_log_begins_where_it_is_documented_to_begin() {
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
fn pages_joined_are_the_records_from_the_newest_to_the_oldest() {
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
fn an_offset_behind_the_end_gives_an_empty_page_with_the_right_total() {
    let simulator = usual().build();
    let range = (Some("2026-11-20T07:00:00Z"), None);
    let (total, _) = page(&simulator, range, 0, 1, 0);
    for offset in [total, total + 1, u64::MAX] {
        assert_eq!(
            page(&simulator, range, offset, 20, 0),
            (total, vec![]),
            "{offset}"
        );
    }
}

#[test]
fn a_busy_contract_is_the_same_log_cut_finer() {
    // 20 slices an hour.
    let simulator = usual().events_per_day(500_000).build();
    let range = ("2026-11-20T07:15:00.250Z", "2026-11-20T07:23:00Z");
    let mut expected = read(&simulator, at(range.0), at(range.1));
    assert!(expected.len() > 3_000, "{}", expected.len());
    expected.reverse();
    let (total, joined) = pages(&simulator, range, 1000);
    assert_eq!((total, joined), (expected.len() as u64, expected));
    let year = simulator.count(
        simulator.contracts()[0],
        at("2025-01-01T00:00:00Z"),
        at("2026-01-01T00:00:00Z"),
    );
    let deep = page(
        &simulator,
        (None, Some("2026-01-01T00:00:00Z")),
        year - 3,
        1000,
        0,
    );
    let first = read(&simulator, LOG_BEGIN, at("2025-01-01T01:00:00Z"));
    let oldest: Vec<String> = first[..3].iter().rev().cloned().collect();
    assert_eq!(deep, (year, oldest));
}

#[test]
fn every_order_has_the_same_events_and_only_two_of_them_the_same_pages() {
    let range = ("2026-11-20T07:15:00Z", "2026-11-20T09:45:00Z");
    let sorted = |mut records: Vec<String>| {
        records.sort_unstable();
        records
    };
    for order in Order::ALL {
        let switches = Switches {
            order: *order,
            ..Switches::default()
        };
        let simulator = usual()
            .burst(at("2026-11-20T08:00:00Z"), TimeDelta::milliseconds(3), 900)
            .switches(switches)
            .build();
        let expected = read(&simulator, at(range.0), at(range.1));
        let whole = (Some(range.0), Some(range.1));
        let (total, once) = page(&simulator, whole, 0, 10_000, 1);
        assert_eq!(total, expected.len() as u64);
        assert_eq!(sorted(once.clone()), sorted(expected.clone()), "{order}");
        let (_, again) = page(&simulator, whole, 0, 10_000, 2);
        let stable = matches!(order, Order::NewestFirst | Order::OldestFirst);
        assert_eq!(once == again, stable, "{order}");
        // Where the order changes from page to page, pages overlap and miss events.
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

/// The text of `meta.time`.
fn time_of(record: &str) -> &str {
    record
        .split_once("\"time\":\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
}

#[test]
fn an_event_appears_when_its_delay_is_over_and_all_of_them_do_in_the_end() {
    let range = ("2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z");
    let all = records(range.0, range.1);
    let seen = |now: &str, switches: Switches| {
        let now = at(now);
        let simulator = Simulator::builder()
            .clock(move || now)
            .switches(switches)
            .build();
        let contract = simulator.contracts()[0];
        let records = read(&simulator, at(range.0), at(range.1));
        assert_eq!(
            simulator.count(contract, at(range.0), at(range.1)),
            records.len() as u64
        );
        records
    };
    let delayed = Switches {
        ingest_delay: "50%<10m,50%<1h".parse().unwrap(),
        ..Switches::default()
    };
    let late = Switches {
        late: "10%:3h".parse().unwrap(),
        ..Switches::default()
    };
    for (switches, last) in [
        (delayed, "2026-11-20T11:00:00Z"),
        (late, "2026-11-20T13:00:00Z"),
    ] {
        let early = seen("2026-11-20T10:00:00Z", switches.clone());
        let later = seen("2026-11-20T10:20:00Z", switches.clone());
        assert!(
            !early.is_empty() && early.len() < all.len(),
            "{}",
            early.len()
        );
        assert!(early.iter().all(|record| later.contains(record)));
        assert_eq!(seen(last, switches), all);
    }
}

#[test]
fn an_amended_event_keeps_its_identifier_and_its_time() {
    let range = ("2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z");
    let seen = |now: &str| {
        let now = at(now);
        let switches = Switches {
            amended: "20%:1h".parse().unwrap(),
            ..Switches::default()
        };
        let simulator = Simulator::builder()
            .clock(move || now)
            .switches(switches)
            .build();
        read(&simulator, at(range.0), at(range.1))
    };
    let (before, after) = (records(range.0, range.1), seen("2026-11-20T12:00:00Z"));
    let changed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    let mut count = 0;
    for (before, after) in changed {
        assert!(after.contains("(amended)") && !before.contains("(amended)"));
        assert_eq!(
            (&before[..60], time_of(before)),
            (&after[..60], time_of(after))
        );
        count += 1;
    }
    assert!(
        (before.len() / 10..before.len() / 3).contains(&count),
        "{count} of {}",
        before.len()
    );
    let between = seen("2026-11-20T10:00:00Z");
    assert!(between != before && between != after);
}

#[test]
fn duplicates_that_count_are_in_the_total_and_in_the_pages() {
    let range = ("2026-11-20T07:10:00Z", "2026-11-20T12:00:00Z");
    let switches = Switches {
        duplicates: Share::new(0.1).unwrap(),
        duplicates_counted: true,
        ..Switches::default()
    };
    let simulator = usual().switches(switches).build();
    let events = read(&simulator, at(range.0), at(range.1));
    assert_eq!(events, records(range.0, range.1));
    let (total, hits) = pages(&simulator, range, 20);
    assert_eq!(total, hits.len() as u64);
    let unique: BTreeSet<&String> = hits.iter().collect();
    assert_eq!(unique.len(), events.len());
    let twice = hits.len() - unique.len();
    assert!(
        (events.len() / 15..events.len() / 7).contains(&twice),
        "{twice}"
    );
}

#[test]
fn what_is_no_longer_kept_is_gone() {
    let now = at("2026-11-20T12:00:00Z");
    let switches = Switches {
        retention: Some(TimeDelta::days(2)),
        ..Switches::default()
    };
    let simulator = Simulator::builder()
        .clock(move || now)
        .switches(switches)
        .build();
    let kept = read(&simulator, LOG_BEGIN, now);
    assert_eq!(
        kept,
        records("2026-11-18T12:00:00Z", "2026-11-20T12:00:00Z")
    );
}

#[test]
fn a_burst_is_where_it_was_asked_for() {
    let begin = at("2026-11-20T09:12:33.394Z");
    let simulator = usual()
        .burst(begin, TimeDelta::milliseconds(3), 4000)
        .build();
    let burst = read(&simulator, begin, begin + TimeDelta::milliseconds(3));
    assert!((4000..4010).contains(&burst.len()), "{}", burst.len());
    let whole = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let without = records(whole.0, whole.1).len();
    assert_eq!(
        read(&simulator, at(whole.0), at(whole.1)).len(),
        without + 4000
    );
}

#[test]
fn bursts_happen_unless_they_are_not_wanted() {
    let bursts = |simulator: Simulator| {
        let start = at("2026-01-01T00:00:00Z");
        let counts = (0..24 * 60).map(|hour| {
            let start = start + TimeDelta::hours(hour);
            simulator.count(simulator.contracts()[0], start, start + TimeDelta::hours(1))
        });
        counts.filter(|count| *count >= 900).count()
    };
    let often = bursts(usual().burst_every(100).build());
    assert!((5..30).contains(&often), "{often}");
    assert_eq!(bursts(usual().burst_every(0).build()), 0);
}

#[test]
fn a_recording_is_served_as_it_is() {
    let all = records("2026-11-20T07:00:00Z", "2026-11-20T12:00:00Z");
    let recording = Recording::read(all.join("\n").as_bytes(), None).unwrap();
    let simulator = Simulator::builder()
        .seed(99)
        .recording(recording)
        .clock(later)
        .build();
    assert_eq!(simulator.contracts(), usual().build().contracts());
    assert_eq!(read(&simulator, LOG_BEGIN, later()), all);
    let range = ("2026-11-20T08:10:00Z", "2026-11-20T09:50:00Z");
    let mut expected = records(range.0, range.1);
    expected.reverse();
    assert_eq!(
        pages(&simulator, range, 7),
        (expected.len() as u64, expected)
    );
}

#[test]
fn every_record_has_a_uuid_of_its_own_and_its_time_in_order() {
    let records = sixty_days();
    let uuids: BTreeSet<&str> = records
        .iter()
        .map(|record| text(record, "/@uuid"))
        .collect();
    assert_eq!(uuids.len(), records.len());
    assert!(!uuids.contains(""));
    let times: Vec<&str> = records
        .iter()
        .map(|record| text(record, "/meta/time"))
        .collect();
    assert!(times.is_sorted());
    assert!(
        times
            .iter()
            .all(|time| time.len() == "2026-11-20T09:12:33.394Z".len())
    );
}

#[test]
fn volumes_are_those_the_vendor_speaks_of_however_busy_a_contract_is() {
    let busy: Vec<Value> = {
        let simulator = usual().events_per_day(100_000).build();
        let hour = (at("2026-11-20T08:00:00Z"), at("2026-11-20T10:00:00Z"));
        let records = read(&simulator, hour.0, hour.1);
        records
            .iter()
            .map(|record| serde_json::from_str(record).unwrap())
            .collect()
    };
    for records in [sixty_days(), &busy] {
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        for record in records {
            *shares.entry(text(record, "/event/type")).or_default() += 100.0 / records.len() as f64;
        }
        for (kind, expected) in [
            ("RequestStatusUpdate", 51.0..59.0),
            ("Provision", 8.0..12.0),
            ("RequestAccepted", 20.0..30.0),
            ("Error", 1.0..5.0),
            ("DCDUserEvent", 1.0..5.0),
            ("GenerateToken", 0.3..3.0),
        ] {
            assert!(expected.contains(&shares[kind]), "{kind}: {shares:?}");
        }
        assert_eq!(shares.len(), 6, "{shares:?}");
    }
}

#[test]
fn a_chain_shares_what_identifies_it_and_runs_from_queued_to_done_or_failed() {
    let records = sixty_days();
    let queue: Vec<u64> = records
        .iter()
        .filter(|record| text(record, "/event/status") == "QUEUED")
        .filter(|record| text(record, "/event/type") == "RequestAccepted")
        .filter_map(|record| record.pointer("/meta/queueRefId")?.as_u64())
        // Those of bursts have numbers of their own.
        .filter(|id| *id < 1 << 32)
        .collect();
    assert!(queue.is_sorted());
    let mut chains: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for record in records {
        if let Some(id) = record.pointer("/meta/queueRefId").and_then(Value::as_u64) {
            chains.entry(id).or_default().push(record);
        }
    }
    assert!(chains.len() > 1000);
    let (mut requests, mut ends) = (BTreeSet::new(), BTreeMap::new());
    for (id, chain) in &chains {
        for shared in ["/meta/requestId", "/principal", "/event/resources"] {
            let values: Vec<_> = chain.iter().map(|record| record.pointer(shared)).collect();
            assert!(values[0].is_some());
            assert!(
                values.iter().all(|value| *value == values[0]),
                "{id}{shared}"
            );
        }
        requests.insert(text(chain[0], "/meta/requestId"));
        let steps: Vec<(&str, &str)> = chain
            .iter()
            .map(|record| (text(record, "/event/type"), text(record, "/event/status")))
            .collect();
        assert_eq!(steps[0], ("RequestAccepted", "QUEUED"), "{id}");
        assert_eq!(steps[1], ("Provision", "QUEUED"), "{id}");
        assert!(steps.contains(&("RequestStatusUpdate", "RUNNING")), "{id}");
        let end = *steps.last().unwrap();
        assert!(
            [("RequestStatusUpdate", "DONE"), ("Error", "FAILED")].contains(&end),
            "{id} {end:?}"
        );
        *ends.entry(end).or_insert(0) += 1;
    }
    assert_eq!(requests.len(), chains.len());
    assert_eq!(ends.len(), 2, "{ends:?}");
}

#[test]
fn an_error_tells_its_code_and_its_messages() {
    let records = sixty_days();
    let errors: Vec<&Value> = records
        .iter()
        .filter(|record| text(record, "/event/type") == "Error")
        .collect();
    for error in &errors {
        assert!(
            error
                .pointer("/event/param/error/httpStatus")
                .unwrap()
                .is_u64()
        );
        assert_eq!(
            text(error, "/event/param/error/messages/0/errorCode"),
            text(error, "/event/param/errorCode")
        );
        assert!(!text(error, "/event/param/errorCode").is_empty());
    }
    assert!(
        errors
            .iter()
            .any(|error| error.pointer("/event/param/error/messages/1").is_some())
    );
}

#[test]
fn the_log_has_what_is_awkward_to_carry() {
    let log = records("2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z").join("\n");
    for awkward in [
        "\"action\":[]",
        "\"param\":{}",
        "ü",
        "\\\"",
        "\\\\",
        "\\n",
        "2001:db8:",
        "\"transactionId\":",
        "\"auditVersion\":0.1,",
    ] {
        assert!(log.contains(awkward), "{awkward}");
    }
}

#[test]
fn only_addresses_and_names_reserved_for_documentation_occur() {
    for record in sixty_days() {
        let ip = text(record, "/principal/sourceIP");
        let documentation = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"];
        assert!(
            documentation.iter().any(|range| ip.starts_with(range)),
            "{ip}"
        );
        assert!(ip.parse::<std::net::IpAddr>().is_ok(), "{ip}");
        assert!(text(record, "/principal/identity/username").ends_with("@example.com"));
        if let Some(host) = record.pointer("/principal/serviceHost") {
            assert!(host.as_str().unwrap().ends_with(".example.net"));
        }
    }
}
