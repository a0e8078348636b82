use std::time::Duration;

use super::*;
use crate::Share;
use crate::fault::{Answer, Body, MAX_BOMB_BYTES, RetryAfter};

fn ordinal(number: u64) -> RequestOrdinal {
    RequestOrdinal { number, number_of_operation: number, repetition: 0, fingerprint: number }
}

/// A script with every condition, fault, body and form of `Retry-After`.
fn complete_script() -> Faults {
    let all = Trigger::any()
        .operation(Operation::GetByContract)
        .contract(12_345_678)
        .requests([1, 3])
        .every(2)
        .rate(Share::new(0.25).unwrap())
        .times(4);
    let envelope = Body::Envelope { code: "315".into(), message: "Unauthorized".into() };
    let answer =
        |body, retry_after| Fault::from(Answer::new(503).body(body).retry_after(retry_after).header("x-a", "b"));
    let mut faults = Faults::new().add_rule(all, Answer::new(500)).unwrap();
    for fault in [
        answer(envelope, RetryAfter::Seconds(1)),
        answer(Body::Json(serde_json::json!({"a": [1, null]})), RetryAfter::Fraction(1.5)),
        answer(Body::Html("<p>".into()), RetryAfter::Date(-30)),
        answer(Body::Text("no".into()), RetryAfter::Text("soon".into())),
        Fault::Delay(Duration::from_millis(50)),
        Fault::Drip { bytes: 10, every: Duration::from_secs(1) },
        Fault::ResetBeforeHeaders,
        Fault::ResetAfterHeaders,
        Fault::ResetAfter { bytes: 0 },
        Fault::CutAt { bytes: 7 },
        Fault::WrongContentLength { by: -3 },
        Fault::MalformedJson,
        Fault::PartialSearch,
        Fault::InvalidRecord,
        Fault::NullForArray,
        Fault::WrongType,
        Fault::Html200,
        Fault::Redirect { location: "https://example.com/".into() },
        Fault::DecompressionBomb { bytes: MAX_BOMB_BYTES },
    ] {
        faults = faults.add_rule(Trigger::any(), fault).unwrap();
    }
    faults
}

