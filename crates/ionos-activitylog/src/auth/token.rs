//! `AccessToken` holds a token with its expiry. It never prints the token, because a token gives access to the log of a
//! whole contract.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::redact::{REDACTED, redact_secrets};

/// A bearer token and its expiry. `Debug` and `Display` print `[redacted]`. The memory of the token is wiped on drop.
///
/// ```
/// use ionos_activitylog::AccessToken;
///
/// let token = AccessToken::new("a-token")?.expires_at("2026-11-20T12:00:00Z".parse().unwrap());
/// assert_eq!(token.to_string(), "[redacted]");
/// assert!(AccessToken::new("Bearer a-token").is_err());
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone)]
pub struct AccessToken {
    secret: SecretString,
    expires_at: Option<DateTime<Utc>>,
}

impl AccessToken {
    /// Creates a token from its text; surrounding white space is ignored. The token expires at [`Claims::expires_at`],
    /// or at an unknown time if the token has no such claim.
    ///
    /// Fails with [`ErrorKind::Configuration`] if the token is empty, starts with the word "Bearer" or contains
    /// characters other than visible ASCII.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Error> {
        let text = text.as_ref().trim();
        let invalid = |detail: &str| Error::new(ErrorKind::Configuration, detail);
        if text.is_empty() {
            return Err(invalid("the token is empty").with_hint("use a token of your account"));
        }
        if text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer ")) {
            return Err(invalid("the token starts with the word \"Bearer\", which is not part of it")
                .with_hint("remove the word"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(invalid("the token contains white space, a control character or a character outside ASCII")
                .with_hint("copy it again"));
        }
        Ok(Self { secret: text.into(), expires_at: Claims::read_unverified(text).and_then(|claims| claims.expires_at) })
    }

    /// Sets the expiry, in UTC: the token is not used at that time or later. Call this method for a token without an
    /// expiry of its own, or to stop using a token earlier.
    #[must_use]
    pub fn expires_at(mut self, end: DateTime<Utc>) -> Self {
        self.expires_at = Some(end);
        self
    }

    /// The expiry in UTC: the token is not used at that time or later. `None` if the expiry is unknown.
    #[must_use]
    pub fn expiry(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// The unverified claims of the token; `None` if it is opaque.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        Claims::read_unverified(self.secret.expose_secret())
    }

    /// The expiry, if the token has expired at `now`. `None` if the token is still valid or its expiry is unknown.
    pub(crate) fn past_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expires_at.filter(|end| *end <= now)
    }

    /// Whether both tokens have the same text.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Replaces the token in a text, in every spelling: see [`redact_secrets`].
    pub(crate) fn redact(&self, text: &str) -> String {
        redact_secrets(text, &[&self.secret])
    }

    /// The value of the Authorization header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        sensitive_header("Bearer", &self.secret)
    }
}

/// The value of an Authorization header, marked as sensitive so that no log shows it.
pub(super) fn sensitive_header(scheme: &str, secret: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", secret.expose_secret())).map_err(|_| {
        Error::new(ErrorKind::Configuration, "the token or password contains characters that a header cannot transmit")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Formats an expiry for messages, such as "2026-11-20T12:00:00Z".
pub(super) fn format_expiry(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = AccessToken::new(" planted-secret\n").unwrap();
        assert_eq!(format!("{token:?} {token:#?} {token}"), "[redacted] [redacted] [redacted]");
        assert_eq!(token.redact("got planted-secret here"), "got [redacted] here");
        let header = token.authorization().unwrap();
        assert_eq!(header.as_bytes(), b"Bearer planted-secret");
        assert!(!format!("{header:?}").contains("planted"));
    }

    #[test]
    fn the_error_for_an_invalid_token_does_not_show_the_token() {
        for text in ["", "  \n", "planted secret", "plantéd", "Bearer planted"] {
            let error = AccessToken::new(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("plant"), "{error}");
        }
    }

    #[test]
    fn the_expiry_is_that_of_the_claims_unless_the_program_sets_one() {
        let end: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let opaque = AccessToken::new("opaque").unwrap();
        assert_eq!(opaque.expiry(), None);
        assert_eq!(opaque.past_expiry(DateTime::<Utc>::MAX_UTC), None);
        let text = crate::auth::claims::tests::jwt(&format!(r#"{{"exp":{}}}"#, end.timestamp()));
        let token = AccessToken::new(&text).unwrap();
        assert_eq!(token.expiry(), Some(end));
        let second = chrono::TimeDelta::seconds(1);
        for (now, expired) in [(end - second, None), (end, Some(end)), (end + second, Some(end))] {
            assert_eq!(token.past_expiry(now), expired);
        }
        assert_eq!(token.expires_at(end - second).expiry(), Some(end - second));
    }
}
