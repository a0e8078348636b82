//! Parses the query string of a page. The vendor documents the parameters incompletely, and a client must notice if the
//! service misreads a parameter. So `dateStart`, `dateEnd`, `offset` and `limit` are parsed strictly, and an error
//! shows the value after decoding. For example, an unencoded `+` is decoded to a space.
//!
//! The names of the parameters are matched exactly, and unknown parameters are ignored. If a parameter occurs several
//! times, the last value counts.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Timelike, Utc};

use crate::api::error::ApiError;
use crate::behavior::{BadDate, Behavior, DateEnd, DateStart, OverLimit, QueryFractions};

/// Number of hits per page if the request has no `limit`.
pub const DEFAULT_LIMIT: u64 = 20;

/// The range and the page that a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    /// The start of the range, inclusive. `None` for the start of the log.
    pub(crate) start: Option<DateTime<Utc>>,
    /// The end of the range, exclusive. `None` for the current time.
    pub(crate) end: Option<DateTime<Utc>>,
    /// The number of hits before the page.
    pub(crate) offset: u64,
    /// Maximum number of hits on the page, in [1, [`Behavior::max_limit`]].
    pub(crate) limit: u64,
}

impl PageQuery {
    /// Parses a query string without its question mark. Fails at the first bad parameter.
    pub(crate) fn parse(query: &str, behavior: &Behavior) -> Result<Self, ApiError> {
        let last = |name: &str| {
            // Invalid UTF-8 becomes U+FFFD, which no valid value contains.
            form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).last().map(|(_, value)| value)
        };
        let time = |name| match last(name) {
            Some(value) => parse_time(name, &value, behavior),
            None => Ok(None),
        };
        let (start, end) = (time("dateStart")?, time("dateEnd")?);
        let start = match behavior.date_start {
            DateStart::Inclusive => start,
            DateStart::Exclusive => start.map(next_time),
        };
        let end = match behavior.date_end {
            DateEnd::Exclusive => end,
            DateEnd::Inclusive => end.map(next_time),
        };
        let offset = match last("offset") {
            Some(value) => {
                parse_number(&value).ok_or_else(|| bad_parameter("offset", "a whole number of at least 0", &value))?
            }
            None => 0,
        };
        let limit = match last("limit") {
            Some(value) => parse_limit(&value, behavior)?,
            None => DEFAULT_LIMIT.min(behavior.max_limit),
        };
        Ok(Self { start, end, offset, limit })
    }
}

/// The time one nanosecond later. No event of the log is between the two times.
fn next_time(time: DateTime<Utc>) -> DateTime<Utc> {
    time.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(time)
}

fn bad_parameter(name: &str, expected: &str, value: &str) -> ApiError {
    ApiError::bad_parameter(format!("The parameter {name} must be {expected}; its value was understood as {value:?}"))
}

fn parse_limit(value: &str, behavior: &Behavior) -> Result<u64, ApiError> {
    let max = behavior.max_limit;
    match parse_number(value) {
        Some(limit) if (1..=max).contains(&limit) => Ok(limit),
        Some(1..) if behavior.over_limit == OverLimit::Clamp => Ok(max),
        Some(1..) => Err(bad_parameter("limit", &format!("a number from 1 to {max}"), value)),
        _ => Err(bad_parameter("limit", "a whole number of at least 1", value)),
    }
}

/// Parses a text of digits as a number. A number that does not fit into 64 bits becomes the largest 64-bit number.
fn parse_number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

fn parse_time(name: &str, value: &str, behavior: &Behavior) -> Result<Option<DateTime<Utc>>, ApiError> {
    let instant = parse_instant(value, behavior.bare_date_zone);
    let accepted = match behavior.query_fractions {
        QueryFractions::Count => instant,
        QueryFractions::CutOff => instant.map(|instant| instant.trunc_subsecs(0)),
        QueryFractions::Refuse => instant.filter(|instant| instant.nanosecond() == 0),
    };
    match (accepted, behavior.bad_date) {
        (Some(instant), _) => Ok(Some(instant)),
        (None, BadDate::Ignore) => Ok(None),
        (None, BadDate::Fail) => Err(ApiError::internal()),
        (None, BadDate::Refuse) => {
            let expected = "a date such as 2026-11-20 or a timestamp such as 2026-11-20T09:12:33Z";
            Err(bad_parameter(name, expected, value))
        }
    }
}

