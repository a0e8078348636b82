//! Times and ranges in a time zone, always with their offset.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use ionos_activitylog::DateRange;

/// The range by the clock of a zone, each end with its offset, so that it means the same everywhere.
pub(crate) fn format_range(range: DateRange, zone: Tz) -> String {
    [range.start(), range.end()].map(|time| format_time(time, zone)).join(" .. ")
}

/// A time in the same way.
pub(crate) fn format_time(time: DateTime<Utc>, zone: Tz) -> String {
    in_zone(time, zone, SecondsFormat::AutoSi)
}

/// A time of an event in the same way, always with its milliseconds.
pub(crate) fn format_event_time(time: DateTime<Utc>, zone: Tz) -> String {
    in_zone(time, zone, SecondsFormat::Millis)
}

fn in_zone(time: DateTime<Utc>, zone: Tz, seconds: SecondsFormat) -> String {
    let local = time.with_timezone(&zone);
    let told = local.to_rfc3339_opts(seconds, true);
    // Zones whose offset is that of UTC are written as UTC is.
    told.replace("+00:00", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_across_a_change_of_clocks_has_both_offsets() {
        let range = DateRange::day("2026-10-25".parse().unwrap(), &Tz::Europe__Berlin).unwrap();
        assert_eq!(format_range(range, Tz::Europe__Berlin), "2026-10-25T00:00:00+02:00 .. 2026-10-26T00:00:00+01:00");
        for utc in [Tz::UTC, Tz::Etc__UTC, Tz::Zulu] {
            assert_eq!(format_range(range, utc), range.to_string());
        }
    }
}
