//! Reads from the Cloud API the request that caused an event. The log records only the acceptance and the result of a
//! request; its content is in the Cloud API, under the same id. The answer of the Cloud API may contain passwords and
//! tokens, which are removed before any caller gets the answer.
//!
//! The Cloud API is expected at the address of the Activity Log API, because the vendor serves both there. A separate
//! endpoint for the Cloud API in a config file is ignored.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::error::text::snippet;
use crate::error::{Error, ErrorKind};
use crate::event::Status;
use crate::json;
use crate::redact::redact_json;

/// Maximum length of a request id in characters.
const MAX_ID_CHARS: usize = 128;

/// A request to the Cloud API: see [`Client::cloud_request`](crate::Client::cloud_request).
///
/// Secrets are replaced by `[redacted]`: credentials in headers, URLs and texts, and members such as `imagePassword`,
/// `sshKeys` and `userData`, also in the body of the request. A value is replaced only if its name or its form marks it
/// as a secret. Other secrets may remain, so the content is still confidential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudRequest {
    json: String,
}

impl Default for CloudRequest {
    /// A request without any content.
    fn default() -> Self {
        Self { json: "{}".to_owned() }
    }
}

impl CloudRequest {
    /// Fails with [`ErrorKind::Configuration`] for a text that is not a request id. Other users determine the content
    /// of the log, so an id from the log must not be able to address another path of the API.
    pub(crate) fn check_id(id: &str) -> Result<(), Error> {
        let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !id.is_empty() && id.len() <= MAX_ID_CHARS && id.bytes().all(is_id_byte) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Configuration, format!("{:?} is not a request id", snippet(id)))
            .with_hint(format!("a request id has at most {MAX_ID_CHARS} letters, digits, - and _")))
    }

    /// Redacts secrets in an answer of the Cloud API: members whose name marks a secret, texts whose form marks a
    /// secret, and the secrets that `redact_known` replaces. Fails with a reason if the answer is not a JSON object.
    pub(crate) fn from_wire(answer: &str, redact_known: &dyn Fn(&str) -> String) -> Result<Self, String> {
        if !answer.starts_with('{') {
            return Err("the answer is not a JSON object".to_owned());
        }
        Ok(Self { json: redact_json(answer, redact_known) })
    }

    /// The whole request as JSON text, without white space between tokens. Members keep their order, and numbers keep
    /// their digits.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON text of the value at a JSON pointer (RFC 6901) such as `/properties/headers`; `None` if there is no
    /// such value.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        json::resolve_pointer(&self.json, pointer)
    }

    fn text(&self, pointer: &str) -> Option<Cow<'_, str>> {
        json::scalar_text(self.field(pointer)?)
    }

    /// The creation time in UTC. As for all fields, `None` if the field is missing or malformed.
    #[must_use]
    pub fn created(&self) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(&self.text("/metadata/createdDate")?).ok()?;
        Some(time.to_utc())
    }

    /// The user who made the request.
    #[must_use]
    pub fn created_by(&self) -> Option<Cow<'_, str>> {
        self.text("/metadata/createdBy")
    }

    /// The state of the request, such as `DONE`.
    #[must_use]
    pub fn status(&self) -> Option<Status<'_>> {
        self.text("/metadata/requestStatus/metadata/status").map(Status::new)
    }

    /// The state in words.
    #[must_use]
    pub fn message(&self) -> Option<Cow<'_, str>> {
        self.text("/metadata/requestStatus/metadata/message")
    }

    /// The HTTP method, such as `POST`.
    #[must_use]
    pub fn method(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/method")
    }

    /// The URL of the request, without user, password and secret parameters.
    #[must_use]
    pub fn url(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/url")
    }

    /// The body of the request, redacted; usually JSON text, and empty if the request has no body.
    #[must_use]
    pub fn body(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/body")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_to_another_path() {
        for id in ["5d2b0c1e-0000-4000-8000-000000000001", "r-1", "A_1"] {
            assert!(CloudRequest::check_id(id).is_ok(), "{id}");
        }
        let long = "a".repeat(MAX_ID_CHARS + 1);
        for id in ["", ".", "..", "%2e%2e", "a/b", "a?b", "a b", "é", &long] {
            let error = CloudRequest::check_id(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{id}");
        }
    }

    #[test]
    fn each_field_is_read_from_the_json() {
        let answer = r#"{"id":"r","metadata":{"createdDate":"2026-11-20T14:00:00+01:00","createdBy":7,
            "requestStatus":{"metadata":{"status":"DONE","message":"fine"}}},
            "properties":{"method":"POST","url":"https://a/b","body":"{}","n":1.10}}"#;
        let request = CloudRequest::from_wire(answer, &str::to_owned).unwrap();
        assert_eq!(request.created().unwrap().to_rfc3339(), "2026-11-20T13:00:00+00:00");
        assert_eq!(request.created_by().as_deref(), Some("7"));
        assert_eq!(request.status(), Some(Status::DONE));
        assert_eq!(request.message().as_deref(), Some("fine"));
        assert_eq!(request.method().as_deref(), Some("POST"));
        assert_eq!(request.url().as_deref(), Some("https://a/b"));
        assert_eq!(request.body().as_deref(), Some("{}"));
        assert_eq!(request.field("/properties/n"), Some("1.10"));
        assert_eq!(CloudRequest::default().status(), None);
        assert!(CloudRequest::from_wire("[]", &str::to_owned).is_err());
    }
}
