//! Holds the credentials of a client, whatever their kind is. Builds the Authorization header of each request, and
//! removes the credentials from texts in which the service may have repeated them.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use super::basic::BasicCredentials;
use super::cache::TokenCache;
use super::claims::{Claims, PRIVILEGE};
use super::token::{AccessToken, format_expiry};
use crate::error::{Error, ErrorKind};
use crate::redact::redact_secrets;
use crate::runtime::clock::Clock;

/// The credentials of a client. `Debug` shows no secret.
pub(crate) enum Authorization {
    /// A token that is used as long as the client lives.
    Token(Arc<AccessToken>),
    /// Username and password, which the vendor is phasing out: see [`BasicCredentials`].
    Basic(BasicCredentials),
    /// Tokens of a provider.
    Cached(TokenCache),
}

impl Authorization {
    /// Returns the value of the Authorization header, marked as sensitive, and the token in it. The caller passes the
    /// token to [`Authorization::reject`] if the service rejects it.
    ///
    /// Fails with [`ErrorKind::TokenExpired`] if a fixed token has expired, and with [`ErrorKind::TokenProvider`] if a
    /// provider supplies no token. In both cases the service would reject the request.
    pub(crate) async fn header(&self, clock: &dyn Clock) -> Result<(HeaderValue, Option<Arc<AccessToken>>), Error> {
        let token = match self {
            Self::Basic(basic) => return Ok((basic.authorization()?, None)),
            Self::Cached(cache) => cache.get().await?,
            Self::Token(token) => match token.past_expiry(clock.now()) {
                None => token.clone(),
                Some(end) => {
                    return Err(Error::new(
                        ErrorKind::TokenExpired,
                        format!("the token expired at {}", format_expiry(end)),
                    )
                    .with_hint("get a new one"));
                }
            },
        };
        Ok((token.authorization()?, Some(token)))
    }

    /// Whether the client may get another token after the service rejected one. Only a provider supplies more than one
    /// token.
    pub(crate) fn can_refresh(&self) -> bool {
        matches!(self, Self::Cached(_))
    }

    /// Marks a token as rejected by the service. The next header contains another token if the provider has one.
    pub(crate) fn reject(&self, token: &AccessToken) {
        if let Self::Cached(cache) = self {
            cache.invalidate(token);
        }
    }

