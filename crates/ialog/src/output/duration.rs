//! Formats lengths of time. Each function is as exact as its use needs.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::plural::format_count;

/// Units from the largest to the smallest, each with its length in seconds.
const UNITS: [(&str, i64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// A length of time, rounded down to the largest unit that fits at least twice, such as `47 hours` or `2 days`. If no
/// unit fits twice, the unit is a second.
pub(crate) fn format_rough(length: TimeDelta) -> String {
    let seconds = length.num_seconds().abs();
    let unit = UNITS.iter().find(|(_, unit)| seconds >= 2 * unit);
    let (name, unit) = unit.unwrap_or(&("second", 1));
    format_count((seconds / unit).unsigned_abs(), name)
}

/// A time relative to now, such as `in 3 days` or `2 hours ago`.
pub(crate) fn format_relative(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let distance = time - now;
    match distance.num_seconds() {
        0 => "now".to_owned(),
        ..0 => format!("{} ago", format_rough(distance)),
        1.. => format!("in {}", format_rough(distance)),
    }
}

/// A length of time. The precision is a millisecond below one minute (`0.438 s`), a tenth of a second below one hour
/// (`3 min 07.2 s`), and a minute for longer times (`5 h 12 min`).
pub(crate) fn format_exact(length: TimeDelta) -> String {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    let milliseconds = length.num_milliseconds();
    match milliseconds {
        _ if milliseconds < MINUTE => {
            format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
        }
        _ if milliseconds < HOUR => {
            let (minutes, rest) = (milliseconds / MINUTE, milliseconds % MINUTE);
            format!("{minutes} min {:02}.{} s", rest / 1000, rest % 1000 / 100)
        }
        _ => format!("{} h {:02} min", milliseconds / HOUR, milliseconds % HOUR / MINUTE),
    }
}

/// A remaining time in at most two units, such as `8 s`, `3 min 12 s` or `27 h 45 min`.
pub(super) fn format_remaining(remaining: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let seconds = remaining.as_secs();
    match seconds {
        ..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min {:02} s", seconds / MINUTE, seconds % MINUTE),
        HOUR.. => format!("{} h {:02} min", seconds / HOUR, seconds % HOUR / MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_time_is_in_the_largest_unit_with_a_count_of_at_least_two() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        for (time, expected) in [
            ("2026-11-20T12:00:00.9Z", "now"),
            ("2026-11-20T12:00:01Z", "in 1 second"),
            ("2026-11-20T12:01:59Z", "in 119 seconds"),
            ("2026-11-20T12:02:00Z", "in 2 minutes"),
            ("2026-11-21T12:00:00Z", "in 24 hours"),
            ("2026-11-22T12:00:00Z", "in 2 days"),
            ("2027-11-20T12:00:00Z", "in 365 days"),
            ("2026-11-20T09:00:00Z", "3 hours ago"),
        ] {
            assert_eq!(format_relative(time.parse().unwrap(), now), expected);
        }
    }

    #[test]
    fn long_times_are_less_exact() {
        for (milliseconds, text) in [
            (0, "0.000 s"),
            (438, "0.438 s"),
            (59_999, "59.999 s"),
            (60_000, "1 min 00.0 s"),
            (187_290, "3 min 07.2 s"),
            (18_720_000, "5 h 12 min"),
            (360_000_000, "100 h 00 min"),
        ] {
            assert_eq!(format_exact(TimeDelta::milliseconds(milliseconds)), text);
        }
    }
}
