use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;

const RECORD: &str = r#"{
    "principal": {"sourceIP": "203.0.113.42:443", "sourceService": "PUBLIC_REST_V6", "identity": {"username": "Jane_Doe@example.com"}},
    "event": {"type": "RequestAccepted", "status": "QUEUED", "message": "r\u00fcckw\u00e4rts \/um",
              "param": {"action": "POST", "sourceService": "Provisioning"},
              "resources": [{"type": "firewallrule", "id": "1466", "action": ["vr.firewall.activate"]}, {"type": "user", "action": ["sec.user.create"]}]}
}"#;

fn keeps(pairs: &[&str]) -> bool {
    let event = Event::from_json(RECORD).unwrap();
    Filter::parse(pairs).unwrap().matches(&event)
}

#[test]
fn each_key_keeps_matching_events_and_its_negation_keeps_all_others() {
    for (key, value, expected) in [
        ("user", "jane_doe@example.com", true),
        ("user", "*@example.com", true),
        ("user", "janedoe@example.com", false),
        ("type", "requestaccepted", true),
        ("type", "request-accepted", true),
        ("type", "Request*", true),
        ("type", "Request", false),
        ("status", "queued", true),
        ("status", "DONE", false),
        ("outcome", "pending", true),
        ("outcome", "Failure", false),
        ("service", "public_rest_v6", true),
        ("service", "provisioning", true),
        ("service", "DCD", false),
        ("ip", "203.0.113.42", true),
        ("ip", "203.0.113.0/24", true),
        ("ip", "203.0.113.99/24", true),
        ("ip", "::ffff:203.0.113.42", true),
        ("ip", "::ffff:203.0.113.0/120", true),
        ("ip", "0.0.0.0/0", true),
        ("ip", "198.51.100.0/24", false),
        ("ip", "::/0", false),
        ("resource-type", "Firewall_Rule", true),
        ("resource-type", "user", true),
        ("resource-type", "datacenter", false),
        ("resource-id", "1466", true),
        ("resource-id", "14", false),
        ("action", "sec.*", true),
        ("action", "*.ACTIVATE", true),
        ("action", "sec", false),
        ("method", "post", true),
        ("method", "GET", false),
        ("mutations", "true", true),
        ("mutations", "false", false),
        ("text", "rückwärts /um", true),
        ("text", r#""status":"QUEUED""#, true),
        ("text", "ACCEPTED", true),
        ("text", "(?-i)ACCEPTED", false),
        ("text", "^um", false),
    ] {
        assert_eq!(keeps(&[&format!("{key}={value}")]), expected, "{key}={value}");
        assert_eq!(keeps(&[&format!("{key}!={value}")]), !expected, "{key}!={value}");
    }
}

#[test]
fn a_text_is_found_with_its_json_escapes_and_without_them() {
    let record =
        r#"{"event": {"message": "Volume \"db-1\" deleted\r\n\tfrom C:\\Temp\u001b", "path": "\ud800\u002f"}}"#;
    let event = Event::from_json(record).unwrap();
    for (value, expected) in [
        // As people see the message: without escapes.
        ("Volume \"db-1\" deleted", true),
        ("deleted\r\n\tfrom", true),
        (r"deleted\s+from C:\\Temp", true),
        (r"deleted\r\n\tfrom", true),
        ("(?-i)temp\u{1b}", false),
        ("(?-i)Temp\u{1b}", true),
        // As the canonical record contains the message: with escapes.
        (r#"Volume \\"db-1\\" deleted"#, true),
        (r"deleted\\r\\n\\tfrom C:\\\\Temp\\u001b", true),
        (r#""path":"\\ud800/"#, true),
        // The searched text has either all escapes or none, so an expression with only some of the escapes finds
        // nothing.
        (r#"Volume "db-1\\""#, false),
        ("deletedrn", false),
    ] {
        for (negated, expected) in [(false, expected), (true, !expected)] {
            let filter = Filter::new().with_condition(FilterKey::Text, negated, value).unwrap();
            assert_eq!(filter.matches(&event), expected, "value {value}, negated: {negated}");
        }
    }
    let either = Filter::parse(["text=absent", "text=\"db-1\" "]).unwrap();
    assert!(either.matches(&event));
}

#[test]
fn one_value_of_each_key_must_match() {
    assert!(keeps(&[]));
    assert!(keeps(&["status=DONE", "status=QUEUED", "method=POST"]));
    assert!(!keeps(&["status=DONE", "status=QUEUED", "method=GET"]));
    assert!(!keeps(&["status!=DONE", "status!=QUEUED"]));
    assert!(keeps(&["type=Request*", "type!=RequestStatusUpdate"]));
    assert!(!keeps(&["type=Request*", "type!=RequestAccepted"]));
    let empty = Event::from_json("{}").unwrap();
    assert!(!Filter::parse(["ip=::/0"]).unwrap().matches(&empty));
    assert!(!Filter::parse(["user=*"]).unwrap().matches(&empty));
    assert!(Filter::parse(["user!=*"]).unwrap().matches(&empty));
    assert!(Filter::new().is_empty() && !Filter::parse(["user!=*"]).unwrap().is_empty());
}

#[test]
fn equal_filters_have_the_same_text() {
    let filter = Filter::parse([
        "text=a \"b\"=c",
        "USER=B",
        "user=a",
        "Resource_Type=Firewall-Rule",
        "ip=10.1.2.3/8",
        "user=b",
        "ip=::ffff:1.2.3.4/128",
    ]);
    let filter = filter.unwrap();
    assert_eq!(
        filter.to_string(),
        r#"user=a user=b ip=1.2.3.4 ip=10.0.0.0/8 resource-type=firewallrule text="a \"b\"=c""#
    );
    assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter);
    let built = Filter::new().only(FilterKey::User, "b").unwrap().only(FilterKey::User, "A").unwrap();
    assert_eq!(built, " user=a\tuser=b ".parse().unwrap());
    assert_ne!(built, Filter::new());
    assert_eq!(Filter::new(), "".parse().unwrap());
}

#[test]
fn an_error_names_the_invalid_value_and_the_valid_values() {
    let known = "type, status, method, service, user, ip, outcome, mutations, resource-type, resource-id, action, text";
    for (pair, expected) in [
        ("jane", format!("\"jane\" is not a filter: use key=value to keep events or key!=value to exclude them, such as user=jane*; the keys are {known}")),
        ("usr=jane", format!("unknown filter key \"usr\" (did you mean \"user\"?): the keys are {known}")),
        ("=jane", format!("unknown filter key \"\": the keys are {known}")),
        ("user=", "the filter \"user\" has no value: use user=VALUE".to_owned()),
        ("status=-", "the filter \"status\" has no value: use status=VALUE".to_owned()),
        ("text=", "the filter \"text\" has no value: use text=VALUE".to_owned()),
        ("outcome=failed", "invalid value \"failed\" for the filter \"outcome\" (did you mean \"failure\"?): the values are failure, success, pending, unknown".to_owned()),
        ("outcome=Error", "invalid value \"Error\" for the filter \"outcome\" (did you mean \"failure\"?): the values are".to_owned()),
        ("outcome=OK", "invalid value \"OK\" for the filter \"outcome\" (did you mean \"success\"?): the values are".to_owned()),
        ("outcome= succeeded", "invalid value \" succeeded\" for the filter \"outcome\" (did you mean \"success\"?): the values are".to_owned()),
        ("outcome=running", "invalid value \"running\" for the filter \"outcome\" (did you mean \"pending\"?): the values are".to_owned()),
        ("outcome=odd", "invalid value \"odd\" for the filter \"outcome\": the values are failure, success, pending, unknown".to_owned()),
        ("outcome=sucess", "invalid value \"sucess\" for the filter \"outcome\" (did you mean \"success\"?): the values are failure, success, pending, unknown".to_owned()),
        ("mutations=yes", "invalid value \"yes\" for the filter \"mutations\": the values are true, false".to_owned()),
        ("ip=10.0.0.256", "invalid value \"10.0.0.256\" for the filter \"ip\": use an address or a network, such as 203.0.113.42 or 203.0.113.0/24".to_owned()),
        ("text=(", "invalid value \"(\" for the filter \"text\": it is not a regular expression: ".to_owned()),
    ] {
        let error = Filter::parse([pair]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().starts_with(&expected), "{error}\n{expected}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let open = "text=\"a".parse::<Filter>().unwrap_err().to_string();
    assert!(open.contains("is not a valid JSON string"), "{open}");
}

proptest! {
    #[test]
    fn the_text_of_a_filter_parses_to_an_equal_filter(
        pairs in prop::collection::vec((prop::sample::select(FilterKey::ALL.to_vec()), any::<bool>(), "\\PC{1,12}|[ -~]{1,12}|[a\"\\\\ \t\n*=!]{1,6}"), 0..6),
    ) {
        let filter = pairs.iter().fold(Filter::new(), |filter, (key, negated, value)| {
            // Invalid values are skipped.
            filter.clone().with_condition(*key, *negated, value).unwrap_or(filter)
        });
        let again: Filter = filter.to_string().parse().unwrap();
        prop_assert_eq!(again.to_string(), filter.to_string());
        let event = Event::from_json(RECORD).unwrap();
        prop_assert_eq!(again.matches(&event), filter.matches(&event));
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(text in "\\PC{0,30}|(user|text|ip)!?=[\"a\\\\ *]{0,8}") {
        let event = Event::from_json(RECORD).unwrap();
        if let Ok(filter) = text.parse::<Filter>() {
            let _ = filter.matches(&event);
        }
        if let Ok(filter) = Filter::parse([&text]) {
            let _ = filter.matches(&event);
        }
    }
}

#[test]
fn only_the_conditions_on_the_outcome_decide_whether_an_outcome_is_accepted() {
    for (filter, accepted) in [
        ("", "failure success pending unknown"),
        ("status=QUEUED", "failure success pending unknown"),
        ("outcome=unknown status=QUEUED", "unknown"),
        ("outcome=pending outcome=failure", "failure pending"),
        ("outcome!=failure user=jane", "success pending unknown"),
        ("outcome=pending outcome!=pending", ""),
    ] {
        let filter: Filter = filter.parse().unwrap();
        let outcomes = Outcome::ALL.into_iter().filter(|outcome| accepts_outcome(&filter, *outcome));
        assert_eq!(outcomes.map(Outcome::as_str).collect::<Vec<_>>().join(" "), accepted, "{filter}");
    }
}
