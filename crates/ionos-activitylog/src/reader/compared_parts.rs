//! Selects the parts of a window that are compared with the window. Some services silently answer for only some of the
//! requested range. Such a service may have dropped the events of a range that seems to be empty, so empty ranges are
//! compared. Other services omit some events from long ranges, so short ranges with many events are compared, and the
//! quarters of the window.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, DurationRound, SubsecRound, TimeDelta, Utc};

use crate::range::DateRange;

/// Minimum length of an empty range that is halved if it cannot be divided at a midnight.
const LONG_EMPTY_RANGE: TimeDelta = TimeDelta::hours(12);

/// Maximum number of short empty ranges that are compared. A short empty range lies between two events and is shorter
/// than one piece of [`days_per_piece`] days.
const EMPTY_RANGES_INSIDE: usize = 2;

/// The length of a window, divided by this number, is the minimum length of a short empty range that is compared.
const MIN_EMPTY_FRACTION: i32 = 64;

/// Maximum number of empty ranges with a short range in their middle that is compared.
const SHORT_RANGES: usize = 4;

/// Number of events that a short range would have at the average rate of its window.
const EXPECTED_EVENTS: i32 = 16;

/// Maximum length of a window, in days, whose empty ranges are divided into single days. The empty ranges of a longer
/// window are divided into longer pieces, so that few parts are compared.
const MAX_SINGLE_DAYS: i64 = 100;

/// Maximum number of single hours that are compared with a window without events.
const HOURS: i32 = 12;

/// Minimum and maximum number of the middle events of a window. The middle events are an eighth of all events, from the
/// middle of the list of events in order of time. Their range is compared with the window.
const MIDDLE_EVENTS: RangeInclusive<usize> = 8..=64;

/// The parts of a window that are compared with the window. In a window with events, these are
///
/// - the empty range before the first event and the empty range after the last event. Each of the two ranges is divided
///   into days if it is longer than a day, because a service may shorten long ranges. Of the ranges that are at most a
///   day long, the longer one is divided at the midnight UTC next to the events, because a service may keep its log in
///   one index per day. This is the last midnight before the first event, or the first midnight after the last event.
///   If this midnight is not inside the range and the range is at least 12 hours long, the range is halved.
/// - each whole day UTC without events that lies between two events
/// - the longest other empty ranges between two events, at most [`EMPTY_RANGES_INSIDE`], if they are long enough. An
///   empty range that contains whole days UTC is reduced to these days.
/// - a short range inside of each of the longest empty ranges, see [`short_ranges_inside`]
/// - the range of the middle events, if this range is at most half as long as the window
/// - the busiest hour, see [`busiest_hour`]
/// - the quarters of the window, see [`quarters`].
///
/// If possible, a boundary that is next to an event lies at a whole minute, because some services cut off the seconds
/// of a request. A window without events is divided at its middle, and at the midnight and the noon UTC that are
/// nearest to its middle. A window without events that is longer than a day is also divided into days. In a window of
/// more than [`MAX_SINGLE_DAYS`] days, pieces of several days take the place of single days.
pub(super) fn parts_to_compare(range: DateRange, mut times: Vec<DateTime<Utc>>) -> Vec<DateRange> {
    times.retain(|time| range.contains(*time));
    times.sort_unstable();
    let piece = TimeDelta::days(days_per_piece(range));
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        let mut parts = parts_of_empty_window(range);
        if range.duration() > piece {
            parts.extend(divide_at_midnights(range, piece));
        }
        return parts;
    };
    let midnight = |time: DateTime<Utc>| time.duration_trunc(TimeDelta::days(1)).ok();
    let before = range_before(range.start(), *first).map(|empty| (empty, midnight(*first)));
    let after = range_after(*last, range.end()).map(|empty| (empty, midnight(*last + TimeDelta::days(1))));
    let mut ends: Vec<_> = [before, after].into_iter().flatten().collect();
    ends.sort_by_key(|(empty, _)| empty.duration());
    let long = ends.extract_if(.., |(empty, _)| empty.duration() > piece);
    let mut parts: Vec<DateRange> = long.flat_map(|(empty, _)| divide_at_midnights(empty, piece)).collect();
    if let Some((longer, midnight)) = ends.pop() {
        let parts_at_midnight = divide(longer, midnight);
        let is_long = parts_at_midnight.len() < 2 && longer.duration() >= LONG_EMPTY_RANGE;
        parts.extend(if is_long { divide(longer, [middle_of(longer)]) } else { parts_at_midnight });
    }
    parts.extend(ends.into_iter().map(|(shorter, _)| shorter));
    let neighbours = times.iter().zip(times.iter().skip(1));
    let mut inside: Vec<DateRange> = neighbours
        .filter_map(|(one, next)| range_after(*one, *next).and_then(|empty| range_before(empty.start(), *next)))
        .collect();
    parts.extend(short_ranges_inside(&inside, range, times.len()));
    inside.iter_mut().for_each(|empty| *empty = whole_days(*empty).unwrap_or(*empty));
    let long = inside.extract_if(.., |empty| empty.duration() >= piece);
    parts.extend(long.flat_map(|empty| divide_at_midnights(empty, piece)));
    inside.retain(|empty| empty.duration() * MIN_EMPTY_FRACTION >= range.duration());
    inside.sort_by_key(|empty| Reverse(empty.duration()));
    parts.extend(inside.into_iter().take(EMPTY_RANGES_INSIDE));
    let count = (times.len() / 8).clamp(*MIDDLE_EVENTS.start(), *MIDDLE_EVENTS.end()).min(times.len());
    let skipped = (times.len() - count) / 2;
    if let (Some(first), Some(last)) = (times.get(skipped), times.get(skipped + count - 1)) {
        let (start, end) = (floor_to_minute(*first).max(range.start()), next_minute(*last).min(range.end()));
        let middle = DateRange::from_bounds(start, end);
        parts.extend(middle.filter(|middle| middle.duration() * 2 <= range.duration()));
    }
    parts.extend(busiest_hour(range, &times));
    parts.extend(quarters(range));
    parts
}

