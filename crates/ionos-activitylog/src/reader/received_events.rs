//! Events that an answer contained but that no window contains yet, because the window was split or the page was
//! requested again. A later answer may lack one of these events, for example because the answer comes from another
//! replica. The events are added to the window of their time, so that this window is not verified without them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::range::DateRange;

/// The events, by their time. Events without a readable time are not kept, because no window is known for them.
#[derive(Debug, Default)]
pub(super) struct ReceivedEvents(Mutex<BTreeMap<(DateTime<Utc>, u64), Event>>);

impl ReceivedEvents {
    /// Keeps the events whose time is in a range or at exactly its end. A service that treats `dateEnd` as inclusive
    /// returns an event at the end of a window for this window too, although the event belongs to the next window. Each
    /// event is detached from its page, because otherwise the event would keep the whole page in memory.
    pub(super) fn keep(&self, range: DateRange, events: impl IntoIterator<Item = Event>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if let Some(time) = event.time().filter(|time| range.contains(*time) || *time == range.end()) {
                let number = kept.range((time, 0)..=(time, u64::MAX)).next_back().map_or(0, |((_, last), _)| last + 1);
                kept.insert((time, number), event.detach());
            }
        }
    }

    /// Removes and returns the events whose time is in a range.
    pub(super) fn take(&self, range: DateRange) -> Vec<Event> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return Vec::new();
        }
        let mut taken = kept.split_off(&(range.start(), 0));
        kept.append(&mut taken.split_off(&(range.end(), 0)));
        taken.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_returned_once_for_the_range_that_contains_its_time() {
        let event =
            |time: &str, n: u32| Event::from_json(format!(r#"{{"n":{n},"meta":{{"time":"{time}"}}}}"#)).unwrap();
        let range = |from: &str, to: &str| DateRange::new(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let (ten, half, eleven) = ("2026-11-19T10:00:00Z", "2026-11-19T10:30:00Z", "2026-11-19T11:00:00Z");
        let received = ReceivedEvents::default();
        received.keep(
            range(ten, eleven),
            [event(ten, 1), event(ten, 2), event(half, 3), event(eleven, 4), event("soon", 5)],
        );
        let numbers = |events: Vec<Event>| events.iter().map(|event| event.raw()[5..6].to_owned()).collect::<String>();
        assert_eq!(numbers(received.take(range(half, eleven))), "3");
        assert_eq!(numbers(received.take(range(half, eleven))), "");
        received.keep(range(ten, eleven), [event(half, 6)]);
        assert_eq!(numbers(received.take(range(ten, eleven))), "126");
        let noon = "2026-11-19T12:00:00Z";
        received.keep(range(ten, eleven), [event(noon, 7)]);
        assert_eq!(numbers(received.take(range(eleven, noon))), "4");
    }
}
