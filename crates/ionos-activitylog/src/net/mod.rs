//! Sends one request: limits requests in flight and per second, sets headers, bounds the size of the answer, and
//! decides whether a failed call may be retried. No module here depends on an operation of the API.

pub(crate) mod base_url;
pub(crate) mod concurrency;
pub(crate) mod content_encoding;
mod environment;
pub(crate) mod middleware;
pub(crate) mod poll_scope;
pub(crate) mod rate;
pub(crate) mod retry_budget;
pub(crate) mod retry_policy;
pub(crate) mod tls_pin;
pub(crate) mod transport;
