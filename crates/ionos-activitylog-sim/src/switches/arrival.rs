//! An event is not in the log at the instant in which it happens, and a collector that asks too early never sees it.
//! How long the service takes is not known. So it is a switch: a delay that every event has, and a few that are late
//! on top of it.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use crate::switches::{Share, SwitchError};

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// The longest delay, in days: a longer one would have every request look at the whole log.
const LONGEST_DAYS: i64 = 31;

/// How long events take to appear after the time they carry. None by default.
///
/// A long delay is expensive. Events are counted without being looked at only where all of them have arrived; those that
/// are younger than the longest delay, and than what [`Late`] adds to it, are drawn anew for every request whose range
/// touches them. With 31 days and 14 500 events a day that is 450 000 events a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestDelay {
    /// Shares of all events, in the order of their delays; the last one takes the rest.
    stages: Vec<Stage>,
}

/// A share of events whose delay is at least that of the stage before and below this one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stage {
    share: Share,
    /// Milliseconds, exclusive.
    below: i64,
}

impl IngestDelay {
    /// As a search index behind a queue behaves: 90 % of events appear within 2 seconds, 9 % within a minute and 1 %
    /// within 5 minutes. An assumption, not a measurement.
    #[must_use]
    pub fn typical() -> Self {
        let stage = |share, below| Stage { share: Share::new(share).unwrap_or_default(), below };
        Self { stages: vec![stage(0.9, 2_000), stage(0.09, 60_000), stage(0.01, 300_000)] }
    }

    /// Every delay below this length is equally likely.
    ///
    /// # Errors
    ///
    /// When the length is not above zero, or more than 31 days.
    pub fn up_to(length: TimeDelta) -> Result<Self, SwitchError> {
        Ok(Self { stages: vec![Stage { share: Share::ALL, below: delay(length)? }] })
    }

    /// The delay, in milliseconds, of the event with this number, where the numbers are spread evenly over 64 bits.
    pub(crate) fn of(&self, number: u64) -> i64 {
        // The upper half chooses the stage, the lower half the delay within it.
        let place = (number >> 32) as f64 / (1_u64 << 32) as f64;
        let within = number & u64::from(u32::MAX);
        let (mut reached, mut from) = (0.0, 0);
        for (at, stage) in self.stages.iter().enumerate() {
            reached += stage.share.get();
            if place < reached || at + 1 == self.stages.len() {
                return from + ((within * (stage.below - from) as u64) >> 32) as i64;
            }
            from = stage.below;
        }
        0
    }

    /// No delay reaches it, in milliseconds.
    pub(crate) fn longest(&self) -> i64 {
        self.stages.last().map_or(0, |stage| stage.below)
    }
}

/// As it is read.
impl fmt::Display for IngestDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stages.is_empty() {
            return f.write_str("none");
        }
        for (at, stage) in self.stages.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{}<{}", stage.share, Length(stage.below))?;
        }
        Ok(())
    }
}

/// Reads `none`, `typical` ([`IngestDelay::typical`]), a length such as `30s` ([`IngestDelay::up_to`]), or shares with
/// growing lengths that add up to 100 %, such as `90%<2s,10%<1m`.
impl FromStr for IngestDelay {
    type Err = SwitchError;

    fn from_str(text: &str) -> Result<Self, SwitchError> {
        match text {
            "none" => return Ok(Self::default()),
            "typical" => return Ok(Self::typical()),
            _ if !text.contains('<') => return Self::up_to(parse_length(text)?),
            _ => {}
        }
        let stages = text
            .split(',')
            .map(|stage| {
                let (share, below) = stage.split_once('<').ok_or_else(|| {
                    SwitchError::new(format!(
                        "{stage:?} is no part of a delay: write a share and a length, such as 90%<2s"
                    ))
                })?;
                Ok(Stage { share: share.parse()?, below: delay(parse_length(below)?)? })
            })
            .collect::<Result<Vec<Stage>, SwitchError>>()?;
        let sum: f64 = stages.iter().map(|stage| stage.share.get()).sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(SwitchError::new(format!(
                "the shares of the delay {text:?} add up to {}%: they must make 100%",
                (sum * 100_000.0).round() / 1_000.0
            )));
        }
        if !stages.is_sorted_by(|a, b| a.below < b.below) {
            return Err(SwitchError::new(format!("the lengths of the delay {text:?} must grow from left to right")));
        }
        Ok(Self { stages })
    }
}

/// A few events that appear long after the others. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Late {
    /// Which share of events.
    pub(crate) share: Share,
    /// In milliseconds, on top of the delay that every event has.
    pub(crate) by: i64,
}

impl Late {
    /// A share of events is late by this length.
    ///
    /// # Errors
    ///
    /// When the length is not above zero, or more than 31 days.
    pub fn new(share: Share, by: TimeDelta) -> Result<Self, SwitchError> {
        let by = delay(by)?;
        Ok(Self { share, by })
    }
}

/// Events that change after they have appeared, which an audit trail should not do. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Amended {
    /// Which share of events.
    pub(crate) share: Share,
    /// In milliseconds after their time.
    pub(crate) after: i64,
}

