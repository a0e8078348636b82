//! Ranges of the local calendar (days, weeks, months and years), and ranges that begin or end at a given instant. A day
//! on which clocks change is shorter or longer than 24 hours, so a calendar range goes from the first instant of a
//! local day to the first instant of another local day. No function here reads the clock; callers pass the current time
//! where it is needed.

use std::fmt::Display;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, TimeZone, Utc};

use super::{DateRange, Length, format_instant, last_whole_second, range_error, year_error, zone};
use crate::error::Error;

impl DateRange {
    /// A local day: 24 hours, unless clocks change on that day.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the day is outside
    /// the years 0000 to 9999 in UTC, or if the time zone skipped the day.
    pub fn day<Tz: TimeZone>(day: NaiveDate, zone: &Tz) -> Result<Self, Error> {
        from_days(day, day.succ_opt(), zone, day)
    }

    /// The local days from `first` to `last`, both inclusive.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if `last` is before `first`, if the start or the
    /// exclusive end of the range is outside the years 0000 to 9999 in UTC, or if the time zone skipped all of these
    /// days.
    pub fn days<Tz: TimeZone>(first: NaiveDate, last: NaiveDate, zone: &Tz) -> Result<Self, Error> {
        let name = format!("the range from {first} to {last}");
        if last < first {
            return Err(range_error(format!("{name} is empty")).with_hint("the first day must not be after the last"));
        }
        from_days(first, last.succ_opt(), zone, name)
    }

    /// A local month; January is 1.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) for a month outside 1 to 12, or if the start or the
    /// exclusive end of the range is outside the years 0000 to 9999 in UTC.
    pub fn month<Tz: TimeZone>(year: i32, month: u32, zone: &Tz) -> Result<Self, Error> {
        if !(1..=12).contains(&month) {
            return Err(range_error(format!("{month} is not a valid month")).with_hint("use 1 to 12"));
        }
        let name = format!("{year:04}-{month:02}");
        let first = NaiveDate::from_ymd_opt(year, month, 1).ok_or_else(|| year_error(&name))?;
        from_days(first, months_later(first, 1), zone, name)
    }

    /// A local year.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn year<Tz: TimeZone>(year: i32, zone: &Tz) -> Result<Self, Error> {
        let name = format!("{year:04}");
        let first = NaiveDate::from_ymd_opt(year, 1, 1).ok_or_else(|| year_error(&name))?;
        from_days(first, months_later(first, 12), zone, name)
    }

    /// The range of the given length up to `now`. The exclusive end is `now`, rounded down to the whole second.
    ///
    /// The length is a [`TimeDelta`], or [`Length::months`] for months of the local calendar.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the length is below one second, or if the start or
    /// the exclusive end of the range is outside the years 0000 to 9999.
    pub fn last<Tz: TimeZone>(length: impl Into<Length>, now: DateTime<Tz>) -> Result<Self, Error> {
        let (length, end) = (length.into(), last_whole_second(&now));
        match length.subtract_from(&now) {
            Some(start) if end.signed_duration_since(start) >= TimeDelta::seconds(1) => Self::new(start, end),
            _ => Err(range_error(format!("the last {length} is not a valid range"))
                .with_hint("a range is at least one second long and starts in the year 0 or later")),
        }
    }

    /// The range from an instant (inclusive) to `now`. The exclusive end is `now`, rounded down to the whole second.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the range is empty, or if its start or exclusive end
    /// is outside the years 0000 to 9999.
    pub fn since<Tz: TimeZone>(start: DateTime<Utc>, now: DateTime<Tz>) -> Result<Self, Error> {
        Self::new(start, last_whole_second(&now))
    }

    /// The range from `1970-01-01T00:00:00Z`, which is before any log starts, to an instant (exclusive).
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the instant is not after `1970-01-01T00:00:00Z`, or
    /// if the instant, rounded up to the whole second, is after the year 9999.
    pub fn until(end: DateTime<Utc>) -> Result<Self, Error> {
        Self::new(DateTime::UNIX_EPOCH, end)
    }

    /// The whole local day of `now`. [`DateRange::past`] removes the part after `now`.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn today<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        Self::day(local_date(&now)?, &now.timezone())
    }

    /// The local day before the day of `now`.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC, or if the time zone skipped that day.
    pub fn yesterday<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        let day = local_date(&now)?.pred_opt();
        Self::day(day.ok_or_else(|| year_error("yesterday"))?, &now.timezone())
    }

    /// The whole local week of `now`, Monday to Sunday. [`DateRange::past`] removes the part after `now`.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn this_week<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        week_before(&now, 0)
    }

    /// The local week before the week of `now`, Monday to Sunday.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn last_week<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        week_before(&now, 7)
    }

    /// The whole local month of `now`. [`DateRange::past`] removes the part after `now`.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn this_month<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        let today = local_date(&now)?;
        Self::month(today.year(), today.month(), &now.timezone())
    }

    /// The local month before the month of `now`.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) if the start or the exclusive end of the range is
    /// outside the years 0000 to 9999 in UTC.
    pub fn last_month<Tz: TimeZone>(now: DateTime<Tz>) -> Result<Self, Error> {
        let day = local_date(&now)?.checked_sub_months(Months::new(1));
        let day = day.ok_or_else(|| year_error("last month"))?;
        Self::month(day.year(), day.month(), &now.timezone())
    }
}

