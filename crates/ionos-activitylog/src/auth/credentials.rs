//! Each request needs a header that proves who asks, and each text that comes back needs what is secret taken out,
//! whichever way a client proves itself.

use std::fmt;
use std::sync::Arc;

use reqwest::header::HeaderValue;

use super::basic::Basic;
use super::cache::TokenCache;
use super::claims::{Claims, PRIVILEGE};
use super::redact::redact;
use super::token::shown;
use crate::clock::Clock;
use crate::{AccessToken, Error, ErrorKind};

/// How a client proves who it is. `Debug` shows nothing secret.
pub(crate) enum Authorization {
    /// One token for as long as the client lives.
    Token(Arc<AccessToken>),
    /// User name and password, which are on their way out: see [`Basic`].
    Basic(Basic),
    /// The tokens of a provider.
    Cached(TokenCache),
}

impl Authorization {
    /// The value of the Authorization header, marked so that no log shows it, and the token in it, by which a
    /// refusal is told to [`Authorization::rejected`].
    ///
    /// Fails with [`ErrorKind::TokenExpired`] for a fixed token that is over by the clock, and with
    /// [`ErrorKind::TokenProvider`] when a provider gives no token. In both cases a request would only be refused.
    pub(crate) async fn header(&self, clock: &dyn Clock) -> Result<(HeaderValue, Option<Arc<AccessToken>>), Error> {
        let token = match self {
            Self::Basic(basic) => return Ok((basic.authorization()?, None)),
            Self::Cached(cache) => cache.get().await?,
            Self::Token(token) => match token.expired(clock.now()) {
                None => token.clone(),
                Some(end) => {
                    return Err(Error::new(ErrorKind::TokenExpired, format!("the token expired at {}", shown(end)))
                        .with_hint("get a new one"));
                }
            },
        };
        Ok((token.authorization()?, Some(token)))
    }

    /// Whether there may be another token after a refusal.
    pub(crate) fn can_refresh(&self) -> bool {
        matches!(self, Self::Cached(_))
    }

    /// Says that the service refused the token, so that the next header holds another where there is one.
    pub(crate) fn rejected(&self, token: &AccessToken) {
        if let Self::Cached(cache) = self {
            cache.invalidate(token);
        }
    }

    /// The text with every secret taken out, in case a service repeats it: the token and the one before, the password
    /// and what is sent in its place; as they are, escaped as in JSON or in a URL, and cut off at the end of the text.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::Token(token) => token.redact(text),
            Self::Basic(basic) => redact(text, &basic.secrets()),
            Self::Cached(cache) => {
                let known = cache.known();
                let secrets: Vec<_> = known.iter().map(|token| token.secret()).collect();
                redact(text, &secrets)
            }
        }
    }

    /// What the token in use says of itself, unverified; of a provider's, once there is one.
    pub(crate) fn claims(&self) -> Option<Claims> {
        match self {
            Self::Token(token) => token.claims(),
            Self::Cached(cache) => cache.known().first()?.claims(),
            Self::Basic(_) => None,
        }
    }

    /// One sentence for people if the token in use says that its user may not read the log.
    pub(crate) fn warning(&self) -> Option<String> {
        let may_read = self.claims()?.may_read_log()?;
        (!may_read).then(|| {
            format!(
                "the token says that its user lacks the privilege {PRIVILEGE}: a contract owner or administrator can grant \
                 it to one of the user's groups (group privilege \"Access Activity-Log-API\", accessActivityLog)"
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
    use crate::clock::VirtualClock;

    fn noon() -> VirtualClock {
        VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap())
    }

    fn fixed(text: &str) -> Authorization {
        Authorization::Token(Arc::new(AccessToken::new(text).unwrap()))
    }

    /// Gives tokens named by a counter.
    struct Counter(std::sync::atomic::AtomicU32);

    impl TokenProvider for Counter {
        fn token(&self) -> TokenFuture<'_> {
            let count = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async move { Ok(AccessToken::new(format!("planted-{count}"))?) })
        }
    }

    #[tokio::test]
    async fn a_fixed_token_that_is_over_fails_before_a_request_and_says_when_it_ended() {
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
    async fn a_refused_token_is_replaced_and_both_are_taken_out_of_texts() {
        let clock = Arc::new(noon());
        let cache = TokenCache::new(Arc::new(Counter(0.into())), clock.clone());
        let authorization = Authorization::Cached(cache);
        assert!(authorization.can_refresh());
        assert_eq!(authorization.redact("planted-0"), "planted-0", "not known yet");
        let (header, used) = authorization.header(&*clock).await.unwrap();
        assert_eq!(header, "Bearer planted-0");
        authorization.rejected(&used.unwrap());
        let (header, _) = authorization.header(&*clock).await.unwrap();
        assert_eq!(header, "Bearer planted-1");
        assert_eq!(authorization.redact("planted-1 for planted-0"), "[redacted] for [redacted]");
        let shown = format!("{authorization:?} {header:?}");
        assert!(shown.contains("[redacted]") && !shown.contains("planted"), "{shown}");
    }

    #[tokio::test]
    async fn a_password_and_its_sent_form_are_taken_out_of_texts() {
        let basic = Basic::new("Aladdin", &"open sesame".into()).unwrap();
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
    fn only_a_token_that_says_so_is_warned_of() {
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
    fn a_header_can_be_awaited_in_any_task() {
        fn sent<T: Send>(_: &T) {}
        let (authorization, clock) = (fixed("opaque"), noon());
        sent(&authorization.header(&clock));
    }
}
