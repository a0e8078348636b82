//! Turns a failed exchange of the generated client into an [`Error`]. The errors of the generated client do not contain
//! the status of an answer that cannot be read, and they call every failed connection retryable, so this module
//! classifies failures itself. These errors also print payloads, headers and URLs, so this module redacts every text of
//! an answer.

use chrono::{DateTime, Utc};
use ionos_activitylog_client as wire;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::api::headers::{parse_retry_after, request_id, retry_after_seconds};
use crate::defaults::ERROR_BODY_CAP;
use crate::error::body::{self, ErrorBody};
use crate::error::text::snippet;
use crate::error::transport_fault::{body_error, connection_error};
use crate::error::{Error, ErrorAnswer, ErrorKind};
use crate::net::content_encoding::unknown_encoding;

/// A failed exchange: the generated error, and everything else that is needed to classify the failure.
pub(super) struct FailedExchange<'a, R> {
    pub(super) error: wire::Error<()>,
    /// The status and headers of the answer. `None` if no answer began to arrive.
    pub(super) answer: Option<&'a wire::Answer>,
    /// Host and port of the service.
    pub(super) authority: &'a str,
    /// When the attempt ended.
    pub(super) now: DateTime<Utc>,
    /// Removes credentials that the service may repeat in its answer.
    pub(super) redact: R,
}

impl<R: Fn(&str) -> String> FailedExchange<'_, R> {
    /// Reads the rest of the answer, if there is one, and classifies the failure.
    pub(super) async fn into_error(self) -> Error {
        let Self { error, answer, authority, now, redact } = self;
        let headers = answer.map(|answer| &answer.headers);
        let answer = answer.map(|answer| error_answer(answer, now, &redact));
        match error {
            wire::Error::UnexpectedResponse(response) => read_error_response(response, now, redact).await,
            wire::Error::CommunicationError(error) => connection_error(error, authority),
            wire::Error::ResponseBodyError(error) => body_error(error).with_answer(answer),
            wire::Error::InvalidResponsePayload(payload, _) if payload.is_empty() => {
                unexpected_answer("the answer is empty").with_answer(answer)
            }
            wire::Error::InvalidResponsePayload(payload, error) => {
                if let Some(form) = undecoded_form(headers, &payload) {
                    return Error::new(ErrorKind::Decode, format!("the answer has {}", snippet(&redact(&form))))
                        .with_hint("check the proxies on the way to the service")
                        .with_answer(answer);
                }
                // The payload is cut before redaction, because only its beginning is shown. Redaction also finds a
                // secret of which only the beginning is left.
                let beginning = &payload[..payload.len().min(ERROR_BODY_CAP)];
                let beginning_line = snippet(&redact(&String::from_utf8_lossy(beginning)));
                let reason = snippet(&redact(&error.to_string()));
                let detail = format!("the answer does not match the API description ({reason}): {beginning_line}");
                let is_damaged_page = begins_like_a_page(beginning) && (error.is_syntax() || error.is_eof());
                let answer =
                    answer.map(|answer| ErrorAnswer { snippet: Some(beginning_line), is_damaged_page, ..answer });
                unexpected_answer(detail).with_answer(answer)
            }
            wire::Error::InvalidRequest(reason) => {
                Error::new(ErrorKind::Configuration, format!("the request cannot be built ({reason})"))
                    .with_hint("check the API address")
            }
            // Unreachable today: the API description has no typed error and no upgrade, and no hook of the generated
            // client returns a custom error.
            wire::Error::ErrorResponse(_) | wire::Error::InvalidUpgrade(_) | wire::Error::Custom(_) => {
                unexpected_answer("the answer does not match the API description").with_answer(answer)
            }
        }
    }
}

/// Reads status, request id and `Retry-After` from the head of an answer.
pub(super) fn error_answer(answer: &wire::Answer, now: DateTime<Utc>, redact: impl Fn(&str) -> String) -> ErrorAnswer {
    read_head(answer.status, &answer.headers, now, redact)
}

fn read_head(
    status: StatusCode,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    redact: impl Fn(&str) -> String,
) -> ErrorAnswer {
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    ErrorAnswer {
        status,
        // An id that contains a credential is dropped.
        request_id: request_id(headers).filter(|id| redact(id) == *id),
        retry_after: retry_after.and_then(|value| parse_retry_after(value, now)),
        retry_after_seconds: retry_after.and_then(retry_after_seconds).map(str::to_owned),
        messages: Vec::new(),
        snippet: None,
        is_damaged_page: false,
    }
}

/// The form of a body that is not UTF-8 text: an unknown content encoding that a header names, or a character encoding
/// that a byte order mark names. `None` for other bodies.
fn undecoded_form(headers: Option<&HeaderMap>, body: &[u8]) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    if let Some(encoding) = headers.and_then(unknown_encoding) {
        return Some(format!("the content encoding {encoding:?}, which was not requested"));
    }
    let charset = other_charset(body)?;
    Some(format!("the character encoding {charset}, but JSON is in UTF-8"))
}

/// The character encoding that a byte order mark names. `None` without a mark, and for UTF-8, whose mark is allowed.
fn other_charset(body: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 4] = [
        (&[0xff, 0xfe, 0, 0], "UTF-32"),
        (&[0, 0, 0xfe, 0xff], "UTF-32"),
        (&[0xff, 0xfe], "UTF-16"),
        (&[0xfe, 0xff], "UTF-16"),
    ];
    MARKS.iter().find(|(mark, _)| body.starts_with(mark)).map(|(_, charset)| *charset)
}

/// The error for an answer that has an error status and whose body did not arrive in time.
pub(super) fn body_timed_out(answer: ErrorAnswer) -> Error {
    let kind = ErrorKind::from_status(answer.status);
    let status = show_status(answer.status);
    status_error(kind, format!("the service answered {status}, but its body did not arrive in time"))
        .with_answer(Some(answer))
}

/// The error for an answer with an unexpected status. The error contains the messages of the body.
async fn read_error_response(
    mut response: reqwest::Response,
    now: DateTime<Utc>,
    redact: impl Fn(&str) -> String,
) -> Error {
    let status = response.status();
    let mut answer = read_head(status, response.headers(), now, &redact);
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
    let mut detail = format!("the service answered {}", show_status(status));
    match undecoded_form(Some(response.headers()), &bytes) {
        Some(form) => detail.push_str(&format!("; its body has {}", snippet(&redact(&form)))),
        None => {
            let ErrorBody { messages, line, snippet } = body::read(&bytes, redact);
            answer.messages = messages;
            answer.snippet = snippet;
            detail.push_str(&line.map_or_else(|| " with an empty body".to_owned(), |line| format!(": {line}")));
        }
    }
    if broke_off.is_some() {
        detail.push_str(" (the answer broke off here)");
    }
    let error = status_error(ErrorKind::from_status(status), detail).with_answer(Some(answer));
    match broke_off {
        Some(source) => error.with_source(source),
        None => error,
    }
}

/// Whether a body begins with an object that has a member `hits`.
fn begins_like_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{") && body.windows(7).any(|part| part == b"\"hits\":")
}

/// The error for a successful answer that does not match the API description.
pub(super) fn unexpected_answer(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Decode, detail).with_hint("check the API address, it may belong to another service")
}

fn status_error(kind: ErrorKind, detail: String) -> Error {
    let error = Error::new(kind, detail);
    match kind.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn show_status(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}
