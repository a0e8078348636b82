//! Folds the events of an operation into one row, while the events are read.
//!
//! A filter selects operations, not events: an operation is selected if one of its events matches, and its row
//! describes all of its events. So the events that do not match are folded too.
//!
//! If operations are only counted, no event is kept in memory. Otherwise, the lead event, the ids and a summary of
//! bounded size are kept for each operation. With a filter, a second event may be kept, see [`lead`]. If values are
//! counted, the distinct values are kept, too.
//!
//! The operations are those of [`Chain::group`](ionos_activitylog::Chain::group). An event that has no id to link it to
//! other events is an operation of its own. Such an event is dropped immediately if it does not match. Any other
//! operation that does not match is kept until its contract is complete, because a later event may match. An event with
//! a queue reference but no request id is kept, too, because a later event may show to which request it belongs. If the
//! contracts are read one after the other, a contract is complete when the next one begins. At the end, all contracts
//! are complete.
//!
//! A condition on the outcome must accept the outcome of the operation as well as that of the matching event.
//! Otherwise, a search for pending operations would return all operations that were pending at some time.

mod counted_values;
mod distinct_values;
mod lead;
mod operation;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::{OperationIds, QueueRequests, accepts_outcome, operation_ids};
use ionos_activitylog::{ContractNumber, Filter, FilterCounts};

use crate::output::plural::format_count;
use crate::output::row::Row;
pub(crate) use lead::lead_event;
pub(crate) use operation::FoldMode;
use operation::{FoldContext, FoldedOperation};

/// The number of operations, and the number of those that have a matching event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationCounts {
    pub(crate) seen: u64,
    pub(crate) kept: u64,
}

/// A sentence with the number of events. If events are folded, the sentence also has the number of operations, such as
/// `50 events in 17 operations` or `2 of 17 operations match (3 of 50 events)`.
pub(crate) fn describe_counts(
    operations: Option<OperationCounts>,
    events: FilterCounts,
    is_unfiltered: bool,
) -> String {
    match (operations, is_unfiltered) {
        (None, true) => format_count(events.seen, "event"),
        (None, false) => format!("{events} match"),
        (Some(OperationCounts { seen, .. }), true) => {
            format!("{} in {}", format_count(events.seen, "event"), format_count(seen, "operation"))
        }
        (Some(OperationCounts { seen, kept }), false) => format!("{kept} of {seen} operations match ({events})"),
    }
}

/// Folds events into operations. The result does not depend on the order of the events.
pub(crate) struct OperationFolder {
    context: FoldContext,
    /// The filter by which the caller has marked the matching events.
    filter: Filter,
    /// Whether all events of a contract come before the first event of the next contract, so that a contract is
    /// complete when the next one begins.
    by_contract: bool,
    open: BTreeMap<ContractNumber, ContractFolder>,
    /// Number of operations that were added, of a single event each, before they were joined.
    added: u64,
    rows: Vec<Row>,
    counts: OperationCounts,
    /// Size of the events and values that are kept for the open operations, in bytes.
    kept_bytes: u64,
}

impl OperationFolder {
    /// Starts to fold events. `filter` is the filter of the matching events. `by_contract` says that all events of a
    /// contract come before the first event of the next contract. If it is not set, the contracts of the events may
    /// alternate.
    pub(crate) fn new(mode: FoldMode, filter: Filter, by_contract: bool) -> Self {
        Self {
            context: FoldContext::new(mode),
            filter,
            by_contract,
            open: BTreeMap::new(),
            added: 0,
            rows: Vec::new(),
            counts: OperationCounts::default(),
            kept_bytes: 0,
        }
    }

    /// Adds an event to its operation. The caller must also add the events that do not match the filter.
    pub(crate) fn add(&mut self, row: Row) {
        if !self.open.contains_key(&row.contract) {
            if self.by_contract {
                self.close_contracts();
            }
            self.open.insert(row.contract.clone(), ContractFolder::default());
        }
        let OperationIds { request, queue } = operation_ids(&row.event);
        let (request, queue) = (request.map(String::from), queue.map(String::from));
        if request.is_none() && queue.is_none() && !row.is_match {
            self.counts.seen += 1;
            return;
        }
        if let Some(folder) = self.open.get_mut(&row.contract) {
            let time = row.event.time();
            let added = FoldedOperation::new(row, self.added, &self.context);
            self.added += 1;
            let grown = folder.add((request, queue), time, added, &self.context);
            self.kept_bytes = self.kept_bytes.saturating_add_signed(grown);
        }
    }

