//! A token opens the audit trail of a whole contract, so there is one type that holds it, and that type cannot be
//! printed.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, ErrorKind};

/// A bearer token. `Debug` and `Display` print `[redacted]`; its memory is wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Token(SecretString);

impl Token {
    /// Takes the token itself, without the word "Bearer"; white space round it is dropped.
    ///
    /// Fails for an empty token and for one that no header can carry.
    pub(crate) fn new(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "the token is empty"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the token holds a character that no token has (white space, a control character or a letter outside ASCII): copy it again",
            ));
        }
        Ok(Self(text.to_owned().into()))
    }

    /// The value of the Authorization header, marked so that no log shows it.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret()))
            .map_err(|_| {
                Error::new(
                    ErrorKind::Configuration,
                    "the token does not fit into a header",
                )
            })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The text with the token taken out, in case a service repeats it.
    pub(crate) fn redact(&self, text: &str) -> String {
        text.replace(self.0.expose_secret(), REDACTED)
    }
}

const REDACTED: &str = "[redacted]";

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new(" planted-secret\n").unwrap();
        assert_eq!(format!("{token:?} {token}"), "[redacted] [redacted]");
        assert_eq!(
            token.redact("got planted-secret here"),
            "got [redacted] here"
        );
        let header = token.authorization().unwrap();
        assert_eq!(header.as_bytes(), b"Bearer planted-secret");
        assert!(!format!("{header:?}").contains("planted"));
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_without_showing_it() {
        for text in ["", "  \n", "planted secret", "plantéd"] {
            let error = Token::new(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("plant"), "{error}");
        }
    }
}
