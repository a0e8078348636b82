//! Dates in headers have one form (RFC 9110, section 5.6.7), and the simulator's clock may say anything. chrono writes
//! it: httpdate panics before 1970 and after the year 9999.

use chrono::{DateTime, Datelike, Utc};

/// As a header has it, such as `Fri, 20 Nov 2026 12:00:00 GMT`, rounded down to the second. `None` where the year has
/// not four digits.
pub(crate) fn http_date(time: DateTime<Utc>) -> Option<String> {
    (0..=9999).contains(&time.year()).then(|| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_is_written_is_read_by_others_as_the_same_second() {
        let begin: DateTime<Utc> = "1970-01-01T00:00:00Z".parse().unwrap();
        for number in 0..2_000 {
            // Prime, so that every part of a date takes many values.
            let time = begin + TimeDelta::seconds(126_227_677 * number);
            let written = http_date(time).unwrap();
            let read = httpdate::parse_http_date(&written).unwrap();
            assert_eq!(read, time.into(), "{written}");
        }
    }

    #[test]
    fn no_time_is_too_early_or_too_late_to_be_asked_about() {
        for (time, written) in [
            (DateTime::<Utc>::MIN_UTC, None),
            (DateTime::<Utc>::MAX_UTC, None),
            ("1969-12-31T23:59:59.9Z".parse().unwrap(), Some("Wed, 31 Dec 1969 23:59:59 GMT")),
            ("9999-12-31T23:59:59Z".parse().unwrap(), Some("Fri, 31 Dec 9999 23:59:59 GMT")),
        ] {
            assert_eq!(http_date(time).as_deref(), written);
        }
    }
}
