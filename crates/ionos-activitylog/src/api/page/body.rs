//! Reads the body of a page in one pass, which validates the JSON and finds the record of each hit and the members of
//! the record. If this pass cannot read a body, `serde_json` reads that body. If the body is not JSON, it is split at
//! the borders of its hits and each hit is read alone, so that one unreadable record does not make the whole page
//! unreadable.

use std::sync::Arc;

use bytes::Bytes;
use ionos_activitylog_client as wire;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use wire::types::GetByContractResponse;

use super::hit_borders::{HitBorders, find_hit_borders};
use super::search_signs::SearchSigns;
use crate::defaults::{HITS_PER_LIMIT, MIN_HITS_CAP};
use crate::event::Event;
use crate::json::{self, OnePass};

/// The `hits` of a page. Members that the service did not send are `None`.
#[derive(Debug)]
pub(crate) struct Hits {
    pub(crate) total: Option<wire::Total>,
    pub(crate) events: Option<Vec<Event>>,
    /// The hits that are not JSON.
    pub(crate) unreadable: Vec<UnreadableHit>,
    /// Why the service searched only a part of the log. `None` if there is no sign of a partial search.
    pub(crate) partial_search: Option<String>,
}

/// A hit that is not JSON.
#[derive(Debug)]
pub(crate) struct UnreadableHit {
    /// Number of hits before this one on the page.
    pub(crate) index: u64,
    pub(crate) bytes: Vec<u8>,
    /// What is wrong with the bytes.
    pub(crate) reason: String,
}

/// Maximum hits of a page that was requested with `limit`. A page with more hits is an error. The maximum size of a
/// body alone would not bound the memory, because an event takes much more memory than a hit of one byte, such as `0`.
pub(crate) fn max_hits(limit: u64) -> usize {
    usize::try_from(limit.saturating_mul(HITS_PER_LIMIT).max(MIN_HITS_CAP)).unwrap_or(usize::MAX)
}

/// Reads the hits of a page. `None` if `hits` is missing or `null`. Fails if a member has an unexpected type, if the
/// page has more than `max_hits` hits, or if the body is not JSON and the borders between its hits cannot be found.
pub(crate) fn read(body: Bytes, max_hits: usize) -> Result<Option<Hits>, (Bytes, serde_json::Error)> {
    let body = match String::from_utf8(body.into()) {
        Ok(text) => Arc::new(text),
        Err(error) => return read_without_one_pass(error.into_bytes(), max_hits),
    };
    match read_in_one_pass(&body, max_hits) {
        Some(hits) => Ok(hits),
        None => read_without_one_pass(Arc::unwrap_or_clone(body).into_bytes(), max_hits),
    }
}

fn read_without_one_pass(body: Vec<u8>, max_hits: usize) -> Result<Option<Hits>, (Bytes, serde_json::Error)> {
    let borders = find_hit_borders(&body, max_hits);
    if let Some(HitBorders::TooMany) = borders {
        let error = serde_json::Error::custom(format_args!("the page has more than {max_hits} hits"));
        return Err((body.into(), error));
    }
    let error = match read_with_serde(&body) {
        Ok(hits) => return Ok(hits),
        Err(error) => error,
    };
    let Some(HitBorders::Found { list, hits }) = borders else {
        return Err((body.into(), error));
    };
    match read_each_hit(&body, list, hits) {
        Some(hits) => Ok(Some(hits)),
        None => Err((body.into(), error)),
    }
}

fn read_with_serde(body: &[u8]) -> Result<Option<Hits>, serde_json::Error> {
    if has_list_for_object(body) {
        return Err(serde_json::Error::custom("the answer, or its `hits`, is a list and not an object"));
    }
    let answer: GetByContractResponse = serde_json::from_slice(body)?;
    let event = |hit: wire::Raw<wire::types::Hit>| Event::from_hit(hit.get());
    let partial_search = partial_search(body);
    Ok(answer.hits.map(|hits| Hits {
        total: hits.total,
        events: hits.hits.map(|list| list.into_iter().map(event).collect()),
        unreadable: Vec::new(),
        partial_search,
    }))
}

