//! Folds the events of an operation into one row, while the events are read.
//!
//! A filter selects operations, not events: an operation is selected if one of its events matches, and its row
//! describes all of its events. So the events that do not match are folded too.
//!
//! If operations are only counted, no event is kept in memory. Otherwise, the lead event, the ids and a summary of
//! bounded size are kept for each operation. With a filter, a second event may be kept, see [`lead`]. If values are
//! counted, the distinct values are kept, too.
//!
//! An event that has no id to link it to other events is an operation of its own. Such an event is dropped immediately
//! if it does not match. Any other operation that does not match is kept until its contract is complete, because a
//! later event may match. If the contracts are read one after the other, a contract is complete when the next one
//! begins. At the end, all contracts are complete.

mod counted_values;
mod distinct_values;
mod lead;
mod operation;

use std::collections::{BTreeMap, HashMap};

use ionos_activitylog::internal::{OperationLink, operation_links};
use ionos_activitylog::{ContractNumber, FilterCounts};

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
    /// Whether all events of a contract come before the first event of the next contract, so that a contract is
    /// complete when the next one begins.
    by_contract: bool,
    open: BTreeMap<ContractNumber, ContractFolder>,
    rows: Vec<Row>,
    counts: OperationCounts,
    /// Size of the events and values that are kept for the open operations, in bytes.
    kept_bytes: u64,
}

impl OperationFolder {
    /// Starts to fold events. `by_contract` says that all events of a contract come before the first event of the next
    /// contract. If it is not set, the contracts of the events may alternate.
    pub(crate) fn new(mode: FoldMode, by_contract: bool) -> Self {
        Self {
            context: FoldContext::new(mode),
            by_contract,
            open: BTreeMap::new(),
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
        let links: Vec<OperationLink<'static>> = operation_links(&row.event).map(OperationLink::into_owned).collect();
        if links.is_empty() && !row.is_match {
            self.counts.seen += 1;
            return;
        }
        if let Some(folder) = self.open.get_mut(&row.contract) {
            let added = FoldedOperation::new(row, &self.context);
            let grown = folder.add(links, added, &self.context);
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
            for operation in folder.operations.into_iter().flatten() {
                self.counts.seen += 1;
                if operation.is_match {
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
    /// `None` for an operation that was joined with an earlier one.
    operations: Vec<Option<FoldedOperation>>,
    /// For each operation, the index of the operation that it was joined with; its own index if it was not joined.
    joined_with: Vec<usize>,
    by_link: HashMap<OperationLink<'static>, usize>,
}

impl ContractFolder {
    /// Adds an event to its operation. Returns the change in the size of the kept events and values, in bytes.
    fn add(&mut self, links: Vec<OperationLink<'static>>, mut added: FoldedOperation, context: &FoldContext) -> i64 {
        let mut grown = 0;
        let mut known: Vec<usize> = links.iter().filter_map(|link| self.by_link.get(link).copied()).collect();
        known.iter_mut().for_each(|index| *index = self.root(*index));
        let target = known.iter().min().copied().unwrap_or(self.operations.len());
        for index in known.into_iter().filter(|index| *index != target) {
            if let Some(joined) = self.operations.get_mut(index).and_then(Option::take) {
                grown -= joined.kept_bytes();
                added = added.join(joined, context);
            }
            if let Some(root) = self.joined_with.get_mut(index) {
                *root = target;
            }
        }
        for link in links {
            self.by_link.insert(link, target);
        }
        match self.operations.get_mut(target) {
            Some(slot) => {
                let operation = match slot.take() {
                    Some(before) => {
                        grown -= before.kept_bytes();
                        before.join(added, context)
                    }
                    None => added,
                };
                grown += operation.kept_bytes();
                *slot = Some(operation.detach());
            }
            None => {
                grown += added.kept_bytes();
                self.operations.push(Some(added.detach()));
                self.joined_with.push(target);
            }
        }
        grown
    }

    fn root(&self, mut index: usize) -> usize {
        while let Some(above) = self.joined_with.get(index).filter(|above| **above != index) {
            index = *above;
        }
        index
    }
}

#[cfg(test)]
mod tests;
