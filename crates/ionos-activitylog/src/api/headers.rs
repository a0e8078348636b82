//! Parses the headers of an answer: `Retry-After`, `Date`, the headers of caches, the headers of a list that is sent in
//! pages, and the request id. According to RFC 9110, section 10.2.3, `Retry-After` is a date or a whole number of
//! seconds. Decimal seconds are accepted too. The vendor's own clients parse only seconds.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{AGE, AsHeaderName, CONTENT_RANGE, DATE, HeaderMap, LINK, LOCATION, WARNING};

use crate::defaults::MAX_RETRY_AFTER;

/// Maximum length of the text of a `Retry-After` header in a message, in bytes.
const MAX_RETRY_AFTER_TEXT: usize = 40;

/// Common names of the header with the request id. The service does not document the name that it uses.
const REQUEST_ID_HEADERS: [&str; 5] = ["x-request-id", "x-requestid", "request-id", "x-correlation-id", "requestid"];

/// Maximum length of a request id in bytes.
const MAX_REQUEST_ID_LENGTH: usize = 128;

/// The wait of a `Retry-After` header, counted from `now`. Zero for a date in the past; `None` if the value is
/// malformed.
pub(crate) fn parse_retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds: f64 = value.parse().ok()?;
        // Accepts digits and points only; `f64` would also parse `1e3`.
        let is_plain = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return is_plain.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(MAX_RETRY_AFTER).min(MAX_RETRY_AFTER));
    }
    let date: DateTime<Utc> = httpdate::parse_http_date(value).ok()?.into();
    Some((date - now).to_std().unwrap_or_default().min(MAX_RETRY_AFTER))
}

/// The seconds of a `Retry-After` header as the service sent them. `None` for a date or a very long number.
pub(crate) fn retry_after_seconds(value: &str) -> Option<&str> {
    let value = value.trim();
    let is_number = value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (is_number && value.len() <= MAX_RETRY_AFTER_TEXT).then_some(value)
}

/// The time of the `Date` header. `None` if the header is absent or malformed.
pub(crate) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(date).ok().map(DateTime::from)
}

/// Maximum age of an answer from a cache. Each request asks caches to confirm their answers with the service, so an
/// older answer was not confirmed.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Why an answer is outdated. An answer from a cache is outdated if its header `Age` gives an age above [`MAX_AGE`]
/// (RFC 9111, section 5.1). It is also outdated if the cache says in a header `Warning` that the answer is stale (code
/// 110) or that the service could not be asked (code 111; RFC 7234, section 5.5). `None` if the answer is not outdated.
pub(crate) fn outdated(headers: &HeaderMap) -> Option<String> {
    let age: Option<u64> = texts(headers, AGE).next().and_then(|age| age.parse().ok());
    if let Some(age) = age.filter(|age| *age > MAX_AGE.as_secs()) {
        return Some(format!("it sent an answer that was in a cache for {age} seconds"));
    }
    let is_stale = |warning: &str| warning.split(',').any(|one| matches!(one.trim().get(..4), Some("110 " | "111 ")));
    texts(headers, WARNING).any(is_stale).then(|| "a cache says that its answer is stale".to_owned())
}

/// The values of all headers with a name, without the whitespace around them. Omits values that are not visible ASCII.
fn texts(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim)
}

/// Headers with the number of all entries of a list that is sent in pages.
const LIST_TOTAL_HEADERS: [&str; 2] = ["x-total-count", "x-total"];

/// Why a list of `sent` entries is incomplete: a header of the answer says that the service has further entries. `None`
/// if no header says so.
pub(crate) fn unsent_entries(headers: &HeaderMap, sent: usize) -> Option<String> {
    let named = LIST_TOTAL_HEADERS.iter().flat_map(|name| texts(headers, *name));
    let ranges = texts(headers, CONTENT_RANGE).filter_map(|range| {
        let (range, total) = range.rsplit_once('/')?;
        (!range.starts_with("bytes")).then_some(total)
    });
    let totals = named.chain(ranges).filter_map(|total| total.parse::<usize>().ok());
    if let Some(total) = totals.max().filter(|total| *total > sent) {
        return Some(format!("the service sent {sent} of {total} entries"));
    }
    texts(headers, LINK).any(names_next_page).then(|| "the answer has a link to the next page".to_owned())
}

/// Whether a `Link` header (RFC 8288) has a link with the relation `next`.
fn names_next_page(link: &str) -> bool {
    let parameters = link.split([';', ',']).filter_map(|parameter| parameter.split_once('='));
    let mut relations = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel")).map(|(_, value)| value);
    relations.any(|value| value.trim().trim_matches('"').split(' ').any(|one| one.eq_ignore_ascii_case("next")))
}

