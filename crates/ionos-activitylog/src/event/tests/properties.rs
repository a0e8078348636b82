//! What holds for every record, tried with records made by chance.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// JSON as text, with the keys of the model among its keys.
fn json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "@uuid",
            "meta",
            "time",
            "principal",
            "identity",
            "event",
            "type",
            "status",
            "param",
            "error",
            "errorCode",
            "httpStatus",
            "messages",
            "resources",
            "action",
            "id",
            "sourceIP",
            "requestId",
        ])
        .prop_map(|key| format!("{key:?}")),
        r#""([a-zü/~]|\\u00[0-9a-f]{2}|\\ud[89a-f]00|\\["\\/bfnrt]){0,5}""#,
    ];
    let leaf = prop_oneof![
        key.clone(),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?",
        prop::sample::select(vec!["null", "true", "false", r#""2026-11-20T09:14:03Z""#]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        let space = " {0,2}";
        let member =
            (key.clone(), inner.clone(), space).prop_map(|(key, value, space)| format!("{space}{key}{space}:{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|list| format!("[{}]", list.join(" ,"))),
            prop::collection::vec(member, 0..6).prop_map(|list| format!("{{{}}}", list.join(", "))),
        ]
    })
}

/// A value that fits, more often than not.
fn fitting(value: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![9 => Just(value.to_owned()), 1 => json()]
}

/// A value whose keys differ, with members that may be put in any order.
#[derive(Clone, Debug)]
enum Value {
    Leaf(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = "[0-9]{1,20}".prop_map(|digits| Value::Leaf(format!("1{digits}")));
    leaf.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map("\\PC{0,3}", inner, 0..5).prop_map(Value::Object),
        ]
    })
}

/// The value with its keys in one of two orders, spelled in one of two ways, and with some white space.
fn spelled(value: &Value, other: bool) -> String {
    let space = if other { " \n" } else { "" };
    let key = |key: &str| -> String {
        if other {
            let units = key.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
            return format!("\"{}\"", units.collect::<String>());
        }
        serde_json::Value::from(key).to_string()
    };
    match value {
        Value::Leaf(text) => text.clone(),
        Value::List(list) => {
            let list: Vec<_> = list.iter().map(|value| spelled(value, other)).collect();
            format!("[{space}{}{space}]", list.join(&format!("{space},")))
        }
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}{space}:{}", key(name), spelled(value, other))).collect();
            if other {
                members.reverse();
            }
            format!("{{{}}}", members.join(&format!(",{space}")))
        }
    }
}

/// Hits of few shapes, with other values in their places.
fn alike() -> impl Strategy<Value = String> {
    let value = || prop_oneof![r#""([a-z]{0,9}|\\ud800|\\u00e4|\\"\\\\)""#, "[0-9]", "null"];
    let time = prop_oneof![Just(r#""2026-11-20T09:14:03Z""#.to_owned()), value()];
    (value(), time, value(), value(), any::<bool>()).prop_map(|(uuid, time, status, id, sorted)| {
        let sort = if sorted { r#","sort":[7]"# } else { "" };
        format!(
            r#"{{"_source":{{"@uuid":{uuid},"meta":{{"time":{time}}},"event":{{"status":{status},"resources":[{{"id":{id}}}]}}}}{sort}}}"#
        )
    })
}

/// That two events say the same.
fn same(one: &Event, other: &Event) {
    assert_eq!(one.raw(), other.raw());
    assert_eq!((one.id(), one.time()), (other.id(), other.time()));
    assert_eq!(one.issues(), other.issues());
}

proptest! {
    #[test]
    fn any_record_answers_every_question(json in json(), pointer in "(/[a-z~01]{0,3}){0,4}|.{0,8}") {
        let event = record(json.clone());
        everything(&event);
        let _ = event.field(&pointer);
        let canonical = record(event.canonical());
        prop_assert_eq!(canonical.fingerprint(), event.fingerprint());
        let hit = format!(r#"{{"_id":{json},"_source":{json}}}"#);
        everything(&Event::of_hit(serde_json::from_str::<&RawValue>(&hit).unwrap().get()));
    }

    #[test]
    fn the_short_way_to_see_whether_a_record_fits_says_what_the_long_way_does(
        uuid in fitting(r#""u""#),
        meta in fitting(r#"{"time":"2026-11-20T09:14:03Z","queueRefId":1.10,"new":[{}]}"#),
        principal in fitting(r#"{"identity":{"contractNumber":"7"},"sourceIP":null}"#),
        resources in fitting(r#"[{"action":["a"],"id":"\u0069"},{}]"#),
        param in fitting(r#"{ "error" : {"httpStatus":422,"messages":[]} }"#),
        more in json(),
    ) {
        let event = record(format!(
            r#"{{"@uuid":{uuid}, "meta":{meta}, "principal":{principal},
                "event":{{"resources":{resources},"param":{param},"new":{more}}}, "new":{more}}}"#
        ));
        if event.time().is_some() {
            prop_assert_eq!(fit::surely_fits(event.raw()), issue::of(event.raw()).is_empty());
        }
    }

    #[test]
    fn an_event_is_the_same_whether_its_shape_is_known_or_not(
        hits in prop::collection::vec(prop_oneof![alike(), json()], 1..12),
    ) {
        let mut known = Arc::default();
        let mut records = KnownRecords::default();
        for hit in hits.iter().chain(&hits) {
            let expected = Event::of_hit(serde_json::from_str::<&RawValue>(hit).unwrap().get());
            same(&Event::of_next_hit(&mut Walk::of(hit), &mut known).unwrap(), &expected);
            for record in [hit.as_str(), expected.raw()] {
                let expected = Event::from_json(record).unwrap();
                let seen = records.read(record).unwrap();
                same(&seen.event(), &expected);
                prop_assert_eq!(format!("{:?}", seen.details()), format!("{:?}", expected.details()));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), json in json()) {
        let mut cut = json.into_bytes();
        cut.extend_from_slice(&bytes);
        for bytes in [bytes, cut] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // What is not JSON never gets here, and would not do harm.
            everything(&Event {
                record: text.as_str().into(),
                astray: None,
                fits: false,
                time: None,
                name: None,
            });
            json::canonical(&text);
            crate::json::at(&text, "/a/0");
            Details::of(&text);
            issue::of(&text);
            if let Ok(event) = Event::from_json(text) {
                everything(&event);
            }
        }
    }

    #[test]
    fn neither_order_nor_white_space_nor_spelling_changes_the_hash(value in value()) {
        let (one, other) = (spelled(&value, false), spelled(&value, true));
        prop_assert_eq!(record(one).id(), record(other).id());
    }
}
