//! One operation: its events, its ids and its durations.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::internal::{OperationOutcome, operation_ids};
use ionos_activitylog::{Chain, ContractNumber, Event, EventType, Outcome, Status};

use crate::events::fold::lead_event;

/// The events of one request, from its acceptance to its end. Or events with the same queue reference, if the log does
/// not say to which request they belong.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) contract: ContractNumber,
    /// In the order of time; never empty.
    events: Vec<Event>,
    pub(crate) outcome: Outcome,
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) end: Option<DateTime<Utc>>,
    /// Number of other requests with the same queue reference. If the operation has no request id, its events may
    /// belong to any of these requests.
    pub(crate) other_requests: usize,
}

/// Durations of an operation. A duration is `None` if the events for it are missing or in the wrong order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationDurations {
    /// From the first event to the last.
    pub(crate) total: Option<TimeDelta>,
    /// From the acceptance of the request to the first event with the outcome.
    pub(crate) accepted_to_done: Option<TimeDelta>,
    /// From the acceptance of the request to the first event with the status running or busy.
    pub(crate) queued: Option<TimeDelta>,
    /// From the first event with the status running or busy to the first event with the outcome.
    pub(crate) running: Option<TimeDelta>,
}

impl Operation {
    /// Creates the operation from its events.
    pub(super) fn new(contract: &ContractNumber, chain: &Chain<'_>, other_requests: usize) -> Self {
        Self {
            contract: contract.clone(),
            events: chain.events().iter().map(|event| (*event).clone()).collect(),
            outcome: chain.outcome(),
            start: chain.start(),
            end: chain.end(),
            other_requests,
        }
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn lead(&self) -> Option<&Event> {
        lead_event(&self.events)
    }

    /// The request id of the first event that has one; `None` if no event has one.
    pub(crate) fn request(&self) -> Option<Cow<'_, str>> {
        self.events.iter().find_map(|event| operation_ids(event).request)
    }

    /// The queue reference of the first event that has one; `None` if no event has one.
    pub(crate) fn queue(&self) -> Option<Cow<'_, str>> {
        self.events.iter().find_map(|event| operation_ids(event).queue)
    }

    /// The last status, if it does not show the outcome: an operation that failed may be done in the end. `None` if it
    /// shows the outcome, or if no event has a status.
    pub(crate) fn other_last_status(&self) -> Option<String> {
        let outcome = self.events.iter().map(OperationOutcome::of_event).reduce(OperationOutcome::join)?;
        let shows_outcome = outcome.last_outcome() == Some(self.outcome) && self.outcome != Outcome::Unknown;
        outcome.last_status().filter(|_| !shows_outcome).map(str::to_owned)
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
