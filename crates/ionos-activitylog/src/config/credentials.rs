//! Credentials from one source. A source with a username but no password is an error: skipping it would run the program
//! with the credentials of another source.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::config_error;
use crate::error::Error;
use crate::redact::redact_value;

/// The credentials of a client, not validated yet. `Debug` shows no secret.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// A token, without the word "Bearer".
    Token(SecretString),
    /// A username and its password. The service rejects them for accounts with a second factor.
    Basic { username: String, password: SecretString },
}

/// The credentials of one source, and the names of their parts in this source.
pub(super) struct CredentialParts<'a> {
    /// The source in words, for messages.
    pub(super) source: &'a str,
    /// The names of token, username and password, for messages.
    pub(super) names: [&'a str; 3],
    pub(super) token: Option<SecretString>,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
}

impl CredentialParts<'_> {
    /// The credentials of the source, if it has any. A token takes precedence over username and password, as in the
    /// vendor's tools.
    ///
    /// Fails if the source has no token, but a username without a password or a password without a username.
    pub(super) fn into_credentials(self) -> Result<Option<Credentials>, Error> {
        let Self { source, names, .. } = self;
        let incomplete = |present: &str, absent: &str| {
            let token = names[0];
            config_error(format!("in {source}, {present} is set but {absent} is not"))
                .with_hint(format!("set both, or {token} alone"))
        };
        match (self.token, self.username, self.password) {
            (Some(token), _, _) => Ok(Some(Credentials::Token(token))),
            (None, Some(username), Some(password)) => Ok(Some(Credentials::Basic { username, password })),
            (None, Some(_), None) => Err(incomplete(names[1], names[2])),
            (None, None, Some(_)) => Err(incomplete(names[2], names[1])),
            (None, None, None) => Ok(None),
        }
    }
}

/// The text if it is not blank. Variables and files with an empty value count as unset, as in the vendor's tools.
pub(super) fn non_blank(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The secret if it is not blank.
pub(super) fn non_blank_secret(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().trim().is_empty())
}

impl Credentials {
    /// A description of the credentials for users, with `[redacted]` in place of secrets.
    pub(super) fn redacted(&self) -> String {
        match self {
            Self::Token(_) => "token [redacted]".to_owned(),
            // A valid username has no colon and no white space. A text with such a character may be a username together
            // with its password.
            Self::Basic { username, .. } if username.trim().contains(|c: char| c == ':' || c.is_whitespace()) => {
                "username [redacted], password [redacted]".to_owned()
            }
            Self::Basic { username, .. } => format!("username {}, password [redacted]", redact_value(username)),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}
