//! Tests of the settings that concern records: their shape, the time at which they appear, and the stored requests of
//! the Cloud API that belong to them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::Value;

use super::{ReceivedAnswer, ServedSimulator};
use crate::behavior::{Behavior, Dialect, FractionDigits, Share, UtcMark};
use crate::{Recording, Simulator};

/// The query for one page with a week of the log.
const WEEK: &str = "dateStart=2026-11-13T12:00:00Z&limit=10000";

/// The query for one page with three weeks of the log.
const WEEKS: &str = "dateStart=2026-10-30T12:00:00Z&limit=100000";

#[tokio::test]
async fn scalars_have_the_json_types_of_the_dialect() {
    let types = |page: &ReceivedAnswer, pointer| -> BTreeSet<bool> {
        page.distinct_values(pointer).iter().map(|value| value.starts_with('"')).collect()
    };
    let (text, number, both) = (BTreeSet::from([true]), BTreeSet::from([false]), BTreeSet::from([false, true]));
    for (dialect, contract, version, status, queue) in [
        (Dialect::Description, &text, &number, &number, &number),
        (Dialect::Sdk, &number, &number, &number, &number),
        (Dialect::Docs, &text, &text, &text, &number),
        (Dialect::Mixed, &both, &both, &both, &both),
    ] {
        let behavior = Behavior { dialect, max_limit: 10_000, ..Behavior::default() };
        let page = ServedSimulator::with(behavior).await.log(WEEK).await;
        assert_eq!(&types(&page, "/principal/identity/contractNumber"), contract, "{dialect}");
        assert_eq!(&types(&page, "/meta/auditVersion"), version, "{dialect}");
        assert_eq!(&types(&page, "/event/param/error/httpStatus"), status, "{dialect}");
        assert_eq!(&types(&page, "/meta/queueRefId"), queue, "{dialect}");
    }
}

#[tokio::test]
async fn the_shares_of_uuids_and_of_unknown_members_and_types_are_as_configured() {
    let behavior = Behavior {
        uuid: Share::new(0.5).unwrap(),
        unknown_members: Share::new(0.1).unwrap(),
        unknown_types: Share::new(0.2).unwrap(),
        max_limit: 10_000,
        ..Behavior::default()
    };
    let page = ServedSimulator::with(behavior).await.log(WEEK).await;
    let hits = page.hits();
    let share =
        |matches: &dyn Fn(&Value) -> bool| hits.iter().filter(|hit| matches(hit)).count() as f64 / hits.len() as f64;
    assert!((0.45..0.55).contains(&share(&|hit| hit.get("@uuid").is_some())));
    assert!((0.07..0.13).contains(&share(&|hit| hit.get("@exampleTag").is_some())));
    let known = ["RequestAccepted", "RequestStatusUpdate", "Provision", "Error", "DCDUserEvent", "GenerateToken"];
    let unknown = share(&|hit| !known.contains(&hit["event"]["type"].as_str().unwrap()));
    assert!((0.15..0.25).contains(&unknown), "{unknown}");
    for member in ["\"_score\":null", "exampleTrace", "exampleTenant", "exampleLabel"] {
        assert!(page.text().contains(member), "{member}");
    }
}

#[tokio::test]
async fn times_have_the_configured_digits_and_utc_mark() {
    for (digits, length) in
        [(FractionDigits::None, 19), (FractionDigits::Three, 23), (FractionDigits::Six, 26), (FractionDigits::Nine, 29)]
    {
        for (utc_mark, mark) in [(UtcMark::Z, "Z"), (UtcMark::Offset, "+00:00")] {
            let behavior = Behavior { fraction_digits: digits, utc_mark, ..Behavior::default() };
            for time in ServedSimulator::with(behavior).await.log("limit=100").await.distinct_values("/meta/time") {
                let time = time.trim_matches('"');
                assert!(time.ends_with(mark) && time.len() == length + mark.len(), "{time}");
            }
        }
    }
    let behavior = Behavior { fraction_digits: FractionDigits::Mixed, ..Behavior::default() };
    let times = ServedSimulator::with(behavior).await.log("limit=1000").await.distinct_values("/meta/time");
    let lengths: BTreeSet<usize> = times.iter().map(String::len).collect();
    assert_eq!(lengths, BTreeSet::from([22, 26, 29, 32]));
}

