//! Rules for response headers that several modules share: which headers a fault script or a setting must not change,
//! and the format of HTTP dates.

use chrono::{DateTime, Datelike, Utc};
use http::HeaderName;
use http::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, TRANSFER_ENCODING,
    UPGRADE,
};

/// Headers that describe the framing of a response. A wrong value would make the connection unusable. Separate faults
/// send wrong values on purpose.
const FRAMING_HEADERS: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// Headers that the service itself sends, each with a meaning of its own.
const SERVICE_HEADERS: [HeaderName; 5] = [ALLOW, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, RETRY_AFTER];

/// Whether the header describes the framing of a response.
pub(crate) fn is_framing_header(name: &HeaderName) -> bool {
    FRAMING_HEADERS.contains(name)
}

/// Whether a header may be [`Behavior::request_id_header`](crate::Behavior::request_id_header). Headers that describe
/// the framing of a response (`Connection`, `Content-Length`, `Transfer-Encoding`, `Upgrade`) and headers that the
/// service sends with another meaning (`Allow`, `Content-Encoding`, `Content-Type`, `Location`, `Retry-After`) are not
/// allowed.
#[must_use]
pub fn is_allowed_request_id_header(name: &HeaderName) -> bool {
    !is_framing_header(name) && !SERVICE_HEADERS.contains(name)
}

/// Formats a time as an HTTP date (RFC 9110, section 5.6.7) such as `Fri, 20 Nov 2026 12:00:00 GMT`, rounded down to
/// the second. `None` if the year does not have four digits.
///
/// Uses chrono because httpdate panics before 1970 and after the year 9999, and the simulator's clock may return any
/// time.
pub(crate) fn http_date(time: DateTime<Utc>) -> Option<String> {
    (0..=9999).contains(&time.year()).then(|| time.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use http::Request;

    use super::*;
    use crate::{Behavior, Simulator};

    #[test]
    fn a_header_with_another_meaning_is_not_used_for_the_request_id() {
        let request = Request::get("/activitylog/v1").body(()).unwrap();
        let headers = |name: Option<HeaderName>| {
            let behavior = Behavior { request_id_header: name, ..Behavior::default() };
            let simulator = Simulator::builder().behavior(behavior).build();
            simulator.answer(&request).headers().clone()
        };
        let without_request_id = headers(None);
        for name in FRAMING_HEADERS.into_iter().chain(SERVICE_HEADERS) {
            assert!(!is_allowed_request_id_header(&name), "{name}");
            assert_eq!(headers(Some(name)), without_request_id);
        }
        let name = HeaderName::from_static("x-correlation-id");
        assert!(is_allowed_request_id_header(&name));
        assert!(headers(Some(name.clone())).contains_key(name));
    }

    #[test]
    fn an_independent_parser_reads_an_http_date_as_the_same_second() {
        let begin: DateTime<Utc> = "1970-01-01T00:00:00Z".parse().unwrap();
        for number in 0..2_000 {
            // The number of seconds between two times is prime, so that every part of a date takes many values.
            let time = begin + TimeDelta::seconds(126_227_677 * number);
            let written = http_date(time).unwrap();
            let read = httpdate::parse_http_date(&written).unwrap();
            assert_eq!(read, time.into(), "{written}");
        }
    }

    #[test]
    fn formatting_any_time_as_an_http_date_does_not_panic() {
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
