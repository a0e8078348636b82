//! The content of records.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{at, later, read, records, sixty_days, text, usual};
use crate::Simulator;
use crate::data::random::fingerprint;

#[test]
fn the_data_of_a_seed_never_changes() {
    // After an intended change of the data, write the new hash here. The snapshots of all clients change, too.
    let records = records("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let hash = fingerprint(records.iter().map(String::as_str));
    assert_eq!((records.len(), hash), (2240, 17_210_461_785_330_573_897));
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_time() {
    let (start, end) = (at("2026-11-20T06:00:00Z"), at("2026-11-20T12:00:00Z"));
    let read = |seed, now: DateTime<Utc>| {
        let simulator = Simulator::builder().seed(seed).clock(move || now).build();
        simulator.records(usual().build().contracts()[0], start, end).collect::<Vec<String>>()
    };
    let all = read(1, later());
    assert_eq!(read(1, end), all);
    let half = read(1, at("2026-11-20T09:12:33.394Z"));
    assert!(!half.is_empty() && half.len() < all.len());
    assert_eq!(half, all[..half.len()]);
    assert_eq!(read(2, later()), Vec::<String>::new());
    let other = Simulator::builder().seed(2).clock(later).build();
    assert_ne!(super::read(&other, start, end), all);
}

#[test]
fn each_contract_has_its_own_log() {
    let simulator = usual().contracts(2).build();
    let (start, end) = (at("2026-11-20T06:00:00Z"), later());
    let uuid = |contract: u64| {
        let record = simulator.records(contract, start, end).next().unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(text(&record, "/principal/identity/contractNumber"), contract.to_string());
        text(&record, "/@uuid").to_owned()
    };
    let numbers = simulator.contracts();
    assert_ne!(uuid(numbers[0]), uuid(numbers[1]));
}

#[test]
fn records_have_unique_uuids_and_ascending_times() {
    let records = sixty_days();
    let uuids: BTreeSet<&str> = records.iter().map(|record| text(record, "/@uuid")).collect();
    assert_eq!(uuids.len(), records.len());
    assert!(!uuids.contains(""));
    let times: Vec<&str> = records.iter().map(|record| text(record, "/meta/time")).collect();
    assert!(times.is_sorted());
    assert!(times.iter().all(|time| time.len() == "2026-11-20T09:12:33.394Z".len()));
}

#[test]
fn event_types_have_the_volumes_that_the_vendor_reports() {
    let busy: Vec<Value> = {
        let simulator = usual().events_per_day(100_000).build();
        let hour = (at("2026-11-20T08:00:00Z"), at("2026-11-20T10:00:00Z"));
        let records = read(&simulator, hour.0, hour.1);
        records.iter().map(|record| serde_json::from_str(record).unwrap()).collect()
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
fn the_events_of_a_chain_share_their_identifiers_and_run_from_queued_to_done_or_failed() {
    let records = sixty_days();
    let queue: Vec<u64> = records
        .iter()
        .filter(|record| text(record, "/event/status") == "QUEUED")
        .filter(|record| text(record, "/event/type") == "RequestAccepted")
        .filter_map(|record| record.pointer("/meta/queueRefId")?.as_u64())
        // The additional operations of bursts have references above 2^32, which are numbered separately.
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
            assert!(values.iter().all(|value| *value == values[0]), "chain {id}: different values of {shared}");
        }
        requests.insert(text(chain[0], "/meta/requestId"));
        let steps: Vec<(&str, &str)> =
            chain.iter().map(|record| (text(record, "/event/type"), text(record, "/event/status"))).collect();
        assert_eq!(steps[0], ("RequestAccepted", "QUEUED"), "{id}");
        assert_eq!(steps[1], ("Provision", "QUEUED"), "{id}");
        assert!(steps.contains(&("RequestStatusUpdate", "RUNNING")), "{id}");
        let end = *steps.last().unwrap();
        assert!([("RequestStatusUpdate", "DONE"), ("Error", "FAILED")].contains(&end), "{id} ends with {end:?}");
        *ends.entry(end).or_insert(0) += 1;
    }
    assert_eq!(requests.len(), chains.len());
    assert_eq!(ends.len(), 2, "{ends:?}");
}

#[test]
fn an_error_event_has_a_code_and_messages() {
    let records = sixty_days();
    let errors: Vec<&Value> = records.iter().filter(|record| text(record, "/event/type") == "Error").collect();
    for error in &errors {
        assert!(error.pointer("/event/param/error/httpStatus").unwrap().is_u64());
        assert_eq!(text(error, "/event/param/error/messages/0/errorCode"), text(error, "/event/param/errorCode"));
        assert!(!text(error, "/event/param/errorCode").is_empty());
    }
    assert!(errors.iter().any(|error| error.pointer("/event/param/error/messages/1").is_some()));
}

#[test]
fn the_log_contains_values_that_need_escaping_or_are_empty() {
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
fn all_addresses_and_names_are_reserved_for_documentation() {
    for record in sixty_days() {
        let ip = text(record, "/principal/sourceIP");
        let documentation = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"];
        assert!(documentation.iter().any(|range| ip.starts_with(range)), "{ip}");
        assert!(ip.parse::<std::net::IpAddr>().is_ok(), "{ip}");
        assert!(text(record, "/principal/identity/username").ends_with("@example.com"));
        if let Some(host) = record.pointer("/principal/serviceHost") {
            assert!(host.as_str().unwrap().ends_with(".example.net"));
        }
    }
}
