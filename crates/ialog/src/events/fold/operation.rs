//! The summary of an operation while its events are added.

use std::hash::RandomState;

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::OperationOutcome;
use ionos_activitylog::{ContractNumber, EventId, Outcome};

use super::counted_values::CountedValues;
use super::distinct_values::DistinctValues;
use super::lead::LeadCandidates;
use crate::output::counted_column::CountedColumn;
use crate::output::row::{OperationSummary, Row, error_detail};

/// The kind of result that folding returns.
pub(crate) enum FoldMode {
    /// The number of operations, without rows.
    Count,
    /// One row for each operation.
    Rows,
    /// One row for each operation. For each of these columns, the row has the distinct values of all events of the
    /// operation, see [`Row::counted_values`].
    Values(Vec<CountedColumn>),
}

/// The mode of folding, and the hasher of values.
pub(super) struct FoldContext {
    mode: FoldMode,
    hasher: RandomState,
}

impl FoldContext {
    pub(super) fn new(mode: FoldMode) -> Self {
        Self { mode, hasher: RandomState::new() }
    }

    fn columns(&self) -> &[CountedColumn] {
        match &self.mode {
            FoldMode::Values(columns) => columns,
            FoldMode::Count | FoldMode::Rows => &[],
        }
    }
}

/// A summary of an operation, made from the events that were added so far.
pub(super) struct FoldedOperation {
    /// Whether an event of the operation matches the filter.
    pub(super) is_match: bool,
    outcome: OperationOutcome,
    start: Option<DateTime<Utc>>,
    first_added: u64,
    /// `None` if operations are only counted.
    events: Option<FoldedEvents>,
}

impl FoldedOperation {
    /// The operation of a single event. `number` is the number of events that were added before.
    pub(super) fn new(event: Row, number: u64, context: &FoldContext) -> Self {
        let is_counted = matches!(context.mode, FoldMode::Count);
        Self {
            is_match: event.is_match,
            outcome: OperationOutcome::of_event(&event.event),
            start: event.event.time(),
            first_added: number,
            events: (!is_counted).then(|| FoldedEvents::new(event, context)),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.outcome.outcome()
    }

    /// The time of the first event; `None` if no event has a valid time.
    pub(super) fn start(&self) -> Option<DateTime<Utc>> {
        self.start
    }

    /// The number of the event that was added first, see [`Self::new`].
    pub(super) fn first_added(&self) -> u64 {
        self.first_added
    }

    /// Size of the status, the events and the values that are kept, in bytes. If operations are only counted, no events
    /// and values are kept.
    pub(super) fn kept_bytes(&self) -> i64 {
        let status = self.outcome.last_status().map_or(0, str::len);
        let bytes = self.events.as_ref().map_or(0, |events| events.lead.bytes() + events.counted.bytes());
        i64::try_from(status + bytes).unwrap_or(i64::MAX)
    }

    /// The same operation with its own copies of records, see [`LeadCandidates::detach`].
    pub(super) fn detach(self) -> Self {
        let events = self.events.map(|events| FoldedEvents { lead: events.lead.detach(), ..events });
        Self { events, ..self }
    }

    pub(super) fn join(self, other: Self, context: &FoldContext) -> Self {
        Self {
            is_match: self.is_match || other.is_match,
            outcome: self.outcome.join(other.outcome),
            start: [self.start, other.start].into_iter().flatten().min(),
            first_added: self.first_added.min(other.first_added),
            events: match (self.events, other.events) {
                (Some(one), Some(other)) => Some(one.join(other, context)),
                (one, other) => one.or(other),
            },
        }
    }

    /// The row of the operation; `None` if operations are only counted.
    pub(super) fn into_row(self, contract: &ContractNumber, context: &FoldContext) -> Option<Row> {
        let Self { outcome, start, events, .. } = self;
        events.map(|events| events.into_row(contract.clone(), (&outcome, start), context))
    }
}

/// The facts that the row of an operation shows about its events.
struct FoldedEvents {
    lead: LeadCandidates,
    end: Option<DateTime<Utc>>,
    event_count: u64,
    /// The error of the first event that has one; `None` if no event has an error.
    error: Option<EventError>,
    /// Empty until a second event is added. Always empty if values are counted.
    distinct: DistinctValues,
    /// Empty unless values are counted.
    counted: CountedValues,
}

/// The error of an event, with the sort key of the event.
struct EventError {
    time: Option<DateTime<Utc>>,
    id: EventId,
    detail: String,
}

impl FoldedEvents {
    fn new(row: Row, context: &FoldContext) -> Self {
        let counted = CountedValues::new(context.columns(), &row);
        let event = row.event;
        let detail = error_detail(&event);
        Self {
            end: event.time(),
            event_count: 1,
            error: detail.map(|detail| EventError { time: event.time(), id: event.id(), detail }),
            distinct: DistinctValues::default(),
            counted,
            lead: LeadCandidates::new(event, row.is_match),
        }
    }

    fn join(mut self, other: Self, context: &FoldContext) -> Self {
        if matches!(context.mode, FoldMode::Rows) {
            self.start_distinct(context);
            match other.event_count {
                1 => self.distinct.add_event(other.lead.first(), &context.hasher),
                _ => self.distinct.join(other.distinct),
            }
        }
        let error = match (self.error, other.error) {
            (Some(one), Some(other)) => {
                let key = |error: &EventError| (error.time.is_none(), error.time, error.id.clone());
                Some(if key(&other) < key(&one) { other } else { one })
            }
            (one, other) => one.or(other),
        };
        Self {
            end: [self.end, other.end].into_iter().flatten().max(),
            event_count: self.event_count + other.event_count,
            error,
            distinct: self.distinct,
            counted: self.counted.join(other.counted),
            lead: self.lead.join(other.lead),
        }
    }

    /// Adds the values of the only event, before another event is added.
    fn start_distinct(&mut self, context: &FoldContext) {
        if self.event_count == 1 {
            self.distinct.add_event(self.lead.first(), &context.hasher);
        }
    }

    fn into_row(
        self,
        contract: ContractNumber,
        (outcome, start): (&OperationOutcome, Option<DateTime<Utc>>),
        context: &FoldContext,
    ) -> Row {
        let lead = self.lead.into_lead(&context.hasher);
        let duration = self.end.zip(start).map(|(end, start)| end - start);
        let operation = OperationSummary {
            outcome: outcome.outcome(),
            last_status: outcome.last_status().map(str::to_owned),
            duration: duration.filter(|_| self.event_count > 1),
            event_count: self.event_count,
            error_detail: error_detail(&lead).or_else(|| self.error.map(|error| error.detail)),
            distinct: self.distinct.counts(),
        };
        let row = Row::of_operation(contract, lead, operation);
        match &context.mode {
            FoldMode::Values(columns) => {
                let values = self.counted.into_lists(columns, &row);
                row.with_counted_values(values)
            }
            FoldMode::Count | FoldMode::Rows => row,
        }
    }
}
