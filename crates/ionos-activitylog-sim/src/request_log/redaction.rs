//! A ledger is copied into bug reports, and what a client sends holds secrets: where they belong, and where a client
//! puts them by mistake. So four things are taken out of every text, wherever they stand: what the simulator was told
//! to accept, whatever its percent-encoding; what looks like a JSON Web Token; what follows the name of a scheme of
//! authentication; and the values of headers and parameters whose name says that they are secret.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What is shown in the place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Names with one of these in them are those of secrets.
const SECRET_NAMES: [&str; 6] = ["auth", "token", "secret", "key", "cookie", "passw"];

/// The schemes whose credentials are secret as they are sent.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// Knows what is accepted as a credential. Without `Debug`, so that it cannot be shown.
#[derive(Default)]
pub(crate) struct Redactor {
    /// None of them empty; longer ones first, because they may hold shorter ones.
    secrets: Vec<String>,
}

impl Redactor {
    pub(crate) fn add_token(&mut self, token: &str) {
        self.add(token.to_owned());
    }

    /// The password alone, and the pair as HTTP Basic authentication sends it.
    pub(crate) fn add_pair(&mut self, user: &str, password: &str) {
        let pair = format!("{user}:{password}");
        self.add(password.to_owned());
        self.add(STANDARD_NO_PAD.encode(&pair));
        self.add(URL_SAFE_NO_PAD.encode(&pair));
    }

    fn add(&mut self, secret: String) {
        if !secret.is_empty() && !self.secrets.contains(&secret) {
            self.secrets.push(secret);
            self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// A text without what is secret in it.
    pub(super) fn redact(&self, text: &str) -> String {
        let shown = without(text.to_owned(), |text| self.known_secret(text));
        let shown = without(shown, web_token);
        let shown = without(shown, credentials);
        without(shown, secret_parameter)
    }

    /// What a header with this name, in lower case, is shown with.
    pub(super) fn redact_header(&self, name: &str, value: &str) -> String {
        if is_secret(name) { REDACTED.to_owned() } else { self.redact(value) }
    }

    fn known_secret(&self, text: &str) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        (0..bytes.len()).find_map(|at| {
            let length = self.secrets.iter().find_map(|secret| length_of(secret.as_bytes(), &bytes[at..]))?;
            Some(at..at + length)
        })
    }
}

/// The text with another one in the place of all that is found, from its beginning on. What is found is not empty.
fn without(text: String, found: impl Fn(&str) -> Option<Range<usize>>) -> String {
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(range) = found(rest) {
        shown.push_str(&rest[..range.start]);
        shown.push_str(REDACTED);
        rest = &rest[range.end..];
    }
    if shown.is_empty() {
        return text;
    }
    shown + rest
}

/// How many bytes of the text the secret takes, if the text begins with it: as it is, or with any of its bytes
/// percent-encoded, and perhaps a plus for a space.
fn length_of(secret: &[u8], text: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    secret.iter().try_fold(0, |at, byte| {
        let rest = &text[at..];
        let length = match rest.first()? {
            b'%' if decoded(rest) == Some(*byte) => 3,
            b'+' if *byte == b' ' => 1,
            first if first == byte => 1,
            _ => return None,
        };
        Some(at + length)
    })
}

/// The byte that stands percent-encoded at the beginning.
fn decoded(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

/// From what every such token begins with, `{"` in base64, to where none can go on.
fn web_token(text: &str) -> Option<Range<usize>> {
    let start = text.find("eyJ")?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let length = text[start..].find(|c| !is_part(c));
    Some(start..length.map_or(text.len(), |length| start + length))
}

/// What follows the name of a scheme, in any case, and a space, which may be encoded.
fn credentials(text: &str) -> Option<Range<usize>> {
    (0..text.len()).find_map(|at| {
        let scheme = SCHEMES.into_iter().find(|scheme| {
            let word = text.as_bytes()[at..].get(..scheme.len());
            word.is_some_and(|word| word.eq_ignore_ascii_case(scheme.as_bytes()))
        })?;
        let rest = &text[at + scheme.len()..];
        let given = [" ", "+", "%20"].into_iter().find_map(|space| rest.strip_prefix(space))?.trim_start();
        let start = text.len() - given.len();
        let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'');
        let length = given.find(is_end).unwrap_or(given.len());
        (length > 0).then_some(start..start + length)
    })
}

/// The value of the first parameter whose name says that it is secret.
fn secret_parameter(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    text.split_inclusive(['?', '&', ';']).find_map(|piece| {
        let begin = start;
        start += piece.len();
        let (name, value) = piece.split_once('=')?;
        let value = value.trim_end_matches(['?', '&', ';']);
        let (name, _) = form_urlencoded::parse(name.as_bytes()).next()?;
        let at = begin + piece.find('=')? + 1;
        (is_secret(&name.to_lowercase()) && !value.is_empty()).then(|| at..at + value.len())
    })
}

fn is_secret(name: &str) -> bool {
    SECRET_NAMES.into_iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add_token("se/cret+x");
        redactor.add_pair("me", "hunter2");
        redactor.add_pair("nobody", "");
        redactor
    }

