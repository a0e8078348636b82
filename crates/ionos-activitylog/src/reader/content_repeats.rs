//! The records of one scan that have no usable `@uuid`. Two such records are two events, even if they are equal or
//! differ only in their formatting. Both then have the same id, but the service counts each of them.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::event::{Event, EventId, EventMultiset};

/// The records of one scan that have no usable `@uuid`.
#[derive(Debug, Default)]
pub(super) struct ContentRepeats {
    /// The records of each id, in the order of the scan.
    records: HashMap<EventId, Vec<Event>>,
    /// The records at exactly the end of the window, which belong to the next window.
    at_end: EventMultiset,
}

impl ContentRepeats {
    /// Adds the next record of the scan.
    pub(super) fn add(&mut self, id: &EventId, event: &Event, is_at_end: bool) {
        if is_at_end {
            self.at_end.insert(id.clone());
        } else {
            self.records.entry(id.clone()).or_default().push(event.clone());
        }
    }

    /// Number of records in the window that repeat the id of an earlier record in the window.
    pub(super) fn count(&self) -> u64 {
        self.records.values().map(|records| records.len() as u64 - 1).sum()
    }

    /// Number of records at exactly the end of the window that repeat the id of an earlier record at this time.
    pub(super) fn count_at_end(&self) -> u64 {
        self.at_end.iter().map(|(_, count)| count - 1).sum()
    }

    /// The times of the records whose id occurs several times, rounded down to seconds. Unreadable times are omitted.
    pub(super) fn seconds(&self) -> BTreeSet<DateTime<Utc>> {
        let repeated = self.records.values().filter(|records| records.len() > 1).flatten();
        let seconds = repeated.filter_map(|event| event.time()?.duration_trunc(TimeDelta::seconds(1)).ok());
        seconds.collect()
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
        self.at_end.clear();
    }

    /// Removes all records. Returns those in the window whose id occurs several times, grouped by id.
    pub(super) fn take(&mut self) -> Vec<(EventId, Vec<Event>)> {
        self.at_end.clear();
        self.records.drain().filter(|(_, records)| records.len() > 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_id_are_repeats_whatever_their_formatting() {
        let mut repeats = ContentRepeats::default();
        let records =
            [r#"{"n":1}"#, r#"{"n": 1}"#, r#"{"n":2}"#, r#"{"n": 1}"#].map(|text| Event::from_json(text).unwrap());
        for event in &records {
            repeats.add(&event.id(), event, false);
        }
        repeats.add(&records[2].id(), &records[2], true);
        repeats.add(&records[2].id(), &records[2], true);
        assert_eq!((repeats.count(), repeats.count_at_end()), (2, 1));
        let taken = repeats.take();
        let texts = |records: &[Event]| records.iter().map(|event| event.raw().to_owned()).collect::<Vec<_>>();
        assert_eq!(taken.len(), 1);
        assert_eq!(texts(&taken[0].1), [r#"{"n":1}"#, r#"{"n": 1}"#, r#"{"n": 1}"#]);
        assert_eq!((repeats.count(), repeats.count_at_end()), (0, 0));
    }
}