/// The range from the first instant of the day `first` to the first instant of the day `after`. `name` describes the
/// range in errors.
fn from_days<Tz: TimeZone>(
    first: NaiveDate,
    after: Option<NaiveDate>,
    tz: &Tz,
    name: impl Display,
) -> Result<DateRange, Error> {
    let start = zone::midnight(first, tz);
    let end = after.and_then(|day| zone::midnight(day, tz));
    match (start, end) {
        (Some(start), Some(end)) if start < end => DateRange::new(start, end),
        (Some(_), Some(_)) => Err(range_error(format!("{name} does not exist in this time zone, which skipped it"))
            .with_hint("use the days around it")),
        _ => Err(year_error(name)),
    }
}

/// The local week that starts `back` days before the start of the week of `now`.
fn week_before<Tz: TimeZone>(now: &DateTime<Tz>, back: u64) -> Result<DateRange, Error> {
    let today = local_date(now)?;
    let back = Days::new(back + u64::from(today.weekday().num_days_from_monday()));
    let monday = today.checked_sub_days(back);
    let monday = monday.ok_or_else(|| year_error("the week"))?;
    let name = format!("the week from {monday}");
    from_days(monday, monday.checked_add_days(Days::new(7)), &now.timezone(), name)
}

fn months_later(day: NaiveDate, months: u32) -> Option<NaiveDate> {
    day.checked_add_months(Months::new(months))
}

