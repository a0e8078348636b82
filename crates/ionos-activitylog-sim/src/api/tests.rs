use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

use crate::{DEFAULT_LIMIT, DEFAULT_MAX_LIMIT, DEFAULT_TOKEN, Simulator};

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-20T12:00:00Z").unwrap().to_utc()
}

fn simulator() -> Simulator {
    Simulator::builder().contracts(2).clock(noon).build()
}

fn send(simulator: &Simulator, method: &str, path: &str, authorization: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, authorization).body(()).unwrap();
    simulator.answer(&request)
}

fn get(simulator: &Simulator, path: &str) -> Response<Bytes> {
    send(simulator, "GET", path, &format!("Bearer {DEFAULT_TOKEN}"))
}

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn the_info_of_the_api_requires_no_token() {
    let simulator = simulator();
    for path in ["/activitylog/v1", "/activitylog/v1/", "/activitylog/v1?x=1"] {
        let request = Request::get(path).body("ignored").unwrap();
        let response = simulator.answer(&request);
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(
            response.body(),
            r#"{"href":"https://api.ionos.com/activitylog/v1","name":"CLOUD API","version":"1.0"}"#
        );
    }
}

#[test]
fn the_contracts_are_a_plain_list_of_references() {
    let simulator = Simulator::builder().contracts(2).base_url("http://127.0.0.1:8080/").build();
    let response = get(&simulator, "/activitylog/v1/contracts");
    let reference = |number: &u64| {
        json!({
            "id": number,
            "type": "contracts",
            "href": format!("http://127.0.0.1:8080/activitylog/v1/contracts/{number}"),
        })
    };
    let expected: Vec<Value> = simulator.contracts().iter().map(reference).collect();
    assert_eq!(body(&response), Value::Array(expected));
}

