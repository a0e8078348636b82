//! Records without a readable time belong to no range, so a service may return the same record for several ranges.
//! Records with the same `@uuid` and content are one event, so only the first of them is kept.

use std::collections::HashSet;

use crate::event::Event;

/// Maximum number of records that are remembered: 100 000, which take 3 MB of memory. Duplicates of further records are
/// not detected.
const MAX_REMEMBERED: usize = 100_000;

/// The records added so far that have a `@uuid` and no readable time.
#[derive(Clone, Debug, Default)]
pub struct UndatedEvents {
    /// The fingerprint of each record.
    known: HashSet<[u8; 32]>,
}

impl UndatedEvents {
    /// Adds the event if it has no readable time. Returns `false` if an equal record was added before. Equal records
    /// without a usable `@uuid` may be several events, so they are not compared.
    pub fn insert(&mut self, event: &Event) -> bool {
        if event.time().is_some() || event.id().is_of_content() {
            return true;
        }
        let digest = event.fingerprint();
        match self.known.len() < MAX_REMEMBERED {
            true => self.known.insert(digest),
            false => !self.known.contains(&digest),
        }
    }

    /// The fingerprint of each record, sorted.
    #[must_use]
    pub fn digests(&self) -> Vec<[u8; 32]> {
        let mut digests: Vec<[u8; 32]> = self.known.iter().copied().collect();
        digests.sort_unstable();
        digests
    }

    /// Restores the set from the result of [`UndatedEvents::digests`].
    pub fn from_digests(digests: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self { known: digests.into_iter().take(MAX_REMEMBERED).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_with_a_uuid_and_without_a_time_are_compared() {
        let event = |record: &str| Event::from_json(record.to_owned()).unwrap();
        let mut undated = UndatedEvents::default();
        for (record, repeat_is_new) in [
            (r#"{"@uuid":"a"}"#, false),
            (r#"{"@uuid":"a","n":1}"#, false),
            (r#"{"@uuid":"b","meta":{"time":"soon"}}"#, false),
            (r#"{"n":1}"#, true),
            (r#"{"@uuid":"a","meta":{"time":"2026-11-19T10:00:00Z"}}"#, true),
        ] {
            assert!(undated.insert(&event(record)), "{record}");
            assert_eq!(undated.insert(&event(record)), repeat_is_new, "{record}");
        }
        let mut kept = UndatedEvents::from_digests(undated.digests());
        assert_eq!(kept.digests().len(), 3);
        assert!(!kept.insert(&event(r#"{"@uuid":"a"}"#)));
    }
}
