use std::hint::black_box;

use ionos_activitylog_client as wire;

use super::*;

mod properties;

fn event(hit: &str) -> Event {
    Event::from_hit(serde_json::from_str::<&RawValue>(hit).unwrap().get())
}

fn record(json: impl Into<String>) -> Event {
    Event::from_json(json).unwrap()
}

fn issues(event: &Event) -> Vec<String> {
    event.issues().iter().map(Issue::to_string).collect()
}

/// Calls every accessor of an event.
fn ask_everything(event: &Event) {
    let details = event.details();
    let principal = details.principal();
    assert_eq!(event.time(), details.time());
    black_box((event.time(), event.id(), event.fingerprint(), event.field("/meta/time")));
    black_box((principal.ip(), details.action(), details.error()));
    black_box((details.outcome(), details.op_class(), details.message()));
    black_box((details.event_type(), details.status()));
    black_box((details.request_id(), details.transaction_id()));
    black_box((details.queue_ref_id(), details.audit_version()));
    for resource in details.resources() {
        for action in &resource.actions {
            black_box((action.domain(), action.object(), action.verb()));
        }
    }
    let issues = event.issues();
    assert!(issues.len() <= 100);
    assert!(issues.iter().all(|issue| issue.to_string().len() < 1_000));
}

const FULL: &str = r#"{
    "@uuid": "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
    "meta": {"auditVersion": 0.1, "requestId": "r-1", "queueRefId": 9182731, "transactionId": "t-1",
             "time": "2026-11-20T10:14:03.120+01:00"},
    "principal": {"sourceIP": "203.0.113.42", "sourceService": "PUBLIC_REST_V6", "serviceHost": "h1.internal",
                  "identity": {"username": "jane@example.com", "contractNumber": 9876543218374837483}},
    "event": {"type": "Error", "status": "FAILED", "message": "no \u0022luck\u0022",
              "param": {"action": "POST", "uri": "https:\/\/api.ionos.com/cloudapi/v6/um/users", "initiator": "PUBLIC_REST",
                        "sourceService": "Provisioning", "errorCode": "VDC-1",
                        "error": {"httpStatus": "422", "messages": [{"errorCode": "101", "message": "taken"}, {}]}},
              "resources": [{"type": "user", "id": "1466", "action": ["sec.user.create", "x"]}, {"action": []}]}
}"#;

