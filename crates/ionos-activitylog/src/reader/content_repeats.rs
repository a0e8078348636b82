//! The records of one scan that have no usable `@uuid`. Two equal records are two events, and so are two records that
//! differ only in their formatting, although both have the same id: the service counts each of them.

use std::collections::HashMap;

use crate::event::{Event, EventId};

/// The records without a usable `@uuid` of one scan.
#[derive(Debug, Default)]
pub(super) struct ContentRepeats {
    /// The different texts of each id.
    texts: HashMap<EventId, Vec<Event>>,
    /// Each record whose text occurred before, once per repeat.
    repeats: Vec<Event>,
    /// Number of records.
    records: u64,
}

impl ContentRepeats {
    /// Adds the next record of the scan.
    pub(super) fn add(&mut self, id: EventId, event: &Event) {
        self.records += 1;
        let texts = self.texts.entry(id).or_default();
        match texts.iter().any(|known| known.raw() == event.raw()) {
            true => self.repeats.push(event.clone()),
            false => texts.push(event.clone()),
        }
    }

    /// Number of records whose id occurred before.
    pub(super) fn count(&self) -> u64 {
        self.records - self.texts.len() as u64
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes the repeated records. Also returns the number of records whose id occurred before with another text.
    pub(super) fn take(&mut self) -> (Vec<Event>, u64) {
        let other_texts = self.count() - self.repeats.len() as u64;
        (std::mem::take(self).repeats, other_texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_either_a_new_text_or_a_repeat_of_its_text() {
        let mut repeats = ContentRepeats::default();
        for text in [r#"{"n":1}"#, r#"{"n": 1}"#, r#"{"n": 1}"#, r#"{"n":2}"#, r#"{"n": 1}"#] {
            let event = Event::from_json(text).unwrap();
            repeats.add(event.id(), &event);
        }
        assert_eq!(repeats.count(), 3);
        let (events, other_texts) = repeats.take();
        assert_eq!(events.iter().map(Event::raw).collect::<Vec<_>>(), [r#"{"n": 1}"#; 2]);
        assert_eq!(other_texts, 1);
        assert_eq!(repeats.count(), 0);
    }
}
