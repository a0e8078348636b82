//! Rows as a table for people: local times, failures in red.

use chrono::{DateTime, Utc};
use ionos_activitylog::Outcome;

use super::column::{Column, RowCells};
use super::row::Row;
use super::styled_text::TextStyle;
use super::table::{Cell, ColumnSpec, Table};
use super::time::TimeFormat;
use super::width::Truncation;

/// The rows as a table. If `is_wide` is set, times have milliseconds.
pub(crate) fn event_table(rows: &[Row], columns: &[Column], times: TimeFormat, is_wide: bool) -> Table {
    let format_time = |time| if is_wide { times.format_millis(time) } else { times.format(time) };
    let cells = rows.iter().map(|row| {
        let values = RowCells::new(row);
        let cells = columns.iter().map(|column| cell(*column, row, &values, format_time));
        cells.collect()
    });
    let columns = columns.iter().map(|column| ColumnSpec {
        note: (*column == Column::Time).then(|| times.zone_name()),
        ..column_spec(*column)
    });
    Table { columns: columns.collect(), rows: cells.collect() }
}

fn cell(column: Column, row: &Row, values: &RowCells<'_>, format_time: impl Fn(DateTime<Utc>) -> String) -> Cell {
    let (text, suffix) = match (column, row.event.time()) {
        (Column::Time, Some(time)) => (format_time(time), String::new()),
        _ => values.table_text(column),
    };
    let style = match (column, row.outcome()) {
        (Column::Result, Outcome::Failure) | (Column::Detail, _) => TextStyle::Failure,
        (Column::Result, Outcome::Success) => TextStyle::Success,
        (Column::Result, Outcome::Pending) => TextStyle::Pending,
        (Column::Time | Column::From | Column::Id | Column::Request, _) => TextStyle::Dim,
        _ => TextStyle::Plain,
    };
    let cell = Cell::new(&text, style).with_suffix(suffix);
    match column {
        Column::Resource => cell.with_short(&shorten_ids(&text)),
        _ => cell,
    }
}

/// Shortens the ids in a resource, because the type of a resource is more useful to a reader than its id.
fn shorten_ids(resource: &str) -> String {
    /// Length of a UUID.
    const ID_LENGTH: usize = 36;
    let words = resource.split_inclusive(['/', ' ']);
    let words = words.map(|word| {
        let id = word.trim_end();
        if id.len() < ID_LENGTH || !id.is_ascii() {
            return word.to_owned();
        }
        format!("{}…{}{}", &id[..4], &id[id.len() - 2..], &word[id.len()..])
    });
    words.collect()
}

fn column_spec(column: Column) -> ColumnSpec {
    let (min_width, importance, truncation) = match column {
        Column::Time => (29, None, Truncation::End),
        Column::User => (10, None, Truncation::End),
        Column::Action => (10, Some(9), Truncation::Words),
        Column::Resource => (16, Some(6), Truncation::Middle),
        Column::Result => (8, Some(8), Truncation::End),
        Column::From => (17, Some(5), Truncation::End),
        Column::Detail => (12, Some(4), Truncation::End),
        // With several contracts, a row means nothing without its contract.
        Column::Contract => (8, Some(7), Truncation::End),
        Column::Id | Column::Request => (12, Some(2), Truncation::Middle),
        _ => (10, Some(3), Truncation::End),
    };
    ColumnSpec {
        title: column.name(),
        note: None,
        min_width,
        importance,
        truncation,
        align_right: matches!(column, Column::Took | Column::Events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_in_a_resource_is_shortened() {
        assert_eq!(shorten_ids("datacenter/e8b1a942-41d5-4bfd-8d5a-61e5c049905c +1"), "datacenter/e8b1…5c +1");
        assert_eq!(shorten_ids("user/1466"), "user/1466");
    }
}
