//! Each program has its own source of tokens: a rotated file, a vault, an exchange of credentials. The client calls
//! this source through the trait [`TokenProvider`].

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use super::token::AccessToken;

/// The future returned by [`TokenProvider::token`].
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Supplies tokens to a client.
///
/// The client requests a token if it has none, if its token expires within [`REFRESH_MARGIN`](crate::REFRESH_MARGIN),
/// if the service rejected its token, or if the provider reports a [change](TokenProvider::changed). The client never
/// calls a provider concurrently, and caches the token, so a provider need not cache it. While the cached token is
/// valid, the client calls a failing provider at most once per [`FETCH_BACKOFF`](crate::FETCH_BACKOFF).
///
/// ```
/// use ionos_activitylog::{AccessToken, TokenFuture, TokenProvider};
///
/// struct Vault;
///
/// impl TokenProvider for Vault {
///     fn token(&self) -> TokenFuture<'_> {
///         Box::pin(async {
///             let text = read_from_vault().await?;
///             Ok(AccessToken::new(text)?)
///         })
///     }
/// }
/// # async fn read_from_vault() -> Result<String, std::io::Error> { Ok("a-token".to_owned()) }
/// ```
pub trait TokenProvider: Send + Sync {
    /// Returns a token that is valid now.
    ///
    /// Requests wait for the token, so the future should have a timeout of its own. The client drops the future if no
    /// request waits for the token any more.
    ///
    /// If the provider fails and no other token is valid, requests fail with an error of the kind
    /// [`TokenProvider`](crate::ErrorKind::TokenProvider). The method [`provider_error`](crate::Error::provider_error)
    /// of this error returns the error of the provider. The text of the provider's error is printed only if that error
    /// is an [`Error`](crate::Error) of this crate, because the text of any other error may hold a secret.
    fn token(&self) -> TokenFuture<'_>;

    /// Whether [`TokenProvider::token`] would return another token than last time. Called before every request, so it
    /// must be cheap and must not block. The result must stay `true` until `token` has returned the new token.
    fn changed(&self) -> bool {
        false
    }
}
