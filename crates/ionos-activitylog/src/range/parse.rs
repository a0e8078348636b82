//! The text format of ranges. A misread range would silently give a wrong answer, so each form has exactly one meaning,
//! and an error names the part that was recognized.

use chrono::{DateTime, TimeZone};

use super::{DateRange, Moment, last_whole_second, range_error};
use crate::error::Error;
use crate::error::text::value_snippet;

impl DateRange {
    /// Parses a range:
    ///
    /// | text | range |
    /// |---|---|
    /// | `2026`, `2026-11`, `2026-11-20`, `yesterday`, `last-week` | the whole period: see [`Moment`] |
    /// | `7d`, `90m`, `2w`, `3mo` | the range of this duration that ends now: see [`DateRange::last`] |
    /// | `A..B` | from moment A to moment B; B is inclusive if it is a day, week, month or year, otherwise exclusive |
    /// | `A..` | from A to now: see [`DateRange::since`] |
    /// | `..B` | from 1970 to moment B, inclusive or exclusive as in `A..B`: see [`DateRange::until`] |
    ///
    /// White space around the text and the dots is ignored. `now` is the current time; its time zone applies to days
    /// and local times. A range may end in the future; [`DateRange::past`] returns the part before now.
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) for any other text, for a single instant, and for a
    /// range that is empty or outside the years 0000 to 9999.
    ///
    /// ```
    /// # use chrono::{DateTime, Utc};
    /// # use ionos_activitylog::{DateRange, Error};
    /// let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
    /// let range = DateRange::parse("2026-11-20..2026-11-22", now)?;
    /// assert_eq!(range.to_string(), "2026-11-20T00:00:00Z .. 2026-11-23T00:00:00Z");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn parse<Tz: TimeZone>(text: &str, now: DateTime<Tz>) -> Result<Self, Error> {
        let text = text.trim();
        let Some((from, to)) = text.split_once("..") else {
            let moment: Moment = text.parse()?;
            return moment.to_range(now)?.ok_or_else(|| {
                range_error(format!("{text:?} is an instant, not a range")).with_hint(format!(
                    "use {text}.. for everything since then, ..{text} for everything before, or a start and an end such as \
                     2026-11-20T14:00..2026-11-20T14:30"
                ))
            });
        };
        let (from, to) = (from.trim(), to.trim());
        match (from.is_empty(), to.is_empty()) {
            (true, true) => {
                let text = value_snippet(text);
                Err(range_error(format!("{text:?} has neither a start nor an end"))
                    .with_hint("use one, such as 2026-11-20.., or both"))
            }
            (true, false) => Self::until(parse_moment(to)?.end(now)?),
            (false, true) => Self::new(parse_moment(from)?.start(now.clone())?, last_whole_second(&now)),
            (false, false) => Self::new(parse_moment(from)?.start(now.clone())?, parse_moment(to)?.end(now)?),
        }
    }
}

fn parse_moment(text: &str) -> Result<Moment, Error> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{parse_time, range};
    use super::*;
    use crate::error::ErrorKind;
    use chrono::Utc;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    #[test]
    fn each_form_of_a_range_is_parsed() {
        let cases = [
            ("7d", "2026-11-15T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("90m", "2026-11-22T10:30:00Z", "2026-11-22T12:00:00Z"),
            ("2w", "2026-11-08T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("3mo", "2026-08-22T12:00:00Z", "2026-11-22T12:00:00Z"),
            ("2026", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            (" 2026-11-20 ", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            ("yesterday", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("last-week", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"),
            ("2026-11-20..2026-11-22", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"),
            ("2026-11 .. 2026-12", "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2026-11-20T14:00..2026-11-20T14:30", "2026-11-20T14:00:00Z", "2026-11-20T14:30:00Z"),
            ("2026-11-20T14:00:00.5..2026-11-20", "2026-11-20T14:00:00.5Z", "2026-11-21T00:00:00Z"),
            ("@1795132800..@1795132800.001", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00.001Z"),
            ("2026-11-20..", "2026-11-20T00:00:00Z", "2026-11-22T12:00:00Z"),
            ("7d..2d", "2026-11-15T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("..last-month", "1970-01-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            ("yesterday..now", "2026-11-21T00:00:00Z", "2026-11-22T12:00:00Z"),
        ];
        for (text, start, end) in cases {
            assert_eq!(DateRange::parse(text, parse_time(NOW)).unwrap(), range(start, end), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_time_zone_of_now() {
        let berlin = parse_time(NOW).with_timezone(&Tz::Europe__Berlin);
        assert_eq!(
            DateRange::parse("2026-10-25..2026-10-25T12:00", berlin).unwrap(),
            range("2026-10-24T22:00:00Z", "2026-10-25T11:00:00Z")
        );
    }

    #[test]
    fn the_error_for_an_invalid_range_names_the_recognized_part() {
        let cases = [
            ("", "\"\" is not a valid time: use a day"),
            ("..", "\"..\" has neither a start nor an end"),
            ("now", "\"now\" is an instant, not a range: use now.. for everything since then"),
            ("2026-11-20T14:00", "is an instant, not a range"),
            ("2026-11-22..2026-11-20", "the range from 2026-11-22T00:00:00Z to 2026-11-21T00:00:00Z is empty"),
            ("2027..", "the range from 2027-01-01T00:00:00Z to 2026-11-22T12:00:00Z is empty"),
            ("2026-11-20...2026-11-22", "\".2026-11-22\" is not a valid time"),
            ("2026-11-20..2026-11-31", "\"2026-11-31\" is not a valid day: there is no such day"),
            ("2026-11-20-2026-11-22", "starts with a date, but the part after the date is not a valid time"),
            ("7M", "m is minutes and mo is months"),
            ("9999", "+10000-01-01T00:00:00Z is outside the supported years"),
        ];
        for (text, expected) in cases {
            let error = DateRange::parse(text, parse_time(NOW)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Range);
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn parsing_the_output_gives_the_same_range_in_any_time_zone(
            // The years 0000 to 9999 in milliseconds.
            start in -62_167_219_200_000_i64..253_402_300_000_000,
            length in prop_oneof![1_i64..10_000, 1_i64..200_000_000_000],
            zone in prop::sample::select(vec![Tz::UTC, Tz::Pacific__Apia, Tz::America__Havana]),
        ) {
            let instant = |millis| DateTime::from_timestamp_millis(millis).unwrap();
            let end = (start + length).min(253_402_300_799_000);
            let range = DateRange::new(instant(start), instant(end)).unwrap();
            let now = DateTime::<Utc>::UNIX_EPOCH.with_timezone(&zone);
            prop_assert_eq!(DateRange::parse(&range.to_string(), now).unwrap(), range);
        }

        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,20}(\\.\\.)?\\PC{0,20}|[0-9TZ:.@+ a-z-]{0,12}\\.\\.[0-9TZ:.@+ a-z-]{0,12}") {
            let _ = DateRange::parse(&text, parse_time(NOW));
        }
    }
}
