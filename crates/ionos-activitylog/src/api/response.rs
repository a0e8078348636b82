//! The value of a call together with its metadata. A user quotes the request id in a support case, and the number of
//! attempts may explain a slow export.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use reqwest::header::HeaderMap;

/// The value of a call with the metadata of its answer. Dereferences to the value.
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    meta: Meta,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, meta: Meta) -> Self {
        Self { value, meta }
    }

    /// The value without the metadata.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value and the metadata.
    #[must_use]
    pub fn into_parts(self) -> (T, Meta) {
        (self.value, self.meta)
    }

    /// The metadata of the answer.
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

/// Metadata of the answer to a call. `Debug` shows the names of the headers without their values.
#[derive(Clone)]
pub struct Meta {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
}

impl Meta {
    /// HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Id that the service gave to the request, read from any of the usual headers for such an id. `None` if the answer
    /// has no such header.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Number of requests sent for the call, including retries.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Time of the whole call, including retries and waits, but without time in which the program did not poll the
    /// call.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be cookies or other secrets of the service or a proxy.
        let names: Vec<&str> = self.headers.keys().map(|name| name.as_str()).collect();
        f.debug_struct("Meta")
            .field("status", &self.status)
            .field("headers", &names)
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .finish()
    }
}
