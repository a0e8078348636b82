//! Wraps every transport. Adds the headers for authorization, user agent and contract to each request, and removes the
//! header `api-version`, which the vendor's clients do not send. Bounds the size of the answer, and frees the
//! concurrency slot once the answer is complete.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, BodyStream, LengthLimitError, Limited, StreamBody};
use ionos_activitylog_client::{Exchange, Transport};
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue, USER_AGENT};

use crate::error::transport_fault::BodyTooLarge;
use crate::error::{Error, ErrorKind};
use crate::net::concurrency::EarlyRelease;
use crate::net::poll_scope::PollScope;

const USER_AGENT_BASE: &str = concat!("ionos-activitylog/", env!("CARGO_PKG_VERSION"));

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The header with the contract that a reseller acts for.
const CONTRACT_HEADER: HeaderName = HeaderName::from_static("x-contract-number");

/// The `User-Agent` header with the suffix of the program.
pub(crate) fn user_agent(suffix: Option<&str>) -> Result<HeaderValue, Error> {
    let text = suffix.map_or_else(|| USER_AGENT_BASE.to_owned(), |suffix| format!("{USER_AGENT_BASE} {suffix}"));
    HeaderValue::from_str(&text).map_err(|_| {
        Error::new(
            ErrorKind::Configuration,
            "the user agent suffix contains a character that is not allowed in a header",
        )
        .with_hint("use visible ASCII")
    })
}

/// Completes the request of one attempt and passes it to the transport.
pub(crate) struct HeaderMiddleware {
    pub(crate) authorization: HeaderValue,
    pub(crate) user_agent: HeaderValue,
    pub(crate) contract: Option<HeaderValue>,
    /// Maximum size of an answer in bytes, after decompression.
    pub(crate) body_cap: u64,
    /// Frees the concurrency slot of the request.
    pub(crate) early_release: EarlyRelease,
    pub(crate) progress: Arc<AnswerProgress>,
    pub(crate) transport: Arc<dyn Transport>,
}

/// The time at which the most recent part of the answer arrived.
pub(crate) struct AnswerProgress {
    scope: Arc<PollScope>,
    last: Mutex<Duration>,
}

impl AnswerProgress {
    /// Progress of a request that is sent now.
    pub(crate) fn new(scope: Arc<PollScope>) -> Arc<Self> {
        let last = Mutex::new(scope.attended());
        Arc::new(Self { scope, last })
    }

    /// The time at which the most recent part arrived, measured by [`PollScope::attended`]. If no part has arrived yet,
    /// the time at which the request was sent.
    pub(crate) fn last(&self) -> Duration {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = self.scope.attended();
    }
}

impl Transport for HeaderMiddleware {
    fn send<'a>(&'a self, operation: &'static str, mut request: reqwest::Request) -> Exchange<'a> {
        let headers = request.headers_mut();
        headers.remove("api-version");
        headers.insert(USER_AGENT, self.user_agent.clone());
        // A cache between client and service must not answer by itself, because the log changes.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(AUTHORIZATION, self.authorization.clone());
        if let Some(contract) = &self.contract {
            headers.insert(CONTRACT_HEADER, contract.clone());
        }
        Box::pin(async move {
            let answer = self.transport.send(operation, request).await?;
            self.progress.record();
            let answer = skip_byte_order_mark(limit_body(answer, self.body_cap));
            let answer = record_progress(answer, &self.progress);
            Ok(release_at_end_of_body(answer, &self.early_release))
        })
    }
}

/// Makes the body fail once it exceeds the cap. The transport has already decompressed the body, so the cap also stops
/// a decompression bomb.
fn limit_body(answer: reqwest::Response, cap: u64) -> reqwest::Response {
    // The connection enforces a declared length, so a declared length within the cap makes the check unnecessary. A
    // decompressed answer declares no length.
    if answer.content_length().is_some_and(|length| length <= cap) {
        return answer;
    }
    let limit = usize::try_from(cap).unwrap_or(usize::MAX);
    let answer: http::Response<reqwest::Body> = answer.into();
    answer
        .map(|body| {
            let limited = Limited::new(body, limit).map_err(move |error| match error.downcast::<LengthLimitError>() {
                Ok(_) => Box::new(BodyTooLarge { cap }),
                Err(error) => error,
            });
            reqwest::Body::wrap(limited)
        })
        .into()
}

