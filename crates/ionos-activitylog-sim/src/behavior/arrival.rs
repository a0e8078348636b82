//! Settings for events that appear in the log some time after they happen, and for events that change later. A client
//! that reads the log before an event appears misses the event. The real delay is not known, so it is configurable: a
//! delay for every event, and an additional delay for some events ([`LateEvents`]).

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use crate::behavior::duration::{DAY, DurationText, parse_duration};
use crate::behavior::setting::BehaviorError;
use crate::behavior::share::Share;

/// Maximum delay, in days. With a longer delay, most requests would generate a large part of the log.
const MAX_DELAY_DAYS: i64 = 31;

/// The time from an event to its appearance in the log. The default is no delay.
///
/// A long delay is expensive: events younger than the maximum delay (plus the delay of [`LateEvents`]) are generated
/// again for every request whose range contains them. With 31 days and 14,500 events per day, that is 450,000 events
/// per request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IngestDelay {
    /// The stages, in ascending order of their bounds. The last stage has all events that no other stage has.
    stages: Vec<DelayStage>,
}

/// A share of events whose delay is at least the bound of the previous stage and below the bound of this stage.
#[derive(Clone, Copy, Debug, PartialEq)]
struct DelayStage {
    share: Share,
    /// The upper bound in milliseconds, exclusive.
    below: i64,
}

impl IngestDelay {
    /// The delay of a search index behind a queue: 90 % of events appear within 2 seconds, 9 % within a minute and 1 %
    /// within 5 minutes. These shares are an assumption, not a measurement.
    #[must_use]
    pub fn typical() -> Self {
        let stage = |share, below| DelayStage { share: Share::new(share).unwrap_or_default(), below };
        Self { stages: vec![stage(0.9, 2_000), stage(0.09, 60_000), stage(0.01, 300_000)] }
    }

    /// A random delay, uniform in [0, `bound`).
    ///
    /// # Errors
    ///
    /// If the bound is below 1 millisecond or above 31 days.
    pub fn up_to(bound: TimeDelta) -> Result<Self, BehaviorError> {
        Ok(Self { stages: vec![DelayStage { share: Share::ALL, below: delay_milliseconds(bound)? }] })
    }

    /// The delay, in milliseconds, of the event with this number. All 64-bit numbers are equally likely as event
    /// numbers.
    pub(crate) fn delay_of(&self, number: u64) -> i64 {
        // The upper half of the number selects the stage, and the lower half selects the delay within the stage.
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

    /// The upper bound of all delays in milliseconds, exclusive.
    pub(crate) fn max_delay(&self) -> i64 {
        self.stages.last().map_or(0, |stage| stage.below)
    }
}

/// Writes the text form, which is parsed back to the same delay.
impl fmt::Display for IngestDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stages.is_empty() {
            return f.write_str("none");
        }
        for (at, stage) in self.stages.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{}<{}", stage.share, DurationText(stage.below))?;
        }
        Ok(())
    }
}

/// Parses `none`, `typical` ([`IngestDelay::typical`]), a duration such as `30s` ([`IngestDelay::up_to`]), or several
/// shares, each with the upper bound of its delays, such as `90%<2s,10%<1m`. The shares must add up to 100 %, and the
/// bounds must ascend.
impl FromStr for IngestDelay {
    type Err = BehaviorError;

    fn from_str(text: &str) -> Result<Self, BehaviorError> {
        match text {
            "none" => return Ok(Self::default()),
            "typical" => return Ok(Self::typical()),
            _ if !text.contains('<') => return Self::up_to(parse_duration(text)?),
            _ => {}
        }
        let stages = text
            .split(',')
            .map(|stage| {
                let (share, below) = stage.split_once('<').ok_or_else(|| {
                    BehaviorError::new(format!(
                        "{stage:?} is not a stage of a delay: write a share and a duration, such as 90%<2s"
                    ))
                })?;
                Ok(DelayStage { share: share.parse()?, below: delay_milliseconds(parse_duration(below)?)? })
            })
            .collect::<Result<Vec<DelayStage>, BehaviorError>>()?;
        let sum: f64 = stages.iter().map(|stage| stage.share.get()).sum();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(BehaviorError::new(format!(
                "the shares of the delay {text:?} add up to {}%: they must add up to 100%",
                (sum * 100_000.0).round() / 1_000.0
            )));
        }
        if !stages.is_sorted_by(|a, b| a.below < b.below) {
            return Err(BehaviorError::new(format!(
                "the durations of the delay {text:?} must increase from left to right"
            )));
        }
        Ok(Self { stages })
    }
}

/// A share of events that appear long after the others. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LateEvents {
    pub(crate) share: Share,
    /// The additional delay, in milliseconds.
    pub(crate) by: i64,
}

