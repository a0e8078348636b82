//! Points in time as users type them. For a user, "until 2026-11-20" includes the 20th, but the service would exclude
//! that day. So a moment records whether the user typed a period, such as a day, or an instant. The moment is resolved
//! later, as the start or the end of a range.

mod text;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};

use super::{DateRange, Length, last_whole_second, year_error, zone};
use crate::error::Error;

/// A point in time as users type it. Resolving it needs the current time and a time zone.
///
/// | text | meaning | as an end |
/// |---|---|---|
/// | `2026`, `2026-11`, `2026-11-20` | a year, a month, a day of the local calendar | inclusive: the whole period belongs to the range |
/// | `today`, `yesterday`, `this-week`, `last-week`, `this-month`, `last-month` | a day, a week, a month of the local calendar | inclusive |
/// | `2026-11-20T14:00`, also with seconds and a fraction | a local time | exclusive |
/// | `2026-11-20T14:00Z`, `2026-11-20T14:00:00+01:00` | a time with its zone, as in RFC 3339 | exclusive |
/// | `@1795132800`, `@1795132800.250` | seconds since 1970 | exclusive |
/// | `7d`, `90m`, `3mo` | the current time minus this duration: see [`Length`] | exclusive |
/// | `now` | the current time, rounded down to the whole second | exclusive |
///
/// Case is ignored except in units. A local time that does not exist because clocks are set forward stands for the
/// first instant after the gap. A local time that occurs twice stands for the earlier instant as a start and for the
/// later instant as an end.
///
/// ```
/// # use chrono::{DateTime, Utc};
/// # use ionos_activitylog::{Error, Moment};
/// let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
/// let friday: Moment = "2026-11-20".parse()?;
/// assert_eq!(friday.start(now)?.to_string(), "2026-11-20 00:00:00 UTC");
/// assert_eq!(friday.end(now)?.to_string(), "2026-11-21 00:00:00 UTC");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment(MomentKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum MomentKind {
    Now,
    Ago(Length),
    Named(NamedPeriod),
    Year(i32),
    Month(i32, u32),
    Day(NaiveDate),
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum NamedPeriod {
    Today,
    Yesterday,
    ThisWeek,
    LastWeek,
    ThisMonth,
    LastMonth,
}

const NAMED_PERIODS: [(&str, NamedPeriod); 6] = [
    ("today", NamedPeriod::Today),
    ("yesterday", NamedPeriod::Yesterday),
    ("this-week", NamedPeriod::ThisWeek),
    ("last-week", NamedPeriod::LastWeek),
    ("this-month", NamedPeriod::ThisMonth),
    ("last-month", NamedPeriod::LastMonth),
];

/// A moment, resolved with the current time and a time zone.
enum ResolvedMoment {
    /// A whole day, week, month or year.
    Period(DateRange),
    /// The earliest and the latest instant; equal unless the moment is a local time that occurs twice.
    Instant(DateTime<Utc>, DateTime<Utc>),
}

impl Moment {
    /// The moment as an inclusive start, in UTC: the first instant of a day, week, month or year. `now` is the current
    /// time; its time zone applies to days and local times.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the time zone skipped the day. Also fails if the
    /// result is outside the years 0000 to 9999; for a period, both the start and the exclusive end must be within
    /// these years.
    pub fn start<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Result<DateTime<Utc>, Error> {
        Ok(match self.resolve(&now)? {
            ResolvedMoment::Period(range) => range.start(),
            ResolvedMoment::Instant(earliest, _) => earliest,
        })
    }

    /// The moment as an exclusive end, in UTC: the first instant after a day, week, month or year. `now` and errors are
    /// as for [`Moment::start`].
    pub fn end<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Result<DateTime<Utc>, Error> {
        Ok(match self.resolve(&now)? {
            ResolvedMoment::Period(range) => range.end(),
            ResolvedMoment::Instant(_, latest) => latest,
        })
    }

    /// The moment as a range: a whole period, or, for a duration such as `7d`, the range of this duration up to now.
    /// `None` for any other moment.
    pub(super) fn to_range<Tz: TimeZone>(self, now: DateTime<Tz>) -> Result<Option<DateRange>, Error> {
        if let MomentKind::Ago(length) = self.0 {
            return DateRange::last(length, now).map(Some);
        }
        Ok(match self.resolve(&now)? {
            ResolvedMoment::Period(range) => Some(range),
            ResolvedMoment::Instant(..) => None,
        })
    }