/// Whether the body, or its member `hits`, is a list. `serde` would accept such a list as an object whose members are
/// given by their order. The number of hits in such a list would have no bound, because [`find_hit_borders`] counts
/// only the hits in objects.
fn has_list_for_object(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        hits: Option<&'a RawValue>,
    }
    let is_list = |text: &[u8]| text.trim_ascii_start().starts_with(b"[");
    let hits = || serde_json::from_slice::<Envelope<'_>>(body).ok()?.hits;
    is_list(body) || hits().is_some_and(|hits| is_list(hits.get().as_bytes()))
}

/// Why the service searched only a part of the log, for a body that `serde_json` accepted. `None` if the body has no
/// sign of a partial search.
fn partial_search(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut signs = SearchSigns::default();
    json::members(text.trim_start()).for_each(|(key, value)| signs.add(&key.decode(), value));
    signs.partial_search()
}

/// Reads the body without its hits, and then each hit alone. `None` if the body without its hits is not JSON. Also
/// `None` if every hit is JSON, because then no hit explains why the page is not JSON.
fn read_each_hit(body: &[u8], list: std::ops::Range<usize>, borders: Vec<std::ops::Range<usize>>) -> Option<Hits> {
    let envelope = [body.get(..list.start)?, b"[]", body.get(list.end..)?].concat();
    let Hits { total, partial_search, .. } = read_with_serde(&envelope).ok()??;
    let (mut events, mut unreadable) = (Vec::with_capacity(borders.len()), Vec::new());
    for (index, border) in (0..).zip(borders) {
        let bytes = body.get(border)?;
        match read_hit(bytes) {
            Ok(event) => events.push(event),
            Err(reason) => unreadable.push(UnreadableHit { index, bytes: bytes.to_vec(), reason }),
        }
    }
    (!unreadable.is_empty()).then_some(Hits { total, events: Some(events), unreadable, partial_search })
}

/// Reads one hit, or says why it is not JSON.
fn read_hit(bytes: &[u8]) -> Result<Event, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let hit: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(Event::from_hit(hit.get()))
}

/// Does the same as [`read`], in one pass. The outer `None` means that the body needs [`read_without_one_pass`], for
/// example because a key occurs twice.
fn read_in_one_pass(body: &Arc<String>, max_hits: usize) -> Option<Option<Hits>> {
    let mut cursor = OnePass::new(body);
    let (mut hits, mut signs) = (None, SearchSigns::default());
    cursor.object(|cursor, key| match key {
        b"hits" => set_once(&mut hits, read_hits(cursor, body, max_hits)?),
        key if SearchSigns::is_sign(key) => {
            signs.add(key, cursor.value()?);
            Some(())
        }
        _ => cursor.skip_value(),
    })?;
    let hits: Option<Hits> = cursor.is_at_end().then_some(hits)?;
    Some(hits.map(|hits| Hits { partial_search: signs.partial_search(), ..hits }))
}

fn read_hits(cursor: &mut OnePass<'_>, body: &Arc<String>, max_hits: usize) -> Option<Hits> {
    // `"total": null` is stored as `Some(None)`, so that a second `total` is still detected.
    let (mut total, mut events) = (None, None);
    cursor.object(|cursor, key| match key {
        b"hits" => {
            let mut list = Vec::new();
            cursor.list(|cursor| {
                list.push(Event::read_hit(cursor, body)?);
                (list.len() <= max_hits).then_some(())
            })?;
            set_once(&mut events, list)
        }
        b"total" => set_once(&mut total, serde_json::from_str(cursor.value()?).ok()?),
        _ => cursor.skip_value(),
    })?;
    Some(Hits { total: total.flatten(), events, unreadable: Vec::new(), partial_search: None })
}

