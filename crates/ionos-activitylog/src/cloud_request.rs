//! The log says that a request was accepted and how it went; what it asked for is known to the Cloud API alone, under
//! the same identifier. Its answer repeats the request with everything in it, passwords and tokens too, and whoever
//! looks an operation up wants to see none of them. So they are taken out here, before anybody gets the answer.
//!
//! The Cloud API is asked at the address of this API, as the vendor has both at one: another endpoint that a
//! configuration file names for the Cloud API does not count.

mod redaction;

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::event::fold;
use crate::json;
use crate::{Error, ErrorKind, Status};

/// The longest id that is taken for one.
const LONGEST_ID: usize = 128;

/// What the Cloud API tells of a request: see [`Client::cloud_request`](crate::Client::cloud_request).
///
/// What may be secret is `[redacted]` in it: credentials in headers, addresses and texts, and members such as
/// `imagePassword`, `sshKeys` and `userData`, also in the body that was sent. What is not known to be secret by its name
/// or its look stays, so it is still not for everybody's eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudRequest {
    json: String,
}

impl Default for CloudRequest {
    /// A request of which nothing is told.
    fn default() -> Self {
        Self { json: "{}".to_owned() }
    }
}

impl CloudRequest {
    /// Identifiers come from the log, which others wrote, and must not lead to another place of the API.
    pub(crate) fn check_id(id: &str) -> Result<(), Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(plain) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            format!("{:?} is not the id of a request", crate::error::body::snippet(id)),
        )
        .with_hint(format!("it is at most {LONGEST_ID} letters, digits, - and _")))
    }

    /// Takes out what may be secret: by name, by look, and what `known` finds. Says why an answer is none.
    pub(crate) fn from_wire(answer: &str, known: &dyn Fn(&str) -> String) -> Result<Self, String> {
        if !answer.starts_with('{') {
            return Err("a request is an object, and the answer is none".to_owned());
        }
        Ok(Self { json: redaction::json(answer, known) })
    }

    /// All that is told, as JSON text without white space between tokens; members in the order in which they came,
    /// numbers as they were written.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The JSON text at a place of it, named by a JSON pointer (RFC 6901) such as `/properties/headers`; none where there
    /// is nothing.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        json::resolve_pointer(&self.json, pointer)
    }

    fn text(&self, pointer: &str) -> Option<Cow<'_, str>> {
        json::scalar_text(self.field(pointer)?)
    }

    /// When it was made, in UTC.
    #[must_use]
    pub fn created(&self) -> Option<DateTime<Utc>> {
        let time = DateTime::parse_from_rfc3339(&self.text("/metadata/createdDate")?).ok()?;
        Some(time.to_utc())
    }

    /// Who made it.
    #[must_use]
    pub fn created_by(&self) -> Option<Cow<'_, str>> {
        self.text("/metadata/createdBy")
    }

    /// How far it is.
    #[must_use]
    pub fn status(&self) -> Option<Status<'_>> {
        self.text("/metadata/requestStatus/metadata/status").map(Status::new)
    }

    /// The same in words.
    #[must_use]
    pub fn message(&self) -> Option<Cow<'_, str>> {
        self.text("/metadata/requestStatus/metadata/message")
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/method")
    }

    /// Where it was sent.
    #[must_use]
    pub fn url(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/url")
    }

    /// What was sent, most often JSON text; empty where nothing was.
    #[must_use]
    pub fn body(&self) -> Option<Cow<'_, str>> {
        self.text("/properties/body")
    }
}

/// Whether a header, a parameter or a member of this name may hold a secret, such as `Authorization`, `imagePassword` or
/// `api_key`. It goes by parts of the name and errs on the side of yes.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    /// Parts of names, in lower case and without anything between words.
    const PARTS: [&str; 14] = [
        "auth",
        "cookie",
        "credential",
        "kubeconfig",
        "key",
        "pass",
        "privat",
        "pwd",
        "secret",
        "session",
        "signature",
        "ssh",
        "token",
        "userdata",
    ];
    let name: String = fold(name).filter(|char| char.is_alphanumeric()).collect();
    PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_no_other_place() {
        for id in ["5d2b0c1e-0000-4000-8000-000000000001", "r-1", "A_1"] {
            assert!(CloudRequest::check_id(id).is_ok(), "{id}");
        }
        let long = "a".repeat(LONGEST_ID + 1);
        for id in ["", ".", "..", "%2e%2e", "a/b", "a?b", "a b", "é", &long] {
            let error = CloudRequest::check_id(id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{id}");
        }
    }

    #[test]
    fn what_is_told_is_read_value_by_value() {
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

    #[test]
    fn a_name_says_that_it_is_secret() {
        for name in ["Authorization", "set-cookie", "imagePassword", "ssh_keys", "API-Key", "userData", "x-auth-token"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["name", "cores", "x-contract-number", "content-type", "url"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