/// Parses an RFC 3339 timestamp, or a date, which means midnight in the zone.
fn parse_instant(value: &str, zone: FixedOffset) -> Option<DateTime<Utc>> {
    if value.len() == "2026-11-20".len() {
        let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
        // chrono also accepts fewer digits.
        let date = Some(date).filter(|date| date.to_string() == value)?;
        let midnight = date.and_time(NaiveTime::MIN).and_local_timezone(zone);
        return midnight.single().map(|midnight| midnight.to_utc());
    }
    // chrono also accepts a space instead of the T. RFC 3339 allows the space only if both sides have agreed on it, so
    // a value with a space is refused.
    let timestamp = DateTime::parse_from_rfc3339(value).ok()?;
    (!value.contains(' ')).then(|| timestamp.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<PageQuery, ApiError> {
        PageQuery::parse(query, &Behavior::default())
    }

    fn message(error: ApiError) -> String {
        let body: serde_json::Value = serde_json::from_str(&error.into_json()).unwrap();
        body["messages"][0]["message"].as_str().unwrap().into()
    }

    fn parse_timestamp(value: &str) -> Option<DateTime<Utc>> {
        Some(DateTime::parse_from_rfc3339(value).unwrap().to_utc())
    }

    #[test]
    fn a_time_is_a_timestamp_or_a_date_in_utc() {
        for (value, expected) in [
            ("2026-11-20", parse_timestamp("2026-11-20T00:00:00Z")),
            ("2026-11-20T09:12:33Z", parse_timestamp("2026-11-20T09:12:33Z")),
            ("2026-11-20T09:12:33.394Z", parse_timestamp("2026-11-20T09:12:33.394Z")),
            ("2026-11-20T09:12:33.394000001Z", parse_timestamp("2026-11-20T09:12:33.394000001Z")),
            ("2026-11-20T09:12:33%2B01:00", parse_timestamp("2026-11-20T08:12:33Z")),
            ("2026-11-20T09:12:33-01:30", parse_timestamp("2026-11-20T10:42:33Z")),
        ] {
            let query = parse(&format!("dateStart={value}&dateEnd={value}")).unwrap();
            assert_eq!((query.start, query.end), (expected, expected), "{value}");
        }
    }

    #[test]
    fn an_invalid_time_is_an_error() {
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
            assert!(parse(&format!("dateEnd={value}")).is_err(), "{value}");
        }
    }

    #[test]
    fn offset_and_limit_have_defaults_and_bounds() {
        for (query, offset, limit) in [
            ("", 0, 20),
            ("offset=40", 40, 20),
            ("limit=1", 0, 1),
            ("limit=1000", 0, 1000),
            ("limit=1001", 0, 1000),
            ("limit=99999999999999999999&offset=99999999999999999999", u64::MAX, 1000),
        ] {
            let page = parse(query).unwrap();
            assert_eq!((page.offset, page.limit), (offset, limit), "{query}");
        }
    }

    #[test]
    fn an_invalid_number_is_an_error() {
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
            assert!(parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn names_are_matched_exactly_and_the_last_value_counts() {
        let query = "limit=0&Limit=x&datestart=x&startDate=x&%ff=x&page&&limit=7";
        let expected = PageQuery { start: None, end: None, offset: 0, limit: 7 };
        assert_eq!(parse(query).unwrap(), expected);
    }

    #[test]
    fn an_error_names_the_parameter_and_its_decoded_value() {
        let error = parse("dateStart=2026-11-20T09:12:33+01:00&limit=x").unwrap_err();
        assert_eq!(
            message(error),
            "The parameter dateStart must be a date such as 2026-11-20 or a timestamp such as \
             2026-11-20T09:12:33Z; its value was understood as \"2026-11-20T09:12:33 01:00\""
        );
    }
}
