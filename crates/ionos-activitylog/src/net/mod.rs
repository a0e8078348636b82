//! The way of one request to the service: how many requests may be in flight and how many per second, which headers
//! they carry, how large an answer may be, and whether a failed call may be retried. Nothing here knows an operation of
//! the API.

pub(crate) mod base_url;
pub(crate) mod concurrency;
pub(crate) mod middleware;
pub(crate) mod rate;
pub(crate) mod retry_budget;
pub(crate) mod retry_policy;
pub(crate) mod tls_pin;
pub(crate) mod transport;
