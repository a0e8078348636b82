//! Rows as a table for people: local times in the shortest unambiguous form, failures in red.

use chrono::{DateTime, Datelike, Offset, Utc};
use chrono_tz::Tz;
use ionos_activitylog::Outcome;

use super::column::Column;
use super::row::Row;
use super::styled_text::TextStyle;
use super::table::{Cell, ColumnSpec, Table};
use super::width::Truncation;

/// The time zone in which times are shown, and the current time, which decides whether the date is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisplayClock {
    pub(crate) zone: Tz,
    pub(crate) now: DateTime<Utc>,
}

/// The rows as a table. Times are in full if `is_wide` is set, and otherwise in the shortest unambiguous format.
pub(crate) fn event_table(rows: &[Row], columns: &[Column], clock: DisplayClock, is_wide: bool) -> Table {
    let times = rows.iter().filter_map(|one| one.event.time());
    let format = if is_wide { "%Y-%m-%d %H:%M:%S%.3f %:z" } else { shortest_time_format(times, clock) };
    let cells = rows.iter().map(|row| {
        let cells = columns.iter().map(|column| cell(*column, row, clock, format));
        cells.collect()
    });
    Table { columns: columns.iter().map(|column| column_spec(*column)).collect(), rows: cells.collect() }
}

/// The shortest time format that is unambiguous for these times. It has the date only if not all times are of today,
/// the year only if not all times are of the current year, and the UTC offset only if the offsets differ.
pub(crate) fn shortest_time_format(times: impl Iterator<Item = DateTime<Utc>>, clock: DisplayClock) -> &'static str {
    let now = clock.now.with_timezone(&clock.zone);
    let (mut today, mut this_year, mut offsets) = (true, true, Vec::new());
    for time in times {
        let time = time.with_timezone(&clock.zone);
        today &= time.date_naive() == now.date_naive();
        this_year &= time.year() == now.year();
        let offset = time.offset().fix();
        if !offsets.contains(&offset) {
            offsets.push(offset);
        }
    }
    // In the night of a clock change, an hour occurs twice, with two offsets.
    match (today, this_year, offsets.len() > 1) {
        (true, _, false) => "%H:%M:%S",
        (true, _, true) => "%H:%M:%S %:z",
        (false, true, false) => "%m-%d %H:%M:%S",
        (false, true, true) => "%m-%d %H:%M:%S %:z",
        (false, false, false) => "%Y-%m-%d %H:%M:%S",
        (false, false, true) => "%Y-%m-%d %H:%M:%S %:z",
    }
}

fn cell(column: Column, row: &Row, clock: DisplayClock, format: &str) -> Cell {
    let text = match (column, row.event.time()) {
        (Column::Time, Some(time)) => {
            let time = time.with_timezone(&clock.zone);
            time.format(format).to_string()
        }
        _ => column.text(row).unwrap_or_default(),
    };
    let style = match (column, row.outcome()) {
        (Column::Result, Outcome::Failure) | (Column::Detail, _) => TextStyle::Failure,
        (Column::Result, Outcome::Success) => TextStyle::Success,
        (Column::Result, Outcome::Pending) => TextStyle::Pending,
        (Column::Time | Column::From | Column::Id | Column::Request, _) => TextStyle::Dim,
        _ => TextStyle::Plain,
    };
    match column {
        Column::Resource => Cell::new(&text, style).with_short(&shorten_ids(&text)),
        _ => Cell::new(&text, style),
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
        Column::Id | Column::Request => (12, Some(2), Truncation::Middle),
        _ => (10, Some(3), Truncation::End),
    };
    ColumnSpec {
        title: column.name(),
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
    fn a_resource_is_shortened_in_its_id() {
        assert_eq!(shorten_ids("datacenter/e8b1a942-41d5-4bfd-8d5a-61e5c049905c +1"), "datacenter/e8b1…5c +1");
        assert_eq!(shorten_ids("user/1466"), "user/1466");
    }

    #[test]
    fn times_have_the_shortest_unambiguous_format() {
        let clock = DisplayClock { zone: Tz::Europe__Berlin, now: "2026-10-25T12:00:00Z".parse().unwrap() };
        for (times, expected) in [
            (["2026-10-25T11:00:00Z"; 2], "%H:%M:%S"),
            (["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"], "%H:%M:%S %:z"),
            (["2026-10-23T00:30:00Z", "2026-10-23T01:30:00Z"], "%m-%d %H:%M:%S"),
            (["2026-10-23T00:30:00Z", "2026-10-25T01:30:00Z"], "%m-%d %H:%M:%S %:z"),
            (["2025-10-23T00:30:00Z"; 2], "%Y-%m-%d %H:%M:%S"),
        ] {
            let times = times.map(|time| time.parse().unwrap());
            assert_eq!(shortest_time_format(times.into_iter(), clock), expected, "{times:?}");
        }
    }
}
