//! The outcome of an operation. Each command that shows operations uses this rule, so that all of them agree.

use chrono::{DateTime, Utc};

use crate::event::{Event, Outcome};

/// The outcome of an operation, according to the events that were added so far. Does not depend on their order.
///
/// If any event failed, the operation failed, even if a later event succeeded, so that no failure is hidden. Otherwise,
/// if any event succeeded, the operation succeeded. Otherwise the last status decides between pending and unknown.
#[derive(Clone, Debug)]
pub struct OperationOutcome {
    /// The first of the outcomes of the events, in the order of precedence of [`Outcome`].
    first: Outcome,
    /// `None` if no event has a status.
    last: Option<LastStatus>,
}

/// The status of an event. The last status is the greatest in the order of these fields. So an event without a time
/// counts as the first, and of several events with the same time, those with an unknown outcome count as the last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LastStatus {
    time: Option<DateTime<Utc>>,
    outcome: Outcome,
    status: Box<str>,
}

impl OperationOutcome {
    /// The outcome of an operation with a single event.
    #[must_use]
    pub fn of_event(event: &Event) -> Self {
        let details = event.details();
        let outcome = details.outcome();
        let status = details.status().filter(|status| !status.as_str().trim().is_empty());
        let last = status.map(|status| LastStatus { time: event.time(), outcome, status: status.as_str().into() });
        Self { first: outcome, last }
    }

    /// The outcome of the operation that has the events of both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// The outcome.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (self.first, &self.last) {
            (Outcome::Pending | Outcome::Unknown, Some(last)) => last.outcome,
            (first, _) => first,
        }
    }

    /// The last status. `None` if no event has a status.
    #[must_use]
    pub fn last_status(&self) -> Option<&str> {
        self.last.as_ref().map(|last| &*last.status)
    }

    /// The outcome of the event with the last status. `None` if no event has a status.
    #[must_use]
    pub fn last_outcome(&self) -> Option<Outcome> {
        self.last.as_ref().map(|last| last.outcome)
    }
}