#[test]
fn a_page_contains_the_unchanged_records_newest_first() {
    let simulator = simulator();
    let contract = simulator.contracts()[1];
    let start = "2026-11-20T08:00:00Z";
    let path = format!("/activitylog/v1/contracts/{contract}?dateStart={start}&limit=1000");
    let mut records: Vec<String> = simulator.records(contract, start.parse().unwrap(), noon()).collect();
    records.reverse();
    assert!(!records.is_empty());
    let expected = format!(
        r#"{{"hits":{{"total":{},"hits":[{{"_source":{}}}]}}}}"#,
        records.len(),
        records.join(r#"},{"_source":"#)
    );
    assert_eq!(get(&simulator, &path).body(), expected.as_bytes());
}

#[test]
fn the_page_size_has_a_default_and_a_maximum_and_does_not_change_the_total() {
    let simulator = simulator();
    let path = format!("/activitylog/v1/contracts/{}", simulator.contracts()[0]);
    let page = |query: &str| {
        let body = body(&get(&simulator, &format!("{path}?{query}")));
        let total = body["hits"]["total"].as_u64().unwrap();
        (total, body["hits"]["hits"].as_array().unwrap().len() as u64)
    };
    let (total, length) = page("");
    assert!(total > 100_000, "{total}");
    assert_eq!(length, DEFAULT_LIMIT);
    assert_eq!(page("limit=1"), (total, 1));
    assert_eq!(page("limit=5000"), (total, DEFAULT_MAX_LIMIT));
    assert_eq!(page("offset=999999999"), (total, 0));
    assert_eq!(page(&format!("offset={}", total - 3)), (total, 3));
}

#[test]
fn a_range_that_ends_before_it_starts_is_empty() {
    let simulator = simulator();
    let path = format!("/activitylog/v1/contracts/{}", simulator.contracts()[0]);
    for query in [
        "dateStart=2026-11-20&dateEnd=2026-11-20",
        "dateStart=2026-11-20&dateEnd=2026-11-19",
        "dateStart=2030-01-01",
        "dateEnd=1960-01-01",
        "dateStart=0000-01-01&dateEnd=0001-01-01",
        "dateStart=9999-12-31T23:59:59.999999999Z",
    ] {
        let response = get(&simulator, &format!("{path}?{query}"));
        assert_eq!(response.body(), r#"{"hits":{"total":0,"hits":[]}}"#, "{query}");
    }
}

#[test]
fn every_error_has_the_envelope_and_the_first_failed_check_decides() {
    let simulator = simulator();
    let own = format!("/activitylog/v1/contracts/{}", simulator.contracts()[0]);
    let bearer = format!("Bearer {DEFAULT_TOKEN}");
    let with = |query: &str| format!("{own}?{query}");
    for (method, path, authorization, status, code, message) in [
        // The path is checked before the method.
        ("POST", "/".to_owned(), "", 404, "309", "Resource does not exist"),
        ("GET", "/activitylog/v2".into(), "", 404, "309", "Resource does not exist"),
        ("GET", "/activitylog/v1//".into(), "", 404, "309", "Resource does not exist"),
        ("GET", "/activitylog/v1contracts".into(), "", 404, "309", "Resource does not exist"),
        ("GET", format!("{own}/1"), &bearer, 404, "309", "Resource does not exist"),
        // The method is checked before the token.
        ("POST", own.clone(), "", 405, "405", "The method POST is not supported"),
        ("HEAD", "/activitylog/v1".into(), "", 405, "405", "The method HEAD is not supported"),
        // The token is checked before the contract.
        ("GET", "/activitylog/v1/contracts".into(), "", 401, "315", "Unauthorized"),
        ("GET", "/activitylog/v1/contracts/1".into(), "Bearer x", 401, "315", "Unauthorized"),
        ("GET", own.clone(), DEFAULT_TOKEN, 401, "315", "Unauthorized"),
        ("GET", own.clone(), "Basic aWFsb2c6c2lt", 401, "315", "Unauthorized"),
        ("GET", own.clone(), "Bearer ialog-sim-token2", 401, "315", "Unauthorized"),
        // The contract is checked before the parameters.
        (
            "GET",
            "/activitylog/v1/contracts/1?limit=0".into(),
            &bearer,
            403,
            "403",
            "The token may not read the activity log of the contract 1",
        ),
        (
            "GET",
            "/activitylog/v1/contracts/x".into(),
            &bearer,
            403,
            "403",
            "The token may not read the activity log of the contract x",
        ),
        (
            "GET",
            with("dateStart=yesterday&limit=0"),
            &bearer,
            400,
            "400",
            "The parameter dateStart must be a date such as 2026-11-20 or a timestamp such as \
             2026-11-20T09:12:33Z; its value was understood as \"yesterday\"",
        ),
        (
            "GET",
            with("dateEnd=%C3%28"),
            &bearer,
            400,
            "400",
            "The parameter dateEnd must be a date such as 2026-11-20 or a timestamp such as \
             2026-11-20T09:12:33Z; its value was understood as \"\u{fffd}(\"",
        ),
        (
            "GET",
            with("offset=-1"),
            &bearer,
            400,
            "400",
            "The parameter offset must be a whole number of at least 0; its value was understood as \"-1\"",
        ),
        (
            "GET",
            with("limit=5&limit=0"),
            &bearer,
            400,
            "400",
            "The parameter limit must be a whole number of at least 1; its value was understood as \"0\"",
        ),
    ] {
        let response = send(&simulator, method, &path, authorization);
        let envelope = json!({
            "httpStatus": status,
            "messages": [{"errorCode": code, "message": message}],
        });
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        assert_eq!(body(&response), envelope, "{method} {path}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        let allow = response.headers().get(ALLOW).map(HeaderValue::as_bytes);
        assert_eq!(allow, (status == 405).then_some(&b"GET"[..]), "{method} {path}");
    }
}

#[test]
fn the_scheme_of_the_token_is_case_insensitive() {
    let authorization = format!("bEARER {DEFAULT_TOKEN}");
    let response = send(&simulator(), "GET", "/activitylog/v1/contracts", &authorization);
    assert_eq!(response.status(), 200);
}

#[test]
fn the_request_id_depends_only_on_method_path_and_query() {
    let simulator = simulator();
    let id =
        |method, path, authorization| send(&simulator, method, path, authorization).headers()["x-request-id"].clone();
    let one = id("GET", "/activitylog/v1/contracts?a=1", "");
    assert_eq!(one.len(), 36);
    assert_eq!(one, id("GET", "/activitylog/v1/contracts?a=1", "Bearer ialog-sim-token"));
    assert_eq!(one, id("GET", "http://localhost/activitylog/v1/contracts?a=1", ""));
    assert_ne!(one, id("POST", "/activitylog/v1/contracts?a=1", ""));
    assert_ne!(one, id("GET", "/activitylog/v1/contracts?a=2", ""));
    assert_ne!(one, id("GET", "/activitylog/v1/contracts", ""));
}
