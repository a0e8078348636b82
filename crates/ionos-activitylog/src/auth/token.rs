//! A token opens the audit trail of a whole contract, so there is one type that holds it, and that type cannot be
//! printed.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::{Error, ErrorKind};

/// A bearer token. `Debug` and `Display` print `[redacted]`; this copy of it is wiped when it is dropped.
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
        if text
            .get(..7)
            .is_some_and(|word| word.eq_ignore_ascii_case("bearer "))
        {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the token begins with the word \"Bearer\", which is no part of it: leave it out",
            ));
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

    /// The text with the token taken out, in case a service repeats it: as it is, escaped as in JSON or in a URL,
    /// and cut off at the end of the text.
    pub(crate) fn redact(&self, text: &str) -> String {
        let token = self.0.expose_secret();
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            match matched(token, rest) {
                Some(length) => {
                    shown.push_str(REDACTED);
                    rest = &rest[length..];
                }
                None => {
                    shown.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        shown
    }
}

/// A shorter beginning of a token at the end of a text is not taken for one.
const SHORTEST_CUT: usize = 4;

/// How many bytes at the start of `text` spell the token, or its beginning if the text ends within it.
fn matched(token: &str, text: &str) -> Option<usize> {
    let mut rest = text;
    for (place, expected) in token.bytes().enumerate() {
        if rest.is_empty() {
            return (place >= SHORTEST_CUT).then_some(text.len());
        }
        rest = without(expected, rest)?;
    }
    Some(text.len() - rest.len())
}

/// The text behind one character of a token, which may be escaped.
fn without(expected: u8, text: &str) -> Option<&str> {
    let hex = |digits: &str| u8::from_str_radix(digits, 16).is_ok_and(|byte| byte == expected);
    let plain = |text: &'_ str| text.as_bytes().first() == Some(&expected);
    if plain(text) {
        return text.get(1..);
    }
    if let Some(escaped) = text
        .strip_prefix("\\u00")
        .or_else(|| text.strip_prefix('%'))
    {
        return escaped
            .get(..2)
            .filter(|digits| hex(digits))
            .and_then(|_| escaped.get(2..));
    }
    text.strip_prefix('\\')
        .filter(|escaped| plain(escaped))?
        .get(1..)
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
    fn a_token_is_found_however_it_is_written() {
        let token = Token::new("a/b+c.4711").unwrap();
        let cases = [
            ("a/b+c.4711", "[redacted]"),
            (r#"{"t":"a\/b+c.4711"}"#, r#"{"t":"[redacted]"}"#),
            (
                r"a\u002fb\u002Bc.4711 a%2Fb%2bc.4711",
                "[redacted] [redacted]",
            ),
            ("aa/b+c.4711a/b", "a[redacted]a/b"),
            ("cut off: a/b+", "cut off: [redacted]"),
            ("cut off: a/b", "cut off: a/b"),
            ("a/b+c.4712 äa/b", "a/b+c.4712 äa/b"),
            (r"\u00 % \u00zz %z", r"\u00 % \u00zz %z"),
        ];
        for (text, shown) in cases {
            assert_eq!(token.redact(text), shown);
        }
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_without_showing_it() {
        for text in ["", "  \n", "planted secret", "plantéd", "Bearer planted"] {
            let error = Token::new(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("plant"), "{error}");
        }
    }
}
