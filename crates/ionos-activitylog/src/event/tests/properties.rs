//! Properties of every record, tested with generated records.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Random JSON text. Some of its keys are keys of the model.
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

/// A value without duplicate keys, so that the order of its members does not matter.
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

/// The value as JSON text in one of two spellings, which differ in the order of keys, in escapes and in whitespace.
fn spell(value: &Value, other: bool) -> String {
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
            let list: Vec<_> = list.iter().map(|value| spell(value, other)).collect();
            format!("[{space}{}{space}]", list.join(&format!("{space},")))
        }
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{}{space}:{}", key(name), spell(value, other))).collect();
            if other {
                members.reverse();
            }
            format!("{{{}}}", members.join(&format!(",{space}")))
        }
    }
}

/// A hit such as the service sends, with unexpected values in some places.
fn similar_hit() -> impl Strategy<Value = String> {
    let value = || prop_oneof![r#""([a-z]{0,9}|\\ud800|\\u00e4|\\"\\\\)""#, "[0-9]", "null"];
    let time = prop_oneof![Just(r#""2026-11-20T09:14:03Z""#.to_owned()), value()];
    let meta = prop_oneof![4 => time.prop_map(|time| format!(r#"{{"time":{time}}}"#)), 1 => value()];
    (value(), meta, value(), value(), any::<[bool; 3]>()).prop_map(|(uuid, meta, status, id, [sort, twice, space])| {
        let sort = if sort { r#","sort":[7]"# } else { "" };
        let twice = if twice { r#","meta":{"requestId":"r"}"# } else { "" };
        let space = if space { "\n " } else { "" };
        format!(
            r#"{{"_source":{space}{{"@uuid":{uuid},"meta":{meta},"event":{{"status":{status},"resources":[{{"id":{id}}}]}}{twice}}}{space}{sort}}}"#
        )
    })
}

/// Asserts that two events have the same record and the same typed view.
fn assert_same(one: &Event, other: &Event) {
    assert_eq!(one.raw(), other.raw());
    assert_eq!((one.id(), one.time()), (other.id(), other.time()));
    assert_eq!(format!("{:?}", one.details()), format!("{:?}", other.details()));
    assert_eq!(one.issues(), other.issues());
}

proptest! {
    #[test]
    fn every_accessor_works_for_any_record(json in json(), pointer in "(/[a-z~01]{0,3}){0,4}|.{0,8}") {
        let event = record(json.clone());
        ask_everything(&event);
        prop_assert_eq!(event.issues(), issue::find_issues(event.raw()));
        let _ = event.field(&pointer);
        let canonical = record(event.canonical());
        prop_assert_eq!(canonical.fingerprint(), event.fingerprint());
        let hit = format!(r#"{{"_id":{json},"_source":{json}}}"#);
        ask_everything(&Event::from_hit(&hit));
    }

    #[test]
    fn the_one_pass_reader_agrees_with_serde_json_and_a_scan(
        hits in prop::collection::vec(prop_oneof![similar_hit(), json()], 1..6),
        cut in any::<prop::sample::Index>(),
        inserted in r#"["\\ ,:{}\[\]a01eu-]{0,3}|"meta":7,|"\\u006deta":\{\},"#,
        removed in 0..3_usize,
    ) {
        for hit in hits {
            let chars: Vec<char> = hit.chars().collect();
            let cut = cut.index(chars.len());
            let rest = chars.iter().skip(cut + removed);
            let mutated: String = chars.iter().take(cut).copied().chain(inserted.chars()).chain(rest.copied()).collect();
            for text in [hit, mutated] {
                let text = Arc::new(text);
                let validated = serde_json::from_str::<&RawValue>(&text).map(RawValue::get).ok();
                let mut cursor = OnePass::new(&text);
                let read = Event::read_hit(&mut cursor, &text).filter(|_| cursor.is_at_end());
                prop_assert_eq!(read.is_some(), validated.is_some(), "{}", text);
                let record = Event::from_json(text.as_str());
                prop_assert_eq!(record.is_ok(), validated.is_some(), "{}", text);
                let (Some(validated), Some(read), Ok(record)) = (validated, read, record) else { continue };
                assert_same(&read, &Event::from_hit(validated));
                let members = RecordMembers::scan(validated);
                let index = RecordIndex::new(validated, &members);
                let record_text = RecordText::owned(validated.to_owned());
                assert_same(&record, &Event { record: record_text, envelope_issue: None, index, fits_model: None });
                assert_same(&read, &read.clone().detach());
                let mut checked = read.clone();
                checked.check_model();
                assert_same(&read, &checked);
                prop_assert_eq!(record.index.members.resolve(record.raw()), RecordMembers::scan(record.raw()), "{}", text);
                prop_assert_eq!(read.index.members.resolve(read.raw()), RecordMembers::scan(read.raw()), "{}", text);
                prop_assert_eq!(record.issues(), issue::find_issues(record.raw()), "{}", text);
            }
        }
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), json in json()) {
        let mut cut = json.into_bytes();
        cut.extend_from_slice(&bytes);
        for bytes in [bytes, cut] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // Indexing text that is not JSON must not panic, although only this test indexes such text.
            let index = RecordIndex::new(&text, &RecordMembers::scan(&text));
            ask_everything(&Event { record: RecordText::owned(text.clone()), envelope_issue: None, index, fits_model: None });
            if let Ok(event) = Event::from_json(text) {
                ask_everything(&event);
            }
        }
    }

    #[test]
    fn key_order_whitespace_and_escapes_do_not_change_the_hash(value in value()) {
        let (one, other) = (spell(&value, false), spell(&value, true));
        prop_assert_eq!(record(one).id(), record(other).id());
    }
}
