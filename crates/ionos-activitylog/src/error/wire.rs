//! From the generated client's errors to ours. Theirs drop the status of an answer they cannot read, call every
//! failed connection retryable and print payloads, headers and URLs, so none of their texts is passed on.

use chrono::{DateTime, Utc};
use ionos_activitylog_client as wire;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::body::{self, ERROR_BODY_CAP, Said};
use super::transport_fault::{body_broke_off, not_reached};
use super::{Answered, Error, ErrorKind};
use crate::response::request_id;
use crate::retry::parse_retry_after;

/// A failed attempt with what is known besides the generated error.
pub(crate) struct Failure<'a, R> {
    pub(crate) error: wire::Error<()>,
    /// The status and headers, if an answer had begun to arrive.
    pub(crate) answer: Option<&'a wire::Answer>,
    /// Host and port of the service.
    pub(crate) place: &'a str,
    /// When the attempt ended.
    pub(crate) now: DateTime<Utc>,
    /// Takes secrets out of a text, which a service may repeat in its answer.
    pub(crate) redact: R,
}

impl<R: Fn(&str) -> String> Failure<'_, R> {
    /// Reads the rest of the answer, if there is one, and says what happened.
    pub(crate) async fn into_error(self) -> Error {
        let Self { error, answer, place, now, redact } = self;
        let answered = answer.map(|answer| answered(answer, now, &redact));
        match error {
            wire::Error::UnexpectedResponse(response) => refused(response, now, redact).await,
            wire::Error::CommunicationError(error) => not_reached(error, place),
            wire::Error::ResponseBodyError(error) => body_broke_off(error).with_answer(answered),
            wire::Error::InvalidResponsePayload(payload, _) if payload.is_empty() => {
                undescribed("the answer is empty").with_answer(answered)
            }
            wire::Error::InvalidResponsePayload(payload, error) => {
                // Nobody is shown more than the beginning, and a secret that is cut off there is noticed.
                let beginning = &payload[..payload.len().min(ERROR_BODY_CAP)];
                let shown = body::snippet(&redact(&String::from_utf8_lossy(beginning)));
                let reason = body::snippet(&redact(&error.to_string()));
                let detail = format!("the answer is not what the API describes ({reason}): {shown}");
                let answered = answered.map(|answered| Answered { snippet: Some(shown), ..answered });
                undescribed(detail).with_answer(answered)
            }
            wire::Error::InvalidRequest(reason) => {
                Error::new(ErrorKind::Configuration, format!("the request cannot be made ({reason})"))
                    .advise("check the address of the API")
            }
            // The description has no typed error and no upgrade, and no hook makes an error of its own.
            wire::Error::ErrorResponse(_) | wire::Error::InvalidUpgrade(_) | wire::Error::Custom(_) => {
                undescribed("the answer is not what the API describes").with_answer(answered)
            }
        }
    }
}

/// What the head of an answer tells.
pub(crate) fn answered(answer: &wire::Answer, now: DateTime<Utc>, redact: impl Fn(&str) -> String) -> Answered {
    head(answer.status, &answer.headers, now, redact)
}

fn head(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>, redact: impl Fn(&str) -> String) -> Answered {
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Answered {
        status,
        // An id that holds a secret is none.
        request_id: request_id(headers).filter(|id| redact(id) == *id),
        retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
        messages: Vec::new(),
        snippet: None,
    }
}

/// An error whose body did not come to its end in time.
pub(crate) fn unread(answered: Answered) -> Error {
    let kind = ErrorKind::of(answered.status);
    let status = show_status(answered.status);
    let detail = format!("the service answered {status} and did not come to the end of its answer in time");
    of_status(kind, detail).with_answer(Some(answered))
}

/// An answer with another status than the successful one.
async fn refused(mut response: reqwest::Response, now: DateTime<Utc>, redact: impl Fn(&str) -> String) -> Error {
    let status = response.status();
    let mut answered = head(status, response.headers(), now, &redact);
    let mut bytes = Vec::new();
    let mut broke_off = None;
    while bytes.len() < ERROR_BODY_CAP {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                broke_off = Some(error.without_url());
                break;
            }
        }
    }
    bytes.truncate(ERROR_BODY_CAP);
    let Said { messages, line, snippet } = body::read(&bytes, redact);
    answered.messages = messages;
    answered.snippet = snippet;
    let kind = ErrorKind::of(status);
    let mut detail = format!("the service answered {}", show_status(status));
    detail.push_str(&line.map_or_else(|| " with an empty body".to_owned(), |line| format!(": {line}")));
    if broke_off.is_some() {
        detail.push_str(" (and the answer broke off there)");
    }
    let error = of_status(kind, detail).with_answer(Some(answered));
    match broke_off {
        Some(source) => error.with_source(source),
        None => error,
    }
}

/// An answer that came and is not one of this API's.
pub(crate) fn undescribed(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Decode, detail).advise("check the address of the API, which may be another service's")
}

fn of_status(kind: ErrorKind, detail: String) -> Error {
    let error = Error::new(kind, detail);
    match kind.advice() {
        Some(advice) => error.advise(advice),
        None => error,
    }
}

fn show_status(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}
