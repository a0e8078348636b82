//! A record comes in an envelope, and the first thing that anyone wants of it is its time and its identifier. All of that
//! is found in one pass over the hit, because a pass costs as much as everything else that is done with most events.

use crate::json::{self, Kind};

/// Where to find what a record is sorted and told apart by.
const KEYS: [&str; 2] = ["meta", "@uuid"];

/// A record, and what it is sorted and told apart by, as it was written. Where in a hit each of them is depends on keys
/// and brackets alone, and on no value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) text: &'a str,
    /// `/meta/time`.
    pub(super) time: Option<&'a str>,
    pub(super) uuid: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// A record without an envelope.
    pub(super) fn of(text: &'a str) -> Self {
        Self::with(text, json::pick(text, KEYS))
    }

    fn with(text: &'a str, [meta, uuid]: [Option<&'a str>; 2]) -> Self {
        let [time] = json::pick(meta.unwrap_or_default(), ["time"]);
        Self { text, time, uuid }
    }
}

/// The record in a hit, or why it has none.
pub(super) fn record_in(hit: &str) -> Result<Record<'_>, &'static str> {
    if Kind::of(hit) != Kind::Object {
        return Err("the hit is no object, so it is kept itself");
    }
    let mut found = None;
    let mut members = json::members(hit);
    while let Some(key) = members.next_key() {
        if !key.is("_source") {
            members.value();
        } else if found.is_some() {
            return Err("the hit holds two records, so the hit itself is kept");
        } else {
            found = members.value_and_pick(KEYS);
        }
    }
    match found {
        Some((text, found)) if Kind::of(text) != Kind::Null => Ok(Record::with(text, found)),
        _ => Err("the hit holds no record, so the hit itself is kept"),
    }
}
