//! The simulator's default answers can be read by a client that is generated strictly from the API description, without
//! any overlay. This file generates the types of such a client, and does not use the types of the client crate.
//!
//! Strict means that one value of a wrong JSON type makes the decoding of the whole page fail. Unknown members are
//! accepted, because the description does not forbid further members in any object. For example, `@uuid` is in every
//! record but in no schema.

use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use ionos_activitylog_sim::{Behavior, DEFAULT_TOKEN, Dialect, Simulator, TotalShape};
use serde::de::DeserializeOwned;
use unpatched::types::{GetByContractResponse, Info, ReferenceById};

/// A client that is generated from the API description without any overlay. Only its types are used.
#[allow(dead_code, clippy::all)]
mod unpatched {
    progenitor::generate_api!("../openapi/activitylog-v1.yaml");
}

const LIMIT: usize = 500;

fn begin() -> DateTime<Utc> {
    "2026-11-16T00:00:00Z".parse().unwrap()
}

/// A week of events with a burst of more than one page on Wednesday at noon.
fn simulator(behavior: Behavior) -> Simulator {
    let noon = begin() + TimeDelta::hours(60);
    Simulator::builder()
        .burst(noon, TimeDelta::milliseconds(3), 900)
        .behavior(behavior)
        .clock(|| begin() + TimeDelta::days(7))
        .build()
}

fn body(simulator: &Simulator, path: &str) -> Vec<u8> {
    let request = Request::get(format!("/activitylog/v1{path}"))
        .header("authorization", format!("Bearer {DEFAULT_TOKEN}"))
        .body(())
        .unwrap();
    let response = simulator.answer(&request);
    assert_eq!(response.status(), 200, "{path}");
    response.into_body().to_vec()
}

fn decoded<T: DeserializeOwned>(simulator: &Simulator, path: &str) -> serde_json::Result<T> {
    serde_json::from_slice(&body(simulator, path))
}

fn page(simulator: &Simulator, offset: usize) -> serde_json::Result<GetByContractResponse> {
    let contract = simulator.contracts()[0];
    let start = begin().format("%Y-%m-%d");
    decoded(simulator, &format!("/contracts/{contract}?dateStart={start}&offset={offset}&limit={LIMIT}"))
}

#[test]
fn the_api_information_is_decoded() {
    let info: Info = decoded(&simulator(Behavior::default()), "").unwrap();
    assert_eq!(info.name.as_deref(), Some("CLOUD API"));
    assert_eq!(info.version.as_deref(), Some("1.0"));
    assert!(info.href.unwrap().ends_with("/activitylog/v1"));
}

#[test]
fn the_contracts_are_decoded() {
    let simulator = simulator(Behavior::default());
    let contracts: Vec<ReferenceById> = decoded(&simulator, "/contracts").unwrap();
    let numbers: Vec<_> = contracts.iter().filter_map(|contract| contract.id).collect();
    let expected: Vec<_> = simulator.contracts().iter().map(|n| *n as i64).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_page_of_a_week_is_decoded() {
    let simulator = simulator(Behavior::default());
    let contract = simulator.contracts()[0];
    let held = simulator.count(contract, begin(), begin() + TimeDelta::days(7)) as usize;

    let (mut hits, mut offset) = (Vec::new(), 0);
    while offset < held {
        let answer = page(&simulator, offset).unwrap().hits.unwrap();
        assert_eq!(answer.total, Some(held as i64));
        hits.extend(answer.hits);
        offset += LIMIT;
    }
    assert_eq!(hits.len(), held);

    // Checks that the pages contain all optional members, so that the test covers these members.
    let sources: Vec<_> = hits.into_iter().map(|hit| hit.source.unwrap()).collect();
    let (mut failures, mut queued, mut resources, mut burst) = (0, 0, 0, 0);
    for source in &sources {
        let meta = source.meta.as_ref().unwrap();
        assert!(meta.audit_version.is_some());
        assert!(meta.time.is_some());
        let identity = source.principal.as_ref().unwrap().identity.as_ref();
        assert_eq!(identity.unwrap().contract_number.as_deref(), Some(contract.to_string().as_str()));
        let event = source.event.as_ref().unwrap();
        let error = event.param.as_ref().and_then(|param| param.error.as_ref());
        if let Some(error) = error {
            assert!(error.http_status.is_some_and(|status| status >= 400));
            assert!(!error.messages.is_empty());
            failures += 1;
        }
        queued += usize::from(meta.queue_ref_id.is_some());
        resources += event.resources.len();
        let at_noon = |time: &String| time.starts_with("2026-11-18T12:00:00.00");
        burst += usize::from(meta.time.as_ref().is_some_and(at_noon));
    }
    assert!(failures > 0 && queued > 0 && resources > 0);
    assert!(burst >= 900, "{burst} events in the burst");
}

/// Proves that the types are strict; the tests above would pass with loose types, too.
#[test]
fn values_of_another_json_type_are_refused() {
    let with = |dialect, total| Behavior { dialect, total, ..Behavior::default() };
    for (behavior, reason) in [
        // The description declares contractNumber as a string.
        (with(Dialect::Sdk, TotalShape::Number), "invalid type: integer `33586252`, expected a string"),
        // The description declares auditVersion as a number.
        (with(Dialect::Docs, TotalShape::Number), "invalid type: string \"0.1\", expected f64"),
        (with(Dialect::Description, TotalShape::Object), "invalid type: map, expected i64"),
        (with(Dialect::Description, TotalShape::Text), "invalid type: string \"3140\", expected i64"),
    ] {
        let error = page(&simulator(behavior), 0).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// `@uuid` is in the published sample of an event, but not in the description.
#[test]
fn members_outside_the_schema_are_accepted() {
    let simulator = simulator(Behavior::default());
    let contract = simulator.contracts()[0];
    let text = body(&simulator, &format!("/contracts/{contract}?limit=1"));
    assert!(String::from_utf8(text).unwrap().contains(r#"{"@uuid":""#));
    assert!(!include_str!("../../openapi/activitylog-v1.yaml").contains("uuid:"));
}
