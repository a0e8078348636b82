//! A client is fooled most easily by an answer that is almost right. So these faults take the very bytes that the
//! service would send and change one place in them; everything around it stays as it is, byte for byte.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::world::random::Random;

/// A page of the log. Borrowed, so that the place of each part in the text is known.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: &'a RawValue,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
}

/// The list that an answer is about: that of a page, or the answer itself if it is one.
fn list(body: &str) -> Option<&RawValue> {
    let whole = || serde_json::from_str::<&RawValue>(body).ok();
    match serde_json::from_str::<Page<'_>>(body) {
        Ok(page) => Some(page.hits.hits),
        Err(_) => whole(),
    }
    .filter(|value| value.get().starts_with('['))
}

/// The JSON with its last bracket of the wrong kind, so that it breaks where a careless reader has stopped reading.
/// What does not end in a bracket gets one.
pub(super) fn malformed(body: &Bytes) -> Bytes {
    let mut text = body.to_vec();
    match text.last_mut() {
        Some(last @ b'}') => *last = b']',
        Some(last @ b']') => *last = b'}',
        _ => text.push(b'}'),
    }
    text.into()
}

/// The answer with `null` in the place of its list. Nothing when it has none.
pub(super) fn null_for_array(body: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    splice(text, list(text)?.get(), "null")
}

/// The answer with one member of one record of a type that it never has. Nothing when there is no record in it.
///
/// An answer that is an object itself is its own record.
pub(super) fn wrong_type(body: &Bytes, random: &mut Random) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let record = match list(text) {
        Some(list) => {
            let records: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
            if records.is_empty() {
                return None;
            }
            random.pick(&records).get()
        }
        None => text,
    };
    let record = match serde_json::from_str::<Hit<'_>>(record) {
        Ok(hit) => hit.source.get(),
        Err(_) => record,
    };
    // In the order of their names, whatever the order in the record.
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(record).ok()?;
    let members: Vec<&RawValue> = members.into_values().collect();
    if members.is_empty() {
        return None;
    }
    let value = random.pick(&members).get();
    let other = if value.starts_with(['{', '[']) { "7" } else { "{}" };
    splice(text, value, other)
}

/// The text with something else in the place of one of its parts.
fn splice(text: &str, part: &str, other: &str) -> Option<Bytes> {
    let Range { start, end } = place(text, part)?;
    Some([text.get(..start)?, other, text.get(end..)?].concat().into())
}

/// Where a part of a text is in it.
fn place(text: &str, part: &str) -> Option<Range<usize>> {
    // serde_json gives borrowed values as slices of what it read.
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let place = start..start.checked_add(part.len())?;
    (text.get(place.clone()) == Some(part)).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::random::Key;

    const PAGE: &str =
        r#"{"hits":{"total":3,"hits":[{"_source":{"meta":{"a":1.10}}}, {"_source":{"meta":{},"x":"y"}}]},"took":1}"#;
    const CONTRACTS: &str = r#"[{"id":12345678,"type":"contracts"}]"#;
    const INFO: &str = r#"{"name":"CLOUD API"}"#;

    fn text(bytes: Option<Bytes>) -> Option<String> {
        bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn malformed_json_breaks_at_its_last_bracket() {
        for (body, broken) in [(INFO, r#"{"name":"CLOUD API"]"#), ("[]", "[}"), ("<html>", "<html>}"), ("", "}")] {
            let damaged = malformed(&Bytes::from(body));
            assert_eq!(damaged, broken);
            assert!(serde_json::from_slice::<serde_json::Value>(&damaged).is_err());
        }
    }

    #[test]
    fn null_takes_the_place_of_the_list_and_of_nothing_else() {
        for (body, expected) in [
            (PAGE, Some(r#"{"hits":{"total":3,"hits":null},"took":1}"#.to_owned())),
            (CONTRACTS, Some("null".into())),
            ("[]", Some("null".into())),
            (INFO, None),
            (r#"{"hits":{"hits":null}}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(text(null_for_array(&Bytes::from(body))), expected);
        }
    }

    #[test]
    fn one_member_of_one_record_has_a_wrong_type_and_the_rest_is_as_it_was() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let key = Key { seed, contract: 0, part: 0 };
            let damaged = || {
                let body = Bytes::from_static(PAGE.as_bytes());
                text(wrong_type(&body, &mut Random::new(key, 0))).unwrap()
            };
            assert_eq!(damaged(), damaged());
            seen.insert(damaged());
        }
        let expected = [
            PAGE.replacen(r#"{"a":1.10}"#, "7", 1),
            PAGE.replacen(r#""meta":{},"#, r#""meta":7,"#, 1),
            PAGE.replacen(r#""y""#, "{}", 1),
        ];
        assert_eq!(seen, expected.into());
    }

    #[test]
    fn lists_and_single_objects_have_records_too_and_what_has_none_stays_as_it_is() {
        let key = Key { seed: 1, contract: 0, part: 0 };
        for (body, expected) in [
            (INFO, Some(r#"{"name":{}}"#)),
            (r#"[{"id":1}]"#, Some(r#"[{"id":{}}]"#)),
            ("[]", None),
            ("{}", None),
            (r#"{"hits":{"total":0,"hits":[]}}"#, None),
            ("[1]", None),
            ("<html>", None),
        ] {
            let damaged = wrong_type(&Bytes::from(body), &mut Random::new(key, 0));
            assert_eq!(text(damaged).as_deref(), expected, "{body}");
        }
    }
}
