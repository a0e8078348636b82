//! One operation: its events, its ids and its durations.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::{Chain, ContractNumber, Event, EventType, Outcome, Status};

use crate::events::fold::lead_event;

/// The events of one request, from its acceptance to its end.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) contract: ContractNumber,
    /// In the order of time; never empty.
    events: Vec<Event>,
    pub(crate) outcome: Outcome,
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) end: Option<DateTime<Utc>>,
    /// Number of other requests in the same [`Chain`]. Shared queue references link them to this operation.
    pub(crate) other_requests: usize,
}

/// Durations of an operation. A duration is `None` if the events for it are missing or in the wrong order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationDurations {
    /// From the first event to the last.
    pub(crate) total: Option<TimeDelta>,
    /// From the acceptance of the request to the event with the outcome.
    pub(crate) accepted_to_done: Option<TimeDelta>,
    /// From the acceptance of the request to the first event with the status running or busy.
    pub(crate) queued: Option<TimeDelta>,
    /// From the first event with the status running or busy to the event with the outcome.
    pub(crate) running: Option<TimeDelta>,
}

impl Operation {
    /// Creates the operation from its events. `None` if `events` is empty.
    pub(super) fn new<'a>(
        contract: &ContractNumber,
        events: impl IntoIterator<Item = &'a Event>,
        other_requests: usize,
    ) -> Option<Self> {
        // The events form a single chain; the grouping only sorts them.
        let chain = Chain::group(events).into_iter().next()?;
        Some(Self {
            contract: contract.clone(),
            events: chain.events().iter().map(|event| (*event).clone()).collect(),
            outcome: chain.outcome(),
            start: chain.start(),
            end: chain.end(),
            other_requests,
        })
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn lead(&self) -> Option<&Event> {
        lead_event(&self.events)
    }

    /// The request id of the first event that has one; `None` if no event has one.
    pub(crate) fn request(&self) -> Option<Cow<'_, str>> {
        let requests = self.events.iter();
        let mut requests = requests.filter_map(|event| event.details().request_id());
        requests.find(|request| !request.trim().is_empty())
    }

    /// The queue reference of the first event that has one; `None` if no event has one.
    pub(crate) fn queue(&self) -> Option<Cow<'_, str>> {
        self.events.iter().find_map(queue_reference)
    }

    pub(crate) fn durations(&self) -> OperationDurations {
        let is_accepted = |event: &&Event| {
            let event_type = event.details().event_type();
            event_type.is_some_and(|event_type| event_type.matches(EventType::REQUEST_ACCEPTED.as_str()))
        };
        let accepted = self.events.iter().find(is_accepted);
        let accepted_at = accepted.and_then(Event::time);
        // An event of the type RequestAccepted may have the status DONE, too, but it does not end the operation.
        let later = || self.events.iter().filter(|event| !is_accepted(event));
        let is_work = |event: &&Event| {
            let status = event.details().status();
            status
                .is_some_and(|status| [Status::RUNNING, Status::BUSY].iter().any(|work| status.matches(work.as_str())))
        };
        let is_over = matches!(self.outcome, Outcome::Success | Outcome::Failure);
        let done = later().find(|event| event.details().outcome() == self.outcome);
        let done_at = done.filter(|_| is_over).and_then(Event::time);
        let work_at = later().find(is_work).and_then(Event::time);
        let between = |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| {
            Some(to?.signed_duration_since(from?)).filter(|duration| *duration >= TimeDelta::zero())
        };
        OperationDurations {
            total: between(self.start, self.end),
            accepted_to_done: between(accepted_at, done_at),
            queued: between(accepted_at, work_at),
            running: between(work_at, done_at),
        }
    }
}

/// The queue reference of an event. `None` if it is missing, empty or 0; 0 stands for a reference that was never set.
pub(super) fn queue_reference(event: &Event) -> Option<Cow<'_, str>> {
    let queue = event.details().queue_ref_id();
    queue.filter(|queue| !["", "0"].contains(&queue.trim()))
}