#[test]
fn a_script_is_equal_after_a_round_trip_through_json() {
    let faults = complete_script();
    let json = faults.to_json();
    assert_eq!(Faults::from_json(&json).unwrap(), faults, "{json}");
    assert_eq!(Faults::from_json(r#"{"rules":[]}"#).unwrap(), Faults::new());
}

#[test]
fn an_error_names_its_place_and_what_to_do() {
    let rule = |rule: &str| format!(r#"{{"rules":[{{"fault":"html200"}},{rule}]}}"#);
    let when = |when: &str| rule(&format!(r#"{{"when":{when},"fault":"html200"}}"#));
    let fault = |fault: &str| rule(&format!(r#"{{"fault":{fault}}}"#));
    for (script, place, hint) in [
        (when(r#"{"rate":2}"#), "rule 2 of the fault script, member \"when.rate\": 2 is not a share", "from 0 to 1"),
        (when(r#"{"rate":"120%"}"#), "member \"when.rate\": \"120%\" is not a share", "from 0 to 1"),
        (when(r#"{"rate":"often"}"#), "member \"when.rate\": \"often\" is not a share", "from 0 to 1"),
        (when(r#"{"rat":1}"#), "member \"when.rat\": unknown field `rat`", "`rate`"),
        (when(r#"{"requests":[0]}"#), "member \"when.requests\": there is no request 0", "the number 1"),
        (when(r#"{"requests":[]}"#), "member \"when.requests\": an empty list", "remove"),
        (
            when(r#"{"requests":[1,-1]}"#),
            "member \"when.requests.1\": invalid value: integer `-1`",
            "correct the script at this place",
        ),
        (when(r#"{"every":0}"#), "member \"when.every\": 0 matches no request", "give 1"),
        (when(r#"{"times":0}"#), "member \"when.times\": a rule with 0 never applies", "at least 1"),
        (when(r#"{"operation":"getInfo"}"#), "member \"when.operation", "`GetInfo`"),
        (fault(r#""html"#), "", "must be JSON"),
        (fault(r#""html""#), "member \"fault", "`html200`"),
        (fault(r#"{"respond":{"status":199}}"#), "member \"fault.respond.status\": 199", "from 200 to 999"),
        (fault(r#"{"respond":{"status":204,"body":{"text":"x"}}}"#), "member \"fault.respond.body\"", "remove"),
        (
            fault(r#"{"respond":{"status":200,"headers":{"content-length":"1"}}}"#),
            "member \"fault.respond.headers.content-length\"",
            "wrong_content_length",
        ),
        (
            fault(r#"{"respond":{"status":200,"headers":{"a b":"1"}}}"#),
            "member \"fault.respond.headers\": \"a b\"",
            "letters",
        ),
        (fault(r#"{"respond":{"status":200,"headers":{"a":"\n"}}}"#), "member \"fault.respond.headers.a\"", "remove"),
        (
            fault(r#"{"respond":{"status":429,"retry_after":{"fraction":-1}}}"#),
            "member \"fault.respond.retry_after\": -1",
            "from 0",
        ),
        (
            fault(r#"{"respond":{"status":429,"retry_after":{"date":99999999999}}}"#),
            "retry_after\": 99999999999",
            "at most",
        ),
        (fault(r#"{"respond":{"status":429,"retry_after":{"text":"\u0000"}}}"#), "retry_after\"", "remove"),
        (fault(r#"{"respond":{"status":429,"reason":"x"}}"#), "unknown field `reason`", "`status`"),
        (fault(r#"{"delay":50}"#), "member \"fault.delay", "correct the script at this place"),
        (fault(r#"{"drip":{"bytes":0,"every":{"milliseconds":1}}}"#), "member \"fault.drip.bytes\": 0", "at least 1"),
        (fault(r#"{"wrong_content_length":{"by":0}}"#), "member \"fault.wrong_content_length.by\": 0", "negative"),
        (fault(r#"{"redirect":{"location":"\n"}}"#), "member \"fault.redirect.location\"", "give a URL"),
        (
            fault(r#"{"decompression_bomb":{"bytes":99999999999}}"#),
            "member \"fault.decompression_bomb.bytes\": 99999999999",
            "at most 17179869184",
        ),
        (rule("{}"), "rule 2 of the fault script: missing field `fault`", "correct the script at this place"),
        ("[]".into(), "the fault script: ", "correct the script at this place"),
        ("{}".into(), "the fault script: missing field `rules`", "correct the script at this place"),
        ("".into(), "the fault script: EOF", "must be JSON"),
        (r#"{"rules":[]} x"#.into(), "the fault script: trailing characters", "remove everything after the bracket"),
    ] {
        let error = Faults::from_json(&script).unwrap_err().to_string();
        assert!(error.contains(place), "{script}\n{error}\n{place}");
        assert!(error.contains(hint), "{script}\n{error}\n{hint}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_rule_built_in_rust_is_checked_like_a_parsed_one() {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::Html200).unwrap();
    let error = faults.add_rule(Trigger::any().every(0), Fault::Html200);
    let error = error.unwrap_err();
    assert_eq!((error.rule(), error.member()), (Some(2), "when.every"));
}

#[test]
fn the_first_matching_rule_whose_times_are_not_used_up_decides() {
    let script = Faults::new()
        .add_rule(Trigger::any().requests([2, 3, 4]).times(2), Fault::Html200)
        .unwrap()
        .add_rule(Trigger::any().times(2), Fault::MalformedJson)
        .unwrap();
    let active = ActiveFaults::new(script, 1);
    let faults: Vec<_> = (1..=6)
        .map(|number| {
            active.fault_for(&ordinal(number), Operation::Other, None).map(|triggered| triggered.fault.clone())
        })
        .collect();
    assert_eq!(
        faults,
        [
            Some(Fault::MalformedJson),
            Some(Fault::Html200),
            Some(Fault::Html200),
            Some(Fault::MalformedJson),
            None,
            None
        ]
    );
}

#[test]
fn the_request_log_names_a_fault_as_a_script_does() {
    for rule in complete_script().rules {
        let name = match serde_json::to_value(&rule.fault).unwrap() {
            serde_json::Value::String(name) => name,
            other => other.as_object().unwrap().keys().next().unwrap().clone(),
        };
        assert_eq!(rule.fault.name(), name);
    }
}
