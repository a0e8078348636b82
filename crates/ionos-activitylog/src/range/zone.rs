//! Converts local times to instants. Clocks are set forward and back, so some local times do not exist and some occur
//! twice, even midnight.
//!
//! A local time that does not exist stands for the first instant after the gap. A local time that occurs twice stands
//! for the earlier instant as the start of a range, and for the later instant as the end of a range. A day begins at
//! its first midnight even if midnight occurs twice, so each day starts where the day before ends, and each event is
//! read exactly once.

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono::{TimeZone, Utc};

/// Maximum length of a gap in local time, in hours. The longest known gaps are the days that Samoa and Manila skipped.
const MAX_GAP_HOURS: i64 = 48;

/// Whether the year in UTC is within 0000 to 9999, as requests require.
pub(super) fn has_four_digit_year<Tz: TimeZone>(time: DateTime<Tz>) -> bool {
    (0..=9999).contains(&time.naive_utc().year())
}

/// The local time of an instant; `None` outside the years 0000 to 9999.
pub(super) fn to_local<Tz: TimeZone>(time: DateTime<Utc>, zone: &Tz) -> Option<NaiveDateTime> {
    has_four_digit_year(time).then(|| time.with_timezone(zone).naive_local())
}

/// The earliest and the latest instant of a local time; `None` if the local year is before -1 or after 10000.
pub(super) fn to_instants<Tz: TimeZone>(time: NaiveDateTime, zone: &Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    // Accepts one year before 0000 and one after 9999, because local time may be behind or ahead of UTC.
    if !(-1..=10_000).contains(&time.year()) {
        return None;
    }
    match zone.from_local_datetime(&time) {
        MappedLocalTime::Single(time) => Some((time.to_utc(), time.to_utc())),
        MappedLocalTime::Ambiguous(one, other) => {
            let (one, other) = (one.to_utc(), other.to_utc());
            Some((one.min(other), one.max(other)))
        }
        MappedLocalTime::None => end_of_gap(time, zone).map(|end| (end, end)),
    }
}

/// The first instant after the gap that contains a local time.
fn end_of_gap<Tz: TimeZone>(time: NaiveDateTime, zone: &Tz) -> Option<DateTime<Utc>> {
    let beside = |direction: i64| {
        (1..=MAX_GAP_HOURS).find_map(|hours| {
            let beside = time.checked_add_signed(TimeDelta::hours(direction * hours))?;
            Some(zone.from_local_datetime(&beside).latest()?.timestamp())
        })
    };
    // Clocks change at whole seconds.
    let (mut before, mut after) = (beside(-1)?, beside(1)?);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if zone.timestamp_opt(middle, 0).single()?.naive_local() < time {
            before = middle;
        } else {
            after = middle;
        }
    }
    DateTime::from_timestamp(after, 0)
}

/// The first instant of a day.
pub(super) fn midnight<Tz: TimeZone>(day: NaiveDate, zone: &Tz) -> Option<DateTime<Utc>> {
    let (earliest, _) = to_instants(day.and_time(NaiveTime::MIN), zone)?;
    Some(earliest)
}

/// The first midnight after `time`.
pub(super) fn next_midnight<Tz: TimeZone>(time: DateTime<Utc>, zone: &Tz) -> Option<DateTime<Utc>> {
    let today = to_local(time, zone)?.date();
    // The next midnight is the midnight of one of the next three days. It is not always the midnight of the next day.
    // If clocks were set back over midnight, the earlier midnight of the next day may have passed already. And a
    // skipped day has the same midnight as the day after it.
    today.iter_days().skip(1).take(3).filter_map(|day| midnight(day, zone)).find(|midnight| *midnight > time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn resolved(zone: Tz, local: &str) -> String {
        let (earliest, latest) = to_instants(local.parse().unwrap(), &zone).unwrap();
        let show = |time: DateTime<Utc>| time.format("%dT%H:%M:%S").to_string();
        if earliest == latest { show(earliest) } else { format!("{} {}", show(earliest), show(latest)) }
    }

    #[test]
    fn a_local_time_in_a_gap_stands_for_the_end_of_the_gap() {
        let cases = [
            (Tz::Europe__Berlin, "2026-03-29T02:00:00", "29T01:00:00"),
            (Tz::Europe__Berlin, "2026-03-29T02:59:59.999", "29T01:00:00"),
            (Tz::Europe__Berlin, "2026-03-29T03:00:00", "29T01:00:00"),
            (Tz::America__Sao_Paulo, "2017-10-15T00:00:00", "15T03:00:00"),
            (Tz::Asia__Beirut, "2026-03-29T00:30:00", "28T22:00:00"),
            (Tz::Australia__Lord_Howe, "2026-10-04T02:15:00", "03T15:30:00"),
            (Tz::Pacific__Apia, "2011-12-30T00:00:00", "30T10:00:00"),
            (Tz::Pacific__Apia, "2011-12-30T23:59:59", "30T10:00:00"),
        ];
        for (zone, local, expected) in cases {
            assert_eq!(resolved(zone, local), expected, "{local} in {zone}");
        }
    }

    #[test]
    fn a_local_time_that_occurs_twice_gives_both_instants() {
        let cases = [
            (Tz::Europe__Berlin, "2026-10-25T02:30:00", "25T00:30:00 25T01:30:00"),
            (Tz::Europe__Berlin, "2026-10-25T03:00:00", "25T02:00:00"),
            (Tz::America__Havana, "2026-11-01T00:00:00", "01T04:00:00 01T05:00:00"),
            (Tz::Australia__Lord_Howe, "2026-04-05T01:45:00", "04T14:45:00 04T15:15:00"),
        ];
        for (zone, local, expected) in cases {
            assert_eq!(resolved(zone, local), expected, "{local} in {zone}");
        }
    }

    #[test]
    fn the_next_midnight_is_always_later() {
        // St. John's set its clocks back at one minute past midnight, so that each such night had two midnights.
        let zone = Tz::America__St_Johns;
        let first: DateTime<Utc> = "2010-11-07T02:30:00Z".parse().unwrap();
        let again: DateTime<Utc> = "2010-11-07T02:45:00Z".parse().unwrap();
        assert_eq!(to_local(again, &zone).unwrap().to_string(), "2010-11-06 23:15:00");
        assert_eq!(midnight("2010-11-07".parse().unwrap(), &zone), Some(first), "the earlier midnight");
        assert_eq!(next_midnight(again, &zone), Some("2010-11-08T03:30:00Z".parse().unwrap()));
    }
}
