//! What proves that a window was read completely? Not that no error came: a service may count other than it sends, and
//! send a hit twice and another one never. Evidence is what the scans of one window have shown together.
//!
//! A window is verified when, in one scan, as many different events came as every page of it counted. Where hits change
//! their places from page to page, no single scan may ever have them all, so the events of all scans count together if
//! the service counted the same throughout.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::reading::scan::Scan;
use crate::{DateRange, Event, EventId, Total};

/// How many scans must bring the same events before a count that changes all the time is not believed any more.
const REPETITIONS: u32 = 3;

/// All that was seen of one window.
#[derive(Debug)]
pub(super) struct Evidence {
    range: DateRange,
    /// By id, where the first of its contents is.
    known: HashMap<EventId, usize>,
    /// All different events: the time to sort by, the id, and the content.
    events: Vec<Seen>,
    /// What all pages of the last scan counted, if all of them counted the same.
    agreed: Option<u64>,
    /// Whether two answers about this window counted differently.
    drifts: bool,
    /// Whether a scan brought a hit twice, or missed what another one had.
    pub(super) unstable: bool,
    /// Scans in a row that brought nothing new and missed nothing.
    same: u32,
    /// Scans in a row that brought nothing new.
    pub(super) stale: u32,
    pub(super) scans: u32,
    pub(super) duplicates: u64,
    pub(super) amended: u64,
    pub(super) strays: u64,
    pub(super) bytes: u64,
    pub(super) total: Option<Total>,
    /// The least that a scan counted.
    least: Option<u64>,
    /// Of the last scan: how often each record came that has no identifier but its content.
    twins: HashMap<EventId, u64>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// What it is sorted by.
    time: DateTime<Utc>,
    /// Whether the record has no time that can be read.
    timeless: bool,
    id: EventId,
    event: Event,
}

impl Evidence {
    pub(super) fn new(range: DateRange) -> Self {
        Self {
            range,
            known: HashMap::new(),
            events: Vec::new(),
            agreed: None,
            drifts: false,
            unstable: false,
            same: 0,
            stale: 0,
            scans: 0,
            duplicates: 0,
            amended: 0,
            strays: 0,
            bytes: 0,
            total: None,
            least: None,
            twins: HashMap::new(),
        }
    }

    /// How many different events came.
    pub(super) fn seen(&self) -> u64 {
        self.known.len() as u64
    }

    /// Takes in a scan, and says whether the window is verified now. `finest` says that the window cannot be cut so that
    /// it fits on one page.
    pub(super) fn add(&mut self, scan: Scan, finest: bool) -> bool {
        let Scan { events, agreed, total, oversized, pages, ended, .. } = scan;
        let hits = events.len() as u64;
        let before = self.seen();
        // Everything in the first scan is its own, so nobody needs to note it twice.
        let mut own = (self.scans > 0).then(|| HashSet::with_capacity(events.len()));
        self.twins.clear();
        self.known.reserve(events.len());
        self.events.reserve(events.len());
        for event in events {
            let id = self.take(event);
            if id.is_of_content() {
                *self.twins.entry(id.clone()).or_default() += 1;
            }
            if let Some(own) = &mut own {
                own.insert(id);
            }
        }
        let unique = own.map_or(self.seen(), |own| own.len() as u64);
        let (new, missed) = (self.seen() > before, unique < self.seen());
        self.duplicates += hits - unique;
        let twice = pages > 1 && hits > unique && !oversized;
        self.unstable |= twice || pages > 1 && missed;
        self.drifts |= self.scans > 0 && agreed != self.agreed || pages > 1 && agreed.is_none();
        self.agreed = agreed;
        self.total = total;
        let counts = [self.least, total.map(|total| total.count)];
        self.least = counts.into_iter().flatten().min();
        self.scans += 1;
        self.stale = if new { 0 } else { self.stale + 1 };
        self.same = if new || missed { 1 } else { self.same + 1 };
        // One answer that holds everything, with room for more.
        let single = pages == 1 && ended;
        let counted_twice = single && agreed == Some(hits) && hits > unique;
        if !counted_twice {
            self.twins.clear();
        }
        self.strays == 0
            && match agreed {
                // The rule, unless a hit came twice on different pages: where one came twice another one may not have come
                // at all, and the count may be right by chance. Then the same has to come once more.
                Some(total) if total == unique && !missed => !twice || self.same >= 2,
                // All scans together, over a count that never changed.
                Some(total) if !self.drifts && total == self.seen() => true,
                // What came twice in one answer is there twice, if that is what is counted.
                _ if counted_twice => true,
                // A count that changes while nothing else does says nothing, unless there was never as little as came;
                // nor does one that is missing. "At least so many" is as good as none where more came, but where just
                // so many came it may be where a cap is.
                _ => {
                    let passed = total.is_none_or(|total| !total.exact && total.count < unique);
                    let wavers = self.drifts && self.least.is_none_or(|least| least <= unique);
                    // Pages that never overlapped, and always held the same, are as good as one.
                    let steady = finest && ended && !self.unstable;
                    let repetitions = if single { REPETITIONS } else { 2 * REPETITIONS };
                    (single || steady) && (wavers || passed) && self.same >= repetitions
                }
            }
    }

