//! Turns a [`Reply`] into a response with a streaming body. The server writes the response to a connection; the
//! in-process transport returns the response as an HTTP client would.

use std::io;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Response};

use crate::http::body::{BodySegments, BodyStream};
use crate::http::decompression_bomb::DecompressionBomb;
use crate::reply::{Reply, ReplyEnd};

impl Reply {
    /// The response as it is written to a connection. The body stops without an error at the byte where the connection
    /// ends.
    pub(crate) fn into_wire_response(mut self) -> Response<BodyStream> {
        let content = match self.delivery.spaces {
            Some(spaces) => {
                let content = DecompressionBomb::new(spaces, self.response.body()).into_gzip();
                self.declare_length(content.length());
                let gzip = HeaderValue::from_static("gzip");
                self.response.headers_mut().insert(CONTENT_ENCODING, gzip);
                content
            }
            None => BodySegments::new([(self.response.body().clone(), 1)]),
        };
        let sent = match self.delivery.end {
            ReplyEnd::Complete => content.length(),
            ReplyEnd::ClosedAfter(bytes) | ReplyEnd::ResetAfter(bytes) => content.length().min(bytes),
            ReplyEnd::ResetBeforeHead => 0,
        };
        let stream = BodyStream::new(content, sent, self.delivery.pace, None);
        self.response.map(|_| stream)
    }

    /// The response as an HTTP client returns it: a decompression bomb is decompressed, and a body longer than
    /// announced is cut. A shorter body ends with an error.
    pub(crate) fn into_client_response(mut self) -> Response<BodyStream> {
        let content = match self.delivery.spaces {
            Some(spaces) => {
                let content = DecompressionBomb::new(spaces, self.response.body()).into_plain();
                self.response.headers_mut().remove(CONTENT_LENGTH);
                content
            }
            None => BodySegments::new([(self.response.body().clone(), 1)]),
        };
        let declared = match self.delivery.spaces {
            Some(_) => content.length(),
            None => self.declared_length(),
        };
        let (max, error) = match self.delivery.end {
            ReplyEnd::Complete => (u64::MAX, io::ErrorKind::UnexpectedEof),
            ReplyEnd::ClosedAfter(bytes) => (bytes, io::ErrorKind::UnexpectedEof),
            ReplyEnd::ResetAfter(bytes) => (bytes, io::ErrorKind::ConnectionReset),
            ReplyEnd::ResetBeforeHead => (0, io::ErrorKind::ConnectionReset),
        };
        let sent = content.length().min(declared).min(max);
        let error = (sent < declared).then_some(error);
        let stream = BodyStream::new(content, sent, self.delivery.pace, error);
        self.response.map(|_| stream)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::BodyExt;

    use super::*;
    use crate::reply::{Delivery, Pace};

    #[tokio::test(start_paused = true)]
    async fn a_paced_body_is_sent_in_pieces_with_a_pause_before_each_but_the_first() {
        let pace = Some(Pace { bytes: 2, every: Duration::from_secs(1) });
        let reply = Reply {
            delivery: Delivery { pace, ..Delivery::default() },
            ..Reply::new(Response::new(Bytes::from_static(b"abcde")))
        };
        let begin = tokio::time::Instant::now();
        let mut body = reply.into_wire_response().into_body();
        let mut pieces = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            pieces.push((begin.elapsed().as_secs(), piece));
        }
        assert_eq!(pieces, [(0, "ab".into()), (1, "cd".into()), (2, Bytes::from("e"))]);
    }
}
