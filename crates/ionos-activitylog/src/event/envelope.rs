//! A record comes in an envelope, and the first thing that anyone wants of it is its time and its identifier. All of that
//! is found in one pass over the hit, because a pass costs as much as everything else that is done with most events.

use crate::json::{self, Kind};

/// What a record is sorted and told apart by, as it was written.
const KEYS: [&str; 2] = ["meta", "@uuid"];

/// A record, and where to find what it is sorted and told apart by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) text: &'a str,
    pub(super) meta: Option<&'a str>,
    pub(super) uuid: Option<&'a str>,
}

impl<'a> Record<'a> {
    /// A record without an envelope.
    pub(super) fn of(text: &'a str) -> Self {
        let [meta, uuid] = json::pick(text, KEYS);
        Self { text, meta, uuid }
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
        Some((text, [meta, uuid])) if Kind::of(text) != Kind::Null => {
            Ok(Record { text, meta, uuid })
        }
        _ => Err("the hit holds no record, so the hit itself is kept"),
    }
}
