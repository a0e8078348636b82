//! Counts how often each event occurs. Two records with the same `@uuid` are one event. Two equal records without a
//! usable `@uuid` may be two events that look the same, so each of their occurrences matters.

use std::collections::HashMap;
use std::hash::Hash;

use crate::event::EventId;

/// A multiset of events. `K` is the key by which two events count as equal: the id, or a digest of the record if
/// records with equal ids but different contents have to be distinguished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventMultiset<K: Eq + Hash = EventId> {
    /// Occurrences per key, each at least 1.
    occurrences: HashMap<K, u64>,
}

impl<K: Eq + Hash> EventMultiset<K> {
    /// An empty multiset.
    #[must_use]
    pub fn new() -> Self {
        Self { occurrences: HashMap::new() }
    }

    /// Adds one occurrence. Returns the number of earlier occurrences.
    pub fn insert(&mut self, key: K) -> u64 {
        let count = self.occurrences.entry(key).or_default();
        *count += 1;
        *count - 1
    }

    /// Removes one occurrence. Returns `false` if there was none.
    pub fn remove_one(&mut self, key: &K) -> bool {
        match self.occurrences.get_mut(key) {
            None => false,
            Some(1) => self.occurrences.remove(key).is_some(),
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }

    /// Whether the key occurs at least once.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.occurrences.contains_key(key)
    }

    /// Number of occurrences of a key.
    #[must_use]
    pub fn count(&self, key: &K) -> u64 {
        self.occurrences.get(key).copied().unwrap_or_default()
    }

    /// Number of different keys.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.occurrences.len() as u64
    }

    /// The different keys with their occurrences, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.occurrences.iter().map(|(key, count)| (key, *count))
    }

    /// Removes all events and keeps the allocated memory.
    pub fn clear(&mut self) {
        self.occurrences.clear();
    }
}

impl EventMultiset {
    /// Number of different ids for which `is_known` is false.
    #[must_use]
    pub fn distinct_unknown(&self, is_known: impl Fn(&EventId) -> bool) -> u64 {
        self.occurrences.keys().filter(|id| !is_known(id)).count() as u64
    }

    /// The total that a service reports for these events if it counts each event once. An event with a usable `@uuid`
    /// counts once, even if its records differ, and does not count if `is_known` is true for its id. A record without a
    /// usable `@uuid` counts as often as it occurs, even if `is_known` is true for its id.
    #[must_use]
    pub fn expected_total(&self, is_known: impl Fn(&EventId) -> bool) -> u64 {
        let counted = self.iter().map(|(id, count)| match id.is_of_content() {
            true => count,
            false => u64::from(!is_known(id)),
        });
        counted.sum()
    }
}

impl<K: Eq + Hash> Default for EventMultiset<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash> Extend<K> for EventMultiset<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Eq + Hash> FromIterator<K> for EventMultiset<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut events = Self::new();
        events.extend(keys);
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_uuid(digit: char) -> EventId {
        format!("u:{digit}1b9b1b0-7b1b-11e6-9a41-000d3a002f99").parse().unwrap()
    }

    fn of_content(digit: char) -> EventId {
        format!("h:{}", digit.to_string().repeat(32)).parse().unwrap()
    }

    #[test]
    fn inserting_returns_the_earlier_occurrences() {
        let mut events = EventMultiset::new();
        assert_eq!([events.insert("a"), events.insert("b"), events.insert("a")], [0, 0, 1]);
        assert_eq!((events.count(&"a"), events.count(&"b"), events.count(&"c")), (2, 1, 0));
        assert_eq!(events.distinct(), 2);
    }

    #[test]
    fn each_occurrence_can_be_removed_once() {
        let mut events: EventMultiset<_> = ["a", "a"].into_iter().collect();
        assert!(events.remove_one(&"a") && events.contains(&"a"));
        assert!(events.remove_one(&"a") && !events.contains(&"a"));
        assert!(!events.remove_one(&"a"));
        assert_eq!(events, EventMultiset::default());
    }

    #[test]
    fn the_expected_total_counts_a_uuid_once_and_each_record_without_a_uuid() {
        let ids = [with_uuid('a'), with_uuid('a'), with_uuid('b'), of_content('0'), of_content('0'), of_content('1')];
        let events: EventMultiset = ids.into_iter().collect();
        assert_eq!(events.distinct(), 4);
        assert_eq!(events.expected_total(|_| false), 5);
    }

    #[test]
    fn known_events_count_only_if_their_id_is_a_hash_of_the_content() {
        let events: EventMultiset =
            [with_uuid('a'), with_uuid('b'), of_content('0'), of_content('0')].into_iter().collect();
        let known = |id: &EventId| *id == with_uuid('a') || *id == of_content('0');
        assert_eq!(events.expected_total(known), 3);
        assert_eq!(events.distinct_unknown(known), 1);
    }
}
