//! Checks how the bodies of answers are read. The reader extracts the hits of a page in one pass or in one of two
//! slower ways. `serde_json` decides which bodies are JSON, and what their hits are.

use chrono::{DateTime, Utc};
use ionos_activitylog::Page;
use ionos_activitylog::internal::read_page;
use ionos_activitylog::{DateRange, Event};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The page size of the request.
const LIMIT: u64 = 1_000;

/// Maximum number of hits of a page that are examined one by one. Examining more hits would only take time.
const EXAMINED_HITS: usize = 16;

/// Maximum number of hits of a page: ten times [`LIMIT`]. The reader refuses a page with more hits.
const MAX_HITS: usize = 10_000;

/// A page, read by `serde_json` alone.
#[derive(Deserialize)]
struct ExpectedPage<'a> {
    #[serde(borrow)]
    hits: Option<ExpectedHits<'a>>,
}

#[derive(Deserialize)]
struct ExpectedHits<'a> {
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    hits: Option<Vec<&'a RawValue>>,
}

/// Reads a body as the answer to the first request for a range of one day, and checks the result.
pub fn check(body: &[u8]) {
    let start = DateTime::<Utc>::UNIX_EPOCH;
    let range = DateRange::new(start, start + chrono::TimeDelta::days(1)).unwrap();
    let read = read_page(body.to_vec(), range, 0, LIMIT);
    match serde_json::from_slice::<ExpectedPage<'_>>(body) {
        Ok(expected) if is_object_of_objects(body) => check_json(read, expected),
        // serde also reads a struct from a list, but the reader must refuse a body with a list in the place of an
        // object.
        Ok(_) => assert!(read.is_err(), "a list is accepted in the place of an object"),
        Err(_) => check_damaged(read, body),
    }
}

/// False if the body or its `hits` is a list.
fn is_object_of_objects(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct HitsAlone<'a> {
        #[serde(borrow)]
        hits: Option<&'a RawValue>,
    }
    let hits = serde_json::from_slice::<HitsAlone<'_>>(body).ok().and_then(|body| body.hits);
    let is_list = |text: &[u8]| text.trim_ascii_start().starts_with(b"[");
    !is_list(body) && !hits.is_some_and(|hits| is_list(hits.get().as_bytes()))
}

/// Checks the page of a body that is JSON: its hits must be those that `serde_json` finds, byte for byte.
fn check_json(read: Result<Page, String>, expected: ExpectedPage<'_>) {
    let Some(ExpectedHits { total, hits }) = expected.hits else {
        assert!(read.is_err(), "a page without `hits` is accepted");
        return;
    };
    if hits.as_ref().is_some_and(|hits| hits.len() > MAX_HITS) {
        assert!(read.is_err(), "a page with too many hits is accepted");
        return;
    }
    let is_empty = hits.as_ref().is_none_or(Vec::is_empty);
    let page = match read {
        Ok(page) => page,
        Err(reason) => {
            let has_total = total.is_some_and(|total| total.get().parse::<u64>().is_ok());
            assert!(is_empty && !has_total, "a page is refused: {reason}");
            return;
        }
    };
    assert!(page.unreadable.is_empty(), "a hit that is JSON is not read: {:?}", page.unreadable);
    let raw: Vec<&str> = page.events.iter().map(Event::raw).collect();
    let expected: Vec<&str> = hits.unwrap_or_default().into_iter().map(|hit| record_of(hit.get())).collect();
    assert_eq!(raw, expected);
    if let Some(count) = total.and_then(|total| total.get().parse::<u64>().ok()) {
        assert_eq!(page.total.map(|total| total.count), Some(count), "the total of the page");
    }
    for event in page.events.iter().take(EXAMINED_HITS) {
        super::record::ask_everything(event);
    }
}

/// The record of a hit: its `_source`. The hit itself if the hit is no object, or if `_source` is missing, `null` or
/// repeated.
fn record_of(hit: &str) -> &str {
    #[derive(Deserialize)]
    struct ExpectedHit<'a> {
        #[serde(borrow, rename = "_source")]
        source: Option<&'a RawValue>,
    }
    // A list is not a hit, although serde reads a struct from it.
    let hit_object = hit.starts_with('{').then(|| serde_json::from_str::<ExpectedHit<'_>>(hit).ok()).flatten();
    hit_object.and_then(|hit| hit.source).map_or(hit, RawValue::get)
}

/// Checks that a body that is not JSON is refused, or that its unreadable hits are kept as bytes.
fn check_damaged(read: Result<Page, String>, body: &[u8]) {
    let Ok(page) = read else { return };
    assert!(!page.unreadable.is_empty(), "a body that is not JSON is read without a gap");
    for record in page.unreadable.iter().take(EXAMINED_HITS) {
        assert!(serde_json::from_slice::<&RawValue>(&record.bytes).is_err(), "a hit that is JSON is unreadable");
        let is_part = record.bytes.is_empty() || body.windows(record.bytes.len()).any(|part| part == record.bytes);
        assert!(is_part, "the bytes of an unreadable hit are not those of the body");
        assert!(record.position < (page.events.len() + page.unreadable.len()) as u64);
    }
    let kept: usize = page.events.iter().map(|event| event.raw().len()).sum::<usize>()
        + page.unreadable.iter().map(|record| record.bytes.len()).sum::<usize>();
    assert!(kept <= body.len(), "a page has more bytes of hits than its body");
    for event in page.events.iter().take(EXAMINED_HITS) {
        super::record::ask_everything(event);
    }
}
