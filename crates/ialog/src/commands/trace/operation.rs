//! "What became of it?" is asked with one name in hand, and the events that answer it have two: the request, and the
//! queue in which it was provisioned. Neither is in every event, and a queue reference may come again, so the events are
//! tied together first and then told apart by their requests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{Chain, ContractNumber, Event, EventType, Outcome, Status};

use crate::error::CommandError;
use crate::events::source::Taker;
use crate::runtime::context::Context;

/// The events of a reading that may belong to an operation.
#[derive(Default)]
pub(crate) struct OperationCollector(BTreeMap<ContractNumber, Vec<Event>>);

impl Taker for OperationCollector {
    fn take(&mut self, contract: &ContractNumber, event: Event, _host: &mut Context<'_>) -> Result<bool, CommandError> {
        let has_name = {
            let details = event.details();
            details.request_id().is_some() || details.queue_ref_id().is_some()
        };
        if has_name {
            // Which of them is wanted shows when the last of them is there: a name may lead to another.
            self.0.entry(contract.clone()).or_default().push(event);
        }
        Ok(true)
    }
}

impl OperationCollector {
    /// The operations that a reference stands for, contract by contract, in the order of their beginnings.
    pub(crate) fn operations(&self, reference: &str) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (contract, events) in &self.0 {
            for chain in Chain::group(events) {
                if chain.events().iter().any(|event| has(event, reference)) {
                    operations.extend(split_by_request(contract, &chain, reference));
                }
            }
        }
        operations
    }
}

fn has(event: &Event, reference: &str) -> bool {
    let details = event.details();
    let names = [details.request_id(), queue_of(event)];
    let mut names = names.into_iter().flatten();
    !reference.is_empty() && names.any(|name| name.trim().eq_ignore_ascii_case(reference))
}

/// The queue reference of an event; a number that was never set is 0, and no reference.
fn queue_of(event: &Event) -> Option<Cow<'_, str>> {
    let queue = event.details().queue_ref_id();
    queue.filter(|queue| !["", "0"].contains(&queue.trim()))
}

/// The operations of a chain that have the reference: one for each request. An event that names none belongs to the
/// request of its queue reference that began last before it.
fn split_by_request(contract: &ContractNumber, chain: &Chain<'_>, reference: &str) -> Vec<Operation> {
    let mut groups: Vec<RequestGroup<'_>> = Vec::new();
    let mut nameless = Vec::new();
    for event in chain.events() {
        let details = event.details();
        let Some(request) = details.request_id().filter(|name| !name.trim().is_empty()) else {
            nameless.push(*event);
            continue;
        };
        let queue = queue_of(event);
        let known = groups.iter_mut().find(|group| group.request == request);
        match known {
            Some(group) => {
                group.queues.extend(queue);
                group.events.push(event);
            }
            None => groups.push(RequestGroup { request, queues: queue.into_iter().collect(), events: vec![event] }),
        }
    }
    if groups.is_empty() {
        let all = chain.events().iter().copied();
        return Operation::of(contract, all, 0).into_iter().collect();
    }
    let starts: Vec<_> = groups.iter().map(RequestGroup::start).collect();
    for event in nameless {
        let queue = queue_of(event);
        let tied = |group: &RequestGroup<'_>| queue.as_ref().is_some_and(|queue| group.queues.contains(queue));
        let mut of_queue = (0..groups.len()).filter(|place| groups.get(*place).is_some_and(tied));
        let first = of_queue.clone().next().unwrap_or_default();
        let begun = |place: &usize| {
            let start = starts.get(*place).copied().flatten();
            start.is_some() && start <= event.time()
        };
        let place = of_queue.rfind(begun).unwrap_or(first);
        if let Some(group) = groups.get_mut(place) {
            group.events.push(event);
        }
    }
    let others = groups.len().saturating_sub(1);
    let wanted = groups.into_iter().filter(|group| {
        let mut events = group.events.iter();
        events.any(|event| has(event, reference))
    });
    let operations = wanted.filter_map(|group| Operation::of(contract, group.events, others));
    operations.collect()
}

/// The events of a request within a chain.
struct RequestGroup<'a> {
    request: Cow<'a, str>,
    queues: Vec<Cow<'a, str>>,
    events: Vec<&'a Event>,
}

impl RequestGroup<'_> {
    fn start(&self) -> Option<DateTime<Utc>> {
        self.events.first().and_then(|event| event.time())
    }
}

/// What somebody asked for, and all that the log says of how it went.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) contract: ContractNumber,
    /// In the order of their times; never empty.
    events: Vec<Event>,
    pub(crate) outcome: Outcome,
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) end: Option<DateTime<Utc>>,
    /// How many other requests have the same queue reference.
    pub(crate) others: usize,
}

/// How long the parts of an operation took, as far as its events tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationDurations {
    /// From the first event to the last.
    pub(crate) all: Option<TimeDelta>,
    /// From being accepted to the event that says how it ended.
    pub(crate) accepted_to_done: Option<TimeDelta>,
    /// From being accepted to the first sign of work.
    pub(crate) queued: Option<TimeDelta>,
    /// From there to the end.
    pub(crate) running: Option<TimeDelta>,
}

impl Operation {
    fn of<'a>(contract: &ContractNumber, events: impl IntoIterator<Item = &'a Event>, others: usize) -> Option<Self> {
        // They are tied together already; this brings them into order again.
        let chain = Chain::group(events).into_iter().next()?;
        Some(Self {
            contract: contract.clone(),
            events: chain.events().iter().map(|event| (*event).clone()).collect(),
            outcome: chain.outcome(),
            start: chain.start(),
            end: chain.end(),
            others,
        })
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// The event that says the most about who did what: the first that is no update.
    pub(crate) fn lead(&self) -> Option<&Event> {
        let updates = [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION].map(Some);
        let mut events = self.events.iter();
        let lead = events.find(|event| !updates.contains(&event.details().event_type()));
        lead.or(self.events.first())
    }

    /// The request id.
    pub(crate) fn request(&self) -> Option<Cow<'_, str>> {
        let requests = self.events.iter();
        let mut requests = requests.filter_map(|event| event.details().request_id());
        requests.find(|request| !request.trim().is_empty())
    }

    /// The queue reference.
    pub(crate) fn queue(&self) -> Option<Cow<'_, str>> {
        self.events.iter().find_map(queue_of)
    }

    /// How long it took.
    pub(crate) fn durations(&self) -> OperationDurations {
        let is_accepted = |event: &&Event| event.details().event_type() == Some(EventType::REQUEST_ACCEPTED);
        let accepted = self.events.iter().find(is_accepted);
        let accepted_at = accepted.and_then(Event::time);
        // Being accepted may be told as done, too.
        let later = || self.events.iter().filter(|event| !is_accepted(event));
        let is_work = |event: &&Event| {
            let status = event.details().status();
            [Status::RUNNING, Status::BUSY].map(Some).contains(&status)
        };
        let is_over = matches!(self.outcome, Outcome::Success | Outcome::Failure);
        let done = later().find(|event| event.details().outcome() == self.outcome);
        let done_at = done.filter(|_| is_over).and_then(Event::time);
        let work_at = later().find(is_work).and_then(Event::time);
        let between = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
            Some(to?.signed_duration_since(from?)).filter(|length| *length >= TimeDelta::zero())
        };
        OperationDurations {
            all: between(self.start, self.end),
            accepted_to_done: between(accepted_at, done_at),
            queued: between(accepted_at, work_at),
            running: between(work_at, done_at),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
