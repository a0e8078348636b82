//! Counts the events that are further versions of another event. If an event changes while it is read, or after it was
//! archived, each content is kept as an event of its own. So the number of events is higher than the number of ids, and
//! each command that shows a number of events says so.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::limits::MAX_KNOWN_IDS;
use crate::output::plural::format_count;
use crate::output::row::Row;

/// Finds further versions in a sequence of rows. A changed version may have another time than the event that it
/// replaces, so the ids are kept across days. Their number is bounded by [`MAX_KNOWN_IDS`]; the oldest ids are dropped
/// first. The rows should be sorted by time, or by contract and then by time, so that the versions of an event are near
/// each other in most cases.
pub(crate) struct VersionCounter {
    hasher: RandomState,
    /// Hashes of the contracts and ids of the newest rows, at most `max_ids / 2`.
    newest: HashSet<u64>,
    /// Like `newest`, but for the rows before these.
    older: HashSet<u64>,
    max_ids: usize,
    found: FoundVersions,
}

/// The versions that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundVersions {
    /// Number of rows that have the contract and id of an earlier row.
    count: u64,
    /// Whether there may be more versions, because ids were dropped.
    is_minimum: bool,
}

impl Default for VersionCounter {
    fn default() -> Self {
        Self::with_max_ids(MAX_KNOWN_IDS)
    }
}

impl VersionCounter {
    fn with_max_ids(max_ids: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            newest: HashSet::new(),
            older: HashSet::new(),
            max_ids,
            found: FoundVersions::default(),
        }
    }

    /// Adds a row. Equal records without a usable `@uuid` are different events, not versions of one event.
    pub(crate) fn add(&mut self, row: &Row) {
        let id = row.event.id();
        if id.is_of_content() {
            return;
        }
        let hash = self.hasher.hash_one((&row.contract, id));
        if self.older.contains(&hash) || self.newest.contains(&hash) {
            self.found.count += 1;
            return;
        }
        if self.newest.len() >= self.max_ids / 2 {
            self.found.is_minimum |= !self.older.is_empty();
            self.older.clear();
            std::mem::swap(&mut self.newest, &mut self.older);
        }
        self.newest.insert(hash);
    }

    /// The versions among the rows so far.
    pub(crate) fn found(&self) -> FoundVersions {
        self.found
    }
}

impl FoundVersions {
    /// The same as [`describe_versions`], but if ids were dropped, the note says that there may be more versions.
    pub(crate) fn describe(self, events: u64) -> Option<String> {
        describe(if self.is_minimum { "at least " } else { "" }, self.count, events)
    }
}

/// The note that says how many of the events have the ID of an earlier event; `None` if `versions` is 0. Such an event
/// is a changed version of the earlier one, or a copy of it.
pub(crate) fn describe_versions(versions: u64, events: u64) -> Option<String> {
    describe("", versions, events)
}

fn describe(at_least: &str, versions: u64, events: u64) -> Option<String> {
    let events = format_count(events, "event");
    let text = match versions {
        0 => return None,
        1 => format!("1 of {events} has the ID of another event: a changed version, or a copy"),
        _ => format!("{versions} of {events} have the ID of another event: changed versions, or copies"),
    };
    Some(format!("note: {at_least}{text}"))
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;

    fn row(contract: u64, record: &str) -> Row {
        Row::new(contract.into(), Event::from_json(record).unwrap())
    }

    #[test]
    fn a_row_is_a_version_if_an_earlier_row_has_its_id_and_contract() {
        let at = |id: &str, time: &str| format!(r#"{{"@uuid":"{id}","meta":{{"time":"{time}"}}}}"#);
        let mut counter = VersionCounter::default();
        for (contract, record, versions) in [
            (7, at("a", "2026-11-20T10:00:00Z"), 0),
            (7, at("a", "2026-11-20T10:00:00.0Z"), 1),
            (8, at("a", "2026-11-20T10:00:00Z"), 1),
            (7, at("b", "2026-11-20T11:00:00Z"), 1),
            (7, at("a", "2026-11-20T12:00:00Z"), 2),
            (7, r#"{"@uuid":"b"}"#.to_owned(), 3),
            (7, r#"{"n":1}"#.to_owned(), 3),
            (7, r#"{"n":1}"#.to_owned(), 3),
            (7, at("a", "2026-11-21T00:00:00Z"), 4),
            (8, at("a", "2026-12-24T00:00:00Z"), 5),
        ] {
            counter.add(&row(contract, &record));
            assert_eq!(counter.found(), FoundVersions { count: versions, is_minimum: false }, "{record}");
        }
    }

    #[test]
    fn the_oldest_ids_are_dropped_and_the_note_then_says_at_least() {
        let mut counter = VersionCounter::with_max_ids(4);
        let mut notes = Vec::new();
        for (index, id) in ["a", "b", "c", "d", "a", "e", "c", "a", "a"].iter().enumerate() {
            counter.add(&row(7, &format!(r#"{{"@uuid":"{id}"}}"#)));
            notes.push(counter.found().describe(index as u64 + 1).unwrap_or_default());
            assert!(counter.newest.len() + counter.older.len() <= 4, "{id}");
        }
        let note = |text: &str| format!("note: {text}");
        assert_eq!(notes[..4], ["", "", "", ""]);
        assert_eq!(notes[4], note("1 of 5 events has the ID of another event: a changed version, or a copy"));
        // The id e is the fifth, so the ids a and b were dropped.
        assert_eq!(notes[5], note("at least 1 of 6 events has the ID of another event: a changed version, or a copy"));
        assert_eq!(notes[6], note("at least 2 of 7 events have the ID of another event: changed versions, or copies"));
        assert_eq!(notes[7], note("at least 2 of 8 events have the ID of another event: changed versions, or copies"));
        assert_eq!(notes[8], note("at least 3 of 9 events have the ID of another event: changed versions, or copies"));
    }
}