/// Stores the value. `None` if the slot already had a value.
fn set_once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The total as JSON text, and the records.
    type HitsAsText = Option<(Option<String>, Option<Vec<String>>)>;

    fn to_text(hits: Option<Hits>) -> HitsAsText {
        hits.map(|hits| {
            let total = hits.total.map(|total| total.json().to_owned());
            let raw = |event: &Event| event.raw().to_owned();
            (total, hits.events.map(|list| list.iter().map(raw).collect()))
        })
    }

    #[test]
    fn a_body_has_the_same_hits_in_one_pass_as_with_serde_json() {
        let hit = r#"{"_source":{"@uuid":"a","meta":{"time":"2026-11-20T09:14:03Z"}}}"#;
        let other = r#"{ "_source" : {"@uuid":"\u00e4\ud800","meta":{"time":7}}, "sort":[1e400]}"#;
        let page_of = |hits: &str| format!(r#"{{"hits":{{"hits":[{hits}]}}}}"#);
        let bodies = [
            format!(r#"{{"hits":{{"total":2,"hits":[{hit},{other}]}}}}"#),
            format!(
                r#"{{"deep":{}1{},"hits":{{"total":2,"hits":[{hit}]}}}}"#,
                "[".repeat(200_000),
                "]".repeat(200_000)
            ),
            page_of(&format!(r#"{hit},{{"_source":{{"deep":{}1{},"@uuid":"b"}}}}"#, "[".repeat(99), "]".repeat(99))),
            format!(r#" {{ "took" : 3, "hits" : {{ "hits" : [ {hit} , {hit} ] , "total":{{"value":2}} }} }} "#),
            format!(r#"{{"hits":{{"hits":[null,{{}},7,{hit}]}},"new":[{{}}]}}"#),
            r#"{"hits":{"total":null,"hits":[]}}"#.to_owned(),
            r#"{"hits":{"total":null,"hits":null}}"#.to_owned(),
            r#"{"hits":{"total":"0"}}"#.to_owned(),
            r#"{"hits":{}}"#.to_owned(),
            r#"{"hits":null}"#.to_owned(),
            r#"{"hits":[]}"#.to_owned(),
            r#"{}"#.to_owned(),
            r#"{"\u0068its":{"total":0}}"#.to_owned(),
            r#"{"hits":{"total":1,"total":null,"hits":[]}}"#.to_owned(),
            r#"{"hits":{"hits":[],"hits":[]}}"#.to_owned(),
            r#"{"hits":{"hits":[]},"hits":{"hits":[]}}"#.to_owned(),
            page_of(hit) + " {}",
            page_of(&format!("{hit},")),
            page_of(&format!("{hit} {hit}")),
            page_of(hit).trim_end_matches('}').to_owned(),
            format!("\u{feff}{}", page_of(hit)),
            page_of(&hit.replace("\"a\"", "\"\n\"")),
            page_of(&hit.replace("\"a\"", "\"\\x\"")),
            page_of(&hit.replace("\"a\"", "01")),
            String::new(),
        ];
        for body in bodies {
            let has_unreadable = |hits: &Option<Hits>| hits.as_ref().is_some_and(|hits| !hits.unreadable.is_empty());
            let read = read(body.clone().into(), 1_000).ok().filter(|hits| !has_unreadable(hits)).map(to_text);
            let expected = read_with_serde(body.as_bytes()).ok().map(to_text);
            assert_eq!(read, expected, "{body}");
        }
    }

    const HIT: &str = r#"{"_source":{"@uuid":"a"}}"#;

    /// A page with `poison` between two hits.
    fn poisoned(poison: &[u8]) -> Bytes {
        let (start, end) = (format!(r#"{{"took":1,"hits":{{"total":3,"hits":[{HIT} ,"#), format!(",{HIT}]}}}}\n"));
        [start.as_bytes(), poison, end.as_bytes()].concat().into()
    }

    #[test]
    fn a_hit_that_is_not_json_is_kept_as_bytes_and_all_other_hits_are_read() {
        for poison in [
            &b"{\"_source\":{\"name\":\"j\xfcrgen\"}}"[..],
            br#"{"_source":{"n":NaN}}"#,
            b"{\"_source\":{\"name\":\"a\x01b\"}}",
            b"{\"_source\":{\"name\":\"a\nb\"}}",
            br#"{"_source":{"a":1,}}"#,
            br#"{"_source":{"a":"\x"}}"#,
            br#"{"_source":{"a" 1}}"#,
            br#"{"_source":{"a":[1 2]}}"#,
            br#"{"_source":{"brackets":"]}],[{","quote":"\"","bad":01}}"#,
            b"\xff",
            b"nul",
        ] {
            let hits = read(poisoned(poison), 1_000).unwrap().unwrap();
            assert_eq!(hits.events.unwrap().len(), 2);
            assert_eq!(hits.total.and_then(|total| total.count()), Some(3));
            let [UnreadableHit { index: 1, bytes, reason }] = &hits.unreadable[..] else {
                panic!("{:?}", hits.unreadable);
            };
            assert!(bytes == poison && !reason.is_empty());
        }
    }

    #[test]
    fn a_body_whose_hits_cannot_be_told_apart_is_an_error_and_is_returned_whole() {
        let page = |text: &str| Bytes::from(text.to_owned());
        for body in [
            poisoned(br#"{"_source":{"a":"}}"#),
            poisoned(br#"{"_source":{"a":[1}}"#),
            poisoned(b""),
            poisoned(format!("{HIT} {HIT}").as_bytes()),
            page(&format!(r#"{{"hits":{{"total":NaN,"hits":[{HIT},01]}}}}"#)),
            page(&format!(r#"{{"hits":{{"hits":[{HIT},01]}}}}]"#)),
            page(&format!(r#"{{"hits":{{"hits":[{HIT},01]}}"#)),
            page(&format!(r#"{{"hits":{{"hits":[01]}},"hits":{{"hits":[{HIT}]}}}}"#)),
            page("<html>"),
        ] {
            assert!(read(body.clone(), 1_000).is_err_and(|(returned, _)| returned == body), "{body:?}");
        }
    }

    #[test]
    fn a_page_has_at_most_as_many_hits_as_its_limit_allows() {
        assert_eq!((max_hits(1), max_hits(1_000), max_hits(5_000)), (10_000, 10_000, 50_000));
        let page = |hits: usize, key: &str| {
            let list = vec!["0"; hits].join(",");
            Bytes::from(format!(r#"{{"hits":{{"{key}":[{list}]}}}}"#))
        };
        for key in ["hits", r"\u0068its"] {
            assert_eq!(read(page(7, key), 7).unwrap().unwrap().events.unwrap().len(), 7);
            let (_, error) = read(page(8, key), 7).unwrap_err();
            assert_eq!(error.to_string(), "the page has more than 7 hits");
        }
    }

    #[test]
    fn signs_of_a_partial_search_are_found_in_every_way_of_reading() {
        for extra in ["", r#","hits2":0,"\u0061":1"#] {
            for (sign, is_partial) in [(r#""timed_out":true"#, true), (r#""timed_out":false"#, false)] {
                let body = format!(r#"{{{sign}{extra},"hits":{{"total":1,"hits":[{HIT}]}}}}"#);
                let hits = read(body.into(), 10).unwrap().unwrap();
                assert_eq!(hits.partial_search.is_some(), is_partial);
                let body = format!(r#"{{{sign}{extra},"hits":{{"total":1,"hits":[{HIT},01]}}}}"#);
                let hits = read(body.into(), 10).unwrap().unwrap();
                assert_eq!((hits.partial_search.is_some(), hits.unreadable.len()), (is_partial, 1));
            }
        }
    }
}