impl Amended {
    /// A share of events has other bytes from this length after their time on; identifier and time stay.
    ///
    /// # Errors
    ///
    /// When the length is not above zero, or more than 31 days.
    pub fn new(share: Share, after: TimeDelta) -> Result<Self, SwitchError> {
        let after = delay(after)?;
        Ok(Self { share, after })
    }
}

macro_rules! share_and_length {
    ($name:ident, $length:ident, $example:literal) => {
        /// As it is read.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.share {
                    Share::NONE => f.write_str("none"),
                    share => write!(f, "{share}:{}", Length(self.$length)),
                }
            }
        }

        #[doc = concat!("Reads `none`, or a share and a length such as `", $example, "`.")]
        impl FromStr for $name {
            type Err = SwitchError;

            fn from_str(text: &str) -> Result<Self, SwitchError> {
                if text == "none" {
                    return Ok(Self::default());
                }
                let (share, by) = text.split_once(':').ok_or_else(|| {
                    SwitchError::new(format!(
                        "{text:?} is no share with a length: write none, or for instance {}",
                        $example
                    ))
                })?;
                Self::new(share.parse()?, parse_length(by)?)
            }
        }
    };
}

share_and_length!(Late, by, "1%:2h");
share_and_length!(Amended, after, "1%:10m");

/// A delay in milliseconds, if it is one that the simulator can keep.
fn delay(length: TimeDelta) -> Result<i64, SwitchError> {
    let milliseconds = length.num_milliseconds();
    if (1..=LONGEST_DAYS * DAY).contains(&milliseconds) {
        Ok(milliseconds)
    } else {
        Err(SwitchError::new(format!(
            "a delay of {milliseconds} ms cannot be simulated: give at least 1ms and at most {LONGEST_DAYS}d"
        )))
    }
}

/// Units of a length, longest first, in milliseconds.
const UNITS: [(&str, i64); 6] = [("w", 7 * DAY), ("d", DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a length of time: a whole number and `ms`, `s`, `m`, `h`, `d` or `w`.
///
/// # Errors
///
/// When the text is something else, or more than 64 bits of milliseconds.
pub fn parse_length(text: &str) -> Result<TimeDelta, SwitchError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .and_then(|(_, milliseconds)| number.parse::<i64>().ok()?.checked_mul(*milliseconds))
        .and_then(TimeDelta::try_milliseconds)
        .ok_or_else(|| {
            SwitchError::new(format!(
                "{text:?} is no length of time: write a whole number and ms, s, m, h, d or w, such as 90s"
            ))
        })
}

/// Milliseconds in the largest unit that holds them as a whole number.
struct Length(i64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS.into_iter().find(|(_, unit)| self.0 % unit == 0).unwrap_or(("ms", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_read_as_it_is_shown() {
        for (text, longest) in
            [("none", 0), ("100%<30s", 30_000), ("90%<2s,9%<1m,1%<5m", 300_000), ("50%<1500ms,50%<1w", 604_800_000)]
        {
            let delay: IngestDelay = text.parse().unwrap();
            assert_eq!((delay.to_string().as_str(), delay.longest()), (text, longest));
        }
        assert_eq!("typical".parse(), Ok(IngestDelay::typical()));
        assert_eq!("30s".parse(), IngestDelay::up_to(TimeDelta::seconds(30)));
        for text in ["none", "5%:2h", "100%:1ms"] {
            assert_eq!(text.parse::<Late>().unwrap().to_string(), text);
            assert_eq!(text.parse::<Amended>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_delay_is_refused_with_what_was_understood() {
        for (text, message) in [
            ("", "\"\" is no length of time: write a whole number and ms, s, m, h, d or w, such as 90s"),
            ("2y", "\"2y\" is no length of time: write a whole number and ms, s, m, h, d or w, such as 90s"),
            ("0s", "a delay of 0 ms cannot be simulated: give at least 1ms and at most 31d"),
            ("32d", "a delay of 2764800000 ms cannot be simulated: give at least 1ms and at most 31d"),
            ("90%<2s", "the shares of the delay \"90%<2s\" add up to 90%: they must make 100%"),
            ("50%<2s,50%<1s", "the lengths of the delay \"50%<2s,50%<1s\" must grow from left to right"),
            ("50%<2s,50%", "\"50%\" is no part of a delay: write a share and a length, such as 90%<2s"),
        ] {
            assert_eq!(text.parse::<IngestDelay>().unwrap_err().to_string(), message);
        }
        assert!("1%".parse::<Late>().is_err());
    }

    #[test]
    fn delays_stay_below_the_longest_and_follow_the_shares() {
        let delay = IngestDelay::typical();
        assert_eq!((delay.of(0), delay.of(u64::MAX)), (0, 299_999));
        let drawn: Vec<i64> = (0..10_000_u64).map(|n| delay.of(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let within = |below| drawn.iter().filter(|delay| **delay < below).count();
        assert!((8_900..9_100).contains(&within(2_000)), "{}", within(2_000));
        assert!((9_850..9_950).contains(&within(60_000)), "{}", within(60_000));
        assert_eq!(IngestDelay::default().of(u64::MAX), 0);
    }
}
