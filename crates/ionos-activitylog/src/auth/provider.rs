//! Where tokens come from differs from program to program: a file that something else rotates, a vault, an exchange
//! of credentials. The library needs to know one thing: whom to ask for the next one.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use crate::AccessToken;

/// A future of a token.
pub type TokenFuture<'a> =
    Pin<Box<dyn Future<Output = Result<AccessToken, Box<dyn StdError + Send + Sync>>> + Send + 'a>>;

/// Gets tokens. A client asks when it has none, when its token has no more than
/// [`REFRESH_MARGIN`](crate::REFRESH_MARGIN) to live, when the service refused it, and when the provider says that it
/// [`changed`](TokenProvider::changed). It never asks twice at a time and keeps what it got, so that a provider need
/// not; while its token is valid, it asks a provider that failed again after
/// [`FETCH_BACKOFF`](crate::FETCH_BACKOFF).
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
    /// Gets a token that is valid now.
    ///
    /// It should end in its own time, with an error if need be: requests wait for it. Dropping the future ends the
    /// attempt. Its error reaches the program as the `source` of an [`Error`](crate::Error) of kind
    /// [`TokenProvider`](crate::ErrorKind::TokenProvider), and is not printed, since its text may hold a secret;
    /// an error of this crate holds none and is printed.
    fn token(&self) -> TokenFuture<'_>;

    /// Whether [`TokenProvider::token`] would now give another token than the last time. Asked before every request,
    /// so it must be cheap and must not wait; it stays true until a token was given.
    fn changed(&self) -> bool {
        false
    }
}
