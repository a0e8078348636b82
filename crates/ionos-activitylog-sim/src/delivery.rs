//! An answer is more than its bytes: it may come late, in small pieces, or not to its end. A [`Reply`] says both, and
//! two consumers carry it out: the server on a connection, and the transport in process as a body that breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::fault::Bomb;

/// What the service gives out.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The whole answer. Its `Content-Length` is what is announced, whatever is sent.
    pub(crate) response: Response<Bytes>,
    pub(crate) delivery: Delivery,
}

/// How an answer is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Before anything is sent.
    pub(crate) delay: Duration,
    /// Without it, as fast as possible.
    pub(crate) pace: Option<Pace>,
    /// So many spaces come before the body, and everything is compressed.
    pub(crate) spaces: Option<u64>,
    pub(crate) end: End,
}

/// A body in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// At least 1.
    pub(crate) bytes: u64,
    /// The pause before each piece but the first.
    pub(crate) every: Duration,
}

/// How it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// With the last byte; the connection stays.
    #[default]
    Complete,
    /// The connection is closed after so many bytes of the body.
    ClosedAfter(u64),
    /// The connection is reset after so many bytes of the body.
    ResetAfter(u64),
    /// The connection is reset before anything is sent.
    ResetBeforeHead,
}

impl Reply {
    /// Sent at once and as a whole, with its length announced.
    pub(crate) fn new(response: Response<Bytes>) -> Self {
        let mut reply = Self { response, delivery: Delivery::default() };
        reply.declare(reply.response.body().len() as u64);
        reply
    }

    /// Puts another body in the place of the body, and announces its length.
    pub(crate) fn replace_body(&mut self, body: Bytes) {
        self.declare(body.len() as u64);
        *self.response.body_mut() = body;
    }

    /// Puts a compressed body in the place of the body. What is announced stays as wrong as it was.
    pub(crate) fn pack(&mut self, packed: Bytes) {
        let wrong_by = self.declared() as i64 - self.response.body().len() as i64;
        self.replace_body(packed);
        self.misdeclare(wrong_by);
        let gzip = HeaderValue::from_static("gzip");
        self.response.headers_mut().insert(CONTENT_ENCODING, gzip);
    }

    /// Announces more or less than is sent.
    pub(crate) fn misdeclare(&mut self, by: i64) {
        let length = self.response.body().len() as u64;
        self.declare(length.saturating_add_signed(by));
    }

    fn declare(&mut self, length: u64) {
        // RFC 9110, section 8.6: this status has no length either.
        if self.response.status() == StatusCode::NO_CONTENT {
            return;
        }
        let headers = self.response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }

    fn declared(&self) -> u64 {
        self.response
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or_default()
    }

    /// Whether it keeps the rules of HTTP, so that an HTTP server can send it and keep the connection.
    pub(crate) fn keeps_the_rules(&self) -> bool {
        self.delivery.end == End::Complete && self.declared() == self.response.body().len() as u64
    }

    /// As it is sent over a connection. The body ends where the connection is to end, without an error.
    pub(crate) fn over_a_connection(mut self) -> Response<Stream> {
        let content = match self.delivery.spaces {
            Some(spaces) => {
                let content = Bomb::new(spaces, self.response.body()).packed();
                self.declare(content.length());
                let gzip = HeaderValue::from_static("gzip");
                self.response.headers_mut().insert(CONTENT_ENCODING, gzip);
                content
            }
            None => Segments::new([(self.response.body().clone(), 1)]),
        };
        let sent = match self.delivery.end {
            End::Complete => content.length(),
            End::ClosedAfter(bytes) | End::ResetAfter(bytes) => content.length().min(bytes),
            End::ResetBeforeHead => 0,
        };
        let stream = Stream::new(content, sent, self.delivery.pace, None);
        self.response.map(|_| stream)
    }

