//! The body of a page is read in one pass, which makes sure that it is JSON and finds what is wanted of each hit. Whatever
//! stops this pass, a reader that knows nothing of pages says what is wrong, or reads it after all.

use std::sync::Arc;

use ionos_activitylog_client as wire;
use serde_json::from_str;

use crate::Event;
use crate::event::KnownHits;
use crate::json::Walk;

use wire::types::GetByContractResponse;

/// What an answer holds that is a page of the log, as far as the service sent it.
#[derive(Debug)]
pub(crate) struct Hits {
    pub(crate) total: Option<wire::Total>,
    pub(crate) events: Option<Vec<Event>>,
}

/// Hits in the body of an answer; none where it has no `hits`. Fails for what is not JSON, or has other types.
pub(crate) fn read(body: &[u8], known: &KnownHits) -> Result<Option<Hits>, serde_json::Error> {
    let text = str::from_utf8(body).ok();
    match text.and_then(|text| in_one_pass(text, known)) {
        Some(hits) => Ok(hits),
        None => the_long_way(body),
    }
}

/// The same, as a reader does it that knows nothing of pages.
fn the_long_way(body: &[u8]) -> Result<Option<Hits>, serde_json::Error> {
    let answer: GetByContractResponse = serde_json::from_slice(body)?;
    let event = |hit: wire::Raw<wire::types::Hit>| Event::of_hit(hit.get());
    Ok(answer
        .hits
        .map(|hits| Hits { total: hits.total, events: hits.hits.map(|all| all.into_iter().map(event).collect()) }))
}

/// The same as [`read`]; none for what is no page of the usual form, which keys that occur twice are not either.
fn in_one_pass(text: &str, known: &KnownHits) -> Option<Option<Hits>> {
    let before = known.get();
    let mut shapes = before.clone();
    let mut answer = None;
    let mut walk = Walk::of(text);
    walk.members(|walk, key| {
        if key != "hits" {
            return walk.value().map(drop);
        }
        // A count of null is none, and is there once all the same.
        let (mut total, mut events) = (None, None);
        walk.members(|walk, key| match key {
            "hits" => {
                let mut all = Vec::new();
                walk.elements(|walk| {
                    all.push(Event::of_next_hit(walk, &mut shapes)?);
                    Some(())
                })?;
                once(&mut events, all)
            }
            "total" => once(&mut total, from_str(walk.value()?.get()).ok()?),
            _ => walk.value().map(drop),
        })?;
        let total = total.flatten();
        once(&mut answer, Hits { total, events })
    })?;
    if !walk.ends() {
        return None;
    }
    if !Arc::ptr_eq(&before, &shapes) {
        known.offer(shapes);
    }
    Some(answer)
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count as it came, and the records.
    type Said = Option<(Option<String>, Option<Vec<String>>)>;

    fn said(hits: Option<Hits>) -> Said {
        hits.map(|hits| {
            let total = hits.total.map(|total| total.json().to_owned());
            let raw = |event: &Event| event.raw().to_owned();
            (total, hits.events.map(|all| all.iter().map(raw).collect()))
        })
    }

    #[test]
    fn a_body_says_the_same_in_one_pass_as_the_long_way() {
        let hit = r#"{"_source":{"@uuid":"a","meta":{"time":"2026-11-20T09:14:03Z"}}}"#;
        let other = r#"{ "_source" : {"@uuid":"\u00e4\ud800","meta":{"time":7}}, "sort":[1e400]}"#;
        let of = |hits: &str| format!(r#"{{"hits":{{"hits":[{hits}]}}}}"#);
        let bodies = [
            format!(r#"{{"hits":{{"total":2,"hits":[{hit},{other}]}}}}"#),
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
            of(hit) + " {}",
            of(&format!("{hit},")),
            of(&format!("{hit} {hit}")),
            of(hit).trim_end_matches('}').to_owned(),
            format!("\u{feff}{}", of(hit)),
            of(&hit.replace("\"a\"", "\"\n\"")),
            of(&hit.replace("\"a\"", "\"\\x\"")),
            of(&hit.replace("\"a\"", "01")),
            String::new(),
        ];
        let known = KnownHits::default();
        // The second time, all shapes are known.
        for body in bodies.iter().chain(&bodies) {
            let read = super::read(body.as_bytes(), &known).ok().map(said);
            let expected = the_long_way(body.as_bytes()).ok().map(said);
            assert_eq!(read, expected, "{body}");
        }
        let bytes = [&b"{\"hits\":{\"hits\":[\""[..], &[0xff], b"\"]}}"].concat();
        assert!(super::read(&bytes, &known).is_err() && the_long_way(&bytes).is_err());
    }
}
