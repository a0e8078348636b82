//! The service takes an inclusive start and an exclusive end, and an end that was meant to be inclusive silently
//! loses its last day. So a range is half-open everywhere and resolved to instants before any request.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{Error, ErrorKind};

/// The format of a time in a request: UTC, whole seconds. That the service takes fractions is not documented.
const WIRE_FORMAT: &str = "%Y-%m-%dT%H:%M:%SZ";

/// A closed stretch of time, half-open: events at `start` belong to it, events at `end` do not.
///
/// Both ends are in UTC and whole seconds, since that is what the service can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateRange {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl DateRange {
    /// From `start`, inclusive, to `end`, exclusive. An instant within a second is widened outwards to the whole
    /// second, so that nothing asked for is left out.
    ///
    /// Fails with [`ErrorKind::Range`] when `start` is not before `end`, or when a year has more than four digits.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Error> {
        if start >= end {
            return Err(Error::new(
                ErrorKind::Range,
                format!(
                    "the range from {} to {} is empty: its start must be before its end",
                    show(start),
                    show(end)
                ),
            ));
        }
        let (start, end) = (whole_second(start, 0), whole_second(end, 1));
        for time in [start, end] {
            let year = time.format("%Y").to_string();
            if year.len() != 4 {
                return Err(Error::new(
                    ErrorKind::Range,
                    format!(
                        "{} is outside the years 0000 to 9999 that a request can carry",
                        show(time)
                    ),
                ));
            }
        }
        Ok(Self { start, end })
    }

    /// A whole day in UTC: from its midnight to the next.
    ///
    /// Fails with [`ErrorKind::Range`] for a day outside the years 0000 to 9998.
    pub fn day(day: NaiveDate) -> Result<Self, Error> {
        let start = day.and_time(NaiveTime::MIN).and_utc();
        let end = start
            .checked_add_signed(TimeDelta::days(1))
            .unwrap_or(start);
        Self::new(start, end)
    }

    /// The stretch of the given length that ends at `now`, cut down to the whole second so that it lies in the past.
    ///
    /// Fails with [`ErrorKind::Range`] for a length below one second or one that reaches before the year 0.
    pub fn last(length: TimeDelta, now: DateTime<Utc>) -> Result<Self, Error> {
        let end = whole_second(now, 0);
        match end.checked_sub_signed(length) {
            Some(start) if length >= TimeDelta::seconds(1) => Self::new(start, end),
            _ => Err(Error::new(
                ErrorKind::Range,
                format!(
                    "a range of the last {length} cannot be read: it has at least one second and begins after the year 0"
                ),
            )),
        }
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

    /// Whether an instant belongs to the range.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// Start and end as a request carries them.
    pub(crate) fn to_wire(self) -> (String, String) {
        (
            self.start.format(WIRE_FORMAT).to_string(),
            self.end.format(WIRE_FORMAT).to_string(),
        )
    }
}

impl fmt::Display for DateRange {
    /// Shows both ends in UTC, the end being the first instant that no longer belongs to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} .. {}", show(self.start), show(self.end))
    }
}

/// The whole second that an instant lies in, and `up` seconds more unless it is whole already. A leap second belongs
/// to the second before it, because a request cannot name it.
fn whole_second(time: DateTime<Utc>, up: i64) -> DateTime<Utc> {
    let up = if time.timestamp_subsec_nanos() == 0 {
        0
    } else {
        up
    };
    // Fails only past chrono's last year, which has six digits and is refused anyway.
    DateTime::from_timestamp(time.timestamp() + up, 0).unwrap_or(time)
}

fn show(time: DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%dT%H:%M:%S%.fZ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_start_belongs_to_it_and_the_end_does_not() {
        let range = DateRange::new(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")).unwrap();
        assert!(range.contains(at("2026-11-20T00:00:00Z")));
        assert!(range.contains(at("2026-11-20T23:59:59.999Z")));
        assert!(!range.contains(at("2026-11-21T00:00:00Z")));
        assert_eq!(
            range,
            DateRange::day("2026-11-20".parse().unwrap()).unwrap()
        );
        assert_eq!(
            range.to_wire(),
            ("2026-11-20T00:00:00Z".into(), "2026-11-21T00:00:00Z".into())
        );
        assert_eq!(
            range.to_string(),
            "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z"
        );
    }

    #[test]
    fn fractions_are_widened_so_that_nothing_is_left_out() {
        let range =
            DateRange::new(at("2026-11-20T00:00:00.9Z"), at("2026-11-20T00:00:01.001Z")).unwrap();
        assert_eq!(
            range.to_string(),
            "2026-11-20T00:00:00Z .. 2026-11-20T00:00:02Z"
        );
    }

    #[test]
    fn a_leap_second_is_never_asked_for() {
        let range =
            DateRange::new(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:60.5Z")).unwrap();
        assert_eq!(
            range.to_string(),
            "2016-12-31T23:59:59Z .. 2017-01-01T00:00:00Z"
        );
    }

    #[test]
    fn the_last_hours_lie_in_the_past() {
        let range = DateRange::last(TimeDelta::hours(2), at("2026-11-20T12:00:00.7Z")).unwrap();
        assert_eq!(
            range.to_string(),
            "2026-11-20T10:00:00Z .. 2026-11-20T12:00:00Z"
        );
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_was_understood() {
        let cases = [
            DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-20T00:00:00Z")),
            DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-21T00:00:00Z")),
            DateRange::new(at("+12026-11-21T00:00:00Z"), at("+12026-11-22T00:00:00Z")),
            DateRange::last(TimeDelta::zero(), at("2026-11-20T12:00:00Z")),
            DateRange::last(TimeDelta::MAX, at("2026-11-20T12:00:00Z")),
            DateRange::day(NaiveDate::MAX),
            DateRange::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
        ];
        for case in cases {
            assert_eq!(case.unwrap_err().kind(), ErrorKind::Range);
        }
        let error =
            DateRange::new(at("2026-11-21T00:00:00Z"), at("2026-11-20T00:00:00Z")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the range from 2026-11-21T00:00:00Z to 2026-11-20T00:00:00Z is empty: its start must be before its end"
        );
    }
}
