use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, Response};
use serde_json::{Value, json};

use super::*;
use crate::{DEFAULT_TOKEN, Simulator, SimulatorBuilder, UNAUTHORIZED_CODE};

fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-20T12:00:00Z").unwrap().to_utc()
}

fn builder() -> SimulatorBuilder {
    Simulator::builder().contracts(3).clock(noon)
}

fn send(simulator: &Simulator, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::get(format!("/activitylog/v1/contracts{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    simulator.answer(&request.body(()).unwrap())
}

fn status(simulator: &Simulator, path: &str, headers: &[(&str, &str)]) -> u16 {
    send(simulator, path, headers).status().as_u16()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The indexes of the contracts that the API lists. Also checks that exactly these contracts have readable pages.
fn readable_contracts(simulator: &Simulator, headers: &[(&str, &str)]) -> Vec<usize> {
    let list = send(simulator, "", headers);
    assert_eq!(list.status(), 200);
    let list: Vec<Value> = serde_json::from_slice(list.body()).unwrap();
    let listed = list.iter().map(|contract| contract["id"].as_u64().unwrap());
    let index = |number| simulator.contracts().iter().position(|n| *n == number);
    let listed: Vec<usize> = listed.map(|number| index(number).unwrap()).collect();
    for (index, number) in simulator.contracts().iter().enumerate() {
        let expected = if listed.contains(&index) { 200 } else { 403 };
        assert_eq!(status(simulator, &format!("/{number}?limit=1"), headers), expected);
    }
    listed
}

fn error(response: &Response<Bytes>) -> (u16, String, String) {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let message = &body["messages"][0];
    let text = |name: &str| message[name].as_str().unwrap().to_owned();
    let (code, message_text) = (text("errorCode"), text("message"));
    let status = response.status().as_u16();
    let envelope = json!({"httpStatus": status, "messages": [{"errorCode": code, "message": message_text}]});
    assert_eq!(body, envelope);
    (status, code, message_text)
}

#[test]
fn a_test_token_reads_one_contract_but_a_reseller_and_other_credentials_read_all() {
    let simulator = builder().basic_auth("Aladdin", "open sesame").build();
    let second = TestToken::new(simulator.contracts()[1]);
    for (authorization, expected) in [
        (bearer(DEFAULT_TOKEN), vec![0, 1, 2]),
        (bearer(&second.build()), vec![1]),
        (format!("bEARER {}", second.build()), vec![1]),
        (bearer(&second.reseller(true).build()), vec![0, 1, 2]),
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into(), vec![0, 1, 2]),
        ("bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into(), vec![0, 1, 2]),
    ] {
        let headers = [("authorization", authorization.as_str())];
        assert_eq!(readable_contracts(&simulator, &headers), expected, "{authorization}");
    }
}

#[test]
fn the_contract_header_restricts_a_request_to_one_contract() {
    let simulator = builder().basic_auth("Aladdin", "open sesame").build();
    let third = simulator.contracts()[2].to_string();
    let token = TestToken::new(simulator.contracts()[2]);
    for authorization in [
        bearer(DEFAULT_TOKEN),
        bearer(&token.build()),
        bearer(&token.reseller(true).build()),
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into(),
    ] {
        let headers = [("Authorization", authorization.as_str()), ("X-Contract-Number", third.as_str())];
        assert_eq!(readable_contracts(&simulator, &headers), [2], "{authorization}");
    }
}

#[test]
fn an_invalid_or_foreign_contract_in_the_contract_header_is_forbidden() {
    let simulator = builder().build();
    let [own, other] = [0, 1].map(|index| simulator.contracts()[index]);
    let token = bearer(&TestToken::new(own).build());
    let foreign =
        |number: &str| format!("The credentials do not allow the contract {number} of the header X-Contract-Number");
    let wrong = |text: &str| {
        format!("The header X-Contract-Number must hold the number of a contract; its value was understood as {text:?}")
    };
    for (number, message) in [
        (other.to_string(), foreign(&other.to_string())),
        ("1".into(), foreign("1")),
        (format!("0{own}"), foreign(&format!("0{own}"))),
        ("9".repeat(40), foreign(&"9".repeat(40))),
        (String::new(), wrong("")),
        ("me".into(), wrong("me")),
        (format!("+{own}"), wrong(&format!("+{own}"))),
        (format!("{own}.0"), wrong(&format!("{own}.0"))),
        (format!("{own},{other}"), wrong(&format!("{own},{other}"))),
    ] {
        let headers = [("authorization", token.as_str()), ("x-contract-number", number.as_str())];
        // The header counts even if the path names a contract that may be read.
        for path in [String::new(), format!("/{own}?limit=1")] {
            let response = send(&simulator, &path, &headers);
            let expected = (403, "403".to_owned(), message.clone());
            assert_eq!(error(&response), expected, "{number}");
        }
    }
}

#[test]
fn missing_or_invalid_credentials_are_unauthorized() {
    let simulator = builder().basic_auth("Aladdin", "open sesame").build();
    let contract = simulator.contracts()[0];
    let token = TestToken::new(contract);
    let signed = format!("{}c2lnbmVk", token.build());
    let expired = token.clone().expires_at(noon());
    let unprivileged_and_expired = expired.clone().privileges::<String>([]);
    for authorization in [
        String::new(),
        "Bearer".into(),
        bearer(""),
        bearer("unknown"),
        bearer(&format!("{DEFAULT_TOKEN}2")),
        DEFAULT_TOKEN.into(),
        format!("Token {DEFAULT_TOKEN}"),
        token.build(),
        format!("Basic {}", token.build()),
        bearer(&signed),
        bearer(&expired.build()),
        bearer(&unprivileged_and_expired.build()),
        bearer(&TestToken::new(1).build()),
        bearer(&TestToken::new(1).reseller(true).build()),
        "Basic".into(),
        "Basic QWxhZGRpbg==".into(),
        "Basic Og==".into(),
        "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into(),
    ] {
        // Credentials are checked before the contract in the header.
        let headers = [("authorization", authorization.as_str()), ("x-contract-number", "me")];
        let expected = (401, UNAUTHORIZED_CODE.to_owned(), "Unauthorized".to_owned());
        for path in [String::new(), format!("/{contract}"), "/1".into()] {
            assert_eq!(error(&send(&simulator, &path, &headers)), expected, "{authorization}");
        }
    }
    assert_eq!(status(&simulator, "", &[]), 401);
}

#[test]
fn a_token_without_the_privilege_is_forbidden_unless_its_role_is_privileged() {
    let simulator = builder().forbidden_code("paas-auth-1").build();
    let contract = simulator.contracts()[0];
    let path = format!("/{contract}?limit=1");
    let unprivileged = TestToken::new(contract).privileges(["DATA_CENTER_CREATE"]);
    for role in ["owner", "admin", "Owner", "ADMIN"] {
        let token = bearer(&unprivileged.clone().role(role).build());
        assert_eq!(status(&simulator, &path, &[("authorization", &token)]), 200, "{role}");
    }
    for role in ["user", "", "owners"] {
        let token = bearer(&unprivileged.clone().role(role).build());
        let response = send(&simulator, &path, &[("authorization", &token)]);
        let message = "The token lacks the privilege ACCESS_ACTIVITY_LOG";
        assert_eq!(error(&response), (403, "paas-auth-1".into(), message.into()), "{role}");
    }
}

#[test]
fn the_forbidden_code_is_also_used_for_a_foreign_contract() {
    let simulator = builder().forbidden_code("309").build();
    let authorization = bearer(DEFAULT_TOKEN);
    let response = send(&simulator, "/1", &[("authorization", &authorization)]);
    assert_eq!(error(&response).1, "309");
}

#[test]
fn a_token_expires_by_the_clock_of_the_simulator() {
    let clock = Arc::new(AtomicI64::new(0));
    let time = clock.clone();
    let simulator =
        Simulator::builder().clock(move || noon() + TimeDelta::milliseconds(time.load(Ordering::Relaxed))).build();
    let token = TestToken::new(simulator.contracts()[0]).issued_at(noon()).lifetime(TimeDelta::minutes(1));
    let authorization = bearer(&token.build());
    for (milliseconds, expected) in [(-1, 200), (0, 200), (59_999, 200), (60_000, 401), (0, 200)] {
        clock.store(milliseconds, Ordering::Relaxed);
        let headers = [("authorization", authorization.as_str())];
        assert_eq!(status(&simulator, "", &headers), expected, "{milliseconds}");
    }
}

#[test]
fn a_second_factor_makes_passwords_fail_but_not_tokens() {
    let simulator = builder().basic_auth("Aladdin", "open sesame").two_factor(true).build();
    let basic = ("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(status(&simulator, "", &[basic]), 401);
    let authorization = bearer(DEFAULT_TOKEN);
    assert_eq!(status(&simulator, "", &[("authorization", &authorization)]), 200);
}

#[test]
fn a_revoked_token_is_refused_by_every_clone_of_the_simulator() {
    let simulator = builder().build();
    let token = TestToken::new(simulator.contracts()[0]);
    let other = token.clone().user("another user").build();
    for revoked in [DEFAULT_TOKEN.to_owned(), token.build()] {
        let authorization = bearer(&revoked);
        let headers = [("authorization", authorization.as_str())];
        assert_eq!(status(&simulator, "", &headers), 200);
        simulator.clone().revoke(&revoked);
        assert_eq!(status(&simulator, "", &headers), 401);
    }
    let authorization = bearer(&other);
    assert_eq!(status(&simulator, "", &[("authorization", &authorization)]), 200);
}

#[test]
fn the_plain_token_can_be_revoked_after_a_number_of_requests_that_need_it() {
    let simulator = builder().revoke_after(2).build();
    let token = bearer(&TestToken::new(simulator.contracts()[0]).build());
    let plain = bearer(DEFAULT_TOKEN);
    let plain = [("authorization", plain.as_str())];
    for _ in 0..3 {
        // Requests with other tokens, and requests that need no token, do not count.
        assert_eq!(status(&simulator, "", &[("authorization", &token)]), 200);
        assert_eq!(status(&simulator, "/a/b", &plain), 404);
    }
    for expected in [200, 403, 401, 401] {
        let path = if expected == 403 { "/1" } else { "" };
        assert_eq!(status(&simulator, path, &plain), expected);
    }
    assert_eq!(status(&simulator, "", &[("authorization", &token)]), 200);
}

#[test]
fn debug_output_shows_no_secrets() {
    let builder = builder().token("s3cret-token").basic_auth("me", "s3cret-password");
    assert!(!format!("{builder:?}").contains("s3cret"));
    let simulator = builder.build();
    simulator.revoke("s3cret-revoked");
    let access = &simulator.0.access;
    let shown = format!("{simulator:?} {access:?} {:?}", access.revocations);
    assert!(shown.contains("contracts") && !shown.contains("s3cret"), "{shown}");
}
