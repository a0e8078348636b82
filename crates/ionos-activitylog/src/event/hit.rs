//! Finds the record in its envelope, the hit. If a hit does not contain exactly one record, the whole hit is kept as
//! the record and gets an issue, so that no page loses an event.

use super::members::RecordMembers;
use crate::json::{self, JsonType, OnePass};

/// The record of a hit, or the hit itself if it does not contain exactly one record.
pub(super) struct HitRecord<'a> {
    pub(super) text: &'a str,
    pub(super) members: RecordMembers<'a>,
    /// Why the whole hit is kept as the record. `None` if the hit contains exactly one record.
    pub(super) issue: Option<&'static str>,
}

impl<'a> HitRecord<'a> {
    /// Reads the hit at the cursor in one pass. `None` if the hit needs [`HitRecord::scan`] or is not JSON.
    #[inline]
    pub(super) fn read(cursor: &mut OnePass<'a>) -> Option<Self> {
        let mut record = None;
        cursor.object(|cursor, key| {
            if key != b"_source" {
                return cursor.skip_value();
            }
            let is_first = record.replace(RecordMembers::read(cursor)?).is_none();
            is_first.then_some(())
        })?;
        let (text, members) = record.filter(|(text, _)| JsonType::from_text(text) != JsonType::Null)?;
        Some(Self { text, members, issue: None })
    }

    /// Finds the record of a hit that a JSON reader has already accepted.
    pub(super) fn scan(hit: &'a str) -> Self {
        let mut records = json::members(hit).filter_map(|(key, value)| key.is_named("_source").then_some(value));
        let (text, issue) = match (JsonType::from_text(hit), records.next(), records.next()) {
            (JsonType::Object, Some(record), None) if JsonType::from_text(record) != JsonType::Null => (record, None),
            (JsonType::Object, Some(_), Some(_)) => (hit, Some("the hit contains two records; the whole hit is kept")),
            (JsonType::Object, ..) => (hit, Some("the hit contains no record; the whole hit is kept")),
            _ => (hit, Some("the hit is not an object; the whole hit is kept")),
        };
        Self { text, members: RecordMembers::scan(text), issue }
    }
}
