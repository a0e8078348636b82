//! "Ends at 2026-11-23T08:00:00Z" has to be worked out, "in 3 days" has not.

use chrono::{DateTime, TimeDelta, Utc};

use crate::output::plural::format_count;

/// Units, the largest first, and their seconds.
const UNITS: [(&str, i64); 4] = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// A length in the largest unit of which there are two, cut off: 47 hours, 2 days.
pub(crate) fn length(length: TimeDelta) -> String {
    let seconds = length.num_seconds().abs();
    let unit = UNITS.iter().find(|(_, unit)| seconds >= 2 * unit);
    let (name, unit) = unit.unwrap_or(&("second", 1));
    format_count((seconds / unit).unsigned_abs(), name)
}

/// When a time is, seen from now.
pub(crate) fn ago(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let distance = time - now;
    match distance.num_seconds() {
        0 => "now".to_owned(),
        ..0 => format!("{} ago", length(distance)),
        1.. => format!("in {}", length(distance)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_a_unit_that_says_something() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        for (time, told) in [
            ("2026-11-20T12:00:00.9Z", "now"),
            ("2026-11-20T12:00:01Z", "in 1 second"),
            ("2026-11-20T12:01:59Z", "in 119 seconds"),
            ("2026-11-20T12:02:00Z", "in 2 minutes"),
            ("2026-11-21T12:00:00Z", "in 24 hours"),
            ("2026-11-22T12:00:00Z", "in 2 days"),
            ("2027-11-20T12:00:00Z", "in 365 days"),
            ("2026-11-20T09:00:00Z", "3 hours ago"),
        ] {
            assert_eq!(ago(time.parse().unwrap(), now), told);
        }
    }
}
