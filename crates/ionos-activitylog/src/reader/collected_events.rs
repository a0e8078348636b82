//! Collects the events that the scans of one window returned. An id may have several records that differ; each of them
//! is called a content of the id. Each content is kept once, even if the service returned it several times. Events at
//! exactly the end of the window are kept apart, because they belong to the window that begins at this time. A service
//! that treats `dateEnd` as inclusive returns these events nevertheless.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use chrono::{DateTime, Utc};

use crate::event::{Event, EventId};
use crate::range::DateRange;

/// All events of a window so far.
#[derive(Debug)]
pub(super) struct CollectedEvents {
    /// The range of the window.
    range: DateRange,
    /// For each id, the index in `contents` of its first content.
    first_index: HashMap<EventId, usize>,
    /// All different contents.
    contents: Vec<Event>,
    /// The key of each content. The keys are sorted instead of the contents, because contents are several times as
    /// large.
    keys: Vec<SortKey>,
    /// All different contents with exactly the time of the window's end, by id.
    at_end: HashMap<EventId, Vec<Event>>,
    /// The contents of `at_end` that [`CollectedEvents::take_new_at_end`] has not returned yet.
    new_at_end: Vec<Event>,
    /// Number of contents whose id already had another content.
    pub(super) amended: u64,
    /// Number of contents with a time outside of the window, not counting those at exactly the end of the window.
    pub(super) out_of_window: u64,
    /// Number of contents without a readable time.
    pub(super) undated: u64,
    /// Size of all received records in bytes, including repeats.
    pub(super) bytes: u64,
}

/// The place of a content in the order of events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SortKey {
    /// The time of the event. A record without a readable time gets the start of the window, because the service
    /// returned the record for this window.
    time: DateTime<Utc>,
    id: EventId,
    /// Index in [`CollectedEvents::contents`], so that contents of one id stay in the order in which they were read.
    index: usize,
}

impl CollectedEvents {
    pub(super) fn new(range: DateRange) -> Self {
        Self {
            range,
            first_index: HashMap::new(),
            contents: Vec::new(),
            keys: Vec::new(),
            at_end: HashMap::new(),
            new_at_end: Vec::new(),
            amended: 0,
            out_of_window: 0,
            undated: 0,
            bytes: 0,
        }
    }

    /// Whether an event with this id was added. Events at the end of the window do not count.
    pub(super) fn contains(&self, id: &EventId) -> bool {
        self.first_index.contains_key(id)
    }

    /// Number of distinct events, without those at the end of the window.
    pub(super) fn distinct(&self) -> u64 {
        self.first_index.len() as u64
    }

    /// The range of the window.
    pub(super) fn range(&self) -> DateRange {
        self.range
    }

    /// Number of events, without those at the end of the window. Each id counts as one event, even if it has several
    /// contents. Each further record that [`CollectedEvents::set_repeats`] added counts as one more event.
    pub(super) fn count(&self) -> u64 {
        (self.contents.len() as u64).saturating_sub(self.amended)
    }

    /// The times of all contents, in no particular order. For a record without a readable time, this is the start of
    /// the window.
    pub(super) fn times(&self) -> Vec<DateTime<Utc>> {
        self.keys.iter().map(|key| key.time).collect()
    }

    /// Removes all contents and returns them in the order in which they were read.
    pub(super) fn take_all(&mut self) -> Vec<Event> {
        std::mem::replace(self, Self::new(self.range)).contents
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        self.first_index.reserve(additional);
        self.contents.reserve(additional);
        self.keys.reserve(additional);
    }

    /// Whether an event has exactly the time of the window's end.
    pub(super) fn is_at_end(&self, event: &Event) -> bool {
        event.time() == Some(self.range.end())
    }

    /// The ids of the events at the end of the window.
    pub(super) fn ids_at_end(&self) -> Vec<EventId> {
        self.at_end.keys().cloned().collect()
    }

