//! How a moment is written. Each form has a look of its own, so that a text is first recognised and then read, and an
//! error can say what it was taken for.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::super::{length, refused, show, zone};
use super::{Kind, Moment, NAMES, out_of_years};
use crate::Error;
use crate::error::body::snippet;
use crate::nearest::guess;

impl FromStr for Moment {
    type Err = Error;

    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) and says what was understood and what to write.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self(Kind::Now));
        }
        let named = NAMES.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
        if let Some((_, name)) = named {
            return Ok(Self(Kind::Named(name)));
        }
        if let Some(seconds) = text.strip_prefix('@') {
            return epoch(seconds).map(|time| Self(Kind::Instant(time)));
        }
        if let Some(kind) = whole(text)? {
            return Ok(Self(kind));
        }
        if let Some((day, clock)) = cut(text, "0000-00-00").filter(|(_, rest)| !rest.is_empty()) {
            return time(text, day, clock).map(Self);
        }
        let (digits, unit) = length::split(text);
        if !digits.is_empty() && !unit.is_empty() && unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return text.parse().map(|length| Self(Kind::Ago(length)));
        }
        let text = snippet(text);
        let guess = guess(&text, NAMES.map(|(name, _)| name));
        Err(refused(format!("{text:?} is no point in time{guess}")).with_hint(
            "write a day such as 2026-11-20, a month such as 2026-11, a time such as 2026-11-20T14:00 or \
             2026-11-20T14:00:00+01:00, @ with seconds since 1970, a length before now such as 7d, or one of now, \
             today, yesterday, this-week, last-week, this-month and last-month",
        ))
    }
}

/// The beginning of a text that looks like a pattern, where 0 is any digit, and the rest; none if it does not.
fn cut<'a>(text: &'a str, pattern: &str) -> Option<(&'a str, &'a str)> {
    let (beginning, rest) = text.split_at_checked(pattern.len())?;
    let fits = |(byte, pattern): (u8, u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    };
    let fits = beginning.bytes().zip(pattern.bytes()).all(fits);
    fits.then_some((beginning, rest))
}

fn looks_like(text: &str, pattern: &str) -> bool {
    cut(text, pattern).is_some_and(|(_, rest)| rest.is_empty())
}

/// A year, a month or a day; none for something else.
fn whole(text: &str) -> Result<Option<Kind>, Error> {
    if looks_like(text, "0000-00-00") {
        return day(text).map(|day| Some(Kind::Day(day)));
    }
    if looks_like(text, "0000-00") {
        let (year, month) = text.split_once('-').unwrap_or_default();
        return match (year.parse(), month.parse()) {
            (Ok(year), Ok(month)) if (1..=12).contains(&month) => Ok(Some(Kind::Month(year, month))),
            _ => Err(refused(format!("{text:?} reads as a month, but months go from 01 to 12"))
                .with_hint("write one such as 2026-11")),
        };
    }
    let year = looks_like(text, "0000").then(|| text.parse().ok());
    Ok(year.flatten().map(Kind::Year))
}

fn day(text: &str) -> Result<NaiveDate, Error> {
    NaiveDate::from_str(text).map_err(|_| {
        refused(format!("{text:?} reads as a day, but the calendar has none such"))
            .with_hint("write year, month and day such as 2026-11-20")
    })
}

/// A time of a day, with its zone or without. `clock` is all of `text` that follows the day.
fn time(text: &str, date: &str, clock: &str) -> Result<Kind, Error> {
    day(date)?;
    let wrong = || {
        let text = snippet(text);
        refused(format!(
            "{text:?} reads as a time on {date}, but not to its end"
        ))
        .with_hint(format!(
            "write {date}T14:00 or {date}T14:00:30.250 for a local time, and Z or an offset such as +01:00 behind it for \
             another zone"
        ))
    };
    let clock = clock.strip_prefix(['T', 't', ' ']).ok_or_else(wrong)?;
    let (minutes, rest) = cut(clock, "00:00").ok_or_else(wrong)?;
    let (seconds, rest) = seconds(rest).ok_or_else(wrong)?;
    let zone = match rest {
        "" | "Z" | "z" => "Z",
        offset if looks_like(offset, "+00:00") || looks_like(offset, "-00:00") => offset,
        _ => return Err(wrong()),
    };
    let whole = format!("{date}T{minutes}{seconds}{zone}");
    let time = DateTime::parse_from_rfc3339(&whole).map_err(|_| wrong())?;
    if rest.is_empty() {
        return Ok(Kind::Local(time.naive_utc()));
    }
    let time = time.to_utc();
    if !zone::has_four_digits(time) {
        return Err(out_of_years(show(time)));
    }
    Ok(Kind::Instant(time))
}

