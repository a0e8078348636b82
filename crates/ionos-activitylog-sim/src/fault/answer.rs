//! A complete answer that replaces the answer of the service. A gateway in front of the service may send such an
//! answer: with any status, and with a body that the service would never send.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

use crate::data::error_envelope::ErrorEnvelope;
use crate::fault::error::ScriptError;
use crate::fault::retry_after::RetryAfter;
use crate::headers::is_framing_header;

/// An answer that replaces the answer of the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Answer {
    status: u16,
    #[serde(default, skip_serializing_if = "Body::is_empty")]
    body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<RetryAfter>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
}

impl Answer {
    /// Creates an answer with an empty body. The status must be in [200, 999].
    pub fn new(status: u16) -> Self {
        Self { status, body: Body::Empty, retry_after: None, headers: BTreeMap::new() }
    }

    /// Sets the body and the content type that belongs to it.
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Sets the header `Retry-After`.
    pub fn retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// Sets a header; replaces an earlier header of the same name. [`Faults::add_rule`](crate::fault::Faults::add_rule)
    /// refuses headers that describe the framing of the answer, such as `Content-Length`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    pub(super) fn check(&self) -> Result<(), ScriptError> {
        let invalid =
            |member: &str, message: String| Err(ScriptError::new(&format!("fault.respond.{member}"), message));
        if !(200..=999).contains(&self.status) {
            return invalid("status", format!("{} is not a final status: give a number from 200 to 999", self.status));
        }
        if matches!(self.status, 204 | 205 | 304) && !self.body.is_empty() {
            return invalid(
                "body",
                format!(
                    "an answer with the status {} cannot have a body: remove the body, or choose another status",
                    self.status
                ),
            );
        }
        if let Some(retry_after) = &self.retry_after {
            retry_after.check()?;
        }
        for (name, value) in &self.headers {
            let member = format!("headers.{name}");
            match HeaderName::from_bytes(name.as_bytes()) {
                Err(_) => {
                    return invalid(
                        "headers",
                        format!("{name:?} is not a header name: use letters, digits and hyphens"),
                    );
                }
                Ok(name) if is_framing_header(&name) => {
                    return invalid(
                        &member,
                        "the simulator writes this header itself: remove it; to send a wrong length, use the fault \
                         wrong_content_length or cut_at"
                            .into(),
                    );
                }
                Ok(_) => {}
            }
            if HeaderValue::from_str(value).is_err() {
                return invalid(
                    &member,
                    format!("{value:?} cannot be sent in a header: remove line breaks and other control characters"),
                );
            }
        }
        Ok(())
    }

    /// The response, without `Content-Length`, which `Reply::new` adds.
    pub(super) fn response(&self, now: DateTime<Utc>) -> Response<Bytes> {
        let (content_type, body) = self.body.content(self.status);
        let mut response = Response::new(body);
        // `check` has verified all values.
        if let Ok(status) = StatusCode::from_u16(self.status) {
            *response.status_mut() = status;
        }
        let headers = response.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if let Some(retry_after) = &self.retry_after
            && let Ok(value) = HeaderValue::try_from(retry_after.to_text(now))
        {
            headers.insert(RETRY_AFTER, value);
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value.parse()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// The body of an [`Answer`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// No bytes.
    #[default]
    Empty,
    /// The service's error envelope as JSON: `httpStatus`, and one message.
    Envelope {
        /// The member `errorCode` of the message.
        code: String,
        /// The member `message` of the message.
        message: String,
    },
    /// Any JSON value, serialized without white space; the order of members may change. For exact bytes use
    /// [`Body::Text`] and the header `Content-Type`.
    Json(serde_json::Value),
    /// HTML, sent as `text/html`.
    Html(String),
    /// Text, sent as `text/plain`.
    Text(String),
}

impl Body {
    fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// The content type and the bytes.
    fn content(&self, status: u16) -> (Option<&'static str>, Bytes) {
        const JSON: &str = "application/json";
        match self {
            Self::Empty => (None, Bytes::new()),
            Self::Envelope { code, message } => {
                let (code, message) = (code.clone().into(), message.clone().into());
                let envelope = ErrorEnvelope::with_message(status, code, message);
                (Some(JSON), envelope.to_json().into())
            }
            Self::Json(value) => (Some(JSON), value.to_string().into()),
            Self::Html(text) => (Some("text/html"), Bytes::copy_from_slice(text.as_bytes())),
            Self::Text(text) => (Some("text/plain"), Bytes::copy_from_slice(text.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_body_has_its_content_type() {
        let answer = |body| {
            let answer = Answer::new(503).body(body);
            answer.check().unwrap();
            let response = answer.response(Utc::now());
            let content_type = response.headers().get(CONTENT_TYPE);
            let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
            let body = String::from_utf8(response.body().to_vec()).unwrap();
            (content_type.unwrap_or_default(), body)
        };
        let envelope = Body::Envelope { code: "315".into(), message: "No \"thanks\"".into() };
        for (body, content_type, text) in [
            (Body::Empty, "", ""),
            (
                envelope,
                "application/json",
                r#"{"httpStatus":503,"messages":[{"errorCode":"315","message":"No \"thanks\""}]}"#,
            ),
            (Body::Json(serde_json::json!(["a", 1])), "application/json", r#"["a",1]"#),
            (Body::Html("<p>".into()), "text/html", "<p>"),
            (Body::Text("no".into()), "text/plain", "no"),
        ] {
            assert_eq!(answer(body), (content_type.into(), text.into()));
        }
    }

    #[test]
    fn a_header_replaces_another_one_of_the_same_name() {
        let answer = Answer::new(429)
            .body(Body::Text("[1]".into()))
            .retry_after(RetryAfter::Seconds(7))
            .header("Content-Type", "application/json");
        answer.check().unwrap();
        let response = answer.response(Utc::now());
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[RETRY_AFTER], "7");
    }
}
