//! The columns whose values are counted.

use std::borrow::Cow;

use super::column::{Column, RowCells};
use super::row::Row;

/// The source of the values that are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CountedColumn {
    Named(Column),
    /// The address of the client, in its canonical form if it is a valid IP address.
    Address,
}

impl CountedColumn {
    /// All different values of a row, sorted.
    pub(crate) fn values(self, cells: &RowCells<'_>) -> Vec<String> {
        match self {
            Self::Named(column) => cells.values(column),
            Self::Address => cells.address().into_iter().collect(),
        }
    }

    /// Whether an operation has a single value in this column, which describes all of its events together. In any other
    /// column, an operation has the values of each of its events.
    pub(crate) fn is_of_operation(self) -> bool {
        matches!(
            self,
            Self::Named(Column::Result | Column::Took | Column::Events | Column::Contract | Column::Flat("outcome"))
        )
    }
}

/// For each of the columns, the distinct values of a row. If the row is a folded operation, its values were computed
/// when it was folded, so `columns` must be the same columns as in the fold.
pub(crate) fn counted_values<'a>(columns: &[CountedColumn], row: &'a Row) -> Cow<'a, [Vec<String>]> {
    match row.counted_values() {
        Some(values) => Cow::Borrowed(values),
        None => {
            let cells = RowCells::new(row);
            Cow::Owned(columns.iter().map(|column| column.values(&cells)).collect())
        }
    }
}
