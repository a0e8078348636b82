//! Reads the body of a page in one pass, which validates the JSON and finds the record of each hit and the members of
//! the record. If this pass cannot read a body, `serde_json` reads that body or reports the error.

use std::sync::Arc;

use bytes::Bytes;
use ionos_activitylog_client as wire;
use wire::types::GetByContractResponse;

use crate::event::Event;
use crate::json::OnePass;

/// The `hits` of a page. Members that the service did not send are `None`.
#[derive(Debug)]
pub(crate) struct Hits {
    pub(crate) total: Option<wire::Total>,
    pub(crate) events: Option<Vec<Event>>,
}

/// Reads the hits of a page. `None` if `hits` is missing or `null`. Fails if the body is not JSON, or if a member has
/// an unexpected type.
pub(crate) fn read(body: Bytes) -> Result<Option<Hits>, (Bytes, serde_json::Error)> {
    let body = match String::from_utf8(body.into()) {
        Ok(text) => Arc::new(text),
        Err(error) => return read_with_serde(error.into_bytes()),
    };
    match read_in_one_pass(&body) {
        Some(hits) => Ok(hits),
        None => read_with_serde(Arc::unwrap_or_clone(body).into_bytes()),
    }
}

fn read_with_serde(body: Vec<u8>) -> Result<Option<Hits>, (Bytes, serde_json::Error)> {
    let answer: GetByContractResponse = match serde_json::from_slice(&body) {
        Ok(answer) => answer,
        Err(error) => return Err((body.into(), error)),
    };
    let event = |hit: wire::Raw<wire::types::Hit>| Event::from_hit(hit.get());
    Ok(answer
        .hits
        .map(|hits| Hits { total: hits.total, events: hits.hits.map(|list| list.into_iter().map(event).collect()) }))
}

/// As [`read`]. The outer `None` means that the body needs [`read_with_serde`], for example because a key occurs twice.
fn read_in_one_pass(body: &Arc<String>) -> Option<Option<Hits>> {
    let mut cursor = OnePass::new(body);
    let mut hits = None;
    cursor.object(|cursor, key| match key {
        b"hits" => set_once(&mut hits, read_hits(cursor, body)?),
        _ => cursor.skip_value(),
    })?;
    cursor.is_at_end().then_some(hits)
}

fn read_hits(cursor: &mut OnePass<'_>, body: &Arc<String>) -> Option<Hits> {
    // `"total": null` is stored as `Some(None)`, so that a second `total` is still detected.
    let (mut total, mut events) = (None, None);
    cursor.object(|cursor, key| match key {
        b"hits" => {
            let mut list = Vec::new();
            cursor.list(|cursor| {
                list.push(Event::read_hit(cursor, body)?);
                Some(())
            })?;
            set_once(&mut events, list)
        }
        b"total" => set_once(&mut total, serde_json::from_str(cursor.value()?).ok()?),
        _ => cursor.skip_value(),
    })?;
    Some(Hits { total: total.flatten(), events })
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
            let read = read(body.clone().into()).ok().map(to_text);
            let expected = read_with_serde(body.clone().into_bytes()).ok().map(to_text);
            assert_eq!(read, expected, "{body}");
        }
        let bytes = [&b"{\"hits\":{\"hits\":[\""[..], &[0xff], b"\"]}}"].concat();
        assert!(read(bytes.clone().into()).is_err_and(|(body, _)| body == bytes));
        assert!(read_with_serde(bytes).is_err());
    }
}
