//! Half-open time ranges in UTC, resolved to instants before any request. The service takes an inclusive start and an
//! exclusive end; if an inclusive last day were sent as the end, the events of that day would be lost silently.
//!
//! A range is built from instants (here), from local days, weeks and months (`calendar`), or from text (`parse`, with
//! `moment` for one point in time and `length` for a duration). `split` divides ranges and `set` combines them. `zone`
//! holds all rules about clock changes.

mod calendar;
mod length;
mod moment;
mod parse;
mod set;
mod split;
mod zone;

use std::fmt;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};

pub use length::Length;
pub use moment::Moment;
pub use set::RangeSet;

use crate::error::{Error, ErrorKind};

/// Nanoseconds per millisecond, the resolution of ranges.
const MILLISECOND: u32 = 1_000_000;
/// Nanoseconds per second, the resolution of most requests.
const SECOND: u32 = 1_000_000_000;

/// The format of a time in a request: UTC, whole seconds.
const WIRE_FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";
/// The same format with milliseconds. It is undocumented whether the service accepts milliseconds.
const WIRE_FORMAT_WITH_FRACTION: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// A half-open time range: `start` is inclusive, `end` is exclusive.
///
/// Start and end are in UTC, in whole milliseconds, and within the years 0000 to 9999. Most requests contain whole
/// seconds (see [`DateRange::to_whole_seconds`]), because it is undocumented whether the service accepts fractions. If
/// a whole second cannot be verified, requests contain parts of this second.
///
/// Days, weeks, months and years are those of a time zone: any [`TimeZone`] of chrono, such as [`Utc`], a fixed offset,
/// `chrono::Local` or a zone of the crate `chrono-tz`. Functions with a parameter `now` use the time zone of `now`. A
/// local day on which clocks change usually lasts 23 or 25 hours. If midnight does not exist because clocks are set
/// forward, the day starts at the first instant after the gap; if midnight occurs twice, the day starts at the earlier
/// one. So each day starts where the day before ends.
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
    /// The range from `start` (inclusive) to `end` (exclusive). Fractions of a millisecond are rounded outwards, so
    /// that the range never becomes smaller; a leap second is rounded outwards to whole seconds.
    ///
    /// Fails with [`ErrorKind::Range`] if `start` is not before `end`, or if the range, rounded outwards to whole
    /// seconds, exceeds the years 0000 to 9999.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Error> {
        if start >= end {
            return Err(range_error(format!(
                "the range from {} to {} is empty",
                format_instant(start),
                format_instant(end)
            ))
            .with_hint("the start must be before the end"));
        }
        let range = Self { start, end }.widened(MILLISECOND);
        // A request may contain the range after rounding to whole seconds, so the rounded range must be valid, too.
        let requested = range.to_whole_seconds();
        for time in [requested.start, requested.end] {
            if !zone::has_four_digit_year(time) {
                return Err(year_error(format_instant(time)));
            }
        }
        Ok(range)
    }

    /// The range between two bounds that lie within a valid range. `None` if `start` is not before `end`.
    pub(crate) fn from_bounds(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The inclusive start, in UTC.
    #[must_use]
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The exclusive end, in UTC.
    #[must_use]
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// The duration from start to end, at least one millisecond.
    #[must_use]
    pub fn duration(&self) -> TimeDelta {
        self.end.signed_duration_since(self.start)
    }

    /// Whether the range contains an instant.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// The part that both ranges have in common; `None` if the ranges do not overlap.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        Self::from_bounds(self.start.max(other.start), self.end.min(other.end))
    }

    /// The part of the range before `now`, where `now` is rounded down to the whole second; `None` if there is no such
    /// part. Useful for a range that may end in the future, such as [`DateRange::today`].
    #[must_use]
    pub fn past<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Option<Self> {
        Self::from_bounds(self.start, self.end.min(last_whole_second(&now)))
    }

    /// The range rounded outwards to whole seconds. Most requests contain this range, because it is undocumented
    /// whether the service accepts fractions of a second.
    #[must_use]
    pub fn to_whole_seconds(self) -> Self {
        self.widened(SECOND)
    }

    fn widened(self, unit: u32) -> Self {
        Self { start: round(self.start, unit, false), end: round(self.end, unit, true) }
    }

    /// Start and end in the format of a request: without fractions if both are whole seconds.
    pub(crate) fn to_wire(self) -> (String, String) {
        let format = if self == self.to_whole_seconds() { WIRE_FORMAT } else { WIRE_FORMAT_WITH_FRACTION };
        (self.start.format(format).to_string(), self.end.format(format).to_string())
    }
}