#[tokio::test]
async fn events_can_appear_late_and_be_amended_and_be_duplicated_and_expire() {
    let usual = ServedSimulator::with(Behavior::default()).await;
    let query = "dateStart=2026-11-18T12:00:00Z&limit=1000";
    let (all, total) = {
        let page = usual.log(query).await;
        (page.hits(), page.total().as_u64().unwrap())
    };
    let page = |behavior| async { ServedSimulator::with(behavior).await.log(query).await };
    let delayed = Behavior { ingest_delay: "12h".parse().unwrap(), ..Behavior::default() };
    let late = Behavior { late_events: "10%:1d".parse().unwrap(), ..Behavior::default() };
    for behavior in [delayed, late] {
        let seen = page(behavior).await;
        assert!(seen.total().as_u64().unwrap() < total);
        assert!(seen.hits().iter().all(|hit| all.contains(hit)));
    }
    let amended = Behavior { amended_events: "10%:1h".parse().unwrap(), ..Behavior::default() };
    let seen = page(amended).await;
    assert_eq!(seen.distinct_values("/@uuid"), usual.log(query).await.distinct_values("/@uuid"));
    assert!(seen.text().contains("(amended)"));
    let few = WEEKS.replace("100000", "1");
    let events = usual.log(&few).await.total().as_u64().unwrap();
    for counted in [false, true] {
        for percent in [1, 2, 5, 40, 70] {
            let twice = Behavior {
                duplicates: Share::new(f64::from(percent) / 100.0).unwrap(),
                duplicates_counted: counted,
                max_limit: 100_000,
                ..Behavior::default()
            };
            let seen = ServedSimulator::with(twice).await.log(WEEKS).await.text();
            let hits = seen.matches("{\"_source\":").count() as u64;
            let share = (hits - events) as f64 * 100.0 / events as f64;
            assert!((share - f64::from(percent)).abs() < 1.0, "{share} % instead of {percent} %");
            let total = if counted { hits } else { events };
            assert!(seen.starts_with(&format!("{{\"hits\":{{\"total\":{total},")));
        }
    }
    let forgetful = Behavior { retention: Some(TimeDelta::days(1)), ..Behavior::default() };
    let seen = page(forgetful).await.total().as_u64().unwrap();
    assert!(0 < seen && seen < total);
}

#[tokio::test]
async fn a_recording_is_served_byte_for_byte() {
    let record = r#"{"x": 1e400, "meta":{"time":"2026-11-20T09:12:33.394Z"} }"#;
    let recording = Recording::read(record.as_bytes(), Some(7)).unwrap();
    let service = ServedSimulator::start(Simulator::builder().recording(recording)).await;
    let expected = format!(r#"{{"hits":{{"total":1,"hits":[{{"_source":{record}}}]}}}}"#);
    assert_eq!(service.log("dateStart=2026-11-20").await.text(), expected);
}

#[tokio::test]
async fn the_stored_request_of_an_operation_agrees_with_the_events_of_the_operation() {
    let amended = Behavior { amended_events: "50%:1m".parse().unwrap(), ..Behavior::default() };
    for behavior in [Behavior::default(), amended] {
        check_requests_against_events(behavior).await;
    }
}

async fn check_requests_against_events(behavior: Behavior) {
    let service = ServedSimulator::with(behavior).await;
    let hits = service.log("dateStart=2026-11-19&limit=1000").await.hits();
    let (mut found, mut unknown) = (0, 0);
    for accepted in hits.iter().filter(|hit| hit["event"]["type"] == "RequestAccepted") {
        let Some(id) = accepted["meta"]["requestId"].as_str() else {
            continue;
        };
        let request = service.get(&format!("/cloudapi/v6/requests/{id}?depth=1")).await;
        if accepted["event"]["param"]["action"] == "GET" || accepted["event"]["param"] == serde_json::json!({}) {
            assert_eq!(request.status, 404);
            assert_eq!(request.json()["messages"][0]["errorCode"], "309");
            unknown += 1;
            continue;
        }
        let request = request.json();
        let last = hits.iter().find(|hit| hit["meta"]["requestId"] == *id).unwrap();
        assert_eq!(request["id"], *id);
        assert_eq!(request["metadata"]["createdDate"], accepted["meta"]["time"]);
        assert_eq!(request["metadata"]["createdBy"], accepted["principal"]["identity"]["username"]);
        assert_eq!(request["properties"]["method"], accepted["event"]["param"]["action"]);
        let url = request["properties"]["url"].as_str().unwrap();
        assert!(url.ends_with(accepted["event"]["param"]["uri"].as_str().unwrap()));
        let embedded = &request["metadata"]["requestStatus"];
        assert_eq!(embedded["metadata"]["status"], last["event"]["status"]);
        assert_eq!(embedded["metadata"]["message"], last["event"]["message"]);
        let targets = embedded["metadata"]["targets"].as_array().unwrap();
        assert_eq!(targets.len(), accepted["event"]["resources"].as_array().unwrap().len());
        let status = service.get(&format!("/cloudapi/v6/requests/{id}/status")).await;
        assert_eq!(&status.json(), embedded);
        found += 1;
    }
    assert!(found > 20 && unknown > 20, "{found} requests found, {unknown} unknown");
    for id in ["x", "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99"] {
        assert_eq!(service.get(&format!("/cloudapi/v6/requests/{id}")).await.status, 404);
    }
}
