//! Authorization of requests with credentials that expire, are replaced while the program runs, and are never printed.
//!
//! An [`AccessToken`] is a token with its expiry. A [`TokenProvider`], such as [`TokenFile`], supplies tokens, and
//! `TokenCache` calls it as rarely as possible and never concurrently. `Authorization` holds the credentials of a
//! client: a fixed token, a cache, or username and password. It builds the header of each request and removes
//! credentials from texts. [`Claims`] are the contents of a token, unverified.
//!
//! Deliberately absent: a background task that refreshes tokens ahead of time, and the exchange of a password for a
//! token.

mod authorization;
mod basic;
mod cache;
mod claims;
mod provider;
mod token;
mod token_file;

pub(crate) use authorization::Authorization;
pub(crate) use basic::BasicCredentials;
pub(crate) use cache::TokenCache;
pub use claims::Claims;
pub use provider::{TokenFuture, TokenProvider};
pub use token::AccessToken;
pub use token_file::TokenFile;
