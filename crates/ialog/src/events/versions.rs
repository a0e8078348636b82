//! Counts the events that are further versions of another event. If an event changes while it is read, or after it was
//! archived, each content is kept as an event of its own. So the number of events is higher than the number of ids, and
//! each command that shows a number of events says so.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use chrono::NaiveDate;

use crate::output::plural::format_count;
use crate::output::row::Row;

/// Finds further versions in a sequence of rows that is sorted by time, or by contract and then by time. The versions
/// of an event have the same time in most cases. So only the ids of one day are kept, which bounds the memory.
#[derive(Default)]
pub(crate) struct VersionCounter {
    hasher: RandomState,
    /// The day (UTC) of the last row with a time.
    day: Option<NaiveDate>,
    /// Hashes of the contracts and ids of the rows of this day.
    ids: HashSet<u64>,
    versions: u64,
}

impl VersionCounter {
    /// Adds a row. Equal records without a usable `@uuid` are different events, not versions of one event.
    pub(crate) fn add(&mut self, row: &Row) {
        let id = row.event.id();
        if id.is_of_content() {
            return;
        }
        if let Some(day) = row.event.time().map(|time| time.date_naive())
            && self.day.replace(day) != Some(day)
        {
            self.ids.clear();
        }
        let is_new = self.ids.insert(self.hasher.hash_one((&row.contract, id)));
        self.versions += u64::from(!is_new);
    }

    /// Number of rows for which an earlier row of the same day has the same contract and id.
    pub(crate) fn versions(&self) -> u64 {
        self.versions
    }
}

/// The note that says how many of the events have the ID of an earlier event; `None` if `versions` is 0. Such an event
/// is a changed version of the earlier one, or a copy of it.
pub(crate) fn describe_versions(versions: u64, events: u64) -> Option<String> {
    let events = format_count(events, "event");
    match versions {
        0 => None,
        1 => Some(format!("note: 1 of {events} has the ID of another event: a changed version, or a copy")),
        _ => Some(format!("note: {versions} of {events} have the ID of another event: changed versions, or copies")),
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;

    #[test]
    fn a_row_is_a_version_if_an_earlier_row_has_its_id_contract_and_day() {
        let row = |contract: u64, record: &str| Row::new(contract.into(), Event::from_json(record).unwrap());
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
            (7, at("a", "2026-11-21T00:00:00Z"), 3),
        ] {
            counter.add(&row(contract, &record));
            assert_eq!(counter.versions(), versions, "{record}");
        }
    }
}
