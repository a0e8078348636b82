//! Who asks: what goes into the Authorization header.

mod token;

use std::sync::Arc;

use reqwest::header::HeaderValue;

use crate::Error;
use crate::clock::Clock;

pub(crate) use token::Token;

/// What a client authorises its requests with.
#[derive(Clone, Debug)]
pub(crate) struct Authorization(Token);

impl Authorization {
    /// A fixed token.
    pub(crate) fn token(text: &str) -> Result<Self, Error> {
        Token::new(text).map(Self)
    }

    /// The header, and the token in it where it could be replaced.
    pub(crate) async fn header(
        &self,
        _clock: &dyn Clock,
    ) -> Result<(HeaderValue, Option<Arc<Token>>), Error> {
        Ok((self.0.authorization()?, None))
    }

    /// Whether a refused token can be replaced by a new one.
    pub(crate) fn can_refresh(&self) -> bool {
        false
    }

    /// The service refused this token.
    pub(crate) fn rejected(&self, _token: &Token) {}

    /// The text with every secret taken out.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.0.redact(text)
    }
}
