//! The account whose log is read, what is kept about its service, and the log of requests.

pub(crate) mod account;
pub(crate) mod cache;
pub(crate) mod logging;