impl LateEvents {
    /// Delays a share of events by this duration, in addition to [`IngestDelay`].
    ///
    /// # Errors
    ///
    /// If the duration is below 1 millisecond or above 31 days.
    pub fn new(share: Share, by: TimeDelta) -> Result<Self, BehaviorError> {
        let by = delay_milliseconds(by)?;
        Ok(Self { share, by })
    }
}

/// A share of events that change some time after they happened. In an audit trail, this should never occur. The default
/// is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AmendedEvents {
    pub(crate) share: Share,
    /// The time from the event to the change, in milliseconds.
    pub(crate) after: i64,
}

impl AmendedEvents {
    /// Changes the message of a share of events when this duration has passed since the time of the event. `@uuid` and
    /// `meta.time` do not change.
    ///
    /// # Errors
    ///
    /// If the duration is below 1 millisecond or above 31 days.
    pub fn new(share: Share, after: TimeDelta) -> Result<Self, BehaviorError> {
        let after = delay_milliseconds(after)?;
        Ok(Self { share, after })
    }
}

macro_rules! impl_share_and_delay {
    ($name:ident, $delay:ident, $example:literal) => {
        /// Writes the text form, which is parsed back to the same setting.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.share {
                    Share::NONE => f.write_str("none"),
                    share => write!(f, "{share}:{}", DurationText(self.$delay)),
                }
            }
        }

        #[doc = concat!("Parses `none`, or a share and a duration such as `", $example, "`.")]
        impl FromStr for $name {
            type Err = BehaviorError;

            fn from_str(text: &str) -> Result<Self, BehaviorError> {
                if text == "none" {
                    return Ok(Self::default());
                }
                let (share, by) = text.split_once(':').ok_or_else(|| {
                    BehaviorError::new(format!(
                        "{text:?} is not a share with a duration: write none, or for example {}",
                        $example
                    ))
                })?;
                Self::new(share.parse()?, parse_duration(by)?)
            }
        }
    };
}

impl_share_and_delay!(LateEvents, by, "1%:2h");
impl_share_and_delay!(AmendedEvents, after, "1%:10m");

/// Checks a delay and converts it to milliseconds.
fn delay_milliseconds(delay: TimeDelta) -> Result<i64, BehaviorError> {
    let milliseconds = delay.num_milliseconds();
    if (1..=MAX_DELAY_DAYS * DAY).contains(&milliseconds) {
        Ok(milliseconds)
    } else {
        Err(BehaviorError::new(format!(
            "a delay of {milliseconds} ms is out of range: give at least 1ms and at most {MAX_DELAY_DAYS}d"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_parsed_back_from_its_display_form() {
        for (text, max) in
            [("none", 0), ("100%<30s", 30_000), ("90%<2s,9%<1m,1%<5m", 300_000), ("50%<1500ms,50%<1w", 604_800_000)]
        {
            let delay: IngestDelay = text.parse().unwrap();
            assert_eq!((delay.to_string().as_str(), delay.max_delay()), (text, max));
        }
        assert_eq!("typical".parse(), Ok(IngestDelay::typical()));
        assert_eq!("30s".parse(), IngestDelay::up_to(TimeDelta::seconds(30)));
        for text in ["none", "5%:2h", "100%:1ms"] {
            assert_eq!(text.parse::<LateEvents>().unwrap().to_string(), text);
            assert_eq!(text.parse::<AmendedEvents>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_invalid_delay_is_an_error_with_the_text_and_a_hint() {
        for (text, message) in [
            ("", "\"\" is not a duration: write a whole number and ms, s, m, h, d or w, such as 90s"),
            ("2y", "\"2y\" is not a duration: write a whole number and ms, s, m, h, d or w, such as 90s"),
            ("0s", "a delay of 0 ms is out of range: give at least 1ms and at most 31d"),
            ("32d", "a delay of 2764800000 ms is out of range: give at least 1ms and at most 31d"),
            ("90%<2s", "the shares of the delay \"90%<2s\" add up to 90%: they must add up to 100%"),
            ("50%<2s,50%<1s", "the durations of the delay \"50%<2s,50%<1s\" must increase from left to right"),
            ("50%<2s,50%", "\"50%\" is not a stage of a delay: write a share and a duration, such as 90%<2s"),
        ] {
            assert_eq!(text.parse::<IngestDelay>().unwrap_err().to_string(), message);
        }
        assert!("1%".parse::<LateEvents>().is_err());
    }

    #[test]
    fn delays_follow_the_shares_and_stay_below_the_maximum() {
        let delay = IngestDelay::typical();
        assert_eq!((delay.delay_of(0), delay.delay_of(u64::MAX)), (0, 299_999));
        let drawn: Vec<i64> = (0..10_000_u64).map(|n| delay.delay_of(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let within = |below| drawn.iter().filter(|delay| **delay < below).count();
        assert!((8_900..9_100).contains(&within(2_000)), "{}", within(2_000));
        assert!((9_850..9_950).contains(&within(60_000)), "{}", within(60_000));
        assert_eq!(IngestDelay::default().delay_of(u64::MAX), 0);
    }
}
