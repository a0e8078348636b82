//! Redacts the request log, which users copy into bug reports. Clients send secrets in their proper places and, by
//! mistake, in others, so every text is redacted: credentials that the simulator accepts, in any spelling, and each
//! value that its name or its form marks as a secret. The rules are those of [`ionos_activitylog_client::redact`].

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ionos_activitylog_client::redact::{REDACTED, is_secret_name, redact_credentials, redact_known, redact_parameters};

/// Redacts secrets. Holds the credentials that the simulator accepts. Has no `Debug`, so that these credentials cannot
/// be printed.
#[derive(Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    pub(crate) fn add_token(&mut self, token: &str) {
        self.add(token.to_owned());
    }

    /// Adds the password, and the pair as HTTP Basic authentication sends it. The pair is stored without padding, so
    /// that it is found with and without padding.
    pub(crate) fn add_pair(&mut self, user: &str, password: &str) {
        let pair = format!("{user}:{password}");
        self.add(password.to_owned());
        self.add(STANDARD_NO_PAD.encode(&pair));
        self.add(URL_SAFE_NO_PAD.encode(&pair));
    }

    fn add(&mut self, secret: String) {
        if !secret.is_empty() && !self.secrets.contains(&secret) {
            self.secrets.push(secret);
        }
    }

    /// The text with `[redacted]` in place of secrets.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        redact_parameters(&redact_credentials(&redact_known(text, &secrets)))
    }

    /// The value of a header, redacted as a whole if the name marks it as a secret.
    pub(super) fn redact_header(&self, name: &str, value: &str) -> String {
        if is_secret_name(name) { REDACTED.to_owned() } else { self.redact(value) }
    }
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
    fn secrets_are_replaced_and_the_rest_is_kept() {
        for (text, shown) in [
            ("", ""),
            ("dateStart=2026-11-19&limit=5", "dateStart=2026-11-19&limit=5"),
            ("a=b&author=me", "a=b&author=[redacted]"),
            // The token, plain and percent-encoded.
            ("/se/cret+x/y", "/[redacted]/y"),
            ("x=se%2Fcret%2Bx&y=1", "x=[redacted]&y=1"),
            ("x=se%2fcret%2bx&y=1", "x=[redacted]&y=1"),
            ("x=se/cret%2Bx", "x=[redacted]"),
            ("x=%73e/cret+%78", "x=[redacted]"),
            ("se/cret+xse/cret+x", "[redacted][redacted]"),
            ("se/", "se/"),
            ("se/cret", "[redacted]"),
            ("se/cret y", "se/cret y"),
            // The password, and the pair in base64, with padding and without.
            ("https://me:hunter2@example.com/", "https://[redacted]@example.com/"),
            ("x=bWU6aHVudGVyMg==", "x=[redacted]=="),
            ("x=bWU6aHVudGVyMg%3D%3D", "x=[redacted]%3D%3D"),
            // JSON Web Tokens.
            ("/eyJh.eyJi.c-d_e/f", "/[redacted]"),
            // Credentials that the simulator does not know.
            ("Basic Zm9vOmJhcg==", "Basic [redacted]"),
            ("x, bearer  abc.def, y", "x, bearer  [redacted] y"),
            ("x=Bearer%20abc&y=1", "x=Bearer%20[redacted]&y=1"),
            ("x=BEARER+abc&y=1", "x=BEARER+[redacted]&y=1"),
            ("Bearer a Basic b", "Bearer [redacted] Basic [redacted]"),
            ("Bearer ", "Bearer "),
            ("bearer", "bearer"),
            // Parameters.
            ("api_key=1&x=2", "api_key=[redacted]&x=2"),
            ("x=2&Password=a=b c", "x=2&Password=[redacted]"),
            ("to%6Ben=1&token=&x", "to%6Ben=[redacted]&token=&x"),
            ("https://example.com/?secret=1;x=2", "https://example.com/?secret=[redacted];x=2"),
        ] {
            assert_eq!(redactor().redact(text), shown, "{text}");
        }
    }

    #[test]
    fn a_header_with_a_secret_name_is_replaced_as_a_whole() {
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
    fn a_secret_that_begins_with_another_one_is_replaced_as_a_whole() {
        let mut redactor = Redactor::default();
        redactor.add_token("abc");
        redactor.add_pair("me", "abcdef");
        assert_eq!(redactor.redact("/abcdef/abc"), "/[redacted]/[redacted]");
    }

    #[test]
    fn secrets_and_texts_may_contain_any_characters() {
        let mut redactor = Redactor::default();
        redactor.add_pair("me", "pässwört 1%");
        for text in ["x=pässwört 1%", "x=p%C3%A4ssw%c3%b6rt+1%25", "x=pässwört%201%"] {
            assert_eq!(redactor.redact(text), "x=[redacted]", "{text}");
        }
        for text in ["é%", "x=pä", "p%C3", "Bearer\u{2060}é"] {
            assert_eq!(redactor.redact(text), text);
        }
    }
}
