//! Connects to an account of the service, caches the limits and contracts of the service, and logs requests. Also finds
//! secrets that other users can read, and ends a range before the newest events.

pub(crate) mod account;
pub(crate) mod cache;
pub(crate) mod logging;
pub(crate) mod secret_files;
pub(crate) mod settle;
