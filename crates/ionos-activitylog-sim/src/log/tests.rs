use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value;

use super::*;
use crate::random::fingerprint;

const SEED: u64 = 1;

fn at(value: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value).unwrap().to_utc()
}

/// Long after all ranges of these tests.
fn later() -> DateTime<Utc> {
    at("2027-01-01T00:00:00Z")
}

fn contract() -> u64 {
    contract_numbers(SEED, 1)[0]
}

fn records(start: &str, end: &str) -> Vec<String> {
    let span = Span::new(Some(at(start)), Some(at(end)), later());
    Log { seed: SEED }.records(contract(), span)
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
    assert_eq!((records.len(), hash), (2260, 6_654_074_616_143_996_568));
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_time_is() {
    let (start, end) = (at("2026-11-20T06:00:00Z"), at("2026-11-20T12:00:00Z"));
    let read = |seed, now| Log { seed }.records(contract(), Span::new(Some(start), Some(end), now));
    let all = read(SEED, later());
    assert_eq!(read(SEED, end), all);
    let half = read(SEED, at("2026-11-20T09:12:33.394Z"));
    assert!(!half.is_empty() && half.len() < all.len());
    assert_eq!(half, all[..half.len()]);
    assert_ne!(read(SEED + 1, later()), all);
}

#[test]
fn contracts_have_logs_of_their_own() {
    let numbers = contract_numbers(SEED, 2);
    let span = Span::new(Some(at("2026-11-20T06:00:00Z")), None, later());
    let log = Log { seed: SEED };
    let uuid = |contract: u64| {
        let record: Value = serde_json::from_str(&log.records(contract, span)[0]).unwrap();
        assert_eq!(
            text(&record, "/principal/identity/contractNumber"),
            contract.to_string()
        );
        text(&record, "/@uuid").to_owned()
    };
    assert_ne!(uuid(numbers[0]), uuid(numbers[1]));
}

#[test]
fn a_range_holds_its_start_and_not_its_end_to_the_nanosecond() {
    let read = |start, end| {
        Log { seed: SEED }.records(contract(), Span::new(Some(start), Some(end), later()))
    };
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
    let log = Log { seed: SEED };
    for now in ["1969-12-31T23:00:00Z", "2024-12-31T00:00:00Z"] {
        let page = log.page(contract(), Span::new(None, None, at(now)), 0, 20);
        assert_eq!((page.total, page.records.len()), (0, 0));
    }
    let first_day = Span::new(None, Some(at("2025-01-02T00:00:00Z")), later());
    assert!(log.page(contract(), first_day, 0, 1).total > 0);
}

#[test]
fn pages_joined_are_the_records_from_the_newest_to_the_oldest() {
    let span = Span::new(
        Some(at("2026-11-20T07:15:00Z")),
        Some(at("2026-11-20T15:45:00Z")),
        later(),
    );
    let log = Log { seed: SEED };
    let mut expected = log.records(contract(), span);
    expected.reverse();
    for limit in [1, 7, 20, 100, 1000] {
        let mut joined = Vec::new();
        loop {
            let page = log.page(contract(), span, joined.len() as u64, limit);
            assert_eq!(page.total, expected.len() as u64, "limit {limit}");
            if page.records.is_empty() {
                break;
            }
            assert!(page.records.len() as u64 <= limit);
            joined.extend(page.records);
        }
        assert_eq!(joined, expected, "limit {limit}");
    }
}

#[test]
fn an_offset_behind_the_end_gives_an_empty_page_with_the_right_total() {
    let span = Span::new(
        Some(at("2026-11-20T07:00:00Z")),
        None,
        at("2026-11-20T12:00:00Z"),
    );
    let log = Log { seed: SEED };
    let total = log.page(contract(), span, 0, 1).total;
    for offset in [total, total + 1, u64::MAX] {
        let page = log.page(contract(), span, offset, 20);
        assert_eq!((page.total, page.records.len()), (total, 0), "{offset}");
    }
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
fn volumes_are_those_the_vendor_speaks_of() {
    let records = sixty_days();
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    for record in records {
        *shares.entry(text(record, "/event/type")).or_default() += 100.0 / records.len() as f64;
    }
    for (kind, expected) in [
        ("RequestStatusUpdate", 52.0..58.0),
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

#[test]
fn a_chain_shares_what_identifies_it_and_runs_from_queued_to_done_or_failed() {
    let records = sixty_days();
    let queue: Vec<u64> = records
        .iter()
        .filter(|record| text(record, "/event/status") == "QUEUED")
        .filter(|record| text(record, "/event/type") == "RequestAccepted")
        .filter_map(|record| record.pointer("/meta/queueRefId")?.as_u64())
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
