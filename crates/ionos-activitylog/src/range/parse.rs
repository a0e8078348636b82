//! A range is typed in a hurry, in the middle of an incident, and a text that is read as another range than was meant
//! answers the wrong question. So there is one form for each meaning, and an error says what was understood.

use chrono::{DateTime, TimeZone};

use super::{DateRange, Moment, over, refused};
use crate::Error;
use crate::error::body::snippet;

impl DateRange {
    /// Reads a range as people write it:
    ///
    /// | text | range |
    /// |---|---|
    /// | `2026`, `2026-11`, `2026-11-20`, `yesterday`, `last-week` | all of it: see [`Moment`] |
    /// | `7d`, `90m`, `2w`, `3mo` | the last of it up to now: see [`DateRange::last`] |
    /// | `A..B` | from moment A to moment B; B belongs to it when it is a whole day, week, month or year |
    /// | `A..` | from A to now: see [`DateRange::since`] |
    /// | `..B` | everything up to B: see [`DateRange::until`] |
    ///
    /// White space around the text and the dots does not count. `now` says where the clock stands and in which time
    /// zone days and local times are meant. Neither end is cut at `now`: see [`DateRange::past`].
    ///
    /// Fails with [`ErrorKind::Range`](crate::ErrorKind::Range) for text that is none of this, for a single instant,
    /// and for a range that is empty or outside the years 0000 to 9999.
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
            return moment.range(now)?.ok_or_else(|| {
                refused(format!("{text:?} is an instant and no range")).with_hint(format!(
                    "write {text}.. for all since then, ..{text} for all before it, or two ends such as \
                     2026-11-20T14:00..2026-11-20T14:30"
                ))
            });
        };
        let (from, to) = (from.trim(), to.trim());
        match (from.is_empty(), to.is_empty()) {
            (true, true) => {
                let text = snippet(text);
                Err(refused(format!("{text:?} names neither end of a range"))
                    .with_hint("write one, such as 2026-11-20.., or both"))
            }
            (true, false) => Self::until(moment(to)?.end(now)?),
            (false, true) => Self::new(moment(from)?.start(now.clone())?, over(&now)),
            (false, false) => Self::new(moment(from)?.start(now.clone())?, moment(to)?.end(now)?),
        }
    }
}

fn moment(text: &str) -> Result<Moment, Error> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, range};
    use super::*;
    use crate::ErrorKind;
    use chrono::Utc;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-22T12:00:00.5Z";

    #[test]
    fn each_form_of_a_range_is_understood() {
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
            assert_eq!(DateRange::parse(text, at(NOW)).unwrap(), range(start, end), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_zone_of_now() {
        let berlin = at(NOW).with_timezone(&Tz::Europe__Berlin);
        assert_eq!(
            DateRange::parse("2026-10-25..2026-10-25T12:00", berlin).unwrap(),
            range("2026-10-24T22:00:00Z", "2026-10-25T11:00:00Z")
        );
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_was_understood() {
        let cases = [
            ("", "\"\" is no point in time: write a day"),
            ("..", "\"..\" names neither end of a range"),
            ("now", "\"now\" is an instant and no range: write now.. for all since then"),
            ("2026-11-20T14:00", "is an instant and no range"),
            ("2026-11-22..2026-11-20", "the range from 2026-11-22T00:00:00Z to 2026-11-21T00:00:00Z is empty"),
            ("2027..", "the range from 2027-01-01T00:00:00Z to 2026-11-22T12:00:00Z is empty"),
            ("2026-11-20...2026-11-22", "\".2026-11-22\" is no point in time"),
            ("2026-11-20..2026-11-31", "\"2026-11-31\" reads as a day, but the calendar has none such"),
            ("2026-11-20-2026-11-22", "reads as a time on 2026-11-20, but not to its end"),
            ("7M", "m is minutes and mo is months"),
            ("9999", "+10000-01-01T00:00:00Z is outside the years"),
        ];
        for (text, expected) in cases {
            let error = DateRange::parse(text, at(NOW)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Range);
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_in_any_zone(
            // The years 0000 to 9999 in milliseconds.
            start in -62_167_219_200_000_i64..253_402_300_000_000,
            length in prop_oneof![1_i64..10_000, 1_i64..200_000_000_000],
            zone in prop::sample::select(vec![Tz::UTC, Tz::Pacific__Apia, Tz::America__Havana]),
        ) {
            let at = |millis| DateTime::from_timestamp_millis(millis).unwrap();
            let end = (start + length).min(253_402_300_799_000);
            let range = DateRange::new(at(start), at(end)).unwrap();
            let now = DateTime::<Utc>::UNIX_EPOCH.with_timezone(&zone);
            prop_assert_eq!(DateRange::parse(&range.to_string(), now).unwrap(), range);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}(\\.\\.)?\\PC{0,20}|[0-9TZ:.@+ a-z-]{0,12}\\.\\.[0-9TZ:.@+ a-z-]{0,12}") {
            let _ = DateRange::parse(&text, at(NOW));
        }
    }
}