impl fmt::Display for DateRange {
    /// Prints start and exclusive end in UTC. [`DateRange::parse`] accepts the output.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} .. {}", format_instant(self.start), format_instant(self.end))
    }
}

/// Rounds an instant up or down to a multiple of `unit` nanoseconds. A leap second counts as part of the second before,
/// because a request cannot express a leap second.
fn round(time: DateTime<Utc>, unit: u32, up: bool) -> DateTime<Utc> {
    let nanos = time.timestamp_subsec_nanos();
    let leap = nanos >= SECOND;
    let (unit, fraction) = if leap { (SECOND, nanos) } else { (unit, nanos % unit) };
    let up = if up && (leap || fraction > 0) { unit } else { 0 };
    let nanos = i64::from(nanos - fraction) + i64::from(up);
    // The addition fails only after the last year that chrono supports, and a range in that year is an error anyway.
    DateTime::from_timestamp(time.timestamp(), 0)
        .and_then(|second| second.checked_add_signed(TimeDelta::nanoseconds(nanos)))
        .unwrap_or(time)
}

/// `now` rounded down to the whole second: the end of a range up to now.
fn last_whole_second<Tz: TimeZone>(now: &DateTime<Tz>) -> DateTime<Utc> {
    round(now.to_utc(), SECOND, false)
}

fn format_instant(time: DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%dT%H:%M:%S%.fZ")
}

fn year_error(what: impl fmt::Display) -> Error {
    range_error(format!("{what} is outside the supported years 0000 to 9999")).with_hint("use a time within them")
}

fn range_error(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Range, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn parse_time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    pub(super) fn range(start: &str, end: &str) -> DateRange {
        DateRange::new(parse_time(start), parse_time(end)).unwrap()
    }

    #[test]
    fn the_start_is_inclusive_and_the_end_exclusive() {
        let range = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        assert!(range.contains(parse_time("2026-11-20T00:00:00Z")));
        assert!(range.contains(parse_time("2026-11-20T23:59:59.999Z")));
        assert!(!range.contains(parse_time("2026-11-21T00:00:00Z")));
        assert_eq!(range.duration(), TimeDelta::hours(24));
        assert_eq!(range.to_string(), "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z");
    }

    #[test]
    fn fractions_are_rounded_outwards() {
        let range = range("2026-11-20T00:00:00.9009Z", "2026-11-20T00:00:01.000001Z");
        assert_eq!(range.to_string(), "2026-11-20T00:00:00.900Z .. 2026-11-20T00:00:01.001Z");
        assert_eq!(range.to_whole_seconds().to_string(), "2026-11-20T00:00:00Z .. 2026-11-20T00:00:02Z");
    }

    #[test]
    fn a_leap_second_is_rounded_to_whole_seconds() {
        let range = range("2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z");
        assert_eq!(range.to_string(), "2016-12-31T23:59:59Z .. 2017-01-01T00:00:00Z");
    }

    #[test]
    fn a_request_has_fractions_only_if_the_range_has_fractions() {
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
            assert_eq!(day.past(parse_time(now)), expected, "at {now}");
        }
    }

    #[test]
    fn adjacent_ranges_do_not_intersect() {
        let day = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let next = range("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z");
        let noon = range("2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z");
        assert_eq!(day.intersection(&next), None);
        assert_eq!(day.intersection(&noon), Some(range("2026-11-20T12:00:00Z", "2026-11-21T00:00:00Z")));
    }

    #[test]
    fn the_error_for_an_invalid_range_names_the_range() {
        let cases = [
            DateRange::new(parse_time("2026-11-21T00:00:00Z"), parse_time("2026-11-20T00:00:00Z")),
            DateRange::new(parse_time("2026-11-21T00:00:00Z"), parse_time("2026-11-21T00:00:00Z")),
            DateRange::new(parse_time("+12026-11-21T00:00:00Z"), parse_time("+12026-11-22T00:00:00Z")),
            DateRange::new(parse_time("9999-12-31T23:59:59Z"), parse_time("9999-12-31T23:59:59.001Z")),
            DateRange::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
        ];
        for case in cases {
            assert_eq!(case.unwrap_err().kind(), ErrorKind::Range);
        }
        let error = DateRange::new(parse_time("2026-11-21T00:00:00Z"), parse_time("2026-11-20T00:00:00Z")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the range from 2026-11-21T00:00:00Z to 2026-11-20T00:00:00Z is empty: the start must be before the end"
        );
    }
}