/// Removes a byte order mark at the start of the body. RFC 8259, section 8.1, allows a reader of JSON to ignore such a
/// mark.
fn skip_byte_order_mark(answer: reqwest::Response) -> reqwest::Response {
    let answer: http::Response<reqwest::Body> = answer.into();
    let mut start = Some(Vec::new());
    let strip = |body: reqwest::Body| body.map_frame(move |frame| frame.map_data(|data| strip_start(&mut start, data)));
    answer.map(|body| reqwest::Body::wrap(strip(body))).into()
}

/// Returns a part of a body, without the byte order mark if the body starts with one. `start` holds back the first
/// bytes of the body as long as they may be the beginning of a mark. Afterwards, `start` is `None`.
fn strip_start(start: &mut Option<Vec<u8>>, data: Bytes) -> Bytes {
    let Some(mut held) = start.take() else {
        return data;
    };
    if held.is_empty() && data.first().is_some_and(|first| !BYTE_ORDER_MARK.starts_with(&[*first])) {
        return data;
    }
    held.extend_from_slice(&data);
    if let Some(rest) = held.strip_prefix(BYTE_ORDER_MARK) {
        return Bytes::copy_from_slice(rest);
    }
    if BYTE_ORDER_MARK.starts_with(&held) {
        *start = Some(held);
        return Bytes::new();
    }
    held.into()
}

/// Records the arrival of each part of the body.
fn record_progress(answer: reqwest::Response, progress: &Arc<AnswerProgress>) -> reqwest::Response {
    let answer: http::Response<reqwest::Body> = answer.into();
    let progress = progress.clone();
    let parts = |body| BodyStream::new(body).inspect(move |_| progress.record());
    answer.map(|body| reqwest::Body::wrap(StreamBody::new(parts(body)))).into()
}

/// Frees the concurrency slot once the body is complete, so that the next request is sent while this answer is parsed.
/// The slot of an error response is freed only after its headers are read, because they may ask clients to wait.
fn release_at_end_of_body(answer: reqwest::Response, early_release: &EarlyRelease) -> reqwest::Response {
    if !answer.status().is_success() {
        return answer;
    }
    let answer: http::Response<reqwest::Body> = answer.into();
    let early_release = early_release.clone();
    let mut released = false;
    let end = stream::poll_fn(move |context| {
        if released {
            return Poll::Ready(None);
        }
        released = true;
        early_release.release();
        // Yield once, so that the next request is sent before this answer is parsed.
        context.waker().wake_by_ref();
        Poll::Pending
    });
    answer.map(|body| reqwest::Body::wrap(StreamBody::new(BodyStream::new(body).chain(end)))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_skipped_only_at_the_start_of_a_body() {
        for (parts, expected) in [
            (&["\u{feff}{}"][..], "{}"),
            (&["\u{feff}\u{feff}{}"], "\u{feff}{}"),
            (&["{}", "\u{feff}"], "{}\u{feff}"),
            (&["", "\u{feff}", "[", "]"], "[]"),
            (&["\u{feff}"], ""),
            (&[], ""),
        ] {
            let whole = parts.concat();
            let split: Vec<&[u8]> = whole.as_bytes().chunks(1).collect();
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            for parts in [parts, split] {
                let mut start = Some(Vec::new());
                let stripped: Vec<Bytes> =
                    parts.iter().map(|part| strip_start(&mut start, Bytes::copy_from_slice(part))).collect();
                assert_eq!(stripped.concat(), expected.as_bytes());
            }
        }
    }
}
