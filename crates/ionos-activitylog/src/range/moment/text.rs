//! The text format of moments. Each form has a distinct pattern. A text is first recognized by its pattern and then
//! parsed, so that an error can name the form.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::super::{format_instant, length, range_error, zone};
use super::{Moment, MomentKind, NAMED_PERIODS, year_error};
use crate::error::Error;
use crate::error::text::value_snippet;
use crate::suggest::did_you_mean;

impl FromStr for Moment {
    type Err = Error;

    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range); the error names the recognized form, and the hint
    /// describes the format.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self(MomentKind::Now));
        }
        let named = NAMED_PERIODS.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        if let Some((_, name)) = named {
            return Ok(Self(MomentKind::Named(name)));
        }
        if let Some(seconds) = text.strip_prefix('@') {
            return parse_epoch(seconds).map(|time| Self(MomentKind::Instant(time)));
        }
        if let Some(kind) = parse_period(text)? {
            return Ok(Self(kind));
        }
        if let Some((day, clock)) = strip_pattern(text, "0000-00-00").filter(|(_, rest)| !rest.is_empty()) {
            return parse_time(text, day, clock).map(Self);
        }
        let (digits, unit) = length::split_digits(text);
        if !digits.is_empty() && !unit.is_empty() && unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return text.parse().map(|length| Self(MomentKind::Ago(length)));
        }
        let text = value_snippet(text);
        let guess = did_you_mean(&text, NAMED_PERIODS.map(|(name, _)| name));
        Err(range_error(format!("{text:?} is not a valid time{guess}")).with_hint(
            "use a day such as 2026-11-20, a month such as 2026-11, a time such as 2026-11-20T14:00 or \
             2026-11-20T14:00:00+01:00, @ with seconds since 1970, a duration before now such as 7d, or one of now, \
             today, yesterday, this-week, last-week, this-month and last-month",
        ))
    }
}

/// Splits off a prefix that matches a pattern, in which 0 stands for any digit; `None` if the text does not match.
fn strip_pattern<'a>(text: &'a str, pattern: &str) -> Option<(&'a str, &'a str)> {
    let (beginning, rest) = text.split_at_checked(pattern.len())?;
    let fits = |(byte, pattern): (u8, u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    };
    let fits = beginning.bytes().zip(pattern.bytes()).all(fits);
    fits.then_some((beginning, rest))
}

fn matches_pattern(text: &str, pattern: &str) -> bool {
    strip_pattern(text, pattern).is_some_and(|(_, rest)| rest.is_empty())
}

/// A year, a month or a day; `None` for any other form.
fn parse_period(text: &str) -> Result<Option<MomentKind>, Error> {
    if matches_pattern(text, "0000-00-00") {
        return parse_day(text).map(|day| Some(MomentKind::Day(day)));
    }
    if matches_pattern(text, "0000-00") {
        let (year, month) = text.split_once('-').unwrap_or_default();
        return match (year.parse(), month.parse()) {
            (Ok(year), Ok(month)) if (1..=12).contains(&month) => Ok(Some(MomentKind::Month(year, month))),
            _ => {
                Err(range_error(format!("{text:?} is not a valid month"))
                    .with_hint("use months 01 to 12, such as 2026-11"))
            }
        };
    }
    let year = matches_pattern(text, "0000").then(|| text.parse().ok());
    Ok(year.flatten().map(MomentKind::Year))
}

fn parse_day(text: &str) -> Result<NaiveDate, Error> {
    NaiveDate::from_str(text).map_err(|_| {
        range_error(format!("{text:?} is not a valid day: there is no such day"))
            .with_hint("use year, month and day, such as 2026-11-20")
    })
}

/// A time of a day, with or without a zone. `clock` is the part of `text` after `date`.
fn parse_time(text: &str, date: &str, clock: &str) -> Result<MomentKind, Error> {
    parse_day(date)?;
    let invalid = || {
        let text = value_snippet(text);
        range_error(format!(
            "{text:?} starts with a date, but the part after the date is not a valid time"
        ))
        .with_hint(format!(
            "use {date}T14:00 or {date}T14:00:30.250 for a local time; append Z or an offset such as +01:00 for another \
             time zone"
        ))
    };
    let clock = clock.strip_prefix(['T', 't', ' ']).ok_or_else(invalid)?;
    let (minutes, rest) = strip_pattern(clock, "00:00").ok_or_else(invalid)?;
    let (seconds, rest) = split_seconds(rest).ok_or_else(invalid)?;
    let zone = match rest {
        "" | "Z" | "z" => "Z",
        offset if matches_pattern(offset, "+00:00") || matches_pattern(offset, "-00:00") => offset,
        _ => return Err(invalid()),
    };
    let rfc3339 = format!("{date}T{minutes}{seconds}{zone}");
    let time = DateTime::parse_from_rfc3339(&rfc3339).map_err(|_| invalid())?;
    if rest.is_empty() {
        return Ok(MomentKind::Local(time.naive_utc()));
    }
    let time = time.to_utc();
    if !zone::has_four_digit_year(time) {
        return Err(year_error(format_instant(time)));
    }
    Ok(MomentKind::Instant(time))
}

