//! The text form of durations: a whole number and a unit, such as `90s`.

use std::fmt;

use chrono::TimeDelta;

use crate::behavior::setting::BehaviorError;

/// Milliseconds in a day.
pub(crate) const DAY: i64 = 86_400_000;

/// Units in milliseconds, longest first.
const UNITS: [(&str, i64); 6] = [("w", 7 * DAY), ("d", DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Parses a duration: a whole number and one of the units `ms`, `s`, `m`, `h`, `d` and `w`, such as `90s`.
///
/// # Errors
///
/// If the text has another form, or the duration does not fit into 64 bits of milliseconds.
pub fn parse_duration(text: &str) -> Result<TimeDelta, BehaviorError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .and_then(|(_, milliseconds)| number.parse::<i64>().ok()?.checked_mul(*milliseconds))
        .and_then(TimeDelta::try_milliseconds)
        .ok_or_else(|| {
            BehaviorError::new(format!(
                "{text:?} is not a duration: write a whole number and ms, s, m, h, d or w, such as 90s"
            ))
        })
}

/// Displays a number of milliseconds in the largest unit that needs no fraction.
pub(crate) struct DurationText(pub(crate) i64);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS.into_iter().find(|(_, unit)| self.0 % unit == 0).unwrap_or(("ms", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_displayed_in_the_largest_unit_and_parsed_back() {
        for (text, milliseconds) in [
            ("1500ms", 1_500),
            ("90s", 90_000),
            ("2m", 120_000),
            ("36h", 129_600_000),
            ("6d", 6 * DAY),
            ("2w", 14 * DAY),
        ] {
            assert_eq!(DurationText(milliseconds).to_string(), text);
            assert_eq!(parse_duration(text), Ok(TimeDelta::milliseconds(milliseconds)));
        }
        for text in ["", "s", "90", "2y", "1.5s", "-1s", "9999999999999999999ms"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