/// The seconds that a text begins with, none being zero, and the rest; none for a fraction that cannot be read.
fn seconds(text: &str) -> Option<(String, &str)> {
    let Some((whole, rest)) = cut(text, ":00") else {
        return Some((":00".to_owned(), text));
    };
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((whole.to_owned(), rest));
    };
    let (digits, rest) = length::split(fraction);
    let readable = (1..=9).contains(&digits.len());
    readable.then(|| (format!("{whole}.{digits}"), rest))
}

/// Seconds since 1970, with a fraction or without.
fn epoch(text: &str) -> Result<DateTime<Utc>, Error> {
    let wrong = |why: &str| {
        let text = snippet(text);
        refused(format!("\"@{text}\" {why}"))
            .with_hint("write whole seconds since 1970 such as @1795132800, or with a fraction @1795132800.250")
    };
    let (seconds, rest) = length::split(text);
    let nanos = match rest.strip_prefix('.') {
        None if rest.is_empty() => Some(0),
        Some(digits) if (1..=9).contains(&digits.len()) && length::split(digits).1.is_empty() => {
            format!("{digits:0<9}").parse().ok()
        }
        _ => None,
    };
    let nanos = nanos.filter(|_| !seconds.is_empty());
    let nanos = nanos.ok_or_else(|| wrong("is no number of seconds"))?;
    let time = seconds.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, nanos));
    time.filter(|time| zone::has_four_digits(*time))
        .ok_or_else(|| wrong("lies after the year 9999, so it may be meant as milliseconds"))
}

impl fmt::Display for Moment {
    /// In a form that is read back as the same moment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Now => f.write_str("now"),
            Kind::Ago(length) => length.fmt(f),
            Kind::Named(this) => {
                let named = NAMES.into_iter().find(|(_, name)| *name == this);
                f.write_str(named.map_or("", |(text, _)| text))
            }
            Kind::Year(year) => write!(f, "{year:04}"),
            Kind::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Kind::Day(day) => day.fmt(f),
            Kind::Local(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
            Kind::Instant(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_moment_is_refused_with_what_was_understood() {
        let cases = [
            ("", "is no point in time: write a day such as"),
            ("today-ish", "is no point in time"),
            ("20261120", "is no point in time"),
            ("2026-1-2", "is no point in time"),
            ("-7d", "is no point in time"),
            ("7M", "m is minutes and mo is months"),
            ("7x", "is not a length of time"),
            ("2026-13", "reads as a month, but months go from 01 to 12"),
            ("2026-02-30", "reads as a day, but the calendar has none such"),
            ("2026-02-30T14:00", "\"2026-02-30\" reads as a day, but"),
            ("2026-11-20T14", "reads as a time on 2026-11-20, but not to its end"),
            ("2026-11-20T24:00", "reads as a time"),
            ("2026-11-20T14:00.5", "reads as a time"),
            ("2026-11-20T14:00:00.", "reads as a time"),
            ("2026-11-20T14:00+1", "reads as a time"),
            ("2026-11-20T14:00:00 CET", "reads as a time"),
            ("2026-11-20x", "reads as a time"),
            ("0000-01-01T00:00+01:00", "is outside the years 0000 to 9999"),
            ("@", "is no number of seconds"),
            ("@-1", "is no number of seconds"),
            ("@1.", "is no number of seconds"),
            ("@1.0000000001", "is no number of seconds"),
            ("@1795132800000", "may be meant as milliseconds: write whole seconds since 1970"),
            ("@99999999999999999999", "may be meant as milliseconds"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<Moment>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Range);
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            text in "[12]0[0-9]{2}(-0[1-9](-[12][0-8](T[01][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[+-]0[0-9]:30)?)?)?)?\
                     |@[0-9]{1,11}(\\.[0-9]{1,9})?|[1-9][0-9]?(s|m|h|d|w|mo|y)|now|today|last-week"
        ) {
            let moment: Moment = text.parse().unwrap();
            prop_assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}|[0-9TZ:.@+ a-z-]{0,30}|[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-9]{2}:[0-9]{2}\\PC{0,10}") {
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
