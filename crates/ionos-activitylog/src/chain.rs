//! One operation leaves several records: a request that was accepted, updates of its status, provisioning in the
//! background. "How long did it take, and did it work?" is a question about all of them. They are tied together by two
//! names, and neither is in every record: the request id, and the queue reference of the provisioning.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Event, EventId, Outcome};

/// The events of one operation.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    events: Vec<&'a Event>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    outcome: Outcome,
}

/// What ties events together. Equal digits in a request id and a queue reference mean nothing.
#[derive(PartialEq, Eq, Hash)]
enum Tie<'a> {
    Request(Cow<'a, str>),
    Queue(Cow<'a, str>),
}

impl<'a> Chain<'a> {
    /// Groups the events of one contract into operations: events with the same request id or the same queue reference
    /// belong together, also by way of others. An event with neither, or with blank ones, or with the queue reference 0,
    /// is an operation of its own.
    ///
    /// Every event is in exactly one chain. Chains are ordered by their first event; those without any time come last.
    /// In whatever order the events are given, the chains are the same. An operation that goes on outside of what is
    /// given is cut off.
    pub fn group(events: impl IntoIterator<Item = &'a Event>) -> Vec<Self> {
        let events: Vec<&Event> = events.into_iter().collect();
        let mut groups = Groups::new(events.len());
        let mut tied: HashMap<Tie<'_>, usize> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            for tie in ties(event) {
                let first = *tied.entry(tie).or_insert(place);
                groups.unite(first, place);
            }
        }
        drop(tied);
        let mut chains: Vec<Vec<Link<'a>>> = Vec::new();
        let mut chain_of: HashMap<usize, usize> = HashMap::new();
        for (place, event) in events.into_iter().enumerate() {
            let chain = *chain_of.entry(groups.root(place)).or_insert(chains.len());
            if chain == chains.len() {
                chains.push(Vec::new());
            }
            if let Some(links) = chains.get_mut(chain) {
                links.push(Link::of(event));
            }
        }
        chains.iter_mut().for_each(|links| links.sort_by(Link::compare));
        chains.sort_by(|one, other| match (one.first(), other.first()) {
            (Some(one), Some(other)) => one.compare(other),
            _ => std::cmp::Ordering::Equal,
        });
        chains.into_iter().map(Self::of).collect()
    }

    fn of(links: Vec<Link<'a>>) -> Self {
        let times = || links.iter().filter_map(|link| link.time);
        let outcomes = links.iter().map(|link| link.event.details().outcome());
        Self {
            start: times().next(),
            end: times().next_back(),
            // Ordered as they outweigh each other.
            outcome: outcomes.min().unwrap_or(Outcome::Unknown),
            events: links.into_iter().map(|link| link.event).collect(),
        }
    }

    /// The events in the order of their times, those without one last; never empty. Events of one time are ordered by
    /// their ids.
    #[must_use]
    pub fn events(&self) -> &[&'a Event] {
        &self.events
    }

    /// The time of the first event; none when no event has a time that can be read.
    #[must_use]
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.start
    }

    /// The time of the last event; none when no event has a time that can be read.
    #[must_use]
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.end
    }

    /// From the first event to the last: 0 for a single one, none when no event has a time that can be read.
    #[must_use]
    pub fn duration(&self) -> Option<TimeDelta> {
        Some(self.end?.signed_duration_since(self.start?))
    }

    /// How the operation ended: a failure if one of its events is, or else a success if one is, or else pending if one
    /// is, or else unknown.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

/// An event with what it is ordered by.
struct Link<'a> {
    time: Option<DateTime<Utc>>,
    id: EventId,
    event: &'a Event,
}

impl<'a> Link<'a> {
    fn of(event: &'a Event) -> Self {
        let (time, id) = (event.time(), event.id());
        Self { time, id, event }
    }

    /// By time, those without one last; then by id and content, so that the order does not depend on the reading's.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let by_time = (self.time.is_none(), self.time).cmp(&(other.time.is_none(), other.time));
        by_time.then_with(|| self.id.cmp(&other.id)).then_with(|| self.event.raw().cmp(other.event.raw()))
    }
}

fn ties(event: &Event) -> impl Iterator<Item = Tie<'_>> {
    let details = event.details();
    // A number that was never set is 0 in many languages, and would tie everything to everything.
    let queue = details.queue_ref_id().filter(|queue| queue.trim() != "0");
    let not_blank = |name: &Cow<'_, str>| !name.trim().is_empty();
    let request = details.request_id().filter(not_blank).map(Tie::Request);
    request.into_iter().chain(queue.filter(not_blank).map(Tie::Queue))
}

/// Which places belong together: each points to an earlier one of its group, the first to itself.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut place: usize) -> usize {
        while let Some(&above) = self.0.get(place).filter(|above| **above != place) {
            // Halves the way for the next time.
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