    fn resolve<Tz: TimeZone>(&self, now: &DateTime<Tz>) -> Result<ResolvedMoment, Error> {
        let (zone, copy) = (now.timezone(), || now.clone());
        let period = match self.0 {
            MomentKind::Year(year) => DateRange::year(year, &zone),
            MomentKind::Month(year, month) => DateRange::month(year, month, &zone),
            MomentKind::Day(day) => DateRange::day(day, &zone),
            MomentKind::Named(NamedPeriod::Today) => DateRange::today(copy()),
            MomentKind::Named(NamedPeriod::Yesterday) => DateRange::yesterday(copy()),
            MomentKind::Named(NamedPeriod::ThisWeek) => DateRange::this_week(copy()),
            MomentKind::Named(NamedPeriod::LastWeek) => DateRange::last_week(copy()),
            MomentKind::Named(NamedPeriod::ThisMonth) => DateRange::this_month(copy()),
            MomentKind::Named(NamedPeriod::LastMonth) => DateRange::last_month(copy()),
            MomentKind::Now => return Ok(single_instant(last_whole_second(now))),
            MomentKind::Instant(time) => return Ok(single_instant(time)),
            MomentKind::Ago(length) => {
                let time = length.subtract_from(now).map(single_instant);
                return time.ok_or_else(|| year_error(format!("{length} ago")));
            }
            MomentKind::Local(time) => {
                let both = zone::to_instants(time, &zone);
                let (earliest, latest) = both.ok_or_else(|| year_error(time))?;
                return Ok(ResolvedMoment::Instant(earliest, latest));
            }
        };
        period.map(ResolvedMoment::Period)
    }
}

fn single_instant(time: DateTime<Utc>) -> ResolvedMoment {
    ResolvedMoment::Instant(time, time)
}

#[cfg(test)]
mod tests {
    use super::super::format_instant;
    use super::*;
    use chrono_tz::Tz;

    /// Sunday, 13:00 in Berlin.
    const NOW: &str = "2026-11-22T12:00:00.5Z";

    fn bounds(text: &str, zone: Tz) -> String {
        let now = NOW.parse::<DateTime<Utc>>().unwrap().with_timezone(&zone);
        let moment: Moment = text.parse().unwrap();
        let (start, end) = (moment.start(now).unwrap(), moment.end(now).unwrap());
        if start == end {
            format_instant(start).to_string()
        } else {
            format!("{} {}", format_instant(start), format_instant(end))
        }
    }

    #[test]
    fn a_period_has_a_start_and_an_end() {
        let cases = [
            ("2026", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z 2026-11-21T00:00:00Z"),
            ("today", "2026-11-22T00:00:00Z 2026-11-23T00:00:00Z"),
            ("Yesterday", "2026-11-21T00:00:00Z 2026-11-22T00:00:00Z"),
            ("this-week", "2026-11-16T00:00:00Z 2026-11-23T00:00:00Z"),
            ("last-week", "2026-11-09T00:00:00Z 2026-11-16T00:00:00Z"),
            ("this-month", "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z"),
            ("LAST-MONTH", "2026-10-01T00:00:00Z 2026-11-01T00:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(bounds(text, Tz::UTC), expected, "{text}");
        }
        assert_eq!(bounds("2026-11-20", Tz::Europe__Berlin), "2026-11-19T23:00:00Z 2026-11-20T23:00:00Z");
    }

    #[test]
    fn the_start_and_the_end_of_an_instant_are_equal() {
        let cases = [
            ("now", "2026-11-22T12:00:00Z"),
            ("7d", "2026-11-15T12:00:00Z"),
            ("3mo", "2026-08-22T11:00:00Z"),
            ("2026-11-20T14:00", "2026-11-20T13:00:00Z"),
            ("2026-11-20 14:00:30", "2026-11-20T13:00:30Z"),
            ("2026-11-20t14:00:30.25", "2026-11-20T13:00:30.250Z"),
            ("2026-11-20T14:00Z", "2026-11-20T14:00:00Z"),
            ("2026-11-20T14:00:00.5z", "2026-11-20T14:00:00.500Z"),
            ("2026-11-20T14:00:00-05:30", "2026-11-20T19:30:00Z"),
            ("@1795132800", "2026-11-20T00:00:00Z"),
            ("@1795132800.25", "2026-11-20T00:00:00.250Z"),
            ("@0", "1970-01-01T00:00:00Z"),
            ("2026-03-29T02:30", "2026-03-29T01:00:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(bounds(text, Tz::Europe__Berlin), expected, "{text}");
        }
    }

    #[test]
    fn a_local_time_that_occurs_twice_is_the_earlier_instant_as_a_start_and_the_later_one_as_an_end() {
        assert_eq!(bounds("2026-10-25T02:30", Tz::Europe__Berlin), "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z");
    }

    #[test]
    fn a_moment_outside_the_supported_years_is_an_error_when_resolved() {
        let first = DateTime::<Utc>::MIN_UTC.with_timezone(&Tz::America__Havana);
        for text in ["9999", "9999-12", "9999-12-31"] {
            assert!(text.parse::<Moment>().unwrap().end(first).is_err(), "{text}");
        }
        for text in ["7d", "3mo", "today", "yesterday", "this-week", "last-month"] {
            assert!(text.parse::<Moment>().unwrap().start(first).is_err(), "{text}");
        }
    }
}