/// A short range in the middle of each of the longest empty ranges, at most [`SHORT_RANGES`]. At the average rate of
/// the window, each short range has [`EXPECTED_EVENTS`]. A service that loses events of long ranges only may lose the
/// events of an empty range as a whole, too.
fn short_ranges_inside(empty: &[DateRange], window: DateRange, events: usize) -> Vec<DateRange> {
    let Ok(events) = i32::try_from(events) else { return Vec::new() };
    let length = window.duration() / events.max(1) * EXPECTED_EVENTS;
    let mut empty: Vec<&DateRange> = empty.iter().filter(|empty| empty.duration() >= length * 2).collect();
    empty.sort_by_key(|empty| Reverse(empty.duration()));
    let middle = |empty: &&DateRange| {
        let start = floor_to_minute(middle_of(**empty) - length / 2).max(empty.start());
        DateRange::from_bounds(start, next_minute(start + length).min(empty.end()))
    };
    empty.iter().take(SHORT_RANGES).filter_map(middle).collect()
}

/// The range of less than an hour with the most events. It shows whether longer ranges lack some of their events.
fn busiest_hour(window: DateRange, times: &[DateTime<Utc>]) -> Option<DateRange> {
    let length = TimeDelta::minutes(59);
    if window.duration() < length * 2 {
        return None;
    }
    let starts = times.iter().enumerate().map(|(index, time)| (floor_to_minute(*time), index));
    let count = |(start, index): &(DateTime<Utc>, usize)| {
        times.partition_point(|time| *time < *start + length).saturating_sub(*index)
    };
    let (start, _) = starts.max_by_key(count)?;
    let start = start.max(window.start());
    DateRange::from_bounds(start, (start + length).min(window.end()))
}

/// The four quarters of a window. If the window has fewer events than its quarters together, it lacks events. Empty for
/// a window of less than four minutes.
fn quarters(window: DateRange) -> Vec<DateRange> {
    let quarter = window.duration() / 4;
    if quarter < TimeDelta::minutes(1) {
        return Vec::new();
    }
    divide(window, (1..4).map(|number| floor_to_minute(window.start() + quarter * number)))
}

fn parts_of_empty_window(range: DateRange) -> Vec<DateRange> {
    let middle = middle_of(range);
    let midnight_near = |time: DateTime<Utc>| time.duration_round(TimeDelta::days(1)).ok();
    let half_day = TimeDelta::hours(12);
    let noon = midnight_near(middle + half_day).map(|midnight| midnight - half_day);
    let parts = divide(range, [Some(middle), midnight_near(middle), noon].into_iter().flatten());
    if parts.len() < 2 { Vec::new() } else { parts }
}

/// Number of days of each piece into which the empty ranges of a window are divided.
fn days_per_piece(window: DateRange) -> i64 {
    (window.duration() - TimeDelta::nanoseconds(1)).num_days() / MAX_SINGLE_DAYS + 1
}