/// Splits off the seconds with their fraction. Absent seconds are zero. `None` for an invalid fraction.
fn split_seconds(text: &str) -> Option<(String, &str)> {
    let Some((whole, rest)) = strip_pattern(text, ":00") else {
        return Some((":00".to_owned(), text));
    };
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((whole.to_owned(), rest));
    };
    let (digits, rest) = length::split_digits(fraction);
    let readable = (1..=9).contains(&digits.len());
    readable.then(|| (format!("{whole}.{digits}"), rest))
}

/// Seconds since 1970, with or without a fraction.
fn parse_epoch(text: &str) -> Result<DateTime<Utc>, Error> {
    let invalid = |why: &str| {
        let text = value_snippet(text);
        range_error(format!("\"@{text}\" {why}"))
            .with_hint("use seconds since 1970, such as @1795132800 or @1795132800.250")
    };
    let (seconds, rest) = length::split_digits(text);
    let nanos = match rest.strip_prefix('.') {
        None if rest.is_empty() => Some(0),
        Some(digits) if (1..=9).contains(&digits.len()) && length::split_digits(digits).1.is_empty() => {
            format!("{digits:0<9}").parse().ok()
        }
        _ => None,
    };
    let nanos = nanos.filter(|_| !seconds.is_empty());
    let nanos = nanos.ok_or_else(|| invalid("is not a number of seconds"))?;
    let time = seconds.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, nanos));
    time.filter(|time| zone::has_four_digit_year(*time))
        .ok_or_else(|| invalid("is after the year 9999; it may be in milliseconds"))
}

impl fmt::Display for Moment {
    /// Prints a text that is parsed back to the same moment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            MomentKind::Now => f.write_str("now"),
            MomentKind::Ago(length) => length.fmt(f),
            MomentKind::Named(this) => {
                let named = NAMED_PERIODS.into_iter().find(|(_, name)| *name == this);
                f.write_str(named.map_or("", |(text, _)| text))
            }
            MomentKind::Year(year) => write!(f, "{year:04}"),
            MomentKind::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            MomentKind::Day(day) => day.fmt(f),
            MomentKind::Local(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
            MomentKind::Instant(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    #[test]
    fn the_error_for_an_invalid_moment_names_the_recognized_form() {
        let cases = [
            ("", "is not a valid time: use a day such as"),
            ("today-ish", "is not a valid time"),
            ("20261120", "is not a valid time"),
            ("2026-1-2", "is not a valid time"),
            ("-7d", "is not a valid time"),
            ("7M", "m is minutes and mo is months"),
            ("7x", "is not a valid duration"),
            ("2026-13", "is not a valid month: use months 01 to 12"),
            ("2026-02-30", "there is no such day"),
            ("2026-02-30T14:00", "\"2026-02-30\" is not a valid day"),
            ("2026-11-20T14", "starts with a date, but the part after the date is not a valid time"),
            ("2026-11-20T24:00", "starts with a date"),
            ("2026-11-20T14:00.5", "starts with a date"),
            ("2026-11-20T14:00:00.", "starts with a date"),
            ("2026-11-20T14:00+1", "starts with a date"),
            ("2026-11-20T14:00:00 CET", "starts with a date"),
            ("2026-11-20x", "starts with a date"),
            ("0000-01-01T00:00+01:00", "is outside the supported years 0000 to 9999"),
            ("@", "is not a number of seconds"),
            ("@-1", "is not a number of seconds"),
            ("@1.", "is not a number of seconds"),
            ("@1.0000000001", "is not a number of seconds"),
            ("@1795132800000", "may be in milliseconds: use seconds since 1970"),
            ("@99999999999999999999", "may be in milliseconds"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<Moment>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Range);
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn parsing_the_output_gives_the_same_moment(
            text in "[12]0[0-9]{2}(-0[1-9](-[12][0-8](T[01][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-]0[0-9]:30)?)?)?)?\
                     |@[0-9]{1,11}(\\.[0-9]{1,9})?|[1-9][0-9]?(s|m|h|d|w|mo|y)|now|today|last-week"
        ) {
            let moment: Moment = text.parse().unwrap();
            prop_assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }

        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,30}|[0-9TZ:.@+ a-z-]{0,30}|[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-9]{2}:[0-9]{2}\\PC{0,10}") {
            if let Ok(moment) = text.parse::<Moment>() {
                for zone in [Tz::UTC, Tz::Pacific__Apia] {
                    for now in [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC] {
                        let _ = (moment.start(now.with_timezone(&zone)), moment.end(now.with_timezone(&zone)));
                    }
                }
            }
        }
    }
}
