//! The distinct values of the events of an operation, for commands that count values. An operation counts once for each
//! value that any of its events has.

use std::collections::BTreeSet;

use crate::output::column::RowCells;
use crate::output::counted_column::CountedColumn;
use crate::output::row::Row;

/// Estimated memory of a value in bytes, not counting its text.
const VALUE_OVERHEAD: usize = 64;

/// Distinct values, each with the index of its column.
#[derive(Default)]
pub(super) struct CountedValues {
    values: BTreeSet<(usize, String)>,
    bytes: usize,
}

impl CountedValues {
    /// The values of an event, except in columns that describe the whole operation.
    pub(super) fn new(columns: &[CountedColumn], event: &Row) -> Self {
        let cells = RowCells::new(event);
        let mut counted = Self::default();
        for (index, column) in columns.iter().enumerate().filter(|(_, column)| !column.is_of_operation()) {
            column.values(&cells).into_iter().for_each(|value| counted.add((index, value)));
        }
        counted
    }

    fn add(&mut self, value: (usize, String)) {
        let bytes = value.1.len() + VALUE_OVERHEAD;
        if self.values.insert(value) {
            self.bytes += bytes;
        }
    }

    pub(super) fn join(self, other: Self) -> Self {
        let is_larger = other.values.len() > self.values.len();
        let (mut larger, smaller) = if is_larger { (other, self) } else { (self, other) };
        smaller.values.into_iter().for_each(|value| larger.add(value));
        larger
    }

    /// Memory of the values in bytes, estimated.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The values of each column. `operation` is the row of the operation.
    pub(super) fn into_lists(self, columns: &[CountedColumn], operation: &Row) -> Vec<Vec<String>> {
        let cells = RowCells::new(operation);
        let of_operation = |column: &CountedColumn| match column.is_of_operation() {
            true => column.values(&cells),
            false => Vec::new(),
        };
        let mut lists: Vec<Vec<String>> = columns.iter().map(of_operation).collect();
        for (index, value) in self.values {
            if let Some(list) = lists.get_mut(index) {
                list.push(value);
            }
        }
        lists
    }
}