/// The local date of `now`.
fn local_date<Tz: TimeZone>(now: &DateTime<Tz>) -> Result<NaiveDate, Error> {
    let local = zone::to_local(now.to_utc(), &now.timezone());
    Ok(local.ok_or_else(|| year_error(format_instant(now.to_utc())))?.date())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{parse_time, range};
    use super::*;
    use crate::error::ErrorKind;
    use chrono::FixedOffset;
    use chrono_tz::Tz;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_local_day_may_be_longer_or_shorter_than_24_hours() {
        let cases = [
            (Tz::UTC, "2026-11-20", 24 * 60),
            (Tz::Europe__Berlin, "2026-11-20", 24 * 60),
            (Tz::Europe__Berlin, "2026-03-29", 23 * 60),
            (Tz::Europe__Berlin, "2026-10-25", 25 * 60),
            (Tz::Asia__Beirut, "2026-03-29", 23 * 60),
            (Tz::America__Sao_Paulo, "2017-10-15", 23 * 60),
            (Tz::America__Havana, "2026-11-01", 25 * 60),
            (Tz::Australia__Lord_Howe, "2026-10-04", 23 * 60 + 30),
            (Tz::Australia__Lord_Howe, "2026-04-05", 24 * 60 + 30),
            (Tz::Pacific__Apia, "2011-12-29", 24 * 60),
            (Tz::Pacific__Apia, "2011-12-31", 24 * 60),
        ];
        for (zone, date, minutes) in cases {
            let range = DateRange::day(day(date), &zone).unwrap();
            assert_eq!(range.duration(), TimeDelta::minutes(minutes), "{date} in {zone}");
        }
    }

    #[test]
    fn the_days_of_a_zone_are_adjacent() {
        for zone in [Tz::Europe__Berlin, Tz::Asia__Beirut, Tz::America__St_Johns] {
            let days: Vec<DateRange> =
                day("2010-01-01").iter_days().take(366).map(|day| DateRange::day(day, &zone).unwrap()).collect();
            assert!(days.windows(2).all(|pair| pair[0].end() == pair[1].start()));
        }
    }

    #[test]
    fn a_skipped_day_is_an_error_but_may_lie_within_a_range() {
        let zone = Tz::Pacific__Apia;
        let error = DateRange::day(day("2011-12-30"), &zone).unwrap_err();
        assert_eq!(
            error.to_string(),
            "2011-12-30 does not exist in this time zone, which skipped it: use the days around it"
        );
        let days = DateRange::days(day("2011-12-29"), day("2011-12-31"), &zone).unwrap();
        assert_eq!(days.duration(), TimeDelta::days(2));
    }

    #[test]
    fn a_range_of_days_months_or_years_includes_the_last_day_completely() {
        let berlin = Tz::Europe__Berlin;
        let cases = [
            (
                DateRange::days(day("2026-11-20"), day("2026-11-22"), &Utc),
                range("2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"),
            ),
            (DateRange::month(2026, 12, &Utc), range("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z")),
            (DateRange::month(2026, 10, &berlin), range("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")),
            (DateRange::year(2026, &berlin), range("2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z")),
            (DateRange::year(0, &Utc), range("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z")),
            (
                DateRange::until(parse_time("2026-01-01T00:00:00Z")),
                range("1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ),
        ];
        for (made, expected) in cases {
            assert_eq!(made.unwrap(), expected);
        }
    }

    #[test]
    fn named_days_weeks_and_months_are_those_of_the_local_calendar() {
        // Monday, 00:30 in Berlin; in UTC it is still Sunday.
        let utc = parse_time("2026-11-01T23:30:00.7Z");
        let berlin = utc.with_timezone(&Tz::Europe__Berlin);
        let cases = [
            (DateRange::today(utc), "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            (DateRange::today(berlin), "2026-11-01T23:00:00Z", "2026-11-02T23:00:00Z"),
            (DateRange::yesterday(berlin), "2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z"),
            (DateRange::this_week(utc), "2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z"),
            (DateRange::this_week(berlin), "2026-11-01T23:00:00Z", "2026-11-08T23:00:00Z"),
            (DateRange::last_week(berlin), "2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z"),
            (DateRange::this_month(berlin), "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
            (DateRange::last_month(berlin), "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
            (
                DateRange::since(parse_time("2026-11-01T23:00:00.5Z"), berlin),
                "2026-11-01T23:00:00.5Z",
                "2026-11-01T23:30:00Z",
            ),
            (DateRange::last(TimeDelta::hours(2), berlin), "2026-11-01T21:30:00Z", "2026-11-01T23:30:00Z"),
            (DateRange::last(Length::months(1), berlin), "2026-10-01T22:30:00Z", "2026-11-01T23:30:00Z"),
        ];
        for (made, start, end) in cases {
            assert_eq!(made.unwrap(), range(start, end));
        }
    }

    #[test]
    fn an_invalid_range_is_an_error() {
        let now = parse_time("2026-11-20T12:00:00Z");
        let east = FixedOffset::east_opt(86_399).unwrap();
        let west = FixedOffset::west_opt(86_399).unwrap();
        let last = DateTime::<Utc>::MAX_UTC.with_timezone(&east);
        let first = DateTime::<Utc>::MIN_UTC.with_timezone(&west);
        let cases = [
            DateRange::last(TimeDelta::zero(), now),
            DateRange::last(TimeDelta::days(-1), now),
            DateRange::last(TimeDelta::milliseconds(999), now),
            DateRange::last(TimeDelta::MAX, now),
            DateRange::last(Length::months(0), now),
            DateRange::last(Length::months(u32::MAX), now),
            DateRange::since(now, now),
            DateRange::until(DateTime::UNIX_EPOCH),
            DateRange::day(NaiveDate::MAX, &Utc),
            DateRange::day(NaiveDate::MIN, &west),
            DateRange::day(day("9999-12-31"), &Utc),
            DateRange::day(day("0000-01-01"), &east),
            DateRange::days(day("2026-11-21"), day("2026-11-20"), &Utc),
            DateRange::month(2026, 0, &Utc),
            DateRange::month(2026, 13, &Utc),
            DateRange::month(i32::MAX, 12, &Utc),
            DateRange::year(i32::MIN, &Utc),
            DateRange::year(9999, &Utc),
            DateRange::today(last),
            DateRange::yesterday(first),
            DateRange::this_week(first),
            DateRange::last_week(parse_time("0000-01-01T00:00:00Z")),
            DateRange::last_month(parse_time("0000-01-01T00:00:00Z")),
            DateRange::last(Length::months(1), first),
            DateRange::since(now, last),
        ];
        for (number, case) in cases.into_iter().enumerate() {
            assert_eq!(case.unwrap_err().kind(), ErrorKind::Range, "case {number}");
        }
    }
}
