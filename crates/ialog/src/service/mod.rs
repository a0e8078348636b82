//! The service: connecting to an account, what is kept about a service, and the log of requests.

pub(crate) mod account;
pub(crate) mod cache;
pub(crate) mod logging;