/// Divides a range into pieces of the length `piece`, which is a number of days. The first piece ends at the first
/// midnight UTC.
fn divide_at_midnights(range: DateRange, piece: TimeDelta) -> Vec<DateRange> {
    let first = range.start().duration_round_up(TimeDelta::days(1)).ok();
    let midnights = std::iter::successors(first, |midnight| midnight.checked_add_signed(piece));
    divide(range, midnights.take_while(|midnight| *midnight < range.end()))
}

/// At most [`HOURS`] single hours that are spread evenly over a range, so that the hours of a long range have different
/// times of day. The hours of a range of at most 12 hours cover the whole range. Empty if the range is at most one hour
/// long.
pub(super) fn hours_to_compare(range: DateRange) -> Vec<DateRange> {
    let hour = TimeDelta::hours(1);
    let step = (range.duration() / HOURS).max(hour);
    let starts = (0..HOURS).map(|index| floor_to_minute(range.start() + step * index).max(range.start()));
    let hours = starts.filter_map(|start| DateRange::from_bounds(start, (start + hour).min(range.end())));
    hours.filter(|hour| *hour != range).collect()
}

/// The parts of a range between the given times. Times that are not inside the range are ignored.
fn divide(range: DateRange, times: impl IntoIterator<Item = DateTime<Utc>>) -> Vec<DateRange> {
    let (start, end) = (range.start(), range.end());
    let inside = times.into_iter().filter(|time| start < *time && *time < end);
    let boundaries = BTreeSet::from_iter(inside.chain([start, end]));
    let ends = boundaries.iter().skip(1);
    boundaries.iter().zip(ends).filter_map(|(from, to)| DateRange::from_bounds(*from, *to)).collect()
}

/// The range from `start` to the time of an event, rounded down to a whole minute. If this range is empty, the time is
/// rounded down to a whole second instead. `None` if both ranges are empty.
fn range_before(start: DateTime<Utc>, event: DateTime<Utc>) -> Option<DateRange> {
    let to_minute = DateRange::from_bounds(start, floor_to_minute(event));
    to_minute.or_else(|| DateRange::from_bounds(start, event.trunc_subsecs(0)))
}

/// The range from the next whole minute after an event to `end`. If this range is empty, the range from the next whole
/// second to `end`. `None` if both ranges are empty.
fn range_after(event: DateTime<Utc>, end: DateTime<Utc>) -> Option<DateRange> {
    let from_minute = DateRange::from_bounds(next_minute(event), end);
    from_minute.or_else(|| DateRange::from_bounds(event.trunc_subsecs(0) + TimeDelta::seconds(1), end))
}

/// The whole days UTC in a range. `None` if there is none.
fn whole_days(range: DateRange) -> Option<DateRange> {
    let day = TimeDelta::days(1);
    let (start, end) = (range.start().duration_round_up(day).ok()?, range.end().duration_trunc(day).ok()?);
    DateRange::from_bounds(start, end)
}

fn middle_of(range: DateRange) -> DateTime<Utc> {
    floor_to_minute(range.start() + range.duration() / 2)
}

fn floor_to_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::minutes(1)).unwrap_or(time)
}

