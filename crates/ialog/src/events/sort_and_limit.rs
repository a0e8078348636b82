//! Sorts rows and limits their number. Events are folded into operations before the limit is applied. Otherwise, a
//! limit of 10 could show only five operations: five deletes, each with its status update as another row.

use std::cmp::Ordering;
use std::num::NonZeroUsize;

use crate::error::CommandError;
use crate::output::column::{Column, RowCells, SortValue, require_few_columns};
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

    /// Compares two values of the column. A row without a value comes last in both directions.
    fn compare(self, one: &Option<SortValue>, other: &Option<SortValue>) -> Ordering {
        match (one, other) {
            (Some(one), Some(other)) if self.is_reversed => other.cmp(one),
            (one, other) => (one.is_none(), one).cmp(&(other.is_none(), other)),
        }
    }
}

impl SortAndLimit {
    pub(crate) fn new(sort: &[String], limit: Option<NonZeroUsize>, newest_first: bool) -> Result<Self, CommandError> {
        require_few_columns(sort.len())?;
        let keys = sort.iter().map(|text| SortKey::parse(text)).collect::<Result<_, _>>()?;
        Ok(Self { keys, limit, newest_first })
    }

    /// Whether there is neither an order nor a limit, so that each row can be written immediately.
    pub(crate) fn is_none(&self) -> bool {
        self.keys.is_empty() && self.limit.is_none() && !self.newest_first
    }

    /// Maximum number of rows.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit.map(NonZeroUsize::get)
    }

    /// Sorts the rows and drops those beyond the limit. May be called again with more rows.
    pub(crate) fn apply(&self, rows: &mut Vec<Row>) {
        rows.sort_by_cached_key(|row| {
            (row.event.time().is_none(), row.event.time(), row.contract.clone(), row.event.id())
        });
        let limit = self.limit().unwrap_or(usize::MAX);
        if self.keys.is_empty() {
            // The limit keeps the newest rows, also if rows are shown oldest first. Rows without a time come last in
            // both directions.
            let with_time = rows.partition_point(|row| row.event.time().is_some());
            let kept = with_time.min(limit);
            rows.drain(..with_time - kept);
            rows.truncate(limit);
            if self.newest_first
                && let Some(with_time) = rows.get_mut(..kept)
            {
                with_time.reverse();
            }
            return;
        }
        // The values are computed once per row, because the whole record may have to be parsed for a value.
        let mut sorted: Vec<(Vec<Option<SortValue>>, Row)> = std::mem::take(rows)
            .into_iter()
            .map(|row| {
                let cells = RowCells::new(&row);
                let values = self.keys.iter().map(|key| cells.sort_value(key.column)).collect();
                drop(cells);
                (values, row)
            })
            .collect();
        sorted.sort_by(|(one, _), (other, _)| {
            let keys = self.keys.iter().zip(one.iter().zip(other));
            keys.fold(Ordering::Equal, |order, (key, (one, other))| order.then_with(|| key.compare(one, other)))
        });
        sorted.truncate(limit);
        rows.extend(sorted.into_iter().map(|(_, row)| row));
    }
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Event;

    use super::*;
    use crate::output::row::{DistinctCounts, OperationSummary};

    fn row(user: Option<&str>, seconds: Option<i64>) -> Row {
        let user = user.map_or("null".to_owned(), |user| format!("{user:?}"));
        let event = Event::from_json(format!(r#"{{"principal":{{"identity":{{"username":{user}}}}}}}"#)).unwrap();
        let operation = OperationSummary {
            outcome: ionos_activitylog::Outcome::Success,
            last_status: None,
            duration: seconds.map(chrono::TimeDelta::seconds),
            event_count: 1,
            error_detail: None,
            distinct: DistinctCounts::default(),
        };
        Row::of_operation(7.into(), event, operation)
    }

    #[test]
    fn rows_without_a_value_come_last_in_both_directions() {
        for (sort, expected) in [
            ("user", ["anna", "bert", ""]),
            ("-user", ["bert", "anna", ""]),
            ("took", ["bert", "anna", ""]),
            ("-took", ["anna", "bert", ""]),
        ] {
            let mut rows = vec![row(None, None), row(Some("anna"), Some(9)), row(Some("bert"), Some(2))];
            SortAndLimit::new(&[sort.to_owned()], None, true).unwrap().apply(&mut rows);
            let users: Vec<String> = rows.iter().map(|row| Column::User.text(row).unwrap_or_default()).collect();
            assert_eq!(users, expected, "{sort}");
            // A limit drops the rows without a value first.
            let mut rows = vec![row(None, None), row(Some("anna"), Some(9)), row(Some("bert"), Some(2))];
            SortAndLimit::new(&[sort.to_owned()], std::num::NonZeroUsize::new(2), true).unwrap().apply(&mut rows);
            assert!(rows.iter().all(|row| Column::User.text(row).is_some()), "{sort}");
        }
    }
}
