//! Groups events into operations. One operation writes several records: the accepted request, updates of its status,
//! and provisioning in the background. A request id or a queue reference links the records, but a record may lack one
//! of the two, and several requests may have the same queue reference. [`QueueRequests`] decides to which of them a
//! record without a request id belongs, and [`OperationOutcome`] how an operation ended.

mod operation_outcome;
mod queue_requests;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{Event, EventId, Outcome};

pub use operation_outcome::OperationOutcome;
pub use queue_requests::QueueRequests;

/// The events of one operation.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    events: Vec<&'a Event>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    outcome: Option<OperationOutcome>,
}

/// The ids that link an event to the other events of its operation. Placeholders are not ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationIds<'a> {
    /// The request id; `None` if the event has none.
    pub request: Option<Cow<'a, str>>,
    /// The queue reference; `None` if the event has none.
    pub queue: Option<Cow<'a, str>>,
}

impl OperationIds<'_> {
    /// Whether the event has neither id, so that it is an operation of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.request.is_none() && self.queue.is_none()
    }
}

impl<'a> Chain<'a> {
    /// Groups the events of one contract into operations:
    ///
    /// - The events with the same request id are one operation.
    /// - An event with only a queue reference belongs to the request that has this queue reference. If several requests
    ///   have it, the event belongs to the only one that has started by then.
    /// - Otherwise, the log does not say to which request the event belongs. The events of this kind with the same
    ///   queue reference are an operation of their own.
    /// - An event with neither id is an operation of its own. Placeholders, such as a blank id or the queue reference
    ///   0, do not count.
    ///
    /// Every event is in exactly one chain. Chains are ordered by their first event; chains without any time come last.
    /// The result does not depend on the order of the events. If `events` lacks some events of an operation, the chain
    /// of this operation lacks them too.
    pub fn group(events: impl IntoIterator<Item = &'a Event>) -> Vec<Self> {
        let mut chains: Vec<Vec<SortedEvent<'a>>> = Vec::new();
        let mut by_request: HashMap<Cow<'a, str>, usize> = HashMap::new();
        let mut requests_by_queue: HashMap<Cow<'a, str>, BTreeSet<usize>> = HashMap::new();
        let mut without_request = Vec::new();
        for event in events {
            let (ids, event) = (operation_ids(event), SortedEvent::new(event));
            match (ids.request, ids.queue) {
                (Some(request), queue) => {
                    let index = *by_request.entry(request).or_insert(chains.len());
                    match chains.get_mut(index) {
                        Some(chain) => chain.push(event),
                        None => chains.push(vec![event]),
                    }
                    if let Some(queue) = queue {
                        requests_by_queue.entry(queue).or_default().insert(index);
                    }
                }
                (None, Some(queue)) => without_request.push((queue, event)),
                (None, None) => chains.push(vec![event]),
            }
        }
        let start = |index: usize| chains.get(index).and_then(|chain| chain.iter().filter_map(|one| one.time).min());
        let by_queue: HashMap<Cow<'a, str>, QueueRequests> = requests_by_queue
            .into_iter()
            .map(|(queue, requests)| (queue, QueueRequests::new(requests.into_iter().map(|one| (one, start(one))))))
            .collect();
        let mut of_no_request: HashMap<Cow<'a, str>, usize> = HashMap::new();
        for (queue, event) in without_request {
            let owner = by_queue.get(&queue).and_then(|requests| requests.owner(event.time));
            let index = owner.unwrap_or_else(|| *of_no_request.entry(queue).or_insert(chains.len()));
            match chains.get_mut(index) {
                Some(chain) => chain.push(event),
                None => chains.push(vec![event]),
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
        let outcomes = events.iter().map(|one| OperationOutcome::of_event(one.event));
        Self {
            start: times().next(),
            end: times().next_back(),
            outcome: outcomes.reduce(OperationOutcome::join),
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

    /// The outcome of the operation: failure if any of its events failed, otherwise success if any event succeeded. If
    /// there is neither, the last status decides: pending or unknown. If no event has a status, the outcome is unknown.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome.as_ref().map_or(Outcome::Unknown, OperationOutcome::outcome)
    }

    /// The last status. An operation that failed and was then repeated has the outcome failure and the last status
    /// `DONE`. `None` if no event has a status.
    #[must_use]
    pub fn last_status(&self) -> Option<&str> {
        self.outcome.as_ref().and_then(OperationOutcome::last_status)
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

/// The ids of an event that link it to the other events of its operation.
#[must_use]
pub fn operation_ids(event: &Event) -> OperationIds<'_> {
    let details = event.details();
    let is_set = |id: &Cow<'_, str>| !is_placeholder(id);
    OperationIds { request: details.request_id().filter(is_set), queue: details.queue_ref_id().filter(is_set) }
}

/// Whether a text stands for an id that was never set: it is blank, consists of zeros and separators (such as the nil
/// UUID), or is a word such as `null`. Such an id would link unrelated events.
fn is_placeholder(id: &str) -> bool {
    let id = id.trim();
    let is_word = ["null", "nil", "none", "undefined", "n/a"].iter().any(|word| id.eq_ignore_ascii_case(word));
    is_word || id.chars().all(|char| char == '0' || !char.is_alphanumeric())
}

#[cfg(test)]
mod tests;