/// The request id in any known header. The vendor's Cloud API sends the id in `Location: .../requests/{id}/status`.
/// `None` if no header has a usable id.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let usable = |id: &str| {
        let is_visible = id.bytes().all(|b| b.is_ascii_graphic());
        (is_visible && !id.is_empty() && id.len() <= MAX_REQUEST_ID_LENGTH).then(|| id.to_owned())
    };
    let named = REQUEST_ID_HEADERS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let located = headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|location| {
        let (_, rest) = location.split_once("/requests/")?;
        rest.split(['/', '?']).next()
    });
    named.chain(located).find_map(usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_retry_after_are_parsed() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let cases = [
            ("0", Some(0)),
            ("30", Some(30_000)),
            (" 1.5 ", Some(1_500)),
            ("99999999999999999999999", Some(366 * 86_400_000)),
            ("Fri, 20 Nov 2026 12:00:10 GMT", Some(10_000)),
            ("Fri, 20 Nov 2026 11:00:00 GMT", Some(0)),
            ("Friday, 20-Nov-26 12:01:00 GMT", Some(60_000)),
            ("", None),
            ("-1", None),
            ("soon", None),
            ("1e3", None),
            ("5 minutes", None),
        ];
        for (value, millis) in cases {
            assert_eq!(parse_retry_after(value, now), millis.map(Duration::from_millis), "{value}");
        }
    }

    #[test]
    fn an_answer_is_outdated_if_it_is_older_than_a_minute() {
        for (age, expected) in [("60", false), (" 61 ", true), ("99999999999", true), ("-1", false), ("1.5", false)] {
            let headers = HeaderMap::from_iter([(AGE, age.parse().unwrap())]);
            assert_eq!(outdated(&headers).is_some(), expected, "{age}");
        }
        assert_eq!(outdated(&HeaderMap::new()), None);
    }

    #[test]
    fn an_answer_is_outdated_if_a_cache_warns_that_it_is_stale() {
        let cases = [
            (r#"110 cache "Response is Stale""#, true),
            (r#"111 cache:80 "Revalidation Failed""#, true),
            (r#"214 proxy "Transformation Applied", 110 cache "Response is Stale""#, true),
            (r#"214 proxy "Transformation Applied""#, false),
            (r#"1100 cache "-""#, false),
        ];
        for (warning, expected) in cases {
            let headers = HeaderMap::from_iter([(WARNING, warning.parse().unwrap())]);
            assert_eq!(outdated(&headers).is_some(), expected, "{warning}");
        }
    }

    #[test]
    fn a_list_is_incomplete_if_a_header_says_that_the_service_has_more() {
        let cases = [
            ("X-Total-Count", "3", true),
            ("X-Total-Count", "2", false),
            ("X-Total", " 20 ", true),
            ("X-Total", "many", false),
            ("Content-Range", "items 0-1/57", true),
            ("Content-Range", "items 0-1/2", false),
            ("Content-Range", "items 0-1/*", false),
            ("Content-Range", "bytes 0-499/500", false),
            ("Link", "</contracts?page=2>; rel=\"next\"", true),
            ("Link", "</contracts?page=1>; rel=first, </contracts?page=2>; Rel=Next", true),
            ("Link", "</contracts?page=2>; rel=\"last next\"", true),
            ("Link", "</contracts?rel=next>; rel=self", false),
            ("Link", "</next>; rel=\"prev\"; title=\"next\"", false),
        ];
        for (name, value, expected) in cases {
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
            assert_eq!(unsent_entries(&headers, 2).is_some(), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_request_id_is_found_in_every_known_header() {
        let cases = [
            ("X-Request-Id", "abc-1", Some("abc-1")),
            ("X-RequestId", "abc-1", Some("abc-1")),
            ("Request-Id", "abc-1", Some("abc-1")),
            ("X-Correlation-ID", "abc-1", Some("abc-1")),
            ("Location", "https://api.ionos.com/cloudapi/v6/requests/abc-1/status", Some("abc-1")),
            ("Location", "/elsewhere", None),
            ("X-Request-Id", "two words", None),
            ("X-Request-Id", "", None),
            ("X-Other", "abc-1", None),
        ];
        for (name, value, id) in cases {
            let mut headers = HeaderMap::new();
            let name: reqwest::header::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(request_id(&headers).as_deref(), id, "{headers:?}");
        }
    }
}
