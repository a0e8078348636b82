//! Collects the events that the scans of one window returned. An event whose id is known but whose record differs is a
//! further content of the id. Each content is kept once, even if the service returned it several times.

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
    /// Index of the first content of each id in `contents`.
    first_index: HashMap<EventId, usize>,
    /// All different contents.
    contents: Vec<Event>,
    /// The key of each content. The keys are sorted instead of the contents, because contents are several times as
    /// large.
    keys: Vec<SortKey>,
    /// Number of further contents of known ids.
    pub(super) amended: u64,
    /// Number of contents with a time outside of the window.
    pub(super) out_of_window: u64,
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
            amended: 0,
            out_of_window: 0,
            bytes: 0,
        }
    }

    /// Whether an event with this id was added.
    pub(super) fn contains(&self, id: &EventId) -> bool {
        self.first_index.contains_key(id)
    }

    /// Number of distinct events.
    pub(super) fn distinct(&self) -> u64 {
        self.first_index.len() as u64
    }

    /// The range of the window.
    pub(super) fn range(&self) -> DateRange {
        self.range
    }

    /// Number of events, each counted once although it may have several contents.
    pub(super) fn count(&self) -> u64 {
        (self.contents.len() as u64).saturating_sub(self.amended)
    }

    /// The times of all contents, in no particular order. A record without a readable time has the start of the window.
    pub(super) fn times(&self) -> Vec<DateTime<Utc>> {
        self.keys.iter().map(|key| key.time).collect()
    }

    /// Takes all contents, in the order in which they were read.
    pub(super) fn take_all(&mut self) -> Vec<Event> {
        std::mem::replace(self, Self::new(self.range)).contents
    }

    pub(super) fn reserve(&mut self, additional: usize) {
        self.first_index.reserve(additional);
        self.contents.reserve(additional);
        self.keys.reserve(additional);
    }

    /// Adds one event.
    pub(super) fn add(&mut self, event: Event) {
        self.add_with_id(event.id(), event);
    }

    /// Adds one event, whose id is known already.
    pub(super) fn add_with_id(&mut self, id: EventId, event: Event) {
        self.bytes += event.raw().len() as u64;
        let time = event.time();
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
        self.push(event, id);
    }

    fn push(&mut self, event: Event, id: EventId) {
        let time = event.time().unwrap_or(self.range.start());
        self.keys.push(SortKey { time, id, index: self.contents.len() });
        self.contents.push(event);
    }

    /// Whether this content is already kept; `first` is the index of the first content of its id.
    fn has_content(&self, first: usize, id: &EventId, event: &Event) -> bool {
        let is_same = |index: usize| self.contents.get(index).is_some_and(|known| known.raw() == event.raw());
        // Several contents of one id are rare, so a linear search is enough.
        is_same(first) || self.amended > 0 && self.keys.iter().any(|key| key.id == *id && is_same(key.index))
    }

    /// Hashes of the ids of all contents.
    pub(super) fn id_hashes(&self, hasher: &RandomState) -> Vec<u64> {
        self.keys.iter().map(|key| hasher.hash_one(&key.id)).collect()
    }

    /// Takes two lists of events, both sorted by time and id: the events that lie in `range`, and the events outside of
    /// the window. Events without a time count as events at the start of the window and are always in the first list.
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

    /// Adds further events: `repeats`, whose texts are known already, and `other_texts` of the contents that were counted
    /// as amendments. A repeated record without a usable `@uuid` is an event of its own, and so is one that differs only
    /// in its formatting.
    pub(super) fn add_repeats(&mut self, repeats: Vec<Event>, other_texts: u64) {
        self.amended -= other_texts;
        for event in repeats {
            let id = event.id();
            self.push(event, id);
        }
    }
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
        events.add(event(r#"{"n": 3}"#));
        events.add_repeats(vec![event(r#"{"n":3}"#)], 1);
        assert_eq!((events.count(), events.amended), (4, 1));
        assert_eq!(events.take(range).0.len(), 5);
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
}
