//! A token opens the audit trail of a whole contract, so there is one type that holds it, and that type cannot be
//! printed.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::redact::REDACTED;
use crate::{Claims, Error, ErrorKind};

/// A bearer token and the time at which it ends. `Debug` and `Display` print `[redacted]`; this copy of the token is
/// wiped when it is dropped.
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
    /// Takes the token itself, without the word "Bearer"; white space round it is dropped. It ends when it says so
    /// itself ([`Claims::expires_at`]), and at no known time if it does not.
    ///
    /// Fails with [`ErrorKind::Configuration`] for an empty token and for one that no header can carry.
    pub fn new(text: impl AsRef<str>) -> Result<Self, Error> {
        let text = text.as_ref().trim();
        let refuse = |detail: &str| Error::new(ErrorKind::Configuration, detail);
        if text.is_empty() {
            return Err(refuse("the token is empty").with_hint("give the token of your account"));
        }
        if text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer ")) {
            return Err(
                refuse("the token begins with the word \"Bearer\", which is no part of it").with_hint("leave it out")
            );
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(refuse(
                "the token holds a character that no token has (white space, a control character or a letter outside ASCII)",
            )
            .with_hint("copy it again"));
        }
        Ok(Self { secret: text.into(), expires_at: Claims::read_unverified(text).and_then(|claims| claims.expires_at) })
    }

    /// The same token with another end, in UTC and exclusive: from then on it is not used. For a token that does not
    /// say itself when it ends, or to end it sooner.
    #[must_use]
    pub fn expires_at(mut self, end: DateTime<Utc>) -> Self {
        self.expires_at = Some(end);
        self
    }

    /// When it ends, in UTC; from then on it is not used. None if that is not known.
    #[must_use]
    pub fn expiry(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// What the token says of itself, unverified; none for a token that says nothing.
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        Claims::read_unverified(self.secret.expose_secret())
    }

    /// The end of the token, if it is past.
    pub(crate) fn expired(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expires_at.filter(|end| *end <= now)
    }

    /// Whether it is the same text.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The text with the token taken out, in case a service repeats it: as it is, escaped as in JSON or in a URL,
    /// and cut off at the end of the text.
    pub(crate) fn redact(&self, text: &str) -> String {
        super::redact::redact(text, &[&self.secret])
    }

    /// The value of the Authorization header, marked so that no log shows it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        sensitive("Bearer", &self.secret)
    }
}

/// The value of an Authorization header, marked so that no log shows it.
pub(super) fn sensitive(scheme: &str, secret: &SecretString) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", secret.expose_secret()))
        .map_err(|_| Error::new(ErrorKind::Configuration, "the token or password does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A time as errors show it, such as "2026-11-20T12:00:00Z".
pub(super) fn shown(time: DateTime<Utc>) -> String {
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
    fn a_token_that_cannot_be_one_is_refused_without_showing_it() {
        for text in ["", "  \n", "planted secret", "plantéd", "Bearer planted"] {
            let error = AccessToken::new(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("plant"), "{error}");
        }
    }

    #[test]
    fn a_token_ends_when_it_says_so_unless_told_otherwise() {
        let end: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let opaque = AccessToken::new("opaque").unwrap();
        assert_eq!(opaque.expiry(), None);
        assert_eq!(opaque.expired(DateTime::<Utc>::MAX_UTC), None);
        let text = crate::auth::claims::tests::jwt(&format!(r#"{{"exp":{}}}"#, end.timestamp()));
        let token = AccessToken::new(&text).unwrap();
        assert_eq!(token.expiry(), Some(end));
        let second = chrono::TimeDelta::seconds(1);
        for (now, expired) in [(end - second, None), (end, Some(end)), (end + second, Some(end))] {
            assert_eq!(token.expired(now), expired);
        }
        assert_eq!(token.expires_at(end - second).expiry(), Some(end - second));
    }
}
