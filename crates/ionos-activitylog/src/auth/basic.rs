//! User name and password open more than a log, never end by themselves, and travel with every request. The vendor
//! refuses them for accounts with a second factor since 2024-03-15 and has announced to end them for all: use a token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::redact::REDACTED;
use super::token::sensitive;
use crate::{Error, ErrorKind};

/// User name and password, as RFC 7617 sends them. `Debug` shows the user name only.
pub(crate) struct Basic {
    username: String,
    password: SecretString,
    /// What is sent, which is as good as the password.
    encoded: SecretString,
}

impl Basic {
    /// Fails with [`ErrorKind::Configuration`] for what RFC 7617 cannot carry: a colon in the user name, and control
    /// characters; and for half of a pair.
    pub(crate) fn new(username: &str, password: &SecretString) -> Result<Self, Error> {
        let refuse = |detail: &str| Error::new(ErrorKind::Configuration, detail);
        let secret = password.expose_secret();
        if username.is_empty() {
            return Err(refuse("there is a password without a user name").with_hint("set both, or better a token"));
        }
        if secret.is_empty() {
            return Err(refuse("there is a user name without a password").with_hint("set both, or better a token"));
        }
        if username.contains(':') {
            return Err(refuse("the user name holds a colon, which ends a user name").with_hint("correct it"));
        }
        if username.chars().any(char::is_control) {
            return Err(refuse("the user name holds a control character").with_hint("enter it again"));
        }
        if secret.chars().any(char::is_control) {
            return Err(
                refuse("the password holds a control character, such as a line break").with_hint("enter it again")
            );
        }
        let pair = Zeroizing::new(format!("{username}:{secret}"));
        Ok(Self {
            username: username.to_owned(),
            password: password.clone(),
            encoded: STANDARD.encode(pair.as_bytes()).into(),
        })
    }

    /// The value of the Authorization header, marked so that no log shows it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        sensitive("Basic", &self.encoded)
    }

    /// What no text may show.
    pub(crate) fn secrets(&self) -> [&SecretString; 2] {
        [&self.password, &self.encoded]
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basic")
            .field("username", &self.username)
            .field("password", &format_args!("{REDACTED}"))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_sent_as_rfc_7617_has_it_and_never_printed() {
        // The RFC's own examples.
        for (username, password, encoded) in
            [("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("test", "123£", "dGVzdDoxMjPCow==")]
        {
            let basic = Basic::new(username, &password.into()).unwrap();
            let header = basic.authorization().unwrap();
            assert_eq!(header, format!("Basic {encoded}"));
            let shown = format!("{basic:?} {basic:#?} {header:?}");
            assert!(shown.contains("[redacted]") && shown.contains(username));
            assert!(!shown.contains(password) && !shown.contains(encoded), "{shown}");
        }
    }

    #[test]
    fn a_pair_that_cannot_be_sent_is_refused_without_showing_it() {
        let cases = [
            ("", "planted", "without a user name"),
            ("me", "", "without a password"),
            ("me:planted", "planted", "a colon"),
            ("planted\n", "planted", "the user name holds a control character"),
            ("me", "planted\n", "the password holds a control character"),
        ];
        for (username, password, reason) in cases {
            let error = Basic::new(username, &password.into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let text = error.to_string();
            assert!(text.contains(reason) && !text.contains("planted"), "{text}");
        }
    }
}
