//! Authorizes requests. Credentials may expire or be replaced while the program runs, and they are never printed.
//!
//! An [`AccessToken`] is a token with its expiry. A [`TokenProvider`], such as [`TokenFile`], supplies tokens, and
//! `TokenCache` calls the provider as rarely as possible and never concurrently. `Authorization` holds the credentials
//! of a client: a fixed token, a cache, or username and password. `Authorization` builds the header of each request and
//! removes credentials from texts. [`Claims`] are the unverified contents of a token.
//!
//! This module deliberately has no background task that refreshes tokens ahead of time, and does not exchange a
//! password for a token.

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
