//! Times and ranges in a time zone, always with their offset.

use chrono::{DateTime, SecondsFormat, Utc};
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
}
