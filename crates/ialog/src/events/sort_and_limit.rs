//! Sorts rows and limits their number. Folding events into operations comes first: otherwise the last ten rows could be
//! five deletes and their five updates.

use std::cmp::Ordering;
use std::num::NonZeroUsize;

use crate::error::CommandError;
use crate::output::column::Column;
use crate::output::row::Row;

/// The order of the rows, and the number of rows to show.
#[derive(Clone, Debug)]
pub(crate) struct SortAndLimit {
    keys: Vec<SortKey>,
    limit: Option<NonZeroUsize>,
    newest_first: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug)]
struct SortKey {
    column: Column,
    is_reversed: bool,
}

impl SortKey {
    /// Parses `column` or `-column`.
    fn parse(text: &str) -> Result<Self, CommandError> {
        let (name, is_reversed) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        Ok(Self { column: Column::parse(name, true)?, is_reversed })
    }

    fn compare(self, one: &Row, other: &Row) -> Ordering {
        let order = self.column.compare(one, other);
        if self.is_reversed { order.reverse() } else { order }
    }
}

impl SortAndLimit {
    pub(crate) fn new(sort: &[String], limit: Option<NonZeroUsize>, newest_first: bool) -> Result<Self, CommandError> {
        let keys = sort.iter().map(|text| SortKey::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { keys, limit, newest_first })
    }

    /// Whether there is neither an order nor a limit, so that rows can be written as they are read.
    pub(crate) fn is_none(&self) -> bool {
        self.keys.is_empty() && self.limit.is_none() && !self.newest_first
    }

    /// Maximum number of rows.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit.map(NonZeroUsize::get)
    }

    /// Sorts the rows and drops those beyond the limit. May be called again with more rows.
    pub(crate) fn apply(&self, rows: &mut Vec<Row>) {
        let oldest_first = |one: &Row, other: &Row| {
            Column::Time
                .compare(one, other)
                .then_with(|| one.contract.cmp(&other.contract))
                .then_with(|| one.event.id().cmp(&other.event.id()))
        };
        rows.sort_by(oldest_first);
        let limit = self.limit().unwrap_or(usize::MAX);
        if self.keys.is_empty() {
            // The limit keeps the newest rows, also if rows are shown oldest first.
            rows.drain(..rows.len().saturating_sub(limit));
            if self.newest_first {
                rows.reverse();
            }
            return;
        }
        rows.sort_by(|one, other| {
            let keys = self.keys.iter().map(|key| key.compare(one, other));
            keys.fold(Ordering::Equal, Ordering::then)
        });
        rows.truncate(limit);
    }
}
