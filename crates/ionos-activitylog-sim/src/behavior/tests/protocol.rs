//! Tests of the settings that concern queries and details of HTTP.

use chrono::{FixedOffset, TimeDelta};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, VARY};
use http::{HeaderName, Method, StatusCode};

use super::ServedSimulator;
use crate::Simulator;
use crate::behavior::{BadDate, Behavior, DateEnd, DateStart, ForeignContract, QueryFractions, TrailingSlash};

#[tokio::test]
async fn a_bare_date_is_midnight_in_the_configured_zone() {
    let behavior = Behavior { bare_date_zone: FixedOffset::east_opt(2 * 3600).unwrap(), ..Behavior::default() };
    let service = ServedSimulator::with(behavior).await;
    let of = async |start: &str| service.log(&format!("dateStart={start}")).await.total();
    assert_eq!(of("2026-11-19").await, of("2026-11-18T22:00:00Z").await);
    assert_ne!(of("2026-11-19").await, of("2026-11-19T00:00:00Z").await);
}

#[tokio::test]
async fn a_bad_date_gets_status_400_200_or_500_and_the_fraction_of_a_date_is_kept_or_cut_off() {
    for (bad_date, status) in [(BadDate::Refuse, 400), (BadDate::Ignore, 200), (BadDate::Fail, 500)] {
        let behavior = Behavior { bad_date, query_fractions: QueryFractions::Refuse, ..Behavior::default() };
        let service = ServedSimulator::with(behavior).await;
        for bad in ["yesterday", "2026-11-20T09:12:33.394Z"] {
            let answer = service.log(&format!("dateStart={bad}&limit=1")).await;
            assert_eq!(answer.status, status, "setting {bad_date}, date {bad}");
        }
    }
    let counted = |query_fractions| async move {
        let behavior = Behavior { query_fractions, ..Behavior::default() };
        let builder = Simulator::builder().behavior(behavior).burst(
            "2026-11-20T09:12:33.100Z".parse().unwrap(),
            TimeDelta::milliseconds(3),
            500,
        );
        let service = ServedSimulator::start(builder).await;
        let range = "dateStart=2026-11-20T09:12:33.500Z&dateEnd=2026-11-20T09:12:34Z";
        service.log(range).await.total().as_u64().unwrap()
    };
    assert_eq!(counted(QueryFractions::Count).await, 0);
    assert_eq!(counted(QueryFractions::CutOff).await, 500);
}

#[tokio::test]
async fn the_start_of_a_range_is_inclusive_or_exclusive() {
    for (date_start, date_end, from_event, at_event) in [
        (DateStart::Inclusive, DateEnd::Exclusive, 500, 0),
        (DateStart::Inclusive, DateEnd::Inclusive, 500, 500),
        (DateStart::Exclusive, DateEnd::Exclusive, 0, 0),
        (DateStart::Exclusive, DateEnd::Inclusive, 0, 0),
    ] {
        let behavior = Behavior { date_start, date_end, ..Behavior::default() };
        let at = "2026-11-20T09:12:33Z";
        let builder = Simulator::builder().behavior(behavior).burst_interval(0).events_per_day(0);
        let builder = builder.burst(at.parse().unwrap(), TimeDelta::milliseconds(1), 500);
        let service = ServedSimulator::start(builder).await;
        for (range, expected) in [
            (format!("dateStart={at}&dateEnd=2026-11-20T09:12:34Z"), from_event),
            (format!("dateStart={at}"), from_event),
            (format!("dateStart={at}&dateEnd={at}"), at_event),
            ("dateStart=2026-11-20T09:12:32.999Z&dateEnd=2026-11-20T09:12:34Z".to_owned(), 500),
            ("dateEnd=2026-11-20T09:12:34Z".to_owned(), 500),
        ] {
            let page = service.log(&range).await;
            assert_eq!(page.total().as_u64(), Some(expected), "start {date_start}, end {date_end}: {range}");
        }
    }
}

