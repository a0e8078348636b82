//! Groups events into operations. One operation writes several records: the accepted request, updates of its status,
//! and provisioning in the background. A request id or a queue reference links the records. A record may lack one of
//! the two, so records belong together if they share either one (union-find).

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{Event, EventId, Outcome};

/// The events of one operation.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    events: Vec<&'a Event>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    outcome: Outcome,
}

/// An id that links the events of one operation. A request id and a queue reference with equal digits are different
/// ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OperationLink<'a> {
    /// The request id of the record.
    Request(Cow<'a, str>),
    /// The queue reference of the record.
    Queue(Cow<'a, str>),
}

impl OperationLink<'_> {
    /// Copies the id, so that it does not depend on the event.
    #[must_use]
    pub fn into_owned(self) -> OperationLink<'static> {
        match self {
            Self::Request(id) => OperationLink::Request(Cow::Owned(id.into_owned())),
            Self::Queue(reference) => OperationLink::Queue(Cow::Owned(reference.into_owned())),
        }
    }
}

impl<'a> Chain<'a> {
    /// Groups the events of one contract into operations. Two events belong to one operation if they have the same
    /// request id or the same queue reference, or if further events link them in this way. Placeholders, such as a
    /// blank id or the queue reference 0, do not count. An event with neither id, or with placeholders only, is an
    /// operation of its own.
    ///
    /// Every event is in exactly one chain. Chains are ordered by their first event; chains without any time come last.
    /// The result does not depend on the order of the events. If `events` lacks some events of an operation, the chain
    /// of this operation lacks them too.
    pub fn group(events: impl IntoIterator<Item = &'a Event>) -> Vec<Self> {
        let events: Vec<&Event> = events.into_iter().collect();
        let mut groups = UnionFind::new(events.len());
        let mut first_by_link: HashMap<OperationLink<'_>, usize> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            for link in operation_links(event) {
                let first = *first_by_link.entry(link).or_insert(place);
                groups.unite(first, place);
            }
        }
        drop(first_by_link);
        let mut chains: Vec<Vec<SortedEvent<'a>>> = Vec::new();
        let mut chain_of: HashMap<usize, usize> = HashMap::new();
        for (place, event) in events.into_iter().enumerate() {
            let chain = *chain_of.entry(groups.root(place)).or_insert(chains.len());
            if chain == chains.len() {
                chains.push(Vec::new());
            }
            if let Some(events) = chains.get_mut(chain) {
                events.push(SortedEvent::new(event));
            }
        }
        chains.iter_mut().for_each(|events| events.sort_by(SortedEvent::compare));
        chains.sort_by(|one, other| match (one.first(), other.first()) {
            (Some(one), Some(other)) => one.compare(other),
            _ => std::cmp::Ordering::Equal,
        });
        chains.into_iter().map(Self::from_sorted).collect()
    }

    fn from_sorted(events: Vec<SortedEvent<'a>>) -> Self {
        let times = || events.iter().filter_map(|one| one.time);
        let outcomes = events.iter().map(|one| one.event.details().outcome());
        Self {
            start: times().next(),
            end: times().next_back(),
            outcome: outcomes.min().unwrap_or(Outcome::Unknown),
            events: events.into_iter().map(|one| one.event).collect(),
        }
    }

    /// The events ordered by time and then by id, those without a time last. Never empty.
    #[must_use]
    pub fn events(&self) -> &[&'a Event] {
        &self.events
    }

    /// The time of the first event in UTC. `None` if no event has a valid time.
    #[must_use]
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.start
    }

    /// The time of the last event in UTC. `None` if no event has a valid time.
    #[must_use]
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.end
    }

    /// The duration from the first event to the last; 0 for a single event. `None` if no event has a valid time.
    #[must_use]
    pub fn duration(&self) -> Option<TimeDelta> {
        Some(self.end?.signed_duration_since(self.start?))
    }

    /// The outcome of the operation: failure if any of its events failed, otherwise success if any event succeeded,
    /// otherwise pending if any event is pending, otherwise unknown.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

/// An event with its sort key.
struct SortedEvent<'a> {
    time: Option<DateTime<Utc>>,
    id: EventId,
    event: &'a Event,
}

impl<'a> SortedEvent<'a> {
    fn new(event: &'a Event) -> Self {
        let (time, id) = (event.time(), event.id());
        Self { time, id, event }
    }

    /// Compares by time (events without a time come last), then by id and record, so that the order does not depend on
    /// the input.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let by_time = (self.time.is_none(), self.time).cmp(&(other.time.is_none(), other.time));
        by_time.then_with(|| self.id.cmp(&other.id)).then_with(|| self.event.raw().cmp(other.event.raw()))
    }
}

/// The ids of an event that link it to the other events of its operation. Empty if the event has neither id, or
/// placeholders only.
pub fn operation_links(event: &Event) -> impl Iterator<Item = OperationLink<'_>> {
    let details = event.details();
    let is_set = |id: &Cow<'_, str>| !is_placeholder(id);
    let request = details.request_id().filter(is_set).map(OperationLink::Request);
    request.into_iter().chain(details.queue_ref_id().filter(is_set).map(OperationLink::Queue))
}

/// Whether a text stands for an id that was never set: it is blank, consists of zeros and separators (such as the nil
/// UUID), or is a word such as `null`. Such an id would link unrelated events.
fn is_placeholder(id: &str) -> bool {
    let id = id.trim();
    let is_word = ["null", "nil", "none", "undefined", "n/a"].iter().any(|word| id.eq_ignore_ascii_case(word));
    is_word || id.chars().all(|char| char == '0' || !char.is_alphanumeric())
}

/// A union-find over the indices of events. The first event of a group points to itself, and every other event
/// points to an earlier event of its group.
struct UnionFind(Vec<usize>);

impl UnionFind {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut place: usize) -> usize {
        while let Some(&above) = self.0.get(place).filter(|above| **above != place) {
            // Path halving.
            let top = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(place) {
                *slot = top;
            }
            place = top;
        }
        place
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests;