    /// Returns the events at the end of the window that were added since the last call of this function.
    pub(super) fn take_new_at_end(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.new_at_end)
    }

    /// The ids of the events at the start of the window.
    pub(super) fn ids_at_start(&self) -> Vec<EventId> {
        let at_start = self.keys.iter().filter(|key| key.time == self.range.start());
        at_start.map(|key| key.id.clone()).collect()
    }

    /// Adds one event.
    pub(super) fn add(&mut self, event: Event) {
        self.add_with_id(event.id(), event);
    }

    /// Adds one event. The caller has computed its id.
    pub(super) fn add_with_id(&mut self, id: EventId, event: Event) {
        self.bytes += event.raw().len() as u64;
        let time = event.time();
        if self.is_at_end(&event) {
            let known = self.at_end.entry(id).or_default();
            if known.iter().all(|known| !is_same_content(known, &event)) {
                known.push(event.clone());
                self.new_at_end.push(event);
            }
            return;
        }
        let first = match self.first_index.entry(id.clone()) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                entry.insert(self.contents.len());
                None
            }
        };
        match first {
            Some(first) if self.has_content(first, &id, &event) => return,
            Some(_) => self.amended += 1,
            None => {}
        }
        let is_outside = time.is_some_and(|time| !self.range.contains(time));
        self.out_of_window += u64::from(is_outside);
        self.undated += u64::from(time.is_none());
        self.push(event, id);
    }

    fn push(&mut self, event: Event, id: EventId) {
        let time = event.time().unwrap_or(self.range.start());
        self.keys.push(SortKey { time, id, index: self.contents.len() });
        self.contents.push(event);
    }

    /// Whether this content is already kept; `first` is the index of the first content of its id.
    fn has_content(&self, first: usize, id: &EventId, event: &Event) -> bool {
        let is_same = |index: usize| self.contents.get(index).is_some_and(|known| is_same_content(known, event));
        // Several contents of one id are rare, so a linear search is enough.
        is_same(first) || self.amended > 0 && self.keys.iter().any(|key| key.id == *id && is_same(key.index))
    }

    /// Hashes of the ids of all contents.
    pub(super) fn id_hashes(&self, hasher: &RandomState) -> Vec<u64> {
        self.keys.iter().map(|key| hasher.hash_one(&key.id)).collect()
    }

    /// Removes all events, except for those at the end of the window. Returns a list of the events in `range`, and a
    /// list of the events outside of the window. The events of the window that are not in `range` are dropped. Both
    /// lists are sorted by time and id. Events without a readable time are in the first list, and are sorted as if
    /// their time were the start of the window.
    pub(super) fn take(&mut self, range: DateRange) -> (Vec<Event>, Vec<Event>) {
        self.keys.sort_unstable();
        let mut contents: Vec<Option<Event>> = std::mem::take(&mut self.contents).into_iter().map(Some).collect();
        let (mut events, mut out_of_window) = (Vec::with_capacity(contents.len()), Vec::new());
        for key in std::mem::take(&mut self.keys) {
            let Some(event) = contents.get_mut(key.index).and_then(Option::take) else { continue };
            match event.time() {
                Some(time) if !self.range.contains(time) => out_of_window.push(event),
                Some(time) if !range.contains(time) => {}
                _ => events.push(event),
            }
        }
        (events, out_of_window)
    }

    /// Replaces the content of an id by several records, each of which is an event of its own.
    pub(super) fn set_repeats(&mut self, id: &EventId, records: Vec<Event>) {
        let mut records = records.into_iter();
        let first = self.first_index.get(id).and_then(|index| self.contents.get_mut(*index));
        if let Some((content, record)) = first.zip(records.next()) {
            *content = record;
        }
        records.for_each(|record| self.push(record, id.clone()));
    }
}

