//! What a call gave, and what came along with it: a support request starts with the request id, and a slow export
//! with the number of attempts.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};

/// The value of a call, with what came along. Reads like the value itself.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    meta: Meta,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, meta: Meta) -> Self {
        Self { value, meta }
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value, and what came along with it.
    #[must_use]
    pub fn into_parts(self) -> (T, Meta) {
        (self.value, self.meta)
    }

    /// What came along with it.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What came along with the answer to a call. `Debug` shows the names of the headers and not what they hold.
#[derive(Clone)]
pub struct Meta {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl Meta {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers of the answer, as `http` has them.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The service's name for the request, under any of the spellings that are in use.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How often the call was sent.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the call took in all, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A cookie, or whatever else a service or something in front of it may send.
        let names: Vec<&str> = self.headers.keys().map(|name| name.as_str()).collect();
        f.debug_struct("Meta")
            .field("status", &self.status)
            .field("headers", &names)
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .finish()
    }
}

/// Spellings of the header. Which one the service uses is not documented.
const SPELLINGS: [&str; 5] = ["x-request-id", "x-requestid", "request-id", "x-correlation-id", "requestid"];

/// The longest id that is taken for one.
const LONGEST: usize = 128;

/// The request id in some headers; the vendor's Cloud API tells it in `Location: .../requests/{id}/status`.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let usable = |id: &str| {
        let visible = !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_graphic());
        visible.then(|| id.to_owned())
    };
    let spelled = SPELLINGS.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let located = headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|location| {
        let (_, rest) = location.split_once("/requests/")?;
        rest.split(['/', '?']).next()
    });
    spelled.chain(located).find_map(usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_found_under_every_spelling() {
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
