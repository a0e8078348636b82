//! Each switch as a client sees it: over loopback, in what is answered.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::{Recording, Simulator, SimulatorBuilder};

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// A simulator on a socket, and a client that follows no redirect and unpacks nothing.
struct Service {
    simulator: Simulator,
    address: String,
    client: reqwest::Client,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An answer.
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answered {
    fn json(&self) -> Value {
        // A number that no floating point number holds is read by a careful client only.
        serde_json::from_str(&self.text().replace("1e400", "1")).unwrap()
    }

    fn total(&self) -> Value {
        self.json()["hits"]["total"].clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn hits(&self) -> Vec<Value> {
        let json = self.json();
        let hits = json["hits"]["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["_source"].clone()).collect()
    }

    /// The values at a place of the records, each once.
    fn at(&self, pointer: &str) -> BTreeSet<String> {
        let found = self.hits();
        let values = found.iter().filter_map(|record| record.pointer(pointer));
        values.map(Value::to_string).collect()
    }
}

impl Service {
    async fn start(builder: SimulatorBuilder) -> Self {
        let simulator = builder.clock(noon).build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = simulator.clone();
        let client = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            simulator,
            address,
            client: client.build().unwrap(),
            server: tokio::spawn(async move { served.serve(listener).await }),
        }
    }

    async fn with(switches: Switches) -> Self {
        Self::start(Simulator::builder().switches(switches)).await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Answered {
        let request = self
            .client
            .request(method, format!("http://{}{path}", self.address))
            .bearer_auth(self.simulator.token());
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(name, *value)
        });
        let response = request.send().await.unwrap();
        Answered {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    async fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path, &[]).await
    }

    /// The first contract's log.
    async fn log(&self, query: &str) -> Answered {
        let contract = self.simulator.contracts()[0];
        self.get(&format!("/activitylog/v1/contracts/{contract}?{query}"))
            .await
    }
}

/// A week of the log on one page.
const WEEK: &str = "dateStart=2026-11-13T12:00:00Z&limit=10000";

#[tokio::test]
async fn the_cap_of_a_page_clamps_or_refuses() {
    for (over_limit, status, hits) in [(OverLimit::Clamp, 200, 50), (OverLimit::Refuse, 400, 0)] {
        let switches = Switches {
            max_limit: 50,
            over_limit,
            ..Switches::default()
        };
        let service = Service::with(switches).await;
        assert_eq!(service.log("limit=50").await.hits().len(), 50);
        let over = service.log("limit=51").await;
        assert_eq!(over.status, status, "{over_limit}");
        assert_eq!(
            over.json()["hits"]["hits"].as_array().map_or(0, Vec::len),
            hits
        );
    }
}

#[tokio::test]
async fn a_page_behind_the_window_cap_is_served_refused_failed_or_empty() {
    for (deep_offset, status, hits) in [
        (DeepOffset::Allow, 200, Some(20)),
        (DeepOffset::Refuse, 400, None),
        (DeepOffset::Fail, 500, None),
        (DeepOffset::Empty, 200, Some(0)),
    ] {
        let switches = Switches {
            deep_offset,
            window_cap: 100,
            ..Switches::default()
        };
        let service = Service::with(switches).await;
        assert_eq!(service.log("offset=80&limit=20").await.hits().len(), 20);
        let deep = service.log("offset=81&limit=20").await;
        assert_eq!(deep.status, status, "{deep_offset}");
        let found = deep.json()["hits"]["hits"].as_array().map(Vec::len);
        assert_eq!(found, hits, "{deep_offset}");
    }
}

#[tokio::test]
async fn hits_come_in_the_order_that_was_chosen() {
    for order in Order::ALL {
        let switches = Switches {
            order: *order,
            ..Switches::default()
        };
        let service = Service::with(switches).await;
        let times = |page: Answered| -> Vec<String> {
            let hits = page.hits().into_iter();
            hits.map(|hit| hit["meta"]["time"].to_string()).collect()
        };
        let query = "dateStart=2026-11-20&limit=1000";
        let (first, second) = (
            times(service.log(query).await),
            times(service.log(query).await),
        );
        let (up, down) = (first.is_sorted(), first.is_sorted_by(|a, b| a >= b));
        let expected = match order {
            Order::NewestFirst | Order::UnstableTies => (false, true, true),
            Order::OldestFirst => (true, false, true),
            Order::Shuffled => (false, false, false),
        };
        assert_eq!((up, down, first == second), expected, "{order}");
    }
}

#[tokio::test]
async fn a_total_is_a_number_text_an_object_or_missing_and_may_not_be_exact() {
    let all = Service::with(Switches::default())
        .await
        .log("limit=1")
        .await;
    let exact = all.total().as_u64().unwrap();
    assert!(exact > TOTAL_CAP);
    for (total, value, expected) in [
        (
            TotalShape::Text,
            TotalValue::Exact,
            serde_json::json!(exact.to_string()),
        ),
        (
            TotalShape::Object,
            TotalValue::Exact,
            serde_json::json!({"value": exact, "relation": "eq"}),
        ),
        (
            TotalShape::Object,
            TotalValue::Capped,
            serde_json::json!({"value": TOTAL_CAP, "relation": "gte"}),
        ),
        (
            TotalShape::Number,
            TotalValue::Capped,
            serde_json::json!(TOTAL_CAP),
        ),
        (TotalShape::Absent, TotalValue::Exact, Value::Null),
    ] {
        let switches = Switches {
            total,
            total_value: value,
            ..Switches::default()
        };
        let service = Service::with(switches).await;
        assert_eq!(service.log("limit=1").await.total(), expected);
    }
    let switches = Switches {
        total_value: TotalValue::Drifting,
        ..Switches::default()
    };
    let service = Service::with(switches).await;
    let mut totals = BTreeSet::new();
    for _ in 0..20 {
        totals.insert(service.log("limit=1").await.total().as_u64().unwrap());
    }
    assert!(totals.len() > 1 && totals.iter().all(|total| total.abs_diff(exact) <= 3));
}

#[tokio::test]
async fn scalars_have_the_types_of_the_dialect() {
    let types = |page: &Answered, pointer| -> BTreeSet<bool> {
        page.at(pointer)
            .iter()
            .map(|value| value.starts_with('"'))
            .collect()
    };
    let (text, number, both) = (
        BTreeSet::from([true]),
        BTreeSet::from([false]),
        BTreeSet::from([false, true]),
    );
    for (dialect, contract, version, status, queue) in [
        (Dialect::Description, &text, &number, &number, &number),
        (Dialect::Sdk, &number, &number, &number, &number),
        (Dialect::Docs, &text, &text, &text, &number),
        (Dialect::Mixed, &both, &both, &both, &both),
    ] {
        let switches = Switches {
            dialect,
            max_limit: 10_000,
            ..Switches::default()
        };
        let page = Service::with(switches).await.log(WEEK).await;
        assert_eq!(
            &types(&page, "/principal/identity/contractNumber"),
            contract,
            "{dialect}"
        );
        assert_eq!(&types(&page, "/meta/auditVersion"), version, "{dialect}");
        assert_eq!(
            &types(&page, "/event/param/error/httpStatus"),
            status,
            "{dialect}"
        );
        assert_eq!(&types(&page, "/meta/queueRefId"), queue, "{dialect}");
    }
}

#[tokio::test]
async fn records_have_identifiers_unknown_members_and_unknown_types_as_often_as_chosen() {
    let switches = Switches {
        uuid: Share::new(0.5).unwrap(),
        unknown_members: Share::new(0.1).unwrap(),
        unknown_types: Share::new(0.2).unwrap(),
        max_limit: 10_000,
        ..Switches::default()
    };
    let page = Service::with(switches).await.log(WEEK).await;
    let hits = page.hits();
    let share = |wanted: &dyn Fn(&Value) -> bool| {
        hits.iter().filter(|hit| wanted(hit)).count() as f64 / hits.len() as f64
    };
    assert!((0.45..0.55).contains(&share(&|hit| hit.get("@uuid").is_some())));
    assert!((0.07..0.13).contains(&share(&|hit| hit.get("@exampleTag").is_some())));
    let known = [
        "RequestAccepted",
        "RequestStatusUpdate",
        "Provision",
        "Error",
        "DCDUserEvent",
        "GenerateToken",
    ];
    let unknown = share(&|hit| !known.contains(&hit["event"]["type"].as_str().unwrap()));
    assert!((0.15..0.25).contains(&unknown), "{unknown}");
    for member in [
        "\"_score\":null",
        "exampleTrace",
        "exampleTenant",
        "exampleLabel",
    ] {
        assert!(page.text().contains(member), "{member}");
    }
}

#[tokio::test]
async fn times_have_the_digits_and_the_mark_of_utc_that_were_chosen() {
    for (digits, length) in [
        (FractionDigits::None, 19),
        (FractionDigits::Three, 23),
        (FractionDigits::Six, 26),
        (FractionDigits::Nine, 29),
    ] {
        for (utc_mark, mark) in [(UtcMark::Z, "Z"), (UtcMark::Offset, "+00:00")] {
            let switches = Switches {
                fraction_digits: digits,
                utc_mark,
                ..Switches::default()
            };
            for time in Service::with(switches)
                .await
                .log("limit=100")
                .await
                .at("/meta/time")
            {
                let time = time.trim_matches('"');
                assert!(
                    time.ends_with(mark) && time.len() == length + mark.len(),
                    "{time}"
                );
            }
        }
    }
    let switches = Switches {
        fraction_digits: FractionDigits::Mixed,
        ..Switches::default()
    };
    let times = Service::with(switches)
        .await
        .log("limit=1000")
        .await
        .at("/meta/time");
    let lengths: BTreeSet<usize> = times.iter().map(String::len).collect();
    assert_eq!(lengths, BTreeSet::from([22, 26, 29, 32]));
}

#[tokio::test]
async fn events_appear_late_change_are_there_twice_or_are_gone() {
    let usual = Service::with(Switches::default()).await;
    let query = "dateStart=2026-11-18T12:00:00Z&limit=1000";
    let (all, total) = {
        let page = usual.log(query).await;
        (page.hits(), page.total().as_u64().unwrap())
    };
    let page = |switches| async { Service::with(switches).await.log(query).await };
    let delayed = Switches {
        ingest_delay: "12h".parse().unwrap(),
        ..Switches::default()
    };
    let late = Switches {
        late: "10%:1d".parse().unwrap(),
        ..Switches::default()
    };
    for switches in [delayed, late] {
        let seen = page(switches).await;
        assert!(seen.total().as_u64().unwrap() < total);
        assert!(seen.hits().iter().all(|hit| all.contains(hit)));
    }
    let amended = Switches {
        amended: "10%:1h".parse().unwrap(),
        ..Switches::default()
    };
    let seen = page(amended).await;
    assert_eq!(seen.at("/@uuid"), usual.log(query).await.at("/@uuid"));
    assert!(seen.text().contains("(amended)"));
    for counted in [false, true] {
        let twice = Switches {
            duplicates: Share::new(0.05).unwrap(),
            duplicates_counted: counted,
            ..Switches::default()
        };
        let seen = page(twice).await;
        assert!(seen.hits().len() as u64 > total);
        assert_eq!(seen.at("/@uuid").len() as u64, total);
        assert_eq!(seen.total().as_u64().unwrap() > total, counted);
    }
    let forgetful = Switches {
        retention: Some(TimeDelta::days(1)),
        ..Switches::default()
    };
    let seen = page(forgetful).await.total().as_u64().unwrap();
    assert!(0 < seen && seen < total);
}

#[tokio::test]
async fn a_bare_date_is_midnight_in_the_zone_that_was_chosen() {
    let switches = Switches {
        bare_date_zone: FixedOffset::east_opt(2 * 3600).unwrap(),
        ..Switches::default()
    };
    let service = Service::with(switches).await;
    let of = async |start: &str| service.log(&format!("dateStart={start}")).await.total();
    assert_eq!(of("2026-11-19").await, of("2026-11-18T22:00:00Z").await);
    assert_ne!(of("2026-11-19").await, of("2026-11-19T00:00:00Z").await);
}

#[tokio::test]
async fn a_bad_date_is_refused_ignored_or_too_much_and_a_fraction_may_be_one() {
    for (bad_date, status) in [
        (BadDate::Refuse, 400),
        (BadDate::Ignore, 200),
        (BadDate::Fail, 500),
    ] {
        let switches = Switches {
            bad_date,
            query_fractions: QueryFractions::Refuse,
            ..Switches::default()
        };
        let service = Service::with(switches).await;
        for bad in ["yesterday", "2026-11-20T09:12:33.394Z"] {
            let answer = service.log(&format!("dateStart={bad}&limit=1")).await;
            assert_eq!(answer.status, status, "{bad_date} {bad}");
        }
    }
    let counted = |query_fractions| async move {
        let switches = Switches {
            query_fractions,
            ..Switches::default()
        };
        let builder = Simulator::builder().switches(switches).burst(
            "2026-11-20T09:12:33.100Z".parse().unwrap(),
            TimeDelta::milliseconds(3),
            500,
        );
        let service = Service::start(builder).await;
        let range = "dateStart=2026-11-20T09:12:33.500Z&dateEnd=2026-11-20T09:12:34Z";
        service.log(range).await.total().as_u64().unwrap()
    };
    assert_eq!(counted(QueryFractions::Count).await, 0);
    assert_eq!(counted(QueryFractions::CutOff).await, 500);
}

#[tokio::test]
async fn a_foreign_contract_is_forbidden_unknown_or_empty() {
    for (foreign_contract, status) in [
        (ForeignContract::Forbidden, 403),
        (ForeignContract::NotFound, 404),
        (ForeignContract::Empty, 200),
    ] {
        let switches = Switches {
            foreign_contract,
            ..Switches::default()
        };
        let answer = Service::with(switches)
            .await
            .get("/activitylog/v1/contracts/7")
            .await;
        assert_eq!(answer.status, status);
        if status == 200 {
            assert_eq!(answer.text(), r#"{"hits":{"total":0,"hits":[]}}"#);
        }
    }
}

#[tokio::test]
async fn what_http_leaves_open_is_a_switch_too() {
    let switches = Switches {
        request_id_header: Some(HeaderName::from_static("x-correlation-id")),
        charset: true,
        gzip: true,
        info_needs_token: true,
        other_methods: StatusCode::NOT_IMPLEMENTED,
        ..Switches::default()
    };
    let service = Service::with(switches).await;
    let plain = service.log("limit=100").await;
    assert!(plain.headers.contains_key("x-correlation-id"));
    assert!(!plain.headers.contains_key("x-request-id"));
    assert_eq!(
        plain.headers[CONTENT_TYPE],
        "application/json;charset=utf-8"
    );
    assert!(!plain.headers.contains_key(CONTENT_ENCODING));
    let path = format!(
        "/activitylog/v1/contracts/{}?limit=100",
        service.simulator.contracts()[0]
    );
    for (accepted, packed) in [
        ("gzip, br", true),
        ("br;q=1.0, *;q=0.5", true),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let answer = service
            .send(Method::GET, &path, &[(ACCEPT_ENCODING, accepted)])
            .await;
        assert_eq!(
            answer.headers.contains_key(CONTENT_ENCODING),
            packed,
            "{accepted}"
        );
        let mut body = Vec::new();
        if packed {
            assert!(answer.body.len() * 2 < plain.body.len());
            let mut decoder = flate2::read::GzDecoder::new(&answer.body[..]);
            std::io::copy(&mut decoder, &mut body).unwrap();
        } else {
            body = answer.body;
        }
        assert_eq!(body, plain.body);
    }
    assert_eq!(
        service
            .send(Method::DELETE, "/activitylog/v1", &[])
            .await
            .status,
        501
    );
    let bare = service
        .client
        .get(format!("http://{}/activitylog/v1", service.address));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let silent = Switches {
        request_id_header: None,
        ..Switches::default()
    };
    let answer = Service::with(silent).await.get("/activitylog/v1").await;
    assert!(!answer.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn a_slash_at_the_end_is_accepted_refused_or_moved() {
    for (trailing_slash, status) in [
        (TrailingSlash::Accept, 200),
        (TrailingSlash::Refuse, 404),
        (TrailingSlash::Redirect, 301),
    ] {
        let switches = Switches {
            trailing_slash,
            ..Switches::default()
        };
        let answer = Service::with(switches)
            .await
            .get("/activitylog/v1/?x=1")
            .await;
        assert_eq!(answer.status, status);
        if status == 301 {
            assert_eq!(answer.headers[LOCATION], "/activitylog/v1?x=1");
        }
    }
}

#[tokio::test]
async fn a_recording_is_served_byte_for_byte() {
    let record = r#"{"x": 1e400, "meta":{"time":"2026-11-20T09:12:33.394Z"} }"#;
    let recording = Recording::read(record.as_bytes(), Some(7)).unwrap();
    let service = Service::start(Simulator::builder().recording(recording)).await;
    let expected = format!(r#"{{"hits":{{"total":1,"hits":[{{"_source":{record}}}]}}}}"#);
    assert_eq!(service.log("dateStart=2026-11-20").await.text(), expected);
}

#[tokio::test]
async fn a_request_of_the_cloud_api_agrees_with_its_events() {
    let service = Service::with(Switches::default()).await;
    let hits = service.log("dateStart=2026-11-19&limit=1000").await.hits();
    let (mut found, mut unknown) = (0, 0);
    for accepted in hits
        .iter()
        .filter(|hit| hit["event"]["type"] == "RequestAccepted")
    {
        let Some(id) = accepted["meta"]["requestId"].as_str() else {
            continue;
        };
        let request = service
            .get(&format!("/cloudapi/v6/requests/{id}?depth=1"))
            .await;
        if accepted["event"]["param"]["action"] == "GET"
            || accepted["event"]["param"] == serde_json::json!({})
        {
            assert_eq!(request.status, 404);
            assert_eq!(request.json()["messages"][0]["errorCode"], "309");
            unknown += 1;
            continue;
        }
        let request = request.json();
        let last = hits
            .iter()
            .find(|hit| hit["meta"]["requestId"] == *id)
            .unwrap();
        assert_eq!(request["id"], *id);
        assert_eq!(request["metadata"]["createdDate"], accepted["meta"]["time"]);
        assert_eq!(
            request["metadata"]["createdBy"],
            accepted["principal"]["identity"]["username"]
        );
        assert_eq!(
            request["properties"]["method"],
            accepted["event"]["param"]["action"]
        );
        let url = request["properties"]["url"].as_str().unwrap();
        assert!(url.ends_with(accepted["event"]["param"]["uri"].as_str().unwrap()));
        let told = &request["metadata"]["requestStatus"];
        assert_eq!(told["metadata"]["status"], last["event"]["status"]);
        let targets = told["metadata"]["targets"].as_array().unwrap();
        assert_eq!(
            targets.len(),
            accepted["event"]["resources"].as_array().unwrap().len()
        );
        let status = service
            .get(&format!("/cloudapi/v6/requests/{id}/status"))
            .await;
        assert_eq!(&status.json(), told);
        found += 1;
    }
    assert!(found > 20 && unknown > 20, "{found} {unknown}");
    for id in ["x", "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99"] {
        assert_eq!(
            service
                .get(&format!("/cloudapi/v6/requests/{id}"))
                .await
                .status,
            404
        );
    }
}