fn next_minute(time: DateTime<Utc>) -> DateTime<Utc> {
    floor_to_minute(time) + TimeDelta::minutes(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> DateRange {
        let time = |text: &str| format!("2026-11-{text}Z").parse().unwrap();
        DateRange::new(time(from), time(to)).unwrap()
    }

    fn parts(window: DateRange, times: &[&str]) -> Vec<DateRange> {
        let times = times.iter().map(|text| format!("2026-11-{text}Z").parse().unwrap());
        parts_to_compare(window, times.collect())
    }

    #[test]
    fn the_empty_ranges_are_compared() {
        let window = range("20T00:00:00", "23T00:00:00");
        let times = ["20T09:00:00.5", "20T09:30:30", "22T08:00:00", "22T08:10:00"];
        let expected = [
            // The empty range after the last event is longer than the one before the first event, so it is halved.
            range("22T08:11:00", "22T16:05:00"),
            range("22T16:05:00", "23T00:00:00"),
            range("20T00:00:00", "20T09:00:00"),
            range("21T00:00:00", "22T00:00:00"),
            // The busiest hour, and the quarters of the window.
            range("22T08:00:00", "22T08:59:00"),
            range("20T00:00:00", "20T18:00:00"),
            range("20T18:00:00", "21T12:00:00"),
            range("21T12:00:00", "22T06:00:00"),
            range("22T06:00:00", "23T00:00:00"),
        ];
        assert_eq!(parts(window, &times), expected);
    }

    #[test]
    fn each_empty_day_is_a_part_but_a_long_window_has_few_parts() {
        let window = range("01T12:00:00", "06T00:00:00");
        let expected = ["01T12:00:00", "02T00:00:00", "03T00:00:00", "03T10:00:00"];
        assert_eq!(
            parts(window, &["03T10:00:10", "05T23:59:59"])[..3],
            [0, 1, 2].map(|i| range(expected[i], expected[i + 1]))
        );
        let decade = DateRange::new("2016-01-01T00:00:00Z".parse().unwrap(), "2026-01-01T00:00:00Z".parse().unwrap());
        let decade = decade.unwrap();
        // An event every 18 minutes, 36 hours, 3 days, 18 days or 18 months.
        for minutes in [18, 2_160, 4_320, 25_920, 777_600] {
            let times = (1..).map(|index| decade.start() + TimeDelta::minutes(minutes * index));
            let times: Vec<_> = times.take_while(|time| decade.contains(*time)).collect();
            let count = parts_to_compare(decade, times).len();
            assert!(count <= 300, "an event every {minutes} minutes: {count} parts");
        }
    }

    #[test]
    fn a_short_range_inside_of_each_long_empty_range_is_compared() {
        // An event every 10 minutes, except from 12:00 to 06:00 of the next day.
        let minutes = |day: u32| (0..144).map(move |index| (day, index / 6, index % 6 * 10));
        let is_kept = |(day, hour, _): &(u32, u32, u32)| if *day == 20 { *hour < 12 } else { *hour >= 6 };
        let times = [20, 21].into_iter().flat_map(minutes).filter(is_kept);
        let times: Vec<String> = times.map(|(day, hour, minute)| format!("{day}T{hour:02}:{minute:02}:30")).collect();
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        // The window has an event every 16 minutes on average, so 16 events take 256 minutes.
        let expected = range("20T18:47:00", "20T23:04:00");
        let parts = parts(range("20T00:00:00", "22T00:00:00"), &times);
        assert!(parts.contains(&expected), "{parts:?}");
    }

    #[test]
    fn the_range_of_the_middle_events_is_compared_if_the_range_is_short() {
        let window = range("20T00:00:00", "21T00:00:00");
        let times: Vec<String> = (0..96).map(|index| format!("20T{:02}:{:02}:30", index / 4, index % 4 * 15)).collect();
        let times: Vec<&str> = times.iter().map(String::as_str).collect();
        // The middle events are 12 of the 96 events.
        assert!(parts(window, &times).contains(&range("20T10:30:00", "20T13:16:00")));
    }

    #[test]
    fn a_window_without_events_is_divided_at_its_middle_at_midnight_and_at_noon() {
        let expected = [range("20T00:00:00", "20T12:00:00"), range("20T12:00:00", "21T00:00:00")];
        assert_eq!(parts(range("20T00:00:00", "21T00:00:00"), &[]), expected);
        let expected = [
            range("20T10:00:00", "20T12:00:00"),
            range("20T12:00:00", "20T20:00:00"),
            range("20T20:00:00", "21T00:00:00"),
            range("21T00:00:00", "21T06:00:00"),
        ];
        assert_eq!(parts(range("20T10:00:00", "21T06:00:00"), &[]), expected);
        assert_eq!(parts(range("20T10:00:00", "20T10:00:01"), &[]), []);
    }

    #[test]
    fn the_hours_of_a_range_are_spread_evenly() {
        let hours = hours_to_compare(range("01T00:00:00", "08T00:00:00"));
        let expected = [range("01T00:00:00", "01T01:00:00"), range("01T14:00:00", "01T15:00:00")];
        assert_eq!((&hours[..2], hours[11]), (&expected[..], range("07T10:00:00", "07T11:00:00")));
        let hours = hours_to_compare(range("01T10:00:30", "01T12:30:30"));
        let expected = [("10:00:30", "11:00:30"), ("11:00:00", "12:00:00"), ("12:00:00", "12:30:30")]
            .map(|(from, to)| range(&format!("01T{from}"), &format!("01T{to}")));
        assert_eq!(hours, expected);
        assert_eq!(hours_to_compare(range("01T10:00:00", "01T11:00:00")), []);
    }

    #[test]
    fn parts_of_a_window_below_a_minute_begin_and_end_at_whole_seconds() {
        let window = range("20T10:00:00", "20T10:00:30");
        let parts = parts(window, &["20T10:00:10.250", "20T10:00:10.750"]);
        let expected = [range("20T10:00:11", "20T10:00:30"), range("20T10:00:00", "20T10:00:10")];
        assert_eq!(parts, expected);
    }
}
