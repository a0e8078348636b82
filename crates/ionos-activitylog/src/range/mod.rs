//! The service takes an inclusive start and an exclusive end, and an end that was meant to be inclusive silently
//! loses its last day. So a range is half-open everywhere and resolved to instants before any request.
//!
//! How a range is made: from instants here, from days and months in `calendar`, from text in `parse`, which reads
//! single moments by `moment` and lengths by `length`. What is done with it: `cut` and `set`. All that a time zone
//! can surprise with is in `zone`.

mod calendar;
mod cut;
mod length;
mod moment;
mod parse;
mod set;
mod zone;

use std::fmt;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};

pub use length::Length;
pub use moment::Moment;
pub use set::RangeSet;

use crate::{Error, ErrorKind};

/// Nanoseconds of a millisecond, the unit of ranges.
const MILLISECOND: u32 = 1_000_000;
/// Nanoseconds of a second, the unit of requests.
const SECOND: u32 = 1_000_000_000;

/// A time in a request: UTC, whole seconds.
const WIRE_FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";
/// The same with a fraction. That the service takes it is not documented.
const WIRE_FORMAT_WITH_FRACTION: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// A closed stretch of time, half-open: events at `start` belong to it, events at `end` do not.
///
/// Both ends are in UTC and whole milliseconds, between the years 0000 and 9999. Reading goes by whole seconds (see
/// [`DateRange::to_whole_seconds`]), since that is what the service can surely be asked for.
///
/// Days, weeks, months and years are those of a time zone: any [`TimeZone`] of chrono will do, [`Utc`], a fixed offset,
/// `chrono::Local` or a zone of the crate `chrono-tz`. Where `now` is given, its zone is the zone that counts. A local
/// day may last 23 or 25 hours. A midnight that never comes, because clocks are set forward at it, is the first instant
/// after the gap; one that comes twice is the earlier one. So the days of a zone follow each other without gap or
/// overlap.
///
/// ```
/// # use chrono::Utc;
/// # use ionos_activitylog::{DateRange, Error};
/// let november = DateRange::month(2026, 11, &Utc)?;
/// assert_eq!(november.to_string(), "2026-11-01T00:00:00Z .. 2026-12-01T00:00:00Z");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl DateRange {
    /// From `start`, inclusive, to `end`, exclusive. An instant within a millisecond is widened outwards to the whole
    /// one, so that nothing asked for is left out; one within a leap second, to the whole second before it.
    ///
    /// Fails with [`ErrorKind::Range`] when `start` is not before `end`, or when a year has more than four digits.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Error> {
        if start >= end {
            return Err(refused(format!("the range from {} to {} is empty", show(start), show(end)))
                .with_hint("its start must be before its end"));
        }
        let range = Self { start, end }.widened(MILLISECOND);
        // A request must be able to carry it also when it is widened to whole seconds.
        let asked = range.to_whole_seconds();
        for time in [asked.start, asked.end] {
            if !zone::has_four_digits(time) {
                return Err(out_of_years(show(time)));
            }
        }
        Ok(range)
    }

    /// For bounds between those of a range: what lies between the two; none when that is nothing.
    fn between(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first instant of the range.
    #[must_use]
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The first instant after the range.
    #[must_use]
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// The time from start to end, at least one millisecond.
    #[must_use]
    pub fn duration(&self) -> TimeDelta {
        self.end.signed_duration_since(self.start)
    }

    /// Whether an instant belongs to the range.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// What belongs to both ranges; none when that is nothing.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::between(self.start.max(other.start), self.end.min(other.end))
    }

    /// The part that is over at `now`, cut down to the whole second; none when nothing is over yet. What has not
    /// happened yet cannot be read: take this of a range such as [`DateRange::today`].
    #[must_use]
    pub fn past<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Option<Self> {
        Self::between(self.start, self.end.min(over(&now)))
    }

    /// The range widened outwards to whole seconds, so that nothing asked for is left out. Reading asks for this,
    /// because the service is not known to take fractions.
    #[must_use]
    pub fn to_whole_seconds(self) -> Self {
        self.widened(SECOND)
    }

    fn widened(self, unit: u32) -> Self {
        Self { start: whole(self.start, unit, false), end: whole(self.end, unit, true) }
    }

    /// Start and end as a request carries them: in whole seconds where both are.
    pub(crate) fn to_wire(self) -> (String, String) {
        let format = if self == self.to_whole_seconds() { WIRE_FORMAT } else { WIRE_FORMAT_WITH_FRACTION };
        (self.start.format(format).to_string(), self.end.format(format).to_string())
    }
}

