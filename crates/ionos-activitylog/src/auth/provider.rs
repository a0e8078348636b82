//! The source of tokens is up to the program: a rotated file, a vault, an exchange of credentials. The client calls it
//! through the trait [`TokenProvider`].

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use super::token::AccessToken;

/// The future returned by [`TokenProvider::token`].
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Supplies tokens to a client.
///
/// The client requests a token if it has none, if its token expires within [`REFRESH_MARGIN`](crate::REFRESH_MARGIN), if
/// the service rejected it, and if the provider has [`changed`](TokenProvider::changed). It never calls a provider
/// concurrently, and it caches the token, so a provider need not. While its token is valid, it calls a provider that
/// failed at most once per [`FETCH_BACKOFF`](crate::FETCH_BACKOFF).
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
    /// Requests wait for it, so it should have a timeout of its own. Dropping the future cancels it. Its error is
    /// available as [`Error::provider_error`](crate::Error::provider_error) of an error of kind
    /// [`TokenProvider`](crate::ErrorKind::TokenProvider). It is not printed, because its text may hold a secret; only an
    /// [`Error`](crate::Error) of this crate is printed.
    fn token(&self) -> TokenFuture<'_>;

    /// Whether [`TokenProvider::token`] would return another token than the last time. Called before every request, so it
    /// must be cheap and must not block. It stays true until a token has been returned.
    fn changed(&self) -> bool {
        false
    }
}
