//! A local clock is set forward and back: some local times never come and some come twice, and where that happens at
//! midnight a day has no obvious start. This is the one place that decides what such a time means.
//!
//! A local time that never comes stands for the first instant after the gap. One that comes twice stands for the
//! earlier one, except as the end of what somebody asked for: there it is the later one, so that nothing is left out.
//! So each day begins where the day before ends, and nothing is lost or read twice.

use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono::{TimeZone, Utc};

/// No zone has ever left out more at once: Samoa skipped one day, Manila another.
const LONGEST_GAP_HOURS: i64 = 48;

/// Whether a request can carry the year.
pub(super) fn has_four_digits<Tz: TimeZone>(time: DateTime<Tz>) -> bool {
    (0..=9999).contains(&time.naive_utc().year())
}

/// What a clock in the zone shows; none outside the years 0000 to 9999.
pub(super) fn local<Tz: TimeZone>(time: DateTime<Utc>, zone: &Tz) -> Option<NaiveDateTime> {
    has_four_digits(time).then(|| time.with_timezone(zone).naive_local())
}

/// The earliest and the latest instant that a local time stands for; none far outside the years 0000 to 9999.
pub(super) fn instants<Tz: TimeZone>(time: NaiveDateTime, zone: &Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    // A year more at each side, since a zone may be ahead of UTC or behind it; chrono has room for many more.
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

/// The first instant after the gap that a local time lies in.
fn end_of_gap<Tz: TimeZone>(time: NaiveDateTime, zone: &Tz) -> Option<DateTime<Utc>> {
    let beside = |direction: i64| {
        (1..=LONGEST_GAP_HOURS).find_map(|hours| {
            let beside = time.checked_add_signed(TimeDelta::hours(direction * hours))?;
            Some(zone.from_local_datetime(&beside).latest()?.timestamp())
        })
    };
    // Clocks are set at whole seconds.
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
    let (earliest, _) = instants(day.and_time(NaiveTime::MIN), zone)?;
    Some(earliest)
}

/// The first instant of a day that lies after `time`.
pub(super) fn next_midnight<Tz: TimeZone>(time: DateTime<Utc>, zone: &Tz) -> Option<DateTime<Utc>> {
    let today = local(time, zone)?.date();
    // A clock that was set back over midnight shows the old day again, and a skipped day begins where the next does.
    today.iter_days().skip(1).take(3).filter_map(|day| midnight(day, zone)).find(|midnight| *midnight > time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;

    fn resolved(zone: Tz, local: &str) -> String {
        let (earliest, latest) = instants(local.parse().unwrap(), &zone).unwrap();
        let show = |time: DateTime<Utc>| time.format("%dT%H:%M:%S").to_string();
        if earliest == latest { show(earliest) } else { format!("{} {}", show(earliest), show(latest)) }
    }

    #[test]
    fn a_local_time_that_never_comes_is_the_end_of_the_gap() {
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
    fn a_local_time_that_comes_twice_is_both() {
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
        assert_eq!(local(again, &zone).unwrap().to_string(), "2010-11-06 23:15:00");
        assert_eq!(midnight("2010-11-07".parse().unwrap(), &zone), Some(first), "the earlier midnight");
        assert_eq!(next_midnight(again, &zone), Some("2010-11-08T03:30:00Z".parse().unwrap()));
    }
}
