//! Times as people type them, made into instants once and before anything is read.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use ionos_activitylog::{DateRange, ErrorKind};

use crate::cli;
use crate::failure::Failure;

/// A hundred years, in seconds.
const LONGEST: i64 = 100 * 366 * 86_400;

/// A length of time such as `7d`: a number and a unit, `s` to `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length(TimeDelta);

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const UNITS: [(char, i64); 5] = [
            ('s', 1),
            ('m', 60),
            ('h', 3_600),
            ('d', 86_400),
            ('w', 604_800),
        ];
        let wrong = || {
            format!(
                "{text:?} is not a length of time: write a whole number above 0 and s, m, h, d or w for seconds to weeks, such as 90m or 7d"
            )
        };
        let (unit, seconds) = UNITS
            .into_iter()
            .find(|(unit, _)| text.ends_with(*unit))
            .ok_or_else(wrong)?;
        let number = text.trim_end_matches(unit);
        // Parsing alone would take a sign, and trimming takes more than one letter.
        let digits = number.len() + 1 == text.len() && number.bytes().all(|b| b.is_ascii_digit());
        let number: i64 = number
            .parse()
            .ok()
            .filter(|n| digits && *n > 0)
            .ok_or_else(wrong)?;
        let seconds = number
            .checked_mul(seconds)
            .filter(|seconds| *seconds <= LONGEST);
        let length = seconds.and_then(TimeDelta::try_seconds);
        length
            .map(Self)
            .ok_or_else(|| format!("{text:?} is longer than any log: give at most 100 years"))
    }
}

/// A point in time such as `2026-11-20` or `2026-11-20T08:30:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A whole day in UTC.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = NaiveDate::from_str(text)
            .ok()
            .filter(|_| text.len() == "2026-11-20".len());
        if let Some(day) = day {
            return Ok(Self::Day(day));
        }
        DateTime::parse_from_rfc3339(text).map(|time| Self::Instant(time.to_utc())).map_err(|_| {
            format!("{text:?} is neither a day such as 2026-11-20 nor a time with its zone such as 2026-11-20T08:30:00Z or 2026-11-20T08:30:00+01:00")
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Instant(time) => {
                f.write_str(&time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
            }
        }
    }
}

impl Moment {
    /// As a start, inclusive: a day begins at its midnight.
    fn as_start(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => midnight(day),
            Self::Instant(time) => time,
        }
    }

    /// As an end, exclusive: a day that is named belongs to the range as a whole.
    fn as_end(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => midnight(day.checked_add_days(Days::new(1)).unwrap_or(day)),
            Self::Instant(time) => time,
        }
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The range that was asked for. An end after `now` is brought back to it: what happens later cannot be read yet.
pub(crate) fn resolve(range: &cli::Range, now: DateTime<Utc>) -> Result<DateRange, Failure> {
    if let Some(Length(length)) = range.last {
        return Ok(DateRange::last(length, now)?);
    }
    let Some(from) = range.from else {
        return Err(Failure::usage(
            "say which time to read, with --last or with --from",
        ));
    };
    let to = range.to.map(Moment::as_end);
    if let (Some(to), Some(typed)) = (to, range.to)
        && from.as_start() >= to
    {
        return Err(Failure::usage(format!(
            "--from {from} is not before --to {typed}: give an earlier start or a later end"
        )));
    }
    if from.as_start() >= now {
        return Err(Failure::usage(format!(
            "--from {from} is in the future: give a start before now"
        )));
    }
    // As for --last: the second that has begun is not over, so it is left to the next export.
    let over = now.trunc_subsecs(0);
    DateRange::new(from.as_start(), to.unwrap_or(over).min(over)).map_err(|error| {
        Failure::usage(match error.kind() {
            ErrorKind::Range if from.as_start() >= over => {
                format!("--from {from} is less than a second ago: give an earlier start")
            }
            _ => error.to_string(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    fn resolved(last: Option<&str>, from: Option<&str>, to: Option<&str>) -> String {
        let range = cli::Range {
            last: last.map(|text| text.parse().unwrap()),
            from: from.map(|text| text.parse().unwrap()),
            to: to.map(|text| text.parse().unwrap()),
        };
        match resolve(&range, NOW.parse().unwrap()) {
            Ok(range) => range.to_string(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn a_range_is_resolved_to_instants() {
        let cases = [
            (
                Some("7d"),
                None,
                None,
                "2026-11-15T12:00:00Z .. 2026-11-22T12:00:00Z",
            ),
            (
                Some("90m"),
                None,
                None,
                "2026-11-22T10:30:00Z .. 2026-11-22T12:00:00Z",
            ),
            (
                None,
                Some("2026-11-01"),
                Some("2026-11-20"),
                "2026-11-01T00:00:00Z .. 2026-11-21T00:00:00Z",
            ),
            (
                None,
                Some("2026-11-20"),
                Some("2026-11-20"),
                "2026-11-20T00:00:00Z .. 2026-11-21T00:00:00Z",
            ),
            (
                None,
                Some("2026-11-20"),
                None,
                "2026-11-20T00:00:00Z .. 2026-11-22T12:00:00Z",
            ),
            (
                None,
                Some("2026-11-22"),
                Some("2026-11-22"),
                "2026-11-22T00:00:00Z .. 2026-11-22T12:00:00Z",
            ),
            (
                None,
                Some("2026-11-22"),
                Some("2026-11-22T12:00:00.2Z"),
                "2026-11-22T00:00:00Z .. 2026-11-22T12:00:00Z",
            ),
            (
                None,
                Some("2026-11-20T08:00:00+01:00"),
                Some("2026-11-20T08:00:00Z"),
                "2026-11-20T07:00:00Z .. 2026-11-20T08:00:00Z",
            ),
        ];
        for (last, from, to, expected) in cases {
            assert_eq!(resolved(last, from, to), expected);
        }
    }

    #[test]
    fn what_is_no_range_is_refused_in_the_words_that_were_typed() {
        let cases = [
            (
                Some("2026-11-20"),
                Some("2026-11-19"),
                "--from 2026-11-20 is not before --to 2026-11-19: give an earlier start or a later end",
            ),
            (
                Some("2026-11-20T00:00:00Z"),
                Some("2026-11-20T00:00:00Z"),
                "--from 2026-11-20T00:00:00Z is not before --to 2026-11-20T00:00:00Z: give an earlier start or a later end",
            ),
            (
                Some("2027-01-01"),
                None,
                "--from 2027-01-01 is in the future: give a start before now",
            ),
            (
                Some("2026-11-22T12:00:00.2Z"),
                None,
                "--from 2026-11-22T12:00:00.200Z is less than a second ago: give an earlier start",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(resolved(None, from, to), expected);
        }
    }

    #[test]
    fn only_one_way_to_write_a_length_or_a_moment() {
        for text in [
            "",
            "d",
            "7",
            "7x",
            "0d",
            "-1d",
            "+1d",
            "7dd",
            "1.5h",
            "7 d",
            "7D",
            "99999999999999999999w",
            "9999999999999999w",
            "999999w",
        ] {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
        for text in [
            "",
            "today-ish",
            "2026-11",
            "2026-1-2",
            "2026-02-30",
            "2026-11-20T08:00",
            "20261120",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
