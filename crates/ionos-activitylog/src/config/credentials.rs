//! A source that names a user and no password was meant to be complete. Passing over it would let the program run
//! with someone else's credentials from the next source, so it is an error.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::refuse;
use crate::Error;

/// What proves to the service who is asking. `Debug` shows no secret.
#[derive(Clone)]
pub(crate) enum Credentials {
    /// A token, without the word "Bearer". Not checked yet.
    Token(SecretString),
    /// A username and its password; refused by the service for accounts with a second factor.
    Basic { username: String, password: SecretString },
}

/// What one source says about credentials, and how it calls each part.
pub(super) struct Parts<'a> {
    pub(super) source: &'a str,
    pub(super) names: [&'a str; 3],
    pub(super) token: Option<SecretString>,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretString>,
}

impl Parts<'_> {
    /// The credentials of the source, if it has any. Its token goes before its username and password, as in the
    /// vendor's tools.
    ///
    /// Fails for a username without a password and the reverse, where there is no token.
    pub(super) fn credentials(self) -> Result<Option<Credentials>, Error> {
        let Self { source, names, .. } = self;
        let half = |present: &str, absent: &str| {
            let token = names[0];
            refuse(format!("in {source}, {present} is set and {absent} is not"))
                .with_hint(format!("set both, or {token} alone"))
        };
        match (self.token, self.username, self.password) {
            (Some(token), _, _) => Ok(Some(Credentials::Token(token))),
            (None, Some(username), Some(password)) => Ok(Some(Credentials::Basic { username, password })),
            (None, Some(_), None) => Err(half(names[1], names[2])),
            (None, None, Some(_)) => Err(half(names[2], names[1])),
            (None, None, None) => Ok(None),
        }
    }
}

/// A text that says something. In variables and files an empty value counts as none, as in the vendor's tools.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// A secret that says something.
pub(super) fn filled_secret(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().trim().is_empty())
}

impl Credentials {
    /// The credentials for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Token(_) => "token [redacted]".to_owned(),
            // No user name has a colon; a text with one may be a name and its password.
            Self::Basic { username, .. } if username.contains(':') => {
                "username [redacted], password [redacted]".to_owned()
            }
            Self::Basic { username, .. } => format!("username {username}, password [redacted]"),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