#[tokio::test]
async fn the_end_of_a_range_is_exclusive_or_inclusive() {
    for (date_end, to_event, after_event) in [(DateEnd::Exclusive, 0, 500), (DateEnd::Inclusive, 500, 500)] {
        let behavior = Behavior { date_end, ..Behavior::default() };
        let at = "2026-11-20T09:12:33Z";
        let builder = Simulator::builder().behavior(behavior).burst_interval(0).events_per_day(0);
        let builder = builder.burst(at.parse().unwrap(), TimeDelta::milliseconds(1), 500);
        let service = ServedSimulator::start(builder).await;
        for (start, end, expected) in [
            ("2026-11-20T09:12:00Z", at, to_event),
            ("2026-11-20T09:12:00Z", "2026-11-20T09:12:33.001Z", after_event),
            (at, at, to_event),
            (at, "2026-11-20T09:12:34Z", 500),
        ] {
            let page = service.log(&format!("dateStart={start}&dateEnd={end}")).await;
            assert_eq!(page.total().as_u64(), Some(expected), "end {date_end}: {start} to {end}");
        }
    }
}

#[tokio::test]
async fn a_foreign_contract_gets_status_403_or_404_or_an_empty_page() {
    for (foreign_contract, status) in
        [(ForeignContract::Forbidden, 403), (ForeignContract::NotFound, 404), (ForeignContract::Empty, 200)]
    {
        let behavior = Behavior { foreign_contract, ..Behavior::default() };
        let answer = ServedSimulator::with(behavior).await.get("/activitylog/v1/contracts/7").await;
        assert_eq!(answer.status, status);
        if status == 200 {
            assert_eq!(answer.text(), r#"{"hits":{"total":0,"hits":[]}}"#);
        }
    }
}

#[tokio::test]
async fn the_behavior_decides_about_response_headers_and_gzip_and_the_status_for_other_methods() {
    let behavior = Behavior {
        request_id_header: Some(HeaderName::from_static("x-correlation-id")),
        charset: true,
        gzip: true,
        info_needs_token: true,
        other_methods: StatusCode::NOT_IMPLEMENTED,
        ..Behavior::default()
    };
    let service = ServedSimulator::with(behavior).await;
    let plain = service.log("limit=100").await;
    assert!(plain.headers.contains_key("x-correlation-id"));
    assert!(!plain.headers.contains_key("x-request-id"));
    assert_eq!(plain.headers[CONTENT_TYPE], "application/json;charset=utf-8");
    assert!(!plain.headers.contains_key(CONTENT_ENCODING));
    assert_eq!(plain.headers[VARY], "accept-encoding");
    let path = format!("/activitylog/v1/contracts/{}?limit=100", service.simulator.contracts()[0]);
    for (accepted, packed) in [
        ("gzip, br", true),
        ("br;q=1.0, *;q=0.5", true),
        ("gzip;q=0", false),
        ("GZip", true),
        ("gzip; q=0, *", false),
        ("*;q=0, gzip;q=0.1", true),
        ("*;q=0", false),
        ("gzip;level=1;Q=0.0", false),
        ("br", false),
    ] {
        let answer = service.send(Method::GET, &path, &[(ACCEPT_ENCODING, accepted)]).await;
        assert_eq!(answer.headers.contains_key(CONTENT_ENCODING), packed, "{accepted}");
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
    assert_eq!(service.send(Method::DELETE, "/activitylog/v1", &[]).await.status, 501);
    let bare = service.client.get(format!("http://{}/activitylog/v1", service.address));
    assert_eq!(bare.send().await.unwrap().status(), 401);
    let silent = Behavior { request_id_header: None, ..Behavior::default() };
    let answer = ServedSimulator::with(silent).await.get("/activitylog/v1").await;
    assert!(!answer.headers.contains_key("x-request-id"));
    assert!(!answer.headers.contains_key(VARY));
}

#[tokio::test]
async fn a_trailing_slash_is_accepted_refused_or_redirected() {
    for (trailing_slash, status) in
        [(TrailingSlash::Accept, 200), (TrailingSlash::Refuse, 404), (TrailingSlash::Redirect, 301)]
    {
        let behavior = Behavior { trailing_slash, ..Behavior::default() };
        let answer = ServedSimulator::with(behavior).await.get("/activitylog/v1/?x=1").await;
        assert_eq!(answer.status, status);
        if status == 301 {
            assert_eq!(answer.headers[LOCATION], "/activitylog/v1?x=1");
        }
    }
}