    /// As an HTTP client gives it out: unpacked, not more than was announced, and with an error if it is less.
    pub(crate) fn in_process(mut self) -> Response<Stream> {
        let content = match self.delivery.spaces {
            Some(spaces) => {
                let content = Bomb::new(spaces, self.response.body()).unpacked();
                self.response.headers_mut().remove(CONTENT_LENGTH);
                content
            }
            None => Segments::new([(self.response.body().clone(), 1)]),
        };
        let declared = match self.delivery.spaces {
            Some(_) => content.length(),
            None => self.declared(),
        };
        let (most, fault) = match self.delivery.end {
            End::Complete => (u64::MAX, io::ErrorKind::UnexpectedEof),
            End::ClosedAfter(bytes) => (bytes, io::ErrorKind::UnexpectedEof),
            End::ResetAfter(bytes) => (bytes, io::ErrorKind::ConnectionReset),
            End::ResetBeforeHead => (0, io::ErrorKind::ConnectionReset),
        };
        let sent = content.length().min(declared).min(most);
        let fault = (sent < declared).then_some(fault);
        let stream = Stream::new(content, sent, self.delivery.pace, fault);
        self.response.map(|_| stream)
    }
}

/// Content that is not held as a whole: each part so many times.
#[derive(Debug)]
pub(crate) struct Segments {
    /// The next part is the last one.
    parts: Vec<(Bytes, u64)>,
    /// What was begun and not given out yet.
    current: Bytes,
}

impl Segments {
    pub(crate) fn new<const N: usize>(parts: [(Bytes, u64); N]) -> Self {
        let mut parts = Vec::from(parts);
        parts.reverse();
        Self { parts, current: Bytes::new() }
    }

    /// In bytes, of what was not given out yet.
    pub(crate) fn length(&self) -> u64 {
        let parts = self.parts.iter();
        parts.fold(self.current.len() as u64, |length, (part, times)| {
            length.saturating_add((part.len() as u64).saturating_mul(*times))
        })
    }

    /// At most so many bytes, at least 1; nothing at the end.
    fn piece(&mut self, most: u64) -> Option<Bytes> {
        while self.current.is_empty() {
            match self.parts.last_mut() {
                Some((part, times)) if *times > 0 => {
                    *times -= 1;
                    self.current = part.clone();
                }
                Some(_) => {
                    self.parts.pop();
                }
                None => return None,
            }
        }
        let length = usize::try_from(most).unwrap_or(usize::MAX);
        let length = length.min(self.current.len());
        Some(self.current.split_to(length))
    }
}

impl Iterator for Segments {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.piece(u64::MAX)
    }
}

/// A body that is sent at a pace, and perhaps not to its end.
#[derive(Debug)]
pub(crate) struct Stream {
    content: Segments,
    /// How much is still to be sent.
    left: u64,
    pace: Option<Pace>,
    /// The pause that must end before the next piece.
    pause: Option<Pin<Box<Sleep>>>,
    /// What happens instead of the end.
    fault: Option<io::ErrorKind>,
}

impl Stream {
    fn new(content: Segments, left: u64, pace: Option<Pace>, fault: Option<io::ErrorKind>) -> Self {
        Self { content, left, pace, pause: None, fault }
    }

    /// A body whose connection is reset before its first byte.
    pub(crate) fn reset() -> Self {
        let fault = Some(io::ErrorKind::ConnectionReset);
        Self::new(Segments::new([]), 0, None, fault)
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let most = self.pace.map_or(u64::MAX, |pace| pace.bytes).min(self.left);
        let piece = match most {
            0 => None,
            most => self.content.piece(most),
        };
        let Some(piece) = piece else {
            let fault = self.fault.take();
            return Poll::Ready(fault.map(|kind| Err(kind.into())));
        };
        self.left -= piece.len() as u64;
        if let Some(pace) = self.pace
            && self.left > 0
        {
            self.pause = Some(Box::pin(tokio::time::sleep(pace.every)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.fault.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.fault {
            None => SizeHint::with_exact(self.left),
            // As much was announced, but it does not come.
            Some(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests;