    /// Size in bytes of the events and values that are kept for operations that may still get events.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// The rows of the matching operations of all complete contracts, except the rows that an earlier call returned.
    /// The rows are in no particular order.
    pub(crate) fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Completes all contracts. Returns the rows that [`Self::take_rows`] has not returned yet, and the numbers of
    /// operations.
    pub(crate) fn finish(mut self) -> (Vec<Row>, OperationCounts) {
        self.close_contracts();
        (self.rows, self.counts)
    }

    fn close_contracts(&mut self) {
        self.kept_bytes = 0;
        for (contract, folder) in std::mem::take(&mut self.open) {
            for operation in folder.into_operations(&self.context) {
                self.counts.seen += 1;
                if operation.is_match && accepts_outcome(&self.filter, operation.outcome()) {
                    self.counts.kept += 1;
                    self.rows.extend(operation.into_row(&contract, &self.context));
                }
            }
        }
    }
}

/// The operations of a contract.
#[derive(Default)]
struct ContractFolder {
    /// The operations of requests, and of events with neither id. Never `None` between two calls.
    operations: Vec<Option<FoldedOperation>>,
    /// The index of the operation of each request.
    requests: HashMap<String, usize>,
    queues: HashMap<String, QueueFolder>,
}

/// The events with the same queue reference.
#[derive(Default)]
struct QueueFolder {
    /// The indices of the requests with this queue reference.
    requests: BTreeSet<usize>,
    /// The events without a request id by their time. Those of the same time always belong to the same operation.
    without_request: BTreeMap<Option<DateTime<Utc>>, Option<FoldedOperation>>,
}

impl ContractFolder {
    /// Adds an event at `time` with its request id and its queue reference. Returns the change in the size of the kept
    /// events and values, in bytes.
    fn add(
        &mut self,
        (request, queue): (Option<String>, Option<String>),
        time: Option<DateTime<Utc>>,
        added: FoldedOperation,
        context: &FoldContext,
    ) -> i64 {
        let next = self.operations.len();
        let index = match (request, queue) {
            (Some(request), queue) => {
                let index = *self.requests.entry(request).or_insert(next);
                if let Some(queue) = queue {
                    self.queues.entry(queue).or_default().requests.insert(index);
                }
                index
            }
            (None, Some(queue)) => {
                let events = &mut self.queues.entry(queue).or_default().without_request;
                return join_into(events.entry(time).or_default(), added, context);
            }
            (None, None) => next,
        };
        if index == next {
            self.operations.push(None);
        }
        self.operations.get_mut(index).map_or(0, |operation| join_into(operation, added, context))
    }

    /// The operations in the order in which their first events were added.
    fn into_operations(self, context: &FoldContext) -> Vec<FoldedOperation> {
        let mut operations = self.operations;
        // An event without a request id must not change the start of a request to which other events may belong.
        let starts: Vec<_> = operations.iter().map(|one| one.as_ref().and_then(FoldedOperation::start)).collect();
        for queue in self.queues.into_values() {
            let start = |index: usize| (index, starts.get(index).copied().flatten());
            let requests = QueueRequests::new(queue.requests.into_iter().map(start));
            let mut of_no_request = None;
            for (time, added) in queue.without_request {
                let operation = requests.owner(time).and_then(|index| operations.get_mut(index));
                if let Some(added) = added {
                    join_into(operation.unwrap_or(&mut of_no_request), added, context);
                }
            }
            operations.push(of_no_request);
        }
        let mut operations: Vec<FoldedOperation> = operations.into_iter().flatten().collect();
        operations.sort_by_key(FoldedOperation::first_added);
        operations
    }
}

/// Joins an operation with another one, which may be missing. Returns the change in the size of the kept events and
/// values, in bytes.
fn join_into(operation: &mut Option<FoldedOperation>, added: FoldedOperation, context: &FoldContext) -> i64 {
    let before = operation.as_ref().map_or(0, FoldedOperation::kept_bytes);
    let joined = match operation.take() {
        Some(before) => before.join(added, context),
        None => added,
    };
    operation.insert(joined.detach()).kept_bytes() - before
}

#[cfg(test)]
mod tests;
