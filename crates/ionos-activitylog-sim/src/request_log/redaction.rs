//! Redacts the request log, which users copy into bug reports. Clients also send secrets in the wrong places by
//! mistake, so every text is redacted. The redaction replaces the credentials that the simulator accepts, in any
//! spelling, and each value that has a secret name (`password=x`) or looks like a secret (`Bearer x`). The rules are
//! those of [`ionos_activitylog_client::redact`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use ionos_activitylog_client::redact::{
    REDACTED, authorization_secrets, is_secret_name, redact_credentials, redact_known, redact_parameters,
};

/// Minimum length, in bytes, of a credential in the headers of a request. If the credential is shorter, its repetitions
/// in other places of the request are not replaced.
const MIN_FOUND_BYTES: usize = 6;

/// Minimum length of a path segment that has the form of a token, in bytes.
const MIN_TOKEN_BYTES: usize = 24;

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

    /// Adds two secrets: the password, and the base64 text that HTTP Basic authentication sends for user name and
    /// password.
    pub(crate) fn add_pair(&mut self, user: &str, password: &str) {
        let pair = format!("{user}:{password}");
        self.add(password.to_owned());
        self.add(STANDARD.encode(&pair));
    }

    /// A redactor that also knows the credentials in the headers of this request, because clients repeat them in other
    /// places by mistake.
    pub(super) fn for_request(&self, headers: &HeaderMap) -> Self {
        let mut redactor = Self { secrets: self.secrets.clone() };
        let secret = headers.iter().filter(|(name, _)| is_secret_name(name.as_str()));
        let values = secret.filter_map(|(_, value)| value.to_str().ok());
        for secret in values.flat_map(authorization_secrets) {
            redactor.add_found(&secret);
        }
        redactor
    }

    /// Adds a secret that was found in a request. Ignores a short secret, because replacing it everywhere would hide
    /// much of the log.
    fn add_found(&mut self, secret: &str) {
        if secret.len() >= MIN_FOUND_BYTES {
            self.add(secret.to_owned());
        }
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

    /// The path with `[redacted]` in place of secrets. A segment after a name such as `token`, and a segment that has
    /// the form of a token, count as secrets, too.
    pub(super) fn redact_path(&self, path: &str) -> String {
        let mut is_named = false;
        let redacted = self.redact(path);
        let segments = redacted.split('/').map(|segment| {
            let is_secret = (is_named || has_form_of_token(segment)) && !segment.is_empty();
            is_named = is_secret_name(segment);
            if is_secret { REDACTED } else { segment }
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// The value of a header, redacted as a whole if the name marks it as a secret.
    pub(super) fn redact_header(&self, name: &str, value: &str) -> String {
        if is_secret_name(name) { REDACTED.to_owned() } else { self.redact(value) }
    }
}

/// Whether a segment of a path is long and mixes capital letters, small letters and digits, as only tokens do. The
/// words and request ids in the paths of the service have no capital letters.
fn has_form_of_token(segment: &str) -> bool {
    let has = |class: fn(&char) -> bool| segment.chars().any(|char| class(&char));
    segment.len() >= MIN_TOKEN_BYTES
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
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
            ("x=bWU6aHVudGVyMg==", "x=[redacted]"),
            ("x=bWU6aHVudGVyMg%3D%3D", "x=[redacted]"),
            ("x=bWU6aHVudGVyMg&y=1", "x=[redacted]&y=1"),
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
    fn a_path_segment_is_replaced_if_it_follows_a_secret_name_or_has_the_form_of_a_token() {
        for (path, shown) in [
            ("/activitylog/v1/contracts/31721060", "/activitylog/v1/contracts/31721060"),
            (
                "/cloudapi/v6/requests/0f0e1a5c-5d4b-4a39-8a68-3f3f0b2f8f11/status",
                "/cloudapi/v6/requests/0f0e1a5c-5d4b-4a39-8a68-3f3f0b2f8f11/status",
            ),
            ("/v1/token/abc/x", "/v1/token/[redacted]/x"),
            ("/api%4Bey/abc", "/api%4Bey/[redacted]"),
            ("/token/", "/token/"),
            ("/v1/contracts/aB3dE6gH9jK2mN5pQ8sT1vW4", "/v1/contracts/[redacted]"),
            ("/v1/hunter2/x", "/v1/[redacted]/x"),
        ] {
            assert_eq!(redactor().redact_path(path), shown, "{path}");
        }
    }

    #[test]
    fn the_credentials_of_a_request_are_replaced_wherever_they_stand() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(http::HeaderName::from_static(name), http::HeaderValue::from_static(value))])
        };
        for (headers, text, shown) in [
            (headers("authorization", "Bearer planted-token"), "/x/planted-token", "/x/[redacted]"),
            (headers("x-api-key", "planted-key"), "q=planted-key&x=1", "q=[redacted]&x=1"),
            // The password of `me:planted-password`.
            (headers("authorization", "Basic bWU6cGxhbnRlZC1wYXNzd29yZA=="), "/planted-password", "/[redacted]"),
            (headers("x-session", "1"), "/v1", "/v1"),
            (headers("accept", "planted"), "/planted", "/planted"),
        ] {
            let redactor = Redactor::default().for_request(&headers);
            assert_eq!(redactor.redact_path(text), shown);
        }
    }

    #[test]
    fn a_secret_that_begins_with_another_one_is_replaced_as_a_whole() {
        let mut redactor = Redactor::default();
        redactor.add_token("abcd");
        redactor.add_pair("me", "abcdef");
        assert_eq!(redactor.redact("/abcdef/abcd"), "/[redacted]/[redacted]");
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
