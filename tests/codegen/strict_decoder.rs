//! Whoever generates a strict client from the vendor's description, without any of this project's overlays, must be
//! able to read the simulator, or the simulator simulates something else. So the description as it is published is made
//! into types here, a second time and apart from the client, and the answers of the default dialect are read with them.
//!
//! Strict means that a value of another JSON type fails the whole page, as it does for such clients. Members that the
//! description does not name are let through: it closes no object, and `@uuid` is in every record and in no schema.

use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use ionos_activitylog_sim::{DEFAULT_TOKEN, Dialect, Simulator, Switches, TotalShape};
use serde::de::DeserializeOwned;
use unpatched::types::{GetByContractResponse, Info, ReferenceById};

/// Generated from the vendor's file itself, whose path is all that this module holds. Only its types are used.
#[allow(dead_code, clippy::all)]
mod unpatched {
    progenitor::generate_api!("../openapi/activitylog-v1.yaml");
}

const LIMIT: usize = 500;

fn begin() -> DateTime<Utc> {
    "2026-11-16T00:00:00Z".parse().unwrap()
}

/// A week, and at noon of its Wednesday a burst that is larger than a page.
fn simulator(switches: Switches) -> Simulator {
    let noon = begin() + TimeDelta::hours(60);
    Simulator::builder()
        .burst(noon, TimeDelta::milliseconds(3), 900)
        .switches(switches)
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
fn the_information_about_the_api_is_read() {
    let info: Info = decoded(&simulator(Switches::default()), "").unwrap();
    assert_eq!(info.name.as_deref(), Some("CLOUD API"));
    assert_eq!(info.version.as_deref(), Some("1.0"));
    assert!(info.href.unwrap().ends_with("/activitylog/v1"));
}

#[test]
fn the_contracts_are_read() {
    let simulator = simulator(Switches::default());
    let contracts: Vec<ReferenceById> = decoded(&simulator, "/contracts").unwrap();
    let numbers: Vec<_> = contracts.iter().filter_map(|contract| contract.id).collect();
    let expected: Vec<_> = simulator.contracts().iter().map(|n| *n as i64).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn every_page_of_a_week_is_read_with_its_failures_and_its_burst() {
    let simulator = simulator(Switches::default());
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

    // What is easily absent was there to be read, in every hit or in some.
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
    assert!(burst >= 900, "{burst}");
}

/// The guard of the tests above: were the types looser than the description, nothing would fail here.
#[test]
fn values_of_another_json_type_are_refused() {
    let with = |dialect, total| Switches { dialect, total, ..Switches::default() };
    for (switches, reason) in [
        // contractNumber is text in the description.
        (with(Dialect::Sdk, TotalShape::Number), "invalid type: integer `33586252`, expected a string"),
        // auditVersion is a number in the description.
        (with(Dialect::Docs, TotalShape::Number), "invalid type: string \"0.1\", expected f64"),
        (with(Dialect::Description, TotalShape::Object), "invalid type: map, expected i64"),
        (with(Dialect::Description, TotalShape::Text), "invalid type: string \"3140\", expected i64"),
    ] {
        let error = page(&simulator(switches), 0).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// The one member that the description leaves out and the published sample of an event has.
#[test]
fn members_that_no_schema_names_are_let_through() {
    let simulator = simulator(Switches::default());
    let contract = simulator.contracts()[0];
    let text = body(&simulator, &format!("/contracts/{contract}?limit=1"));
    assert!(String::from_utf8(text).unwrap().contains(r#"{"@uuid":""#));
    assert!(!include_str!("../../openapi/activitylog-v1.yaml").contains("uuid:"));
}