    /// Replaces the credentials in a text, in every spelling (see [`redact_secrets`]): the current and the previous
    /// token, or the password and its encoded form.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::Token(token) => token.redact(text),
            Self::Basic(basic) => redact_secrets(text, &basic.secrets()),
            Self::Cached(cache) => {
                let tokens = cache.known_tokens();
                let secrets: Vec<_> = tokens.iter().map(|token| token.secret()).collect();
                redact_secrets(text, &secrets)
            }
        }
    }

    /// The unverified claims of the current token. `None` if the token is opaque, if a provider has not supplied a
    /// token yet, or if the credentials are a username and password.
    pub(crate) fn claims(&self) -> Option<Claims> {
        match self {
            Self::Token(token) => token.claims(),
            Self::Cached(cache) => cache.known_tokens().first()?.claims(),
            Self::Basic(_) => None,
        }
    }

    /// A warning for the user if the claims of the current token do not allow reading the log.
    pub(crate) fn warning(&self) -> Option<String> {
        let may_read = self.claims()?.may_read_log()?;
        (!may_read).then(|| {
            format!(
                "according to the token, its user lacks the privilege {PRIVILEGE}: a contract owner or administrator can \
                 grant it to one of the user's groups (group privilege \"Access Activity-Log-API\", accessActivityLog)"
            )
        })
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => token.fmt(f),
            Self::Basic(basic) => basic.fmt(f),
            Self::Cached(cache) => cache.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::claims::tests::jwt;
    use crate::auth::provider::{TokenFuture, TokenProvider};
    use crate::runtime::clock::VirtualClock;

    fn noon() -> VirtualClock {
        VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap())
    }

    fn fixed(text: &str) -> Authorization {
        Authorization::Token(Arc::new(AccessToken::new(text).unwrap()))
    }

    /// Supplies the tokens `planted-0`, `planted-1` and so on.
    struct Counter(std::sync::atomic::AtomicU32);

    impl TokenProvider for Counter {
        fn token(&self) -> TokenFuture<'_> {
            let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async move { Ok(AccessToken::new(format!("planted-{count}"))?) })
        }
    }

    #[tokio::test]
    async fn an_expired_fixed_token_fails_before_any_request_and_the_error_names_the_expiry() {
        let clock = noon();
        let text = jwt(r#"{"exp":1795176000}"#);
        let error = fixed(&text).header(&clock).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TokenExpired);
        assert_eq!(error.to_string(), "the token expired at 2026-11-20T12:00:00Z: get a new one");
        let valid = fixed(&jwt(r#"{"exp":1795176001}"#));
        let (header, used) = valid.header(&clock).await.unwrap();
        assert!(header.is_sensitive() && used.is_some() && !valid.can_refresh());
    }

    #[tokio::test]
    async fn a_rejected_token_is_replaced_and_both_tokens_are_redacted() {
        let clock = Arc::new(noon());
        let cache = TokenCache::new(Arc::new(Counter(0.into())), clock.clone());
        let authorization = Authorization::Cached(cache);
        assert!(authorization.can_refresh());
        assert_eq!(authorization.redact("planted-0"), "planted-0", "not known yet");
        let (header, used) = authorization.header(&*clock).await.unwrap();
        assert_eq!(header, "Bearer planted-0");
        authorization.reject(&used.unwrap());
        let (header, _) = authorization.header(&*clock).await.unwrap();
        assert_eq!(header, "Bearer planted-1");
        assert_eq!(authorization.redact("planted-1 for planted-0"), "[redacted] for [redacted]");
        let shown = format!("{authorization:?} {header:?}");
        assert!(shown.contains("[redacted]") && !shown.contains("planted"), "{shown}");
    }

    #[tokio::test]
    async fn a_password_and_its_encoded_form_are_redacted() {
        let basic = BasicCredentials::new("Aladdin", &"open sesame".into()).unwrap();
        let authorization = Authorization::Basic(basic);
        let (header, used) = authorization.header(&noon()).await.unwrap();
        assert!(header.is_sensitive() && used.is_none() && !authorization.can_refresh());
        assert_eq!(
            authorization.redact("Aladdin: open+sesame, QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            "Aladdin: [redacted], [redacted]"
        );
        assert_eq!((authorization.claims(), authorization.warning()), (None, None));
    }

    #[test]
    fn only_claims_that_forbid_reading_the_log_cause_a_warning() {
        let cases = [
            ("opaque".to_owned(), false),
            (jwt("{}"), false),
            (jwt(r#"{"identity":{"privileges":["ACCESS_ACTIVITY_LOG"]}}"#), false),
            (jwt(r#"{"identity":{"privileges":[],"role":"owner"}}"#), false),
            (jwt(r#"{"identity":{"privileges":[],"role":"user"}}"#), true),
        ];
        for (text, warned) in cases {
            let authorization = fixed(&text);
            let warning = authorization.warning();
            assert_eq!(warning.is_some(), warned, "{text}");
            for named in ["ACCESS_ACTIVITY_LOG", "accessActivityLog"] {
                assert!(warning.as_ref().is_none_or(|warning| warning.contains(named)));
            }
            assert_eq!(authorization.redact(&text), "[redacted]");
        }
    }

    #[test]
    fn the_future_of_the_method_header_implements_send() {
        fn sent<T: Send>(_: &T) {}
        let (authorization, clock) = (fixed("opaque"), noon());
        sent(&authorization.header(&clock));
    }
}
