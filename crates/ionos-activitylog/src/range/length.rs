//! Durations such as `7d`. `m` is minutes, `mo` is months, and upper case is an error: if `m` and `M` had different
//! meanings, a typo would silently read another range.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Months, TimeDelta, TimeZone, Utc};

use super::{last_whole_second, range_error, zone};
use crate::error::Error;
use crate::error::text::value_snippet;

/// Units of fixed length in seconds, longest first.
const SECONDS: [(&str, i64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Units of the calendar, in months.
const MONTHS: [(&str, u32); 2] = [("y", 12), ("mo", 1)];

/// Maximum length: 100 years, longer than any log.
const MAX_SECONDS: i64 = 100 * 366 * 86_400;
const MAX_MONTHS: u32 = 100 * 12;

/// A duration before now, such as `7d`, `90m` or `3mo`.
///
/// The text is a whole number above 0, followed by one of the units `s`, `m`, `h`, `d`, `w`, `mo` and `y` (seconds to
/// years) in lower case. The maximum is 100 years. A day is 24 hours and a week is 7 days, even if clocks change.
/// Months and years are those of the local calendar. If subtracting months leads to a day that does not exist, such as
/// February 31, the result is on the last day of that month.
///
/// ```
/// # use ionos_activitylog::Length;
/// assert_eq!("3mo".parse::<Length>().unwrap(), Length::months(3));
/// assert!("7M".parse::<Length>().unwrap_err().to_string().contains("m is minutes and mo is months"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length(LengthKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum LengthKind {
    Exact(TimeDelta),
    Months(u32),
}

impl Length {
    /// A number of months of the local calendar.
    #[must_use]
    pub fn months(months: u32) -> Self {
        Self(LengthKind::Months(months))
    }

    /// `now`, rounded down to the whole second, minus this duration. `None` if the result is outside the years 0000 to
    /// 9999.
    pub(super) fn subtract_from<Tz: TimeZone>(self, now: &DateTime<Tz>) -> Option<DateTime<Utc>> {
        let end = last_whole_second(now);
        let start = match self.0 {
            LengthKind::Exact(length) => end.checked_sub_signed(length)?,
            LengthKind::Months(months) => {
                let zone = now.timezone();
                let local = zone::to_local(end, &zone)?.checked_sub_months(Months::new(months))?;
                let (earliest, _) = zone::to_instants(local, &zone)?;
                earliest
            }
        };
        zone::has_four_digit_year(start).then_some(start)
    }
}

impl From<TimeDelta> for Length {
    fn from(length: TimeDelta) -> Self {
        Self(LengthKind::Exact(length))
    }
}

impl FromStr for Length {
    type Err = Error;

    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range); the hint describes the format.
    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |more: &str| {
            let text = value_snippet(text);
            range_error(format!("{text:?} is not a valid duration")).with_hint(format!(
                "use a whole number above 0 with s, m, h, d, w, mo or y (seconds to years), such as 90m or 7d{more}"
            ))
        };
        let too_long = || {
            let text = value_snippet(text);
            range_error(format!("{text:?} is too long")).with_hint("use at most 100 years")
        };
        let (digits, unit) = split_digits(text);
        if unit.eq_ignore_ascii_case("m") && unit != "m" {
            return Err(invalid("; m is minutes and mo is months"));
        }
        let in_seconds = SECONDS.into_iter().find(|(name, _)| *name == unit);
        let in_months = MONTHS.into_iter().find(|(name, _)| *name == unit);
        if in_seconds.is_none() && in_months.is_none() || digits.bytes().all(|digit| digit == b'0') {
            return Err(invalid(""));
        }
        // Only digits are parsed here, so parsing fails only for a number that is too large.
        let number: u32 = digits.parse().map_err(|_| too_long())?;
        let months = in_months.map(|(_, months)| number.checked_mul(months));
        let seconds = in_seconds.map(|(_, seconds)| i64::from(number).checked_mul(seconds));
        let length = match (months.flatten(), seconds.flatten()) {
            (Some(months), _) if months <= MAX_MONTHS => Some(Self::months(months)),
            (_, Some(seconds)) if seconds <= MAX_SECONDS => TimeDelta::try_seconds(seconds).map(Self::from),
            _ => None,
        };
        length.ok_or_else(too_long)
    }
}

