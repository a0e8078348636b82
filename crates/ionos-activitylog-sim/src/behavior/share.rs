//! Shares of events. A share must include the same events in every request, whatever the order of the requests. So the
//! unique number of each event is compared with a threshold, and the threshold depends on the share alone.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::behavior::setting::BehaviorError;

/// A share of events, from 0 (none) to 1 (all).
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Share(f64);

impl Share {
    /// The share 0: no event.
    pub const NONE: Self = Self(0.0);
    /// The share 1: every event.
    pub const ALL: Self = Self(1.0);

    /// Creates a share from a number in [0, 1].
    ///
    /// # Errors
    ///
    /// If the number is outside of this range or NaN.
    pub fn new(share: f64) -> Result<Self, BehaviorError> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(BehaviorError::new(format!("{share} is not a share: give a number from 0 to 1, or from 0% to 100%")))
        }
    }

    /// The share as a number in [0, 1].
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }

    /// Whether the share includes the item with this number. The share is exact only if all 64-bit numbers are equally
    /// likely as numbers of items.
    pub(crate) fn includes(self, number: u64) -> bool {
        // A floating point number holds 53 bits exactly, so the result is the same on every machine.
        ((number >> 11) as f64) < self.0 * (1_u64 << 53) as f64
    }

    /// The number of items that the share includes out of `count`. A fraction is rounded up or down at random: 25 % of
    /// 7 items is 1.75, so the result is 2 with a probability of 75 %, and 1 with a probability of 25 %. `number`, a
    /// random number that is uniform over 64 bits, decides between the two.
    pub(crate) fn count_of(self, count: u64, number: u64) -> u64 {
        let part = count as f64 * self.0;
        let one_more = Self(part.fract()).includes(number);
        (part as u64 + u64::from(one_more)).min(count)
    }
}

/// Writes a percentage, or a plain number if parsing the percentage would give another share.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Find the shortest text that is parsed back as the same share. The product cannot be printed as it is, because
        // 100 times 0.07 is not 7 in floating point.
        let percentage = self.0 * 100.0;
        let shortest = (0..=17)
            .map(|digits| format!("{percentage:.digits$}"))
            .find(|text| text.parse::<f64>().is_ok_and(|it| it / 100.0 == self.0));
        match shortest {
            Some(text) => write!(f, "{text}%"),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Parses a number from 0 to 1, or a percentage such as `5%`.
impl FromStr for Share {
    type Err = BehaviorError;

    fn from_str(text: &str) -> Result<Self, BehaviorError> {
        let (number, divisor) = match text.strip_suffix('%') {
            Some(number) => (number, 100.0),
            None => (text, 1.0),
        };
        let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        number.parse::<f64>().ok().filter(|_| plain).and_then(|number| Self::new(number / divisor).ok()).ok_or_else(
            || {
                BehaviorError::new(format!(
                    "{text:?} is not a share: give a number from 0 to 1, such as 0.05, or a percentage, such as 5%"
                ))
            },
        )
    }
}

/// Deserializes a number from 0 to 1, or a percentage such as `"5%"`.
impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShareVisitor;

        impl Visitor<'_> for ShareVisitor {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 to 1, or a percentage such as \"5%\"")
            }

            fn visit_f64<E: de::Error>(self, share: f64) -> Result<Share, E> {
                Share::new(share).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, share: u64) -> Result<Share, E> {
                self.visit_f64(share as f64)
            }

            fn visit_i64<E: de::Error>(self, share: i64) -> Result<Share, E> {
                self.visit_f64(share as f64)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(ShareVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_parsed_from_a_number_or_a_percentage() {
        for (text, share) in [("0", 0.0), ("1", 1.0), ("0.25", 0.25), ("25%", 0.25), ("100%", 1.0)] {
            assert_eq!(text.parse::<Share>().unwrap().get(), share, "{text}");
        }
        for text in ["", "%", "1.5", "101%", "-1", "nan", "inf", "1e-2", "5 %", "half"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        for text in ["0%", "5%", "7%", "14%", "0.1%", "33.3%", "57%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for share in [1.0 / 3.0, 1e-9, 0.1 + 0.2] {
            let share = Share::new(share).unwrap();
            assert_eq!(share.to_string().parse(), Ok(share), "{share}");
        }
        assert!(Share::new(f64::NAN).is_err());
    }

    #[test]
    fn a_share_is_deserialized_from_a_number_or_a_percentage() {
        for (json, share) in [("0.25", 0.25), ("1", 1.0), ("\"20%\"", 0.2), ("\"0.5\"", 0.5)] {
            assert_eq!(serde_json::from_str::<Share>(json).unwrap().get(), share);
        }
        for json in ["2", "-1", "\"a lot\"", "\"%\"", "true", "null", "[]"] {
            assert!(serde_json::from_str::<Share>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::to_string(&Share::ALL).unwrap(), "1.0");
    }

    #[test]
    fn a_share_includes_its_part_of_all_numbers() {
        assert!(!Share::NONE.includes(0) && Share::ALL.includes(u64::MAX));
        let quarter = Share::new(0.25).unwrap();
        assert!(quarter.includes(u64::MAX / 4 - 4096) && !quarter.includes(u64::MAX / 4 + 4096));
        assert_eq!((quarter.count_of(8, 0), quarter.count_of(8, u64::MAX)), (2, 2));
        assert_eq!((quarter.count_of(7, 0), quarter.count_of(7, u64::MAX)), (2, 1));
        assert_eq!((Share::NONE.count_of(7, 0), Share::ALL.count_of(7, 0)), (0, 7));
    }
}