#[test]
fn every_value_of_a_record_has_a_typed_view() {
    let event = record(FULL);
    let details = event.details();
    assert_eq!(event.time(), Some("2026-11-20T09:14:03.12Z".parse().unwrap()));
    assert_eq!(details.time(), event.time());
    assert_eq!(details.event_type(), Some(EventType::ERROR));
    assert_eq!(details.status(), Some(Status::FAILED));
    assert_eq!(details.message().unwrap(), "no \"luck\"");
    assert_eq!(details.outcome(), Outcome::Failure);
    assert_eq!(details.op_class(), OpClass::Create);
    assert_eq!(details.request_id().unwrap(), "r-1");
    assert_eq!(details.queue_ref_id().unwrap(), "9182731");
    assert_eq!(details.transaction_id().unwrap(), "t-1");
    assert_eq!(details.audit_version().unwrap(), "0.1");
    assert_eq!(
        details.principal(),
        Principal {
            user: Some("jane@example.com".into()),
            contract: Some("9876543218374837483".into()),
            source_ip: Some("203.0.113.42".into()),
            service: Some(ServiceName::PUBLIC_REST_V6),
            host: Some("h1.internal".into()),
        }
    );
    assert_eq!(
        details.action(),
        Action {
            method: Some("POST".into()),
            uri: Some("https://api.ionos.com/cloudapi/v6/um/users".into()),
            initiator: Some("PUBLIC_REST".into()),
            service: Some(ServiceName::PROVISIONING),
        }
    );
    let error = details.error().unwrap();
    assert_eq!((error.code.as_deref(), error.status), (Some("VDC-1"), Some(422)));
    assert_eq!(error.messages.len(), 2);
    assert_eq!(error.messages[0].message.as_deref(), Some("taken"));
    let resources = details.resources();
    assert_eq!(resources.len(), 2);
    assert_eq!(resources[0].id.as_deref(), Some("1466"));
    assert_eq!(resources[0].resource_type, Some(ResourceType::USER));
    assert_eq!(resources[0].actions[0], ActionName::SEC_USER_CREATE);
    assert_eq!(resources[1], Resource::default());
    assert_eq!(event.field("/event/param/uri"), Some(r#""https:\/\/api.ionos.com/cloudapi/v6/um/users""#));
    assert_eq!(event.raw(), FULL);
    assert_eq!(issues(&event), [""; 0]);
}

#[test]
fn a_record_with_the_expected_types_keeps_its_bytes() {
    let event = event(
        r#"{"_id": 1, "\u005fsource": {"meta" : {"time":"2026-11-20T10:00:00.5+01:00"}, "new": 1.10}, "\ud800": 1}"#,
    );
    assert_eq!(event.raw(), r#"{"meta" : {"time":"2026-11-20T10:00:00.5+01:00"}, "new": 1.10}"#);
    assert_eq!(event.time(), Some("2026-11-20T09:00:00.5Z".parse().unwrap()));
    assert_eq!(event.issues(), []);
}

#[test]
fn a_leap_second_is_the_end_of_the_second_before_it() {
    let cases = [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z"),
        ("2016-12-31T23:59:60.5+00:00", "2016-12-31T23:59:59.999999999Z"),
        ("2026-11-20T10:00:60.25+01:00", "2026-11-20T09:00:59.999999999Z"),
        ("2026-11-20T10:00:59.25Z", "2026-11-20T10:00:59.25Z"),
    ];
    for (sent, read) in cases {
        let event = record(format!(r#"{{"meta":{{"time":"{sent}"}}}}"#));
        assert_eq!(
            event.time().map(|time| time.to_rfc3339()),
            read.parse().ok().map(|time: DateTime<Utc>| time.to_rfc3339())
        );
        assert!(event.raw().contains(sent), "{}", event.raw());
    }
}

#[test]
fn a_hit_without_exactly_one_record_is_kept_whole_with_an_issue() {
    for (hit, issue) in [
        (r#"{"_id": "a"}"#, "the hit contains no record; the whole hit is kept"),
        (r#"{"_source": null}"#, "the hit contains no record; the whole hit is kept"),
        ("null", "the hit is not an object; the whole hit is kept"),
        ("[1e400]", "the hit is not an object; the whole hit is kept"),
        (r#"{"_source": 1, "_source": 2}"#, "the hit contains two records; the whole hit is kept"),
    ] {
        let event = event(hit);
        assert_eq!(event.raw(), hit);
        assert_eq!(issues(&event), [issue]);
        ask_everything(&event);
    }
}

#[test]
fn a_value_of_an_unexpected_type_or_form_is_reported_and_the_others_stay_readable() {
    let no_time = "/meta/time: expected an RFC 3339 time, found";
    let time = r#""meta":{"time":"2026-11-20T09:14:03Z"}"#;
    let cases: Vec<(String, Vec<String>)> = vec![
        (r#"{"meta":7}"#.into(), vec!["/meta: expected an object, found the number 7".into()]),
        ("{}".into(), vec![format!("{no_time} nothing")]),
        (r#"{"meta":{}}"#.into(), vec![format!("{no_time} nothing")]),
        (r#"{"meta":null}"#.into(), vec![format!("{no_time} nothing")]),
        (r#"{"meta":{"time":"soon"}}"#.into(), vec![format!("{no_time} the text \"soon\"")]),
        (r#"{"meta":{"time":1795166043120}}"#.into(), vec![format!("{no_time} the number 1795166043120")]),
        (r#""text""#.into(), vec!["expected an object, found the text \"text\"".into(), format!("{no_time} nothing")]),
        (
            format!(r#"{{{time},"event":{{"type":7,"status":null,"resources":[{{"id":1466,"action":"x"}},7,null]}}}}"#),
            vec![
                "/event/type: expected text, found the number 7".into(),
                "/event/resources/0/action: expected a list, found the text \"x\"".into(),
                "/event/resources/0/id: expected text, found the number 1466".into(),
                "/event/resources/1: expected an object, found the number 7".into(),
                "/event/resources/2: expected an object, found null".into(),
            ],
        ),
        (
            format!(r#"{{{time},"meta":{{"time":"2026-11-20T09:14:04Z"}}}}"#),
            vec!["/meta: the key occurs 2 times; the last one counts".into()],
        ),
        (
            format!(r#"{{{time},"principal":{{"sourceIP":"\ud800","identity":{{"contractNumber":true}}}}}}"#),
            vec![
                "/principal/identity/contractNumber: expected a number or text, found the value true".into(),
                "/principal/sourceIP: the text contains a lone surrogate, which is not a character".into(),
            ],
        ),
        (
            format!(r#"{{{time},"event":{{"param":"{}"}}}}"#, "ü".repeat(50)),
            vec![format!("/event/param: expected an object, found the text \"{}…", "ü".repeat(39))],
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(issues(&record(json.clone())), expected, "{json}");
    }
    let odd = record(
        r#"{"meta":7,"event":{"type":["x"],"status":"DONE","resources":{"id":1466,"action":"sec.user.create"}}}"#,
    );
    let details = odd.details();
    assert_eq!((details.event_type(), details.status()), (None, Some(Status::DONE)));
    assert_eq!(details.resources()[0].id.as_deref(), Some("1466"));
    assert_eq!(details.resources()[0].actions, [ActionName::SEC_USER_CREATE]);
}

#[test]
fn the_model_and_the_generated_type_reject_a_boolean_at_each_place_of_the_full_record() {
    let full: serde_json::Value = serde_json::from_str(FULL).unwrap();
    let mut places = vec![String::new()];
    let mut checked = 0;
    while let Some(place) = places.pop() {
        match full.pointer(&place).unwrap() {
            serde_json::Value::Object(members) => {
                places.extend(members.keys().map(|key| format!("{place}/{key}")));
            }
            serde_json::Value::Array(elements) => {
                places.extend((0..elements.len()).map(|index| format!("{place}/{index}")));
            }
            _ => {}
        }
        // A boolean has none of the types of the model.
        let mut odd = full.clone();
        *odd.pointer_mut(&place).unwrap() = true.into();
        let generated = serde_json::from_value::<wire::types::Event>(odd.clone());
        assert!(generated.is_err(), "{place}: the generated type accepts a boolean");
        let event = record(odd.to_string());
        assert!(event.issues().iter().any(|issue| issue.pointer() == place), "{place}");
        checked += 1;
    }
    assert!(checked > 35, "only {checked} places were checked");
}

#[test]
fn hostile_records_are_kept_and_reported() {
    let time = r#""@uuid":"a","meta":{"time":"2026-11-20T09:14:03Z"}"#;
    let large = "x".repeat(10 << 20);
    let deep = |levels: usize| format!("{}1{}", r#"{"a":["#.repeat(levels), "]}".repeat(levels));
    let digits = "9".repeat(400);
    let cases: Vec<(&str, String, usize)> = vec![
        ("deep nesting", format!(r#"{{{time},"new":{}}}"#, deep(10_000)), 0),
        ("deep nesting where text belongs", format!(r#"{{{time},"event":{{"type":{}}}}}"#, deep(10_000)), 1),
        ("10 MB string", format!(r#"{{{time},"event":{{"message":"{large}"}}}}"#), 0),
        ("10 MB string as a time", format!(r#"{{"meta":{{"time":"{large}"}}}}"#), 1),
        ("10 MB string as a uuid", format!(r#"{{"meta":{{}},"@uuid":"{large}"}}"#), 1),
        ("NUL", r#"{"@uuid":"\u0000","principal":{"identity":{"username":"a\u0000b"}}}"#.into(), 1),
        ("lone surrogates", format!(r#"{{{time},"\ud800":"\udc00","event":{{"message":"\ud800\ud800"}}}}"#), 1),
        ("duplicate keys", format!(r#"{{{time},"a":1,"a":2,"@uuid":"b"}}"#), 1),
        (
            "400-digit number",
            format!(
                r#"{{{time},"principal":{{"identity":{{"contractNumber":{digits}}}}},"event":{{"param":{{"error":{{"httpStatus":{digits}}}}}}}}}"#
            ),
            0,
        ),
        ("100 000 resources", format!(r#"{{{time},"event":{{"resources":[1{}]}}}}"#, ",1".repeat(100_000)), 100),
    ];
    for (name, json, expected) in cases {
        let event = record(json.clone());
        ask_everything(&event);
        assert!(event.raw() == json, "{name}");
        assert_eq!(event.issues().len(), expected, "{name}");
        assert!(expected == 1 || event.time().is_some(), "{name}");
    }
    let numbered = record(format!(r#"{{"principal":{{"identity":{{"contractNumber":{digits}}}}}}}"#));
    assert_eq!(numbered.details().principal().contract.unwrap(), digits);
    let halves = record(r#"{"event":{"message":"a\ud800"}}"#);
    assert_eq!(halves.details().message().unwrap(), "a\u{fffd}");
    assert_eq!(halves.field("/event/message"), Some(r#""a\ud800""#));
}

#[test]
fn an_amended_record_has_another_fingerprint() {
    let one = record(r#"{"@uuid":"a","event":{"status":"QUEUED"}}"#);
    let other = record(r#"{"@uuid":"a","event":{"status":"DONE"}}"#);
    let same = record(r#" { "event" : {"\u0073tatus":"\u0044ONE"}, "@uuid" : "a" } "#);
    assert_eq!(one.id(), other.id());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_eq!(same.fingerprint(), other.fingerprint());
    assert_ne!(record("1.10").fingerprint(), record("1.1").fingerprint());
    assert_ne!(record(r#"{"a":1,"a":2}"#).fingerprint(), record(r#"{"a":2}"#).fingerprint());
    assert_ne!(record(r#""\ud800""#).fingerprint(), record(r#""\ufffd""#).fingerprint());
}

#[test]
fn text_that_is_not_json_is_an_error() {
    for text in ["", "{", "{} {}", "\"\u{0}\"", "nul"] {
        let error = Event::from_json(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().starts_with("the record is not JSON"), "{error}");
    }
}
