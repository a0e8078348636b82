//! HTTP Basic authentication. Username and password never expire and travel with every request. Prefer a token: since
//! 2024-03-15 the vendor rejects passwords of accounts with a second factor, and has announced that it will reject the
//! passwords of all accounts.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::token::sensitive_header;
use crate::error::{Error, ErrorKind};
use crate::redact::REDACTED;

/// Username and password as in RFC 7617. `Debug` shows the username only.
pub(crate) struct BasicCredentials {
    username: String,
    password: SecretString,
    /// `username:password` in base64, which is as secret as the password.
    encoded: SecretString,
}

impl BasicCredentials {
    /// Fails with [`ErrorKind::Configuration`] if the username or the password is empty or contains a character that
    /// RFC 7617 forbids: control characters in both, and colons in the username.
    pub(crate) fn new(username: &str, password: &SecretString) -> Result<Self, Error> {
        let invalid = |detail: &str| Error::new(ErrorKind::Configuration, detail);
        let secret = password.expose_secret();
        if username.is_empty() {
            return Err(
                invalid("there is a password without a username").with_hint("set a token, or username and password")
            );
        }
        if secret.is_empty() {
            return Err(
                invalid("there is a username without a password").with_hint("set a token, or username and password")
            );
        }
        if username.contains(':') {
            return Err(invalid("the username contains a colon, which HTTP Basic authentication does not allow")
                .with_hint("correct the username"));
        }
        if username.chars().any(char::is_control) {
            return Err(invalid("the username contains a control character").with_hint("enter it again"));
        }
        if secret.chars().any(char::is_control) {
            return Err(
                invalid("the password contains a control character, such as a line break").with_hint("enter it again")
            );
        }
        let pair = Zeroizing::new(format!("{username}:{secret}"));
        Ok(Self {
            username: username.to_owned(),
            password: password.clone(),
            encoded: STANDARD.encode(pair.as_bytes()).into(),
        })
    }

    /// The value of the Authorization header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        sensitive_header("Basic", &self.encoded)
    }

    /// The texts to redact.
    pub(crate) fn secrets(&self) -> [&SecretString; 2] {
        [&self.password, &self.encoded]
    }
}

impl fmt::Debug for BasicCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCredentials")
            .field("username", &self.username)
            .field("password", &format_args!("{REDACTED}"))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_encoded_as_in_rfc_7617_and_only_the_username_is_printed() {
        // The RFC's own examples.
        for (username, password, encoded) in
            [("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("test", "123£", "dGVzdDoxMjPCow==")]
        {
            let basic = BasicCredentials::new(username, &password.into()).unwrap();
            let header = basic.authorization().unwrap();
            assert_eq!(header, format!("Basic {encoded}"));
            let shown = format!("{basic:?} {basic:#?} {header:?}");
            assert!(shown.contains("[redacted]") && shown.contains(username));
            assert!(!shown.contains(password) && !shown.contains(encoded), "{shown}");
        }
    }

    #[test]
    fn the_error_for_invalid_credentials_shows_no_secret() {
        let cases = [
            ("", "planted", "without a username"),
            ("me", "", "without a password"),
            ("me:planted", "planted", "a colon"),
            ("planted\n", "planted", "the username contains a control character"),
            ("me", "planted\n", "the password contains a control character"),
        ];
        for (username, password, reason) in cases {
            let error = BasicCredentials::new(username, &password.into()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let text = error.to_string();
            assert!(text.contains(reason) && !text.contains("planted"), "{text}");
        }
    }
}