    /// Notes one event; gives its id.
    fn take(&mut self, event: Event) -> EventId {
        self.bytes += event.raw().len() as u64;
        let (time, id) = (event.time(), event.id());
        let first = match self.known.entry(id.clone()) {
            Entry::Occupied(known) => Some(*known.get()),
            Entry::Vacant(new) => {
                new.insert(self.events.len());
                None
            }
        };
        if first.is_some_and(|first| self.has(first, &id, &event)) {
            return id;
        }
        match first {
            Some(_) => self.amended += 1,
            None => {
                let strays = time.is_some_and(|time| !self.range.contains(time));
                self.strays += u64::from(strays);
            }
        }
        self.events.push(Seen {
            // Without a time it belongs here, because it came when this time was asked for.
            time: time.unwrap_or(self.range.start()),
            timeless: time.is_none(),
            id: id.clone(),
            event,
        });
        id
    }

    /// Whether this very content is known, the first content of its id being at a place.
    fn has(&self, first: usize, id: &EventId, event: &Event) -> bool {
        let same = |seen: &Seen| seen.event.raw() == event.raw();
        self.events.get(first).is_some_and(same)
            // Other contents of one id are as rare as they are remarkable.
            || self.amended > 0 && self.events.iter().any(|seen| seen.id == *id && same(seen))
    }

    /// What every page of the last scan counted.
    pub(super) fn counted(&self) -> Option<u64> {
        self.agreed
    }

    /// Those of its events that happened in a range, in the order of their times, those of one time in the order of
    /// their ids, and those that do not belong to the window at all. An event without a time is where the window begins.
    pub(super) fn take_events(&mut self, range: DateRange) -> (Vec<Event>, Vec<Event>) {
        self.add_twins();
        self.events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        let (mut events, mut strays) = (Vec::with_capacity(self.events.len()), Vec::new());
        for seen in std::mem::take(&mut self.events) {
            if !seen.timeless && !self.range.contains(seen.time) {
                strays.push(seen.event);
            } else if seen.timeless || range.contains(seen.time) {
                events.push(seen.event);
            }
        }
        (events, strays)
    }

    /// Records without an identifier that came several times in one answer, and are counted as often, are several
    /// events that look the same: one of them must not stand for all.
    fn add_twins(&mut self) {
        for (id, times) in std::mem::take(&mut self.twins) {
            let Some(seen) = self.known.get(&id).and_then(|at| self.events.get(*at)) else {
                continue;
            };
            let twin = Seen { time: seen.time, timeless: seen.timeless, id, event: seen.event.clone() };
            for _ in 1..times {
                self.events.push(twin.clone());
                self.duplicates -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(uuid: &str, time: &str) -> Event {
        Event::from_json(format!(r#"{{"@uuid":"{uuid}","meta":{{"time":"{time}"}}}}"#)).unwrap()
    }

    fn range(start: &str, end: &str) -> DateRange {
        DateRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
    }

    fn scan(events: Vec<Event>) -> Scan {
        let count = events.len() as u64;
        Scan {
            events,
            agreed: Some(count),
            total: Some(Total { count, exact: true }),
            oversized: false,
            pages: 1,
            ended: true,
            requests: 1,
        }
    }

    #[test]
    fn what_does_not_belong_to_the_window_is_no_proof_and_is_kept_apart() {
        let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
        let whole = range("2026-11-20T09:00:00Z", "2026-11-20T12:00:00Z");
        let mut evidence = Evidence::new(window);
        let verified = evidence.add(
            scan(vec![
                event("b", "2026-11-20T10:30:00Z"),
                event("earlier", "2026-11-20T09:30:00Z"),
                event("later", "2026-11-20T11:00:00Z"),
                event("a", "2026-11-20T10:30:00Z"),
            ]),
            true,
        );
        assert!(!verified);
        let (events, strays) = evidence.take_events(whole);
        let ids = |events: &[Event]| -> Vec<String> { events.iter().map(|event| event.id().to_string()).collect() };
        assert_eq!(ids(&events), ["u:a", "u:b"]);
        assert_eq!(ids(&strays), ["u:earlier", "u:later"]);
    }

    #[test]
    fn what_was_not_asked_for_is_left_out_of_what_was_verified() {
        let window = range("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z");
        let asked = range("2026-11-20T10:00:00.500Z", "2026-11-20T10:59:59.500Z");
        let mut evidence = Evidence::new(window);
        assert!(evidence.add(
            scan(vec![
                event("before", "2026-11-20T10:00:00Z"),
                event("inside", "2026-11-20T10:00:00.500Z"),
                event("behind", "2026-11-20T10:59:59.500Z"),
            ]),
            true,
        ));
        assert_eq!(evidence.counted(), Some(3));
        let (events, strays) = evidence.take_events(asked);
        assert_eq!((events.len(), strays.len()), (1, 0));
    }
}
