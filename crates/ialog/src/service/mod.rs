//! The service: connecting to an account, the cache of data about services, and the log of requests.

pub(crate) mod account;
pub(crate) mod cache;
pub(crate) mod logging;
pub(crate) mod secret_files;
pub(crate) mod settle;