impl fmt::Display for DateRange {
    /// Shows both ends in UTC, the end being the first instant that no longer belongs to it. [`DateRange::parse`]
    /// reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} .. {}", show(self.start), show(self.end))
    }
}

/// The start, or where `up` the end, of the unit that an instant lies in; a whole one stays. A leap second belongs to
/// the second before it, because a request cannot name it.
fn whole(time: DateTime<Utc>, unit: u32, up: bool) -> DateTime<Utc> {
    let nanos = time.timestamp_subsec_nanos();
    let leap = nanos >= SECOND;
    let (unit, fraction) = if leap { (SECOND, nanos) } else { (unit, nanos % unit) };
    let up = if up && (leap || fraction > 0) { unit } else { 0 };
    let nanos = i64::from(nanos - fraction) + i64::from(up);
    // Fails only past chrono's last year, which has six digits and is refused anyway.
    DateTime::from_timestamp(time.timestamp(), 0)
        .and_then(|second| second.checked_add_signed(TimeDelta::nanoseconds(nanos)))
        .unwrap_or(time)
}

/// The end of the last second that is over: what a range that ends "now" ends at, so that it lies in the past.
fn over<Tz: TimeZone>(now: &DateTime<Tz>) -> DateTime<Utc> {
    whole(now.to_utc(), SECOND, false)
}

fn show(time: DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%dT%H:%M:%S%.fZ")
}

fn out_of_years(what: impl fmt::Display) -> Error {
    refused(format!("{what} is outside the years 0000 to 9999 that a request can carry"))
        .with_hint("give a time inside")
}

fn refused(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Range, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    pub(super) fn range(start: &str, end: &str) -> DateRange {
        DateRange::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn the_start_belongs_to_it_and_the_end_does_not() {
        let range = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        assert!(range.contains(at("2026-11-20T00:00:00Z")));
        assert!(range.contains(at("2026-11-20T23:59:59.999Z")));
        assert!(!range.contains(at("2026-11-21T00:00:00Z")));
        assert_eq!(range.duration(), TimeDelta::hours(24));
        assert_eq!(range.to_string(), "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z");
    }

    #[test]
    fn fractions_are_widened_so_that_nothing_is_left_out() {
        let range = range("2026-11-20T00:00:00.9009Z", "2026-11-20T00:00:01.000001Z");
        assert_eq!(range.to_string(), "2026-11-20T00:00:00.900Z .. 2026-11-20T00:00:01.001Z");
        assert_eq!(range.to_whole_seconds().to_string(), "2026-11-20T00:00:00Z .. 2026-11-20T00:00:02Z");
    }

    #[test]
    fn a_leap_second_is_never_asked_for() {
        let range = range("2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z");
        assert_eq!(range.to_string(), "2016-12-31T23:59:59Z .. 2017-01-01T00:00:00Z");
    }

    #[test]
    fn a_request_carries_fractions_only_where_there_are_any() {
        let cases = [
            (range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"), "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            (
                range("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.25Z"),
                "2026-11-20T00:00:00.000Z",
                "2026-11-20T00:00:00.250Z",
            ),
            (range("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        ];
        for (range, start, end) in cases {
            assert_eq!(range.to_wire(), (start.to_owned(), end.to_owned()));
        }
    }

    #[test]
    fn the_past_of_a_range_ends_with_the_last_whole_second() {
        let day = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let cases = [
            ("2026-11-19T12:00:00Z", None),
            ("2026-11-20T00:00:00.9Z", None),
            ("2026-11-20T12:00:00.9Z", Some(range("2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"))),
            ("2026-11-21T00:00:00Z", Some(day)),
            ("2026-12-01T00:00:00Z", Some(day)),
        ];
        for (now, expected) in cases {
            assert_eq!(day.past(at(now)), expected, "at {now}");
        }
    }

    #[test]
    fn two_ranges_that_only_touch_have_nothing_in_common() {
        let day = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let next = range("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z");
        let noon = range("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z");
        assert_eq!(day.intersection(&next), None);
        assert_eq!(day.intersection(&noon), Some(range("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z")));
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_was_understood() {
        let cases = [
            DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-20T00:00:00Z")),
            DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-21T00:00:00Z")),
            DateRange::new(at("+12026-11-21T00:00:00Z"), at("+12026-11-22T00:00:00Z")),
            DateRange::new(at("9999-12-31T23:59:59Z"), at("9999-12-31T23:59:59.001Z")),
            DateRange::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
        ];
        for case in cases {
            assert_eq!(case.unwrap_err().kind(), ErrorKind::Range);
        }
        let error = DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-20T00:00:00Z")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the range from 2026-11-21T00:00:00Z to 2026-11-20T00:00:00Z is empty: its start must be before its end"
        );
    }
}