/// Splits a text into its leading digits and the rest.
pub(super) fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

impl fmt::Display for Length {
    /// Prints months as months. Prints any other duration in days, hours, minutes or seconds: in the largest of these
    /// units in which the duration is a whole number. Parsing the output gives the same length, except for durations
    /// without a text format, such as fractions of a second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LengthKind::Months(months) => write!(f, "{months}mo"),
            LengthKind::Exact(length) if length.subsec_nanos() == 0 && length > TimeDelta::zero() => {
                let seconds = length.num_seconds();
                let (unit, size) =
                    SECONDS.into_iter().find(|(unit, size)| *unit != "w" && seconds % size == 0).unwrap_or(("s", 1));
                write!(f, "{}{unit}", seconds / size)
            }
            LengthKind::Exact(length) => length.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn start_of(length: &str, now: &str, zone: Tz) -> String {
        let now: DateTime<Utc> = now.parse().unwrap();
        let length: Length = length.parse().unwrap();
        let start = length.subtract_from(&now.with_timezone(&zone)).unwrap();
        start.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    #[test]
    fn a_length_is_subtracted_from_the_last_whole_second() {
        let (utc, berlin) = (Tz::UTC, Tz::Europe__Berlin);
        let cases = [
            ("30s", "2026-11-22T12:00:00.5Z", utc, "2026-11-22T11:59:30Z"),
            ("90m", "2026-11-22T12:00:00Z", utc, "2026-11-22T10:30:00Z"),
            ("7d", "2026-11-22T12:00:00Z", utc, "2026-11-15T12:00:00Z"),
            ("2w", "2026-11-22T12:00:00Z", utc, "2026-11-08T12:00:00Z"),
            ("1mo", "2026-03-31T12:00:00Z", utc, "2026-02-28T12:00:00Z"),
            ("1y", "2024-02-29T12:00:00Z", utc, "2023-02-28T12:00:00Z"),
            // A day is 24 hours even if clocks change, and a month is a calendar month.
            ("1d", "2026-10-25T12:00:00Z", berlin, "2026-10-24T12:00:00Z"),
            ("1mo", "2026-10-25T12:00:00Z", berlin, "2026-09-25T11:00:00Z"),
            // 02:30 does not exist on the day on which clocks are set forward.
            ("1mo", "2026-04-29T00:30:00Z", berlin, "2026-03-29T01:00:00Z"),
        ];
        for (length, now, zone, expected) in cases {
            assert_eq!(start_of(length, now, zone), expected, "{length} before {now}");
        }
    }

    #[test]
    fn a_length_has_exactly_one_format() {
        let wrong = [
            "",
            "d",
            "7",
            "7x",
            "0d",
            "000mo",
            "-1d",
            "+1d",
            "7dd",
            "1.5h",
            "7 d",
            " 7d",
            "7D",
            "7MO",
            "7Mo",
            "7\u{661}d",
            "\u{667}d",
            "99999999999999999999W",
        ];
        for text in wrong {
            let error = text.parse::<Length>().unwrap_err().to_string();
            assert!(error.contains("is not a valid duration: use"), "{error}");
        }
        for text in ["99999999999999999999w", "9999999999w", "999999w", "101y", "1201mo", "4294967295y"] {
            let error = text.parse::<Length>().unwrap_err().to_string();
            assert!(error.ends_with("is too long: use at most 100 years"), "{error}");
        }
    }

    #[test]
    fn the_error_for_an_upper_case_m_explains_minutes_and_months() {
        let error = "7M".parse::<Length>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"7M\" is not a valid duration: use a whole number above 0 with s, m, h, d, w, mo or y (seconds to years), \
             such as 90m or 7d; m is minutes and mo is months"
        );
    }

    proptest! {
        #[test]
        fn parsing_the_output_gives_the_same_length(number in 1_u32..1200, unit in "s|m|h|d|w|mo") {
            let length: Length = format!("{number}{unit}").parse().unwrap();
            prop_assert_eq!(length.to_string().parse::<Length>().unwrap(), length);
        }
    }
}
