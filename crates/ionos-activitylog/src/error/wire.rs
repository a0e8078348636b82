//! From the generated client's errors to ours. Theirs drop the status of an answer they cannot read, call every
//! failed connection retryable and print payloads, headers and URLs, so none of their texts is passed on.

use std::error::Error as StdError;
use std::io;

use ionos_activitylog_client as wire;
use reqwest::StatusCode;

use super::body::{self, ERROR_BODY_CAP, Said, one_line};
use super::{Error, ErrorKind};
use crate::token::Token;

/// A failed call with what is known besides the generated error.
pub(crate) struct CallFailure<'a> {
    pub(crate) error: wire::Error<()>,
    /// The status, if an answer had begun to arrive.
    pub(crate) status: Option<StatusCode>,
    /// Host and port of the service.
    pub(crate) place: &'a str,
    /// The token, which a service may repeat in its answer.
    pub(crate) token: &'a Token,
}

impl CallFailure<'_> {
    /// Reads the rest of the answer, if there is one, and says what happened.
    pub(crate) async fn into_error(self) -> Error {
        let Self {
            error,
            status,
            place,
            token,
        } = self;
        match error {
            wire::Error::UnexpectedResponse(response) => refused(response, token).await,
            wire::Error::CommunicationError(error) => not_reached(error, place),
            wire::Error::ResponseBodyError(error) => Error::new(
                ErrorKind::InterruptedBody,
                format!("the answer broke off ({}): try again", root_cause(&error)),
            )
            .with_status(status)
            .with_source(error.without_url()),
            wire::Error::InvalidResponsePayload(payload, _) if payload.is_empty() => {
                Error::new(ErrorKind::Decode, "the answer is empty").with_status(status)
            }
            wire::Error::InvalidResponsePayload(payload, error) => {
                let shown = body::snippet(&token.redact(&String::from_utf8_lossy(&payload)));
                let reason = token.redact(&one_line(&error.to_string()));
                Error::new(
                    ErrorKind::Decode,
                    format!("the answer is not what the API describes ({reason}): {shown}"),
                )
                .with_status(status)
            }
            wire::Error::InvalidRequest(reason) => Error::new(
                ErrorKind::Configuration,
                format!("the request cannot be made: {reason}"),
            ),
            // The description has no typed error and no upgrade, and no hook makes an error of its own.
            wire::Error::ErrorResponse(_)
            | wire::Error::InvalidUpgrade(_)
            | wire::Error::Custom(_) => Error::new(
                ErrorKind::Decode,
                "the answer is not what the API describes",
            )
            .with_status(status),
        }
    }
}

/// An answer with another status than the successful one.
async fn refused(mut response: reqwest::Response, token: &Token) -> Error {
    let status = response.status();
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
    let Said { messages, line } = body::read(&bytes, |text| token.redact(text));
    let (kind, advice) = by_status(status);
    let mut detail = format!("the service answered {}", show_status(status));
    detail.push_str(if line.starts_with("with ") { " " } else { ": " });
    detail.push_str(&line);
    if broke_off.is_some() {
        detail.push_str(" (and the answer broke off there)");
    }
    if let Some(advice) = advice {
        detail.push_str("; ");
        detail.push_str(advice);
    }
    let error = Error::new(kind, detail)
        .with_status(Some(status))
        .with_messages(messages);
    match broke_off {
        Some(source) => error.with_source(source),
        None => error,
    }
}

/// What a status means, and what to do about it.
fn by_status(status: StatusCode) -> (ErrorKind, Option<&'static str>) {
    match status.as_u16() {
        400 => (ErrorKind::BadRequest, None),
        401 => (
            ErrorKind::Unauthorized,
            Some("check that the token is complete, valid and not expired"),
        ),
        403 => (
            ErrorKind::Forbidden,
            Some(
                "contract owners and administrators may read the log, other users need a group with the privilege \"Access Activity Log\" (accessActivityLog)",
            ),
        ),
        404 => (
            ErrorKind::NotFound,
            Some("check the address of the API and the contract number"),
        ),
        409 => (ErrorKind::Conflict, Some("try again")),
        429 => (ErrorKind::RateLimited, Some("wait and try again")),
        503 => (ErrorKind::Unavailable, Some("try again later")),
        500..=599 => (ErrorKind::Server, Some("try again later")),
        300..=399 => (
            ErrorKind::UnexpectedStatus,
            Some(
                "a redirect is not followed, because the token would go along: check the address of the API",
            ),
        ),
        _ => (ErrorKind::UnexpectedStatus, None),
    }
}

fn show_status(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// No answer at all.
fn not_reached(error: reqwest::Error, place: &str) -> Error {
    let cause = root_cause(&error);
    let (kind, detail) = if error.is_timeout() {
        (
            ErrorKind::Timeout,
            format!("{place} did not answer in time: try again later"),
        )
    } else if error.is_builder() {
        (
            ErrorKind::Configuration,
            format!("the request cannot be made ({cause})"),
        )
    } else if error.is_connect() {
        (
            ErrorKind::Connection,
            format!(
                "cannot connect to {place} ({cause}): check the address of the API, the network and any proxy"
            ),
        )
    } else {
        (
            ErrorKind::Connection,
            format!("the connection to {place} failed ({cause}): try again"),
        )
    };
    Error::new(kind, detail).with_source(error.without_url())
}

/// The innermost cause: the outer ones say "error sending request" and the URL.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn StdError = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if let Some(error) = cause.downcast_ref::<io::Error>()
        && let Some(kind) = named(error.kind())
    {
        return kind;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        // Nothing inside: reqwest's own text may hold the URL.
        Some(_) => "no cause given".to_owned(),
        None => one_line(&cause.to_string()),
    }
}

/// The common faults of a connection in words that are the same on every system.
fn named(kind: io::ErrorKind) -> Option<String> {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable,
    };
    const NAMED: [io::ErrorKind; 5] = [
        ConnectionAborted,
        ConnectionRefused,
        ConnectionReset,
        HostUnreachable,
        NetworkUnreachable,
    ];
    NAMED.contains(&kind).then(|| kind.to_string())
}
