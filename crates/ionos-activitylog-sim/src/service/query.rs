//! What the service makes of a query string is documented in part only, and a client must learn of a parameter that
//! was not understood. So the four parameters are read strictly, and a refusal says what arrived after decoding: a `+`
//! that was not encoded, for instance, arrives as a space.
//!
//! Names are matched exactly, other names are ignored, and of several parameters of one name the last one counts.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SubsecRound, Timelike, Utc};

use crate::service::refusal::Refusal;
use crate::switches::{BadDate, OverLimit, QueryFractions, Switches};

/// How many hits a page has when the request does not say.
pub const DEFAULT_LIMIT: u64 = 20;

/// Which page of which range is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// Inclusive.
    pub(crate) start: Option<DateTime<Utc>>,
    /// Exclusive.
    pub(crate) end: Option<DateTime<Utc>>,
    pub(crate) offset: u64,
    /// In [1, [`Switches::max_limit`]].
    pub(crate) limit: u64,
}

impl Query {
    /// Reads a query string, without its question mark. Fails at the first bad parameter.
    pub(crate) fn parse(query: &str, switches: &Switches) -> Result<Self, Refusal> {
        let last = |name: &str| {
            // What is no UTF-8 becomes U+FFFD, which no valid value contains.
            form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name).last().map(|(_, value)| value)
        };
        let time = |name| match last(name) {
            Some(value) => time(name, &value, switches),
            None => Ok(None),
        };
        let (start, end) = (time("dateStart")?, time("dateEnd")?);
        let offset = match last("offset") {
            Some(value) => number(&value).ok_or_else(|| bad("offset", "a number from 0", &value))?,
            None => 0,
        };
        let limit = match last("limit") {
            Some(value) => limit(&value, switches)?,
            None => DEFAULT_LIMIT.min(switches.max_limit),
        };
        Ok(Self { start, end, offset, limit })
    }
}

fn bad(name: &str, expected: &str, value: &str) -> Refusal {
    Refusal::bad_parameter(format!("The parameter {name} must be {expected}; it was understood as {value:?}"))
}

fn limit(value: &str, switches: &Switches) -> Result<u64, Refusal> {
    let most = switches.max_limit;
    match number(value) {
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(1..) if switches.over_limit == OverLimit::Clamp => Ok(most),
        Some(1..) => Err(bad("limit", &format!("a number from 1 to {most}"), value)),
        _ => Err(bad("limit", "a number from 1", value)),
    }
}

/// Digits only; what is too large for 64 bits is as good as the largest number that is not.
fn number(value: &str) -> Option<u64> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u64::MAX))
}

fn time(name: &str, value: &str, switches: &Switches) -> Result<Option<DateTime<Utc>>, Refusal> {
    let instant = instant(value, switches.bare_date_zone);
    let read = match switches.query_fractions {
        QueryFractions::Count => instant,
        QueryFractions::CutOff => instant.map(|instant| instant.trunc_subsecs(0)),
        QueryFractions::Refuse => instant.filter(|instant| instant.nanosecond() == 0),
    };
    match (read, switches.bad_date) {
        (Some(instant), _) => Ok(Some(instant)),
        (None, BadDate::Ignore) => Ok(None),
        (None, BadDate::Fail) => Err(Refusal::failure()),
        (None, BadDate::Refuse) => {
            let expected = "a date such as 2026-11-20 or a timestamp such as 2026-11-20T09:12:33Z";
            Err(bad(name, expected, value))
        }
    }
}

/// A timestamp of RFC 3339, or a date, which means its midnight in the zone.
fn instant(value: &str, zone: FixedOffset) -> Option<DateTime<Utc>> {
    if value.len() == "2026-11-20".len() {
        let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
        // chrono is content with fewer digits.
        let date = Some(date).filter(|date| date.to_string() == value)?;
        let midnight = date.and_time(NaiveTime::MIN).and_local_timezone(zone);
        return midnight.single().map(|midnight| midnight.to_utc());
    }
    // chrono takes a space for the T, RFC 3339 does so only by agreement.
    let timestamp = DateTime::parse_from_rfc3339(value).ok()?;
    (!value.contains(' ')).then(|| timestamp.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Query, Refusal> {
        Query::parse(query, &Switches::default())
    }

    fn message(refusal: Refusal) -> String {
        let body: serde_json::Value = serde_json::from_str(&refusal.body()).unwrap();
        body["messages"][0]["message"].as_str().unwrap().into()
    }

    fn at(value: &str) -> Option<DateTime<Utc>> {
        Some(DateTime::parse_from_rfc3339(value).unwrap().to_utc())
    }

    #[test]
    fn times_are_timestamps_with_any_offset_and_fraction_or_dates_in_utc() {
        for (value, expected) in [
            ("2026-11-20", at("2026-11-20T00:00:00Z")),
            ("2026-11-20T09:12:33Z", at("2026-11-20T09:12:33Z")),
            ("2026-11-20T09:12:33.394Z", at("2026-11-20T09:12:33.394Z")),
            ("2026-11-20T09:12:33.394000001Z", at("2026-11-20T09:12:33.394000001Z")),
            ("2026-11-20T09:12:33%2B01:00", at("2026-11-20T08:12:33Z")),
            ("2026-11-20T09:12:33-01:30", at("2026-11-20T10:42:33Z")),
        ] {
            let query = parse(&format!("dateStart={value}&dateEnd={value}")).unwrap();
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
            assert!(parse(&format!("dateEnd={value}")).is_err(), "{value}");
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
            ("limit=99999999999999999999&offset=99999999999999999999", u64::MAX, 1000),
        ] {
            let page = parse(query).unwrap();
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
            assert!(parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn names_are_exact_others_are_ignored_and_the_last_one_counts() {
        let query = "limit=0&Limit=x&datestart=x&startDate=x&%ff=x&page&&limit=7";
        let expected = Query { start: None, end: None, offset: 0, limit: 7 };
        assert_eq!(parse(query).unwrap(), expected);
    }

    #[test]
    fn a_refusal_names_the_parameter_and_the_value_as_it_was_understood() {
        let refusal = parse("dateStart=2026-11-20T09:12:33+01:00&limit=x").unwrap_err();
        assert_eq!(
            message(refusal),
            "The parameter dateStart must be a date such as 2026-11-20 or a timestamp such as \
             2026-11-20T09:12:33Z; it was understood as \"2026-11-20T09:12:33 01:00\""
        );
    }
}
