//! The log of a contract opens only to who proves who they are, with a proof that expires, is replaced while a
//! program runs, and must never be shown.
//!
//! A *token* is text with an end ([`AccessToken`]). A *provider* gets tokens ([`TokenProvider`], such as
//! [`TokenFile`]). A *cache* asks a provider as rarely as it may and never twice at a time. *Authorization* is what a
//! client holds: a fixed token, a cache, or user name and password; it makes the header of each request and takes
//! what is secret out of every text. [`Claims`] are what a token says of itself, unverified.
//!
//! Deliberately absent: a task in the background that refreshes ahead of time, and the exchange of a password for a
//! token.

mod basic;
mod cache;
mod claims;
mod credentials;
mod provider;
mod redact;
mod token;
mod token_file;

pub(crate) use basic::Basic;
pub(crate) use cache::TokenCache;
pub use cache::{FETCH_BACKOFF, REFRESH_MARGIN};
pub use claims::Claims;
pub(crate) use credentials::Authorization;
pub use provider::{TokenFuture, TokenProvider};
pub(crate) use redact::REDACTED;
pub use token::AccessToken;
pub use token_file::TokenFile;
