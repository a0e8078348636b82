//! Faults that change little in the correct answer: one place, or the number of hits. Such an answer is the hardest for
//! a client to recognize as wrong.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::data::random::Random;

/// A page of the log. The parts are borrowed, so that their position in the text is known.
#[derive(Deserialize)]
struct PageJson<'a> {
    #[serde(borrow)]
    hits: HitsJson<'a>,
}

#[derive(Deserialize)]
struct HitsJson<'a> {
    #[serde(borrow)]
    hits: &'a RawValue,
    #[serde(default)]
    total: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct HitJson<'a> {
    #[serde(borrow, rename = "_source")]
    source: &'a RawValue,
}

/// The list of an answer: the hits of a page, or the whole answer if it is a list. `None` for any other answer.
fn find_list(body: &str) -> Option<&RawValue> {
    let whole = || serde_json::from_str::<&RawValue>(body).ok();
    match serde_json::from_str::<PageJson<'_>>(body) {
        Ok(page) => Some(page.hits.hits),
        Err(_) => whole(),
    }
    .filter(|value| value.get().starts_with('['))
}

/// Replaces the bracket at the end by a bracket of the wrong kind. A client that stops reading before the end does not
/// notice the fault. If the text does not end with a bracket, appends a bracket.
pub(super) fn malformed_json(body: &Bytes) -> Bytes {
    let mut text = body.to_vec();
    match text.last_mut() {
        Some(last @ b'}') => *last = b']',
        Some(last @ b']') => *last = b'}',
        _ => text.push(b'}'),
    }
    text.into()
}

/// Replaces the list of the answer by `null`. `None` if the answer has no list.
pub(super) fn null_for_array(body: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    replace_part(text, find_list(text)?.get(), "null")
}

/// Gives one member of one record a type that the service never sends for this member. `None` if the answer has no
/// record, or if the record has no members.
///
/// An answer that is an object, but not a page, is treated as a record.
pub(super) fn wrong_type(body: &Bytes, random: &mut Random) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let record = match find_list(text) {
        Some(list) => {
            let records: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
            if records.is_empty() {
                return None;
            }
            random.pick(&records).get()
        }
        None => text,
    };
    let record = match serde_json::from_str::<HitJson<'_>>(record) {
        Ok(hit) => hit.source.get(),
        Err(_) => record,
    };
    // Ordered by name, so that the choice does not depend on the order in the record.
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(record).ok()?;
    let members: Vec<&RawValue> = members.into_values().collect();
    if members.is_empty() {
        return None;
    }
    let value = random.pick(&members).get();
    let other = if value.starts_with(['{', '[']) { "7" } else { "{}" };
    replace_part(text, value, other)
}

/// Keeps the first half of the hits and half of the total, and adds the members with which a search engine reports a
/// partial search, such as `timed_out`. `None` if the answer is not a page with a numeric total.
pub(super) fn partial_search(body: &Bytes) -> Option<Bytes> {
    let page: PageJson<'_> = serde_json::from_slice(body).ok()?;
    let hits: Vec<&RawValue> = serde_json::from_str(page.hits.hits.get()).ok()?;
    let searched: Vec<&str> = hits.iter().take(hits.len() / 2).map(|hit| hit.get()).collect();
    let total = page.hits.total?.as_u64()? / 2;
    let signs = r#""took":30000,"timed_out":true,"_shards":{"total":5,"successful":3,"skipped":0,"failed":2}"#;
    Some(format!(r#"{{{signs},"hits":{{"total":{total},"hits":[{}]}}}}"#, searched.join(",")).into())
}

/// Puts a byte that is not UTF-8 before one record. `None` if the answer has no record.
pub(super) fn invalid_record(body: &Bytes, random: &mut Random) -> Option<Bytes> {
    let text = std::str::from_utf8(body).ok()?;
    let records: Vec<HitJson<'_>> = serde_json::from_str(find_list(text)?.get()).ok()?;
    if records.is_empty() {
        return None;
    }
    let Range { start, .. } = range_of_part(text, random.pick(&records).source.get())?;
    Some([body.get(..start)?, b"\xff", body.get(start..)?].concat().into())
}

/// Replaces a part of the text. `part` must be a slice of `text`.
fn replace_part(text: &str, part: &str, other: &str) -> Option<Bytes> {
    let Range { start, end } = range_of_part(text, part)?;
    Some([text.get(..start)?, other, text.get(end..)?].concat().into())
}

/// The byte range of a part of the text. `part` must be a slice of `text`.
fn range_of_part(text: &str, part: &str) -> Option<Range<usize>> {
    // serde_json returns borrowed values as slices of its input.
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let range = start..start.checked_add(part.len())?;
    (text.get(range.clone()) == Some(part)).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::RandomKey;

    const PAGE: &str =
        r#"{"hits":{"total":3,"hits":[{"_source":{"meta":{"a":1.10}}}, {"_source":{"meta":{},"x":"y"}}]},"took":1}"#;
    const CONTRACTS: &str = r#"[{"id":12345678,"type":"contracts"}]"#;
    const INFO: &str = r#"{"name":"CLOUD API"}"#;

    fn text(bytes: Option<Bytes>) -> Option<String> {
        bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn malformed_json_has_a_wrong_last_bracket() {
        for (body, broken) in [(INFO, r#"{"name":"CLOUD API"]"#), ("[]", "[}"), ("<html>", "<html>}"), ("", "}")] {
            let damaged = malformed_json(&Bytes::from(body));
            assert_eq!(damaged, broken);
            assert!(serde_json::from_slice::<serde_json::Value>(&damaged).is_err());
        }
    }

    #[test]
    fn null_replaces_only_the_list() {
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
    fn a_partial_search_has_half_of_the_hits_and_reports_a_timeout_and_failed_shards() {
        let partial = text(partial_search(&Bytes::from_static(PAGE.as_bytes()))).unwrap();
        let value: serde_json::Value = serde_json::from_str(&partial).unwrap();
        assert_eq!((value["timed_out"].as_bool(), value["_shards"]["failed"].as_u64()), (Some(true), Some(2)));
        assert_eq!((value["hits"]["total"].as_u64(), value["hits"]["hits"].as_array().unwrap().len()), (Some(1), 1));
        for other in [CONTRACTS, INFO, "<html>"] {
            assert_eq!(partial_search(&Bytes::from(other)), None);
        }
    }

    #[test]
    fn an_invalid_record_has_one_additional_byte_before_it() {
        let key = RandomKey { seed: 1, contract: 0, part: 0 };
        let damaged = invalid_record(&Bytes::from_static(PAGE.as_bytes()), &mut Random::new(key, 0)).unwrap();
        let at = damaged.iter().position(|byte| *byte == 0xff).unwrap();
        assert!(damaged[..at].ends_with(b"\"_source\":"));
        assert_eq!([&damaged[..at], &damaged[at + 1..]].concat(), PAGE.as_bytes());
        for other in [CONTRACTS, INFO, r#"{"hits":{"hits":[]}}"#] {
            assert_eq!(invalid_record(&Bytes::from(other), &mut Random::new(key, 0)), None);
        }
    }

    #[test]
    fn a_wrong_type_changes_one_member_of_one_record() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let key = RandomKey { seed, contract: 0, part: 0 };
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
    fn a_wrong_type_also_damages_list_entries_and_single_objects_but_no_other_answer() {
        let key = RandomKey { seed: 1, contract: 0, part: 0 };
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
