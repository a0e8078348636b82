//! The body of a page is read in one pass, which makes sure that it is JSON and finds what is wanted of each hit. Whatever
//! stops this pass, a reader that knows nothing of pages says what is wrong, or reads it after all.

use std::sync::Arc;

use ionos_activitylog_client as wire;
use serde_json::from_str;

use crate::Event;
use crate::event::KnownHits;
use crate::json::Unread;

use wire::types::GetByContractResponse;

/// What an answer holds that is a page of the log, as far as the service sent it.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    pub(crate) total: Option<wire::Total>,
    pub(crate) events: Option<Vec<Event>>,
}

/// Hits in the body of an answer; none where it has no `hits`. Fails for what is not JSON, or has other types.
pub(crate) fn read(body: &[u8], known: &KnownHits) -> Result<Option<Hits>, serde_json::Error> {
    let text = str::from_utf8(body).ok();
    match text.and_then(|text| in_one_pass(text, known)) {
        Some(hits) => Ok(hits),
        None => serde_json::from_slice(body).map(|answer: GetByContractResponse| {
            answer.hits.map(|hits| Hits {
                total: hits.total,
                events: hits
                    .hits
                    .map(|hits| hits.iter().map(|hit| Event::of_hit(hit.get())).collect()),
            })
        }),
    }
}

/// The same; none for what is no page of the usual form, which keys that occur twice are not either.
fn in_one_pass(text: &str, known: &KnownHits) -> Option<Option<Hits>> {
    let before = known.get();
    let mut shapes = before.clone();
    let mut answer = None;
    let mut walk = Unread::of(text);
    walk.members(|walk, key| {
        if key != "hits" {
            return walk.value().map(drop);
        }
        let mut hits = Hits::default();
        walk.members(|walk, key| match key {
            "hits" => {
                let mut events = Vec::new();
                walk.elements(|walk| {
                    events.push(Event::of_next_hit(walk, &mut shapes)?);
                    Some(())
                })?;
                once(&mut hits.events, events)
            }
            "total" => once(&mut hits.total, from_str(walk.value()?.get()).ok()?),
            _ => walk.value().map(drop),
        })?;
        once(&mut answer, hits)
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
