//! A [`Reply`] holds the bytes of an answer and the way to send them ([`Delivery`]): late, in small pieces, or
//! incomplete. Faults can change either part. The `http` module sends a reply over a connection, or streams it in
//! process.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Response, StatusCode};

/// One reply of the simulated service.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The complete response. `Content-Length` holds the announced length, which a fault may have made wrong.
    pub(crate) response: Response<Bytes>,
    pub(crate) delivery: Delivery,
}

/// The way to send a reply. The default sends the complete reply at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// The pause before the first byte.
    pub(crate) delay: Duration,
    /// The pace of the body; `None` sends it as fast as possible.
    pub(crate) pace: Option<Pace>,
    /// The number of spaces before the body; if set, spaces and body are sent compressed with gzip.
    pub(crate) spaces: Option<u64>,
    pub(crate) end: ReplyEnd,
}

/// The pace of a body that is sent in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Bytes per piece, at least 1.
    pub(crate) bytes: u64,
    /// The pause before each piece except the first.
    pub(crate) every: Duration,
}

/// The end of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReplyEnd {
    /// The complete body is sent. If the announced length is right, the connection stays open.
    #[default]
    Complete,
    /// The connection is closed after this many bytes of the body.
    ClosedAfter(u64),
    /// The connection is reset after this many bytes of the body.
    ResetAfter(u64),
    /// The connection is reset before anything is sent.
    ResetBeforeHead,
}

impl Reply {
    /// Creates a reply that is sent completely and at once, and announces its length.
    pub(crate) fn new(response: Response<Bytes>) -> Self {
        let mut reply = Self { response, delivery: Delivery::default() };
        reply.declare_length(reply.response.body().len() as u64);
        reply
    }

    /// Replaces the body and announces the new length.
    pub(crate) fn replace_body(&mut self, body: Bytes) {
        self.declare_length(body.len() as u64);
        *self.response.body_mut() = body;
    }

    /// Replaces the body with its gzip form. A wrong announced length stays wrong by the same number of bytes.
    pub(crate) fn replace_body_with_gzip(&mut self, packed: Bytes) {
        let wrong_by = self.declared_length() as i64 - self.response.body().len() as i64;
        self.replace_body(packed);
        self.misdeclare_length(wrong_by);
        let gzip = HeaderValue::from_static("gzip");
        self.response.headers_mut().insert(CONTENT_ENCODING, gzip);
    }

    /// Announces the length of the body plus `by`, which may be negative. The announced length is at least 0.
    pub(crate) fn misdeclare_length(&mut self, by: i64) {
        let length = self.response.body().len() as u64;
        self.declare_length(length.saturating_add_signed(by));
    }

    /// Announces a length in `Content-Length`.
    pub(crate) fn declare_length(&mut self, length: u64) {
        // RFC 9110, section 8.6: a response with this status has no `Content-Length`.
        if self.response.status() == StatusCode::NO_CONTENT {
            return;
        }
        let headers = self.response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }

    /// The announced length; 0 if the reply announces none.
    pub(crate) fn declared_length(&self) -> u64 {
        self.response
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or_default()
    }

    /// Whether the reply keeps the rules of HTTP, so that an HTTP server can send it and keep the connection open.
    pub(crate) fn is_valid_http(&self) -> bool {
        self.delivery.end == ReplyEnd::Complete && self.declared_length() == self.response.body().len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_reply_with_a_true_length_is_valid_http() {
        let reply = |end, wrong_by| {
            let mut reply = Reply::new(Response::new(Bytes::from_static(b"abc")));
            reply.delivery.end = end;
            reply.misdeclare_length(wrong_by);
            reply
        };
        for (end, wrong_by, valid) in [
            (ReplyEnd::Complete, 0, true),
            (ReplyEnd::ClosedAfter(3), 0, false),
            (ReplyEnd::ResetAfter(3), 0, false),
            (ReplyEnd::ResetBeforeHead, 0, false),
            (ReplyEnd::Complete, 1, false),
        ] {
            assert_eq!(reply(end, wrong_by).is_valid_http(), valid, "{end:?}, length wrong by {wrong_by}");
        }
    }
}
