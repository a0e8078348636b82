//! What the service makes of a query string is documented in part only, and a client must learn of a parameter that
//! was not understood. So the four parameters are read strictly, and a refusal says what arrived after decoding: a `+`
//! that was not encoded, for instance, arrives as a space.
//!
//! Names are matched exactly, other names are ignored, and of several parameters of one name the last one counts.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// How many hits a page has when the request does not say.
pub const DEFAULT_LIMIT: u64 = 20;

/// How many hits a page has at most; a larger limit is taken for this one.
pub const MAX_LIMIT: u64 = 1000;

/// Which page of which range is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// Inclusive.
    pub(crate) start: Option<DateTime<Utc>>,
    /// Exclusive.
    pub(crate) end: Option<DateTime<Utc>>,
    pub(crate) offset: u64,
    /// In [1, [`MAX_LIMIT`]].
    pub(crate) limit: u64,
}

impl Query {
    /// Reads a query string, without its question mark. Fails with a message about the first bad parameter.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        // What is no UTF-8 becomes U+FFFD, which no valid value contains.
        let last = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .filter(|(key, _)| key == name)
                .last()
                .map(|(_, value)| value)
        };
        fn read<T>(
            name: &str,
            value: Option<impl AsRef<str>>,
            read: impl Fn(&str) -> Option<T>,
            expected: &str,
        ) -> Result<Option<T>, String> {
            let Some(value) = value else { return Ok(None) };
            let value = value.as_ref();
            match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(format!(
                    "The parameter {name} must be {expected}; it was understood as {value:?}"
                )),
            }
        }
        let time = |name| {
            let expected = "a date such as 2026-11-20 or a timestamp such as 2026-11-20T09:12:33Z";
            read(name, last(name), instant, expected)
        };
        let start = time("dateStart")?;
        let end = time("dateEnd")?;
        let offset = read("offset", last("offset"), number, "a number from 0")?;
        let limit = read(
            "limit",
            last("limit"),
            |value| number(value).filter(|limit| *limit > 0),
            "a number from 1",
        )?;
        Ok(Self {
            start,
            end,
            offset: offset.unwrap_or(0),
            limit: limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        })
    }
}

/// Digits only; what is too large for 64 bits is as good as the largest number that is not.
fn number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

/// A timestamp of RFC 3339, or a date, which means its midnight in UTC.
fn instant(value: &str) -> Option<DateTime<Utc>> {
    if value.len() == "2026-11-20".len() {
        let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
        // chrono is content with fewer digits.
        return (date.to_string() == value).then(|| date.and_time(NaiveTime::MIN).and_utc());
    }
    // chrono takes a space for the T, RFC 3339 does so only by agreement.
    let timestamp = DateTime::parse_from_rfc3339(value).ok()?;
    (!value.contains(' ')).then(|| timestamp.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: &str) -> Option<DateTime<Utc>> {
        Some(DateTime::parse_from_rfc3339(value).unwrap().to_utc())
    }

    #[test]
    fn times_are_timestamps_with_any_offset_and_fraction_or_dates_in_utc() {
        for (value, expected) in [
            ("2026-11-20", at("2026-11-20T00:00:00Z")),
            ("2026-11-20T09:12:33Z", at("2026-11-20T09:12:33Z")),
            ("2026-11-20T09:12:33.394Z", at("2026-11-20T09:12:33.394Z")),
            (
                "2026-11-20T09:12:33.394000001Z",
                at("2026-11-20T09:12:33.394000001Z"),
            ),
            ("2026-11-20T09:12:33%2B01:00", at("2026-11-20T08:12:33Z")),
            ("2026-11-20T09:12:33-01:30", at("2026-11-20T10:42:33Z")),
        ] {
            let query = Query::parse(&format!("dateStart={value}&dateEnd={value}")).unwrap();
            assert_eq!((query.start, query.end), (expected, expected), "{value}");
        }
    }

    #[test]
    fn other_times_are_refused() {
        for value in [
            "",
            "today",
            "2026-11-31",
            "2026-1-001",
            "20261120",
            "2026-11-20T09:12:33",
            "2026-11-20T25:00:00Z",
            "2026-11-20%2009:12:33Z",
            // The + is not encoded.
            "2026-11-20T09:12:33+01:00",
            "1795165953",
            "2026-11-20%ff",
        ] {
            assert!(
                Query::parse(&format!("dateEnd={value}")).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_page_is_the_first_one_of_the_default_size_unless_the_request_says_otherwise() {
        for (query, offset, limit) in [
            ("", 0, 20),
            ("offset=40", 40, 20),
            ("limit=1", 0, 1),
            ("limit=1000", 0, 1000),
            ("limit=1001", 0, 1000),
            (
                "limit=99999999999999999999&offset=99999999999999999999",
                u64::MAX,
                1000,
            ),
        ] {
            let page = Query::parse(query).unwrap();
            assert_eq!((page.offset, page.limit), (offset, limit), "{query}");
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for query in [
            "limit=0",
            "limit=00",
            "limit=-1",
            "limit=",
            "limit=ten",
            "limit=1.0",
            "limit=%2B5",
            "limit=%ff",
            "offset=-1",
            "offset=1e3",
            "offset=%20",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn names_are_exact_others_are_ignored_and_the_last_one_counts() {
        let query = "limit=0&Limit=x&datestart=x&startDate=x&%ff=x&page&&limit=7";
        assert_eq!(
            Query::parse(query),
            Ok(Query {
                start: None,
                end: None,
                offset: 0,
                limit: 7
            })
        );
    }

    #[test]
    fn a_refusal_names_the_parameter_and_the_value_as_it_was_understood() {
        let message = Query::parse("dateStart=2026-11-20T09:12:33+01:00&limit=x").unwrap_err();
        assert_eq!(
            message,
            "The parameter dateStart must be a date such as 2026-11-20 or a timestamp such as \
             2026-11-20T09:12:33Z; it was understood as \"2026-11-20T09:12:33 01:00\""
        );
    }
}