    #[test]
    fn what_is_secret_is_not_shown_and_the_rest_is() {
        for (text, shown) in [
            ("", ""),
            ("dateStart=2026-11-19&limit=5", "dateStart=2026-11-19&limit=5"),
            ("a=b&author=me", "a=b&author=[redacted]"),
            // The token, plain and encoded in every way.
            ("/se/cret+x/y", "/[redacted]/y"),
            ("x=se%2Fcret%2Bx&y=1", "x=[redacted]&y=1"),
            ("x=se%2fcret%2bx&y=1", "x=[redacted]&y=1"),
            ("x=se/cret%2Bx", "x=[redacted]"),
            ("x=%73e/cret+%78", "x=[redacted]"),
            ("se/cret+xse/cret+x", "[redacted][redacted]"),
            ("se/cret", "se/cret"),
            // The password, and the pair in base64, with padding and without.
            ("https://me:hunter2@example.com/", "https://me:[redacted]@example.com/"),
            ("x=bWU6aHVudGVyMg==", "x=[redacted]=="),
            ("x=bWU6aHVudGVyMg%3D%3D", "x=[redacted]%3D%3D"),
            // Web tokens.
            ("/eyJh.eyJi.c-d_e/f", "/[redacted]/f"),
            // Credentials of anybody else.
            ("Basic Zm9vOmJhcg==", "Basic [redacted]"),
            ("x, bearer  abc.def, y", "x, bearer  [redacted], y"),
            ("x=Bearer%20abc&y=1", "x=Bearer%20[redacted]&y=1"),
            ("x=BEARER+abc&y=1", "x=BEARER+[redacted]&y=1"),
            ("Bearer a Basic b", "Bearer [redacted] Basic [redacted]"),
            ("Bearer ", "Bearer "),
            ("bearer", "bearer"),
            // Parameters.
            ("api_key=1&x=2", "api_key=[redacted]&x=2"),
            ("x=2&Password=a=b", "x=2&Password=[redacted]"),
            ("to%6Ben=1&token=&x", "to%6Ben=[redacted]&token=&x"),
            ("https://example.com/?secret=1;x=2", "https://example.com/?secret=[redacted];x=2"),
        ] {
            assert_eq!(redactor().redact(text), shown, "{text}");
        }
    }

    #[test]
    fn a_header_whose_name_says_so_is_not_shown_at_all() {
        for (name, shown) in [
            ("authorization", REDACTED),
            ("proxy-authorization", REDACTED),
            ("x-auth", REDACTED),
            ("cookie", REDACTED),
            ("x-api-key", REDACTED),
            ("x-amz-security-token", REDACTED),
            ("x-password", REDACTED),
            ("client-secret", REDACTED),
            ("accept", "v"),
            ("x-contract-number", "v"),
        ] {
            assert_eq!(redactor().redact_header(name, "v"), shown, "{name}");
        }
    }

    #[test]
    fn a_secret_that_begins_like_another_one_is_taken_as_a_whole() {
        let mut redactor = Redactor::default();
        redactor.add_token("abc");
        redactor.add_pair("me", "abcdef");
        assert_eq!(redactor.redact("/abcdef/abc"), "/[redacted]/[redacted]");
    }

    #[test]
    fn secrets_and_texts_that_are_not_ascii_are_no_trouble() {
        let mut redactor = Redactor::default();
        redactor.add_pair("me", "pässwört 1%");
        for text in ["x=pässwört 1%", "x=p%C3%A4ssw%c3%b6rt+1%25", "x=pässwört%201%"] {
            assert_eq!(redactor.redact(text), "x=[redacted]", "{text}");
        }
        for text in ["é%", "x=pä", "p%C3", "Bearer\u{a0}é"] {
            assert_eq!(redactor.redact(text), text);
        }
    }
}
