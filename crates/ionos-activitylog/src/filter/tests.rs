use proptest::prelude::*;

use super::*;
use crate::ErrorKind;

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
fn each_key_keeps_what_it_names_and_its_negation_the_rest() {
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
        ("text", "(?i)ACCEPTED", true),
        ("text", "^um", false),
    ] {
        assert_eq!(keeps(&[&format!("{key}={value}")]), expected, "{key}={value}");
        assert_eq!(keeps(&[&format!("{key}!={value}")]), !expected, "{key}!={value}");
    }
}

#[test]
fn values_of_a_key_are_alternatives_and_keys_must_all_hold() {
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
fn the_text_is_the_same_however_a_filter_was_built() {
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
fn an_error_says_what_was_understood_and_what_is_known() {
    let known = "type, status, method, service, user, ip, outcome, mutations, resource-type, resource-id, action, text";
    for (pair, expected) in [
        ("jane", format!("\"jane\" is no filter: write key=value to keep events, or key!=value to leave them out; known keys are {known}")),
        ("usr=jane", format!("there is no key \"usr\" to filter by (did you mean \"user\"?): known are {known}")),
        ("=jane", format!("there is no key \"\" to filter by: known are {known}")),
        ("user=", "the filter \"user\" has no value to compare with: write user=value".to_owned()),
        ("status=-", "the filter \"status\" has no value to compare with: write status=value".to_owned()),
        ("text=", "the filter \"text\" has no value to compare with: write text=value".to_owned()),
        ("outcome=failed", "the filter \"outcome\" cannot be \"failed\" (did you mean \"failure\"?): known are failure, success, pending, unknown".to_owned()),
        ("outcome=Error", "the filter \"outcome\" cannot be \"Error\" (did you mean \"failure\"?): known are".to_owned()),
        ("outcome=OK", "the filter \"outcome\" cannot be \"OK\" (did you mean \"success\"?): known are".to_owned()),
        ("outcome= succeeded", "the filter \"outcome\" cannot be \" succeeded\" (did you mean \"success\"?): known are".to_owned()),
        ("outcome=running", "the filter \"outcome\" cannot be \"running\" (did you mean \"pending\"?): known are".to_owned()),
        ("outcome=odd", "the filter \"outcome\" cannot be \"odd\": known are failure, success, pending, unknown".to_owned()),
        ("outcome=sucess", "the filter \"outcome\" cannot be \"sucess\" (did you mean \"success\"?): known are failure, success, pending, unknown".to_owned()),
        ("mutations=yes", "the filter \"mutations\" cannot be \"yes\": known are true, false".to_owned()),
        ("ip=10.0.0.256", "the filter \"ip\" is for an address or a network, and \"10.0.0.256\" is neither: write one such as 203.0.113.42 or 203.0.113.0/24".to_owned()),
        ("text=(", "the filter \"text\" is a regular expression, and \"(\" cannot be read as one: ".to_owned()),
    ] {
        let error = Filter::parse([pair]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().starts_with(&expected), "{error}\n{expected}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let open = "text=\"a".parse::<Filter>().unwrap_err().to_string();
    assert!(open.contains("is not closed"), "{open}");
}

proptest! {
    #[test]
    fn the_text_of_a_filter_reads_back(
        pairs in prop::collection::vec((prop::sample::select(FilterKey::ALL.to_vec()), any::<bool>(), "\\PC{1,12}|[ -~]{1,12}|[a\"\\\\ \t\n*=!]{1,6}"), 0..6),
    ) {
        let filter = pairs.iter().fold(Filter::new(), |filter, (key, negated, value)| {
            // Values that a key cannot have change nothing.
            filter.clone().with(*key, *negated, value).unwrap_or(filter)
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
