//! Events as a table for people: times by their clock and as short as they can be told, what failed in red.

use chrono::{DateTime, Datelike, Offset, Utc};
use chrono_tz::Tz;
use ionos_activitylog::Outcome;

use crate::output::column::Column;
use crate::output::row::Row;
use crate::output::table::{Cell, ColumnSpec, Table, TextStyle};
use crate::output::text::Truncation;

/// Whose clock times are shown by, and what it shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisplayClock {
    pub(crate) zone: Tz,
    pub(crate) now: DateTime<Utc>,
}

/// The rows of what was found. `whole` is for times with everything that is known of them.
pub(crate) fn event_table(found: &[Row], columns: &[Column], clock: DisplayClock, whole: bool) -> Table {
    let times = found.iter().filter_map(|one| one.event.time());
    let format = if whole { "%Y-%m-%d %H:%M:%S%.3f %:z" } else { shortest(times, clock) };
    let rows = found.iter().map(|one| {
        let cells = columns.iter().map(|column| cell(*column, one, clock, format));
        cells.collect()
    });
    Table { heads: columns.iter().map(|column| head(*column)).collect(), rows: rows.collect() }
}

/// The shortest form in which no two of the times can be taken for each other, nor for one of another day or year.
pub(crate) fn shortest(times: impl Iterator<Item = DateTime<Utc>>, clock: DisplayClock) -> &'static str {
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
    // An hour that comes twice is told apart by its offset.
    match (today, this_year, offsets.len() > 1) {
        (true, _, false) => "%H:%M:%S",
        (true, _, true) => "%H:%M:%S %:z",
        (false, true, false) => "%m-%d %H:%M:%S",
        (false, true, true) => "%m-%d %H:%M:%S %:z",
        (false, false, false) => "%Y-%m-%d %H:%M:%S",
        (false, false, true) => "%Y-%m-%d %H:%M:%S %:z",
    }
}

fn cell(column: Column, found: &Row, clock: DisplayClock, format: &str) -> Cell {
    let text = match (column, found.event.time()) {
        (Column::Time, Some(time)) => {
            let time = time.with_timezone(&clock.zone);
            time.format(format).to_string()
        }
        _ => column.text(found).unwrap_or_default(),
    };
    let look = match (column, found.outcome) {
        (Column::Result, Outcome::Failure) | (Column::Detail, _) => TextStyle::Bad,
        (Column::Result, Outcome::Success) => TextStyle::Good,
        (Column::Result, Outcome::Pending) => TextStyle::Waiting,
        (Column::Time | Column::From | Column::Id | Column::Request, _) => TextStyle::Dim,
        _ => TextStyle::Plain,
    };
    match column {
        Column::Resource => Cell::new(&text, look).or_short(&short(&text)),
        _ => Cell::new(&text, look),
    }
}

/// A resource whose identifier is shortened as people do: its type tells more.
fn short(resource: &str) -> String {
    /// As long as a UUID.
    const LONG: usize = 36;
    let words = resource.split_inclusive(['/', ' ']);
    let words = words.map(|word| {
        let id = word.trim_end();
        if id.len() < LONG || !id.is_ascii() {
            return word.to_owned();
        }
        format!("{}…{}{}", &id[..4], &id[id.len() - 2..], &word[id.len()..])
    });
    words.collect()
}

fn head(column: Column) -> ColumnSpec {
    let (least, importance, cut) = match column {
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
    ColumnSpec { title: column.name(), least, importance, cut, right: matches!(column, Column::Took | Column::Events) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_shortened_in_its_identifier() {
        assert_eq!(short("datacenter/e8b1a942-41d5-4bfd-8d5a-61e5c049905c +1"), "datacenter/e8b1…5c +1");
        assert_eq!(short("user/1466"), "user/1466");
    }

    #[test]
    fn times_are_told_as_short_as_they_can_be() {
        let clock = DisplayClock { zone: Tz::Europe__Berlin, now: "2026-10-25T12:00:00Z".parse().unwrap() };
        for (times, expected) in [
            (["2026-10-25T11:00:00Z"; 2], "%H:%M:%S"),
            (["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"], "%H:%M:%S %:z"),
            (["2026-10-23T00:30:00Z", "2026-10-23T01:30:00Z"], "%m-%d %H:%M:%S"),
            (["2026-10-23T00:30:00Z", "2026-10-25T01:30:00Z"], "%m-%d %H:%M:%S %:z"),
            (["2025-10-23T00:30:00Z"; 2], "%Y-%m-%d %H:%M:%S"),
        ] {
            let times = times.map(|time| time.parse().unwrap());
            assert_eq!(shortest(times.into_iter(), clock), expected, "{times:?}");
        }
    }
}
