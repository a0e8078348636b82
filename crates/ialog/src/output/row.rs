//! A row of output: an event, or an operation with several events.

use std::borrow::Cow;

use chrono::TimeDelta;
use ionos_activitylog::{ContractNumber, Event, Outcome};

/// A single event, or the lead event of an operation with a summary of the operation.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) contract: ContractNumber,
    pub(crate) event: Event,
    /// Whether the event matches the filter. Rows that do not match are read only to fold them into operations.
    pub(crate) is_match: bool,
    operation: Option<OperationSummary>,
    /// See [`Self::counted_values`].
    counted_values: Option<Vec<Vec<String>>>,
}

/// The summary of the events of an operation.
#[derive(Clone, Debug)]
pub(crate) struct OperationSummary {
    pub(crate) outcome: Outcome,
    /// The last status of the events; `None` if no event has a status.
    pub(crate) last_status: Option<String>,
    /// Time from the first event to the last; `None` for a single event, or if no event has a valid time.
    pub(crate) duration: Option<TimeDelta>,
    /// Number of events, at least 1.
    pub(crate) event_count: u64,
    /// Code and message of one error: the error of the lead event or, if the lead event has no error, of the first
    /// event that has one. `None` if no event has an error.
    pub(crate) error_detail: Option<String>,
    /// For each column, the number of distinct values of the events.
    pub(crate) distinct: DistinctCounts,
}

/// Maximum number of further values, besides the shown one, that are counted per column of an operation.
pub(crate) const MAX_FURTHER: usize = 8;

/// For each column, the number of distinct values that the events of an operation have, at most [`MAX_FURTHER`] + 1.
/// This maximum means "this number or more". All 0 for an operation with one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DistinctCounts {
    pub(crate) user: usize,
    pub(crate) action: usize,
    pub(crate) resource: usize,
    /// Number of distinct addresses. Services are not counted, although the column `from` shows a service if an event
    /// has no address.
    pub(crate) address: usize,
}

impl Row {
    /// The row of a single event.
    pub(crate) fn new(contract: ContractNumber, event: Event) -> Self {
        Self { contract, event, is_match: true, operation: None, counted_values: None }
    }

    /// Sets whether the event matches the filter.
    pub(crate) fn matching(self, is_match: bool) -> Self {
        Self { is_match, ..self }
    }

    /// Detaches the event from the text of its page, for rows that are kept. Otherwise, a few rows from many pages
    /// would keep all these pages in memory.
    pub(crate) fn detach(self) -> Self {
        Self { event: self.event.detach(), ..self }
    }

    /// The row of an operation. The row shows the values of the lead event and of the summary.
    pub(crate) fn of_operation(contract: ContractNumber, lead: Event, operation: OperationSummary) -> Self {
        Self { contract, event: lead, is_match: true, operation: Some(operation), counted_values: None }
    }

    /// Sets the values of [`Self::counted_values`].
    pub(crate) fn with_counted_values(self, values: Vec<Vec<String>>) -> Self {
        Self { counted_values: Some(values), ..self }
    }

    /// For each counted column, the distinct values of all events of an operation. The counted columns are selected
    /// before the events are folded. `None` for a single event, or if no columns were selected.
    pub(crate) fn counted_values(&self) -> Option<&[Vec<String>]> {
        self.counted_values.as_deref()
    }

    /// For each column, the number of distinct values of the operation's events; all 0 for a single event.
    pub(crate) fn distinct(&self) -> DistinctCounts {
        self.operation.as_ref().map(|operation| operation.distinct).unwrap_or_default()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        self.operation.as_ref().map_or_else(|| self.event.details().outcome(), |operation| operation.outcome)
    }

    /// The status of the event, or the last status of the operation. `None` if no event has a status.
    pub(crate) fn last_status(&self) -> Option<Cow<'_, str>> {
        match &self.operation {
            Some(operation) => operation.last_status.as_deref().map(Cow::Borrowed),
            None => self.event.details().status().map(Cow::from),
        }
    }

    /// The duration of the operation; `None` for a single event, or if no event has a valid time.
    pub(crate) fn duration(&self) -> Option<TimeDelta> {
        self.operation.as_ref().and_then(|operation| operation.duration)
    }

    /// Number of events that the row stands for.
    pub(crate) fn event_count(&self) -> u64 {
        self.operation.as_ref().map_or(1, |operation| operation.event_count)
    }

    /// The code and the message of the error; `None` if no event has an error.
    pub(crate) fn error_detail(&self) -> Option<String> {
        match &self.operation {
            Some(operation) => operation.error_detail.clone(),
            None => error_detail(&self.event),
        }
    }
}

/// The code of an event's error (or its HTTP status if there is no code), and the first message of the error. `None` if
/// there is no error, or if the error has no code, no status and no message.
pub(crate) fn error_detail(event: &Event) -> Option<String> {
    let error = event.details().error()?;
    let code = error.code.map(|code| code.into_owned());
    let code = code.or_else(|| Some(format!("HTTP {}", error.status?)));
    let message = error.messages.into_iter().find_map(|message| message.message);
    let words: Vec<String> = code.into_iter().chain(message.map(|message| message.into_owned())).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
