//! "Until 2026-11-20" means to people that the 20th is included, and to the service that it is not. So what is typed
//! keeps what it names, a whole day or an instant, until it is known whether it is a start or an end.

mod text;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};

use super::{DateRange, Length, out_of_years, over, zone};
use crate::Error;

/// A point in time as people write it, not resolved yet: where the clock stands and in which zone is said later.
///
/// | text | means | as an end |
/// |---|---|---|
/// | `2026`, `2026-11`, `2026-11-20` | a year, a month, a day of the local calendar | all of it belongs to the range |
/// | `today`, `yesterday`, `this-week`, `last-week`, `this-month`, `last-month` | the same, named | the same |
/// | `2026-11-20T14:00`, also with seconds and a fraction | a local time | that instant, exclusive |
/// | `2026-11-20T14:00Z`, `2026-11-20T14:00:00+01:00` | a time with its zone, as in RFC 3339 | that instant, exclusive |
/// | `@1795132800`, `@1795132800.250` | seconds since 1970 | that instant, exclusive |
/// | `7d`, `90m`, `3mo` | so long before now: see [`Length`] | that instant, exclusive |
/// | `now` | the end of the last second that is over | that instant, exclusive |
///
/// Upper and lower case are the same, except in units. A local time that never comes, because clocks are set forward,
/// is the first instant after the gap; one that comes twice is the earlier one as a start and the later one as an
/// end.
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
pub struct Moment(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Now,
    Ago(Length),
    Named(Name),
    Year(i32),
    Month(i32, u32),
    Day(NaiveDate),
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Name {
    Today,
    Yesterday,
    ThisWeek,
    LastWeek,
    ThisMonth,
    LastMonth,
}

const NAMES: [(&str, Name); 6] = [
    ("today", Name::Today),
    ("yesterday", Name::Yesterday),
    ("this-week", Name::ThisWeek),
    ("last-week", Name::LastWeek),
    ("this-month", Name::ThisMonth),
    ("last-month", Name::LastMonth),
];

/// What a moment is, once it is known when and where.
enum Resolved {
    Whole(DateRange),
    /// The earliest and the latest instant that it stands for.
    Instant(DateTime<Utc>, DateTime<Utc>),
}

impl Moment {
    /// As a start, inclusive: a whole day, week, month or year begins at its first instant. `now` says where the
    /// clock stands and in which time zone days and local times are meant.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) outside the years 0000 to 9999.
    pub fn start<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Result<DateTime<Utc>, Error> {
        Ok(match self.resolve(&now)? {
            Resolved::Whole(range) => range.start(),
            Resolved::Instant(earliest, _) => earliest,
        })
    }

    /// As an end, exclusive: a whole day, week, month or year ends at the first instant after it. Otherwise as
    /// [`Moment::start`].
    pub fn end<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Result<DateTime<Utc>, Error> {
        Ok(match self.resolve(&now)? {
            Resolved::Whole(range) => range.end(),
            Resolved::Instant(_, latest) => latest,
        })
    }

    /// As a range: what it names as a whole, or a length up to now. None for an instant.
    pub(super) fn range<Tz: TimeZone>(&self, now: DateTime<Tz>) -> Result<Option<DateRange>, Error> {
        if let Kind::Ago(length) = self.0 {
            return DateRange::last(length, now).map(Some);
        }
        Ok(match self.resolve(&now)? {
            Resolved::Whole(range) => Some(range),
            Resolved::Instant(..) => None,
        })
    }

    fn resolve<Tz: TimeZone>(&self, now: &DateTime<Tz>) -> Result<Resolved, Error> {
        let (zone, copy) = (now.timezone(), || now.clone());
        let whole = match self.0 {
            Kind::Year(year) => DateRange::year(year, &zone),
            Kind::Month(year, month) => DateRange::month(year, month, &zone),
            Kind::Day(day) => DateRange::day(day, &zone),
            Kind::Named(Name::Today) => DateRange::today(copy()),
            Kind::Named(Name::Yesterday) => DateRange::yesterday(copy()),
            Kind::Named(Name::ThisWeek) => DateRange::this_week(copy()),
            Kind::Named(Name::LastWeek) => DateRange::last_week(copy()),
            Kind::Named(Name::ThisMonth) => DateRange::this_month(copy()),
            Kind::Named(Name::LastMonth) => DateRange::last_month(copy()),
            Kind::Now => return Ok(instant(over(now))),
            Kind::Instant(time) => return Ok(instant(time)),
            Kind::Ago(length) => {
                let time = length.before(now).map(instant);
                return time.ok_or_else(|| out_of_years(format!("{length} ago")));
            }
            Kind::Local(time) => {
                let both = zone::instants(time, &zone);
                let (earliest, latest) = both.ok_or_else(|| out_of_years(time))?;
                return Ok(Resolved::Instant(earliest, latest));
            }
        };
        whole.map(Resolved::Whole)
    }
}

fn instant(time: DateTime<Utc>) -> Resolved {
    Resolved::Instant(time, time)
}

#[cfg(test)]
mod tests {
    use super::super::show;
    use super::*;
    use chrono_tz::Tz;

    /// Sunday, 13:00 in Berlin.
    const NOW: &str = "2026-11-22T12:00:00.5Z";

    fn bounds(text: &str, zone: Tz) -> String {
        let now = NOW.parse::<DateTime<Utc>>().unwrap().with_timezone(&zone);
        let moment: Moment = text.parse().unwrap();
        let (start, end) = (moment.start(now).unwrap(), moment.end(now).unwrap());
        if start == end { show(start).to_string() } else { format!("{} {}", show(start), show(end)) }
    }

    #[test]
    fn what_is_named_as_a_whole_has_a_start_and_an_end() {
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
    fn an_instant_is_the_same_as_a_start_and_as_an_end() {
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
    fn a_local_time_that_comes_twice_leaves_nothing_out() {
        assert_eq!(bounds("2026-10-25T02:30", Tz::Europe__Berlin), "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z");
    }

    #[test]
    fn what_lies_outside_of_the_years_of_a_request_is_refused_when_it_is_resolved() {
        let first = DateTime::<Utc>::MIN_UTC.with_timezone(&Tz::America__Havana);
        for text in ["9999", "9999-12", "9999-12-31"] {
            assert!(text.parse::<Moment>().unwrap().end(first).is_err(), "{text}");
        }
        for text in ["7d", "3mo", "today", "yesterday", "this-week", "last-month"] {
            assert!(text.parse::<Moment>().unwrap().start(first).is_err(), "{text}");
        }
    }
}
