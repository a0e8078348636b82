//! Times and ranges in a time zone. Messages always show times with their offset. Tables use the shortest form that is
//! unambiguous within the range.

use chrono::{DateTime, Datelike, Offset, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use ionos_activitylog::DateRange;

/// A range in a time zone, such as `2026-10-25T00:00:00+02:00 .. 2026-10-26T00:00:00+01:00`.
pub(crate) fn format_range(range: DateRange, zone: Tz) -> String {
    [range.start(), range.end()].map(|time| format_time(time, zone)).join(" .. ")
}

/// A time in a time zone. A fraction of a second is shown if it is not 0.
pub(crate) fn format_time(time: DateTime<Utc>, zone: Tz) -> String {
    format_in_zone(time, zone, SecondsFormat::AutoSi)
}

/// A time in a time zone, with milliseconds.
pub(crate) fn format_event_time(time: DateTime<Utc>, zone: Tz) -> String {
    format_in_zone(time, zone, SecondsFormat::Millis)
}

fn format_in_zone(time: DateTime<Utc>, zone: Tz, seconds: SecondsFormat) -> String {
    let local = time.with_timezone(&zone);
    let text = local.to_rfc3339_opts(seconds, true);
    // The offset 0 is written as `Z` in every time zone.
    text.replace("+00:00", "Z")
}

/// The form of the times in a table.
///
/// The form depends on the range, which a reader knows, and not on the rows that happen to be shown. A row shows the
/// date if the range touches several days, and the offset if the range has several offsets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeFormat {
    zone: Tz,
    pattern: &'static str,
}

/// Interval at which the offsets of a range are compared. The comparison misses no offset, because no zone changes its
/// offset and changes it back within this time.
const OFFSET_STEP: TimeDelta = TimeDelta::hours(12);

impl TimeFormat {
    /// The form for a terminal, where a message with the range is shown beside the table. If the range is unknown
    /// (`None`), the form is [`Self::full`].
    pub(crate) fn of_range(range: Option<DateRange>, zone: Tz) -> Self {
        let Some(range) = range else {
            return Self::full(zone);
        };
        let last = (range.end() - TimeDelta::nanoseconds(1)).with_timezone(&zone);
        let first = range.start().with_timezone(&zone);
        let has_date = first.date_naive() != last.date_naive();
        let has_year = first.year() != last.year();
        let pattern = match (has_date, has_year, has_several_offsets(range, zone)) {
            (false, _, false) => "%H:%M:%S",
            (false, _, true) => "%H:%M:%S%:z",
            (true, false, false) => "%m-%d %H:%M:%S",
            (true, false, true) => "%m-%d %H:%M:%S%:z",
            (true, true, false) => "%Y-%m-%d %H:%M:%S",
            (true, true, true) => "%Y-%m-%d %H:%M:%S%:z",
        };
        Self { zone, pattern }
    }

    /// Date, time and offset, for output whose reader does not see the message with the range, such as a file.
    pub(crate) fn full(zone: Tz) -> Self {
        Self { zone, pattern: "%Y-%m-%d %H:%M:%S%:z" }
    }

    /// The form of [`Self::of_range`] on a terminal, otherwise the form of [`Self::full`].
    pub(crate) fn new(range: Option<DateRange>, zone: Tz, is_terminal: bool) -> Self {
        if is_terminal { Self::of_range(range, zone) } else { Self::full(zone) }
    }

    pub(crate) fn format(self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).format(self.pattern).to_string()
    }

    /// As [`Self::format`], with milliseconds.
    pub(crate) fn format_millis(self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).format(&self.pattern.replace("%S", "%S%.3f")).to_string()
    }

    /// The name of the time zone for the title of a column.
    pub(crate) fn zone_name(self) -> &'static str {
        zone_name(self.zone)
    }
}

/// The name of a time zone. For each alias of UTC, such as `Etc/UTC` or `Zulu`, the name is `UTC`.
pub(crate) fn zone_name(zone: Tz) -> &'static str {
    match zone {
        Tz::UTC
        | Tz::Etc__UTC
        | Tz::Etc__UCT
        | Tz::Etc__Universal
        | Tz::Etc__Zulu
        | Tz::UCT
        | Tz::Universal
        | Tz::Zulu => "UTC",
        zone => zone.name(),
    }
}

fn has_several_offsets(range: DateRange, zone: Tz) -> bool {
    let offset = |time: DateTime<Utc>| time.with_timezone(&zone).offset().fix();
    let first = offset(range.start());
    let times = std::iter::successors(Some(range.start()), |time| time.checked_add_signed(OFFSET_STEP));
    let mut times = times.take_while(|time| *time < range.end()).chain([range.end() - TimeDelta::nanoseconds(1)]);
    times.any(|time| offset(time) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_across_a_clock_change_has_both_offsets() {
        let range = DateRange::day("2026-10-25".parse().unwrap(), &Tz::Europe__Berlin).unwrap();
        assert_eq!(format_range(range, Tz::Europe__Berlin), "2026-10-25T00:00:00+02:00 .. 2026-10-26T00:00:00+01:00");
        for utc in [Tz::UTC, Tz::Etc__UTC, Tz::Zulu] {
            assert_eq!(format_range(range, utc), range.to_string());
        }
    }

    #[test]
    fn the_range_decides_which_parts_of_a_time_are_shown() {
        let berlin = Tz::Europe__Berlin;
        for (start, end, zone, expected) in [
            ("2026-10-25T08:00:00Z", "2026-10-25T09:00:00Z", berlin, "09:30:00"),
            // The first range is a whole day in Berlin. The second is a whole day in UTC; the third is the same range,
            // but shown in UTC.
            ("2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", berlin, "10:30:00"),
            ("2026-10-24T00:00:00Z", "2026-10-25T00:00:00Z", berlin, "10-24 10:30:00"),
            ("2026-10-24T00:00:00Z", "2026-10-25T00:00:00Z", Tz::UTC, "08:30:00"),
            ("2025-10-24T00:00:00Z", "2025-10-26T00:00:00Z", Tz::UTC, "10-24 08:30:00"),
            ("2025-12-31T00:00:00Z", "2026-01-01T00:00:00.001Z", Tz::UTC, "2025-12-31 08:30:00"),
            // The clocks are set back on 2026-10-25 at 01:00 UTC. A range that contains this time has two offsets, so
            // its times are shown with their offset. The second of these ranges ends at this time and has one offset.
            ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", berlin, "09:30:00+01:00"),
            ("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", berlin, "09:30:00"),
            ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", berlin, "10-01 10:30:00+02:00"),
            ("2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z", berlin, "2026-03-01 09:30:00+01:00"),
        ] {
            let range = DateRange::new(start.parse().unwrap(), end.parse::<DateTime<Utc>>().unwrap()).unwrap();
            let event = range.start().date_naive().and_hms_opt(8, 30, 0).unwrap().and_utc();
            let format = TimeFormat::new(Some(range), zone, true);
            assert_eq!(format.format(event), expected, "range {range}, zone {zone}");
            let full = TimeFormat::new(Some(range), zone, false).format(event);
            assert!(full.starts_with(&event.format("%Y-%m-%d ").to_string()) && full.contains(":30:00+"), "{full}");
        }
        assert_eq!(
            TimeFormat::new(None, berlin, true).format_millis(DateTime::UNIX_EPOCH),
            "1970-01-01 01:00:00.000+01:00"
        );
        assert_eq!(zone_name(Tz::Etc__UTC), "UTC");
    }
}