/// Whether two records with the same id have the same content. They may differ in their formatting, because another
/// replica may write members in another order.
fn is_same_content(one: &Event, other: &Event) -> bool {
    one.raw() == other.raw() || one.fingerprint() == other.fingerprint()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(record: &str) -> Event {
        Event::from_json(record).unwrap()
    }

    #[test]
    fn equal_contents_are_kept_once_and_other_contents_of_an_id_are_amendments() {
        let range = DateRange::new("2026-11-20T10:00:00Z".parse().unwrap(), "2026-11-20T11:00:00Z".parse().unwrap());
        let range = range.unwrap();
        let mut events = CollectedEvents::new(range);
        for record in [r#"{"@uuid":"a","n":1}"#, r#"{"@uuid":"a","n":1}"#, r#"{"@uuid":"a","n":2}"#, r#"{"n":3}"#] {
            events.add(event(record));
        }
        assert_eq!((events.distinct(), events.amended, events.out_of_window), (2, 1, 0));
        // A record that differs only in its formatting is the same content. If the service counts it as an event of its
        // own, `set_repeats` keeps it.
        events.add(event(r#"{"n":1,"@uuid":"a"}"#));
        events.add(event(r#"{"n": 3}"#));
        assert_eq!((events.count(), events.amended), (2, 1));
        let records = vec![event(r#"{"n": 3}"#), event(r#"{"n":3}"#)];
        events.set_repeats(&records[0].id(), records);
        assert_eq!((events.count(), events.amended), (3, 1));
        let taken = events.take(range).0;
        let texts: Vec<&str> = taken.iter().map(Event::raw).filter(|text| text.contains('3')).collect();
        assert_eq!((taken.len(), texts), (4, vec![r#"{"n": 3}"#, r#"{"n":3}"#]));
    }

    #[test]
    fn every_content_with_a_time_outside_of_the_window_is_counted_and_kept() {
        let range = DateRange::new("2026-11-20T10:00:00Z".parse().unwrap(), "2026-11-20T11:00:00Z".parse().unwrap());
        let range = range.unwrap();
        let at = |id: &str, time: &str| event(&format!(r#"{{"@uuid":"{id}","meta":{{"time":"{time}"}}}}"#));
        let mut events = CollectedEvents::new(range);
        events.add(at("a", "2026-11-20T10:30:00Z"));
        events.add(at("a", "2026-11-20T12:30:00Z"));
        events.add(at("b", "2026-11-20T09:30:00Z"));
        events.add(at("b", "2026-11-20T09:30:00Z"));
        events.add(at("c", "unreadable"));
        assert_eq!((events.distinct(), events.amended, events.out_of_window), (3, 1, 2));
        let (inside, outside) = events.take(range);
        assert_eq!((inside.len(), outside.len()), (2, 2));
    }

    #[test]
    fn an_event_at_the_end_of_the_window_is_neither_inside_nor_outside() {
        let range = DateRange::new("2026-11-20T10:00:00Z".parse().unwrap(), "2026-11-20T11:00:00Z".parse().unwrap());
        let range = range.unwrap();
        let at = |id: &str, time: &str| event(&format!(r#"{{"@uuid":"{id}","meta":{{"time":"{time}"}}}}"#));
        let mut events = CollectedEvents::new(range);
        for (id, time) in
            [("a", "2026-11-20T10:00:00Z"), ("b", "2026-11-20T11:00:00.000Z"), ("b", "2026-11-20T12:00:00+01:00")]
        {
            events.add(at(id, time));
            events.add(at(id, time));
        }
        events.add(at("c", "2026-11-20T11:00:00.000000001Z"));
        assert_eq!((events.distinct(), events.out_of_window), (2, 1));
        assert_eq!((events.ids_at_start().len(), events.ids_at_end().len()), (1, 1));
        assert_eq!((events.take_new_at_end().len(), events.take_new_at_end().len()), (2, 0));
        let (inside, outside) = events.take(range);
        assert_eq!((inside.len(), outside.len()), (1, 1));
    }
}
