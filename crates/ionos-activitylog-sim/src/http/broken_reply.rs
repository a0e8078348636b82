//! Sends a reply that breaks the rules of HTTP. hyper refuses to send such a reply, so this module writes the reply to
//! the socket itself. The reply is the last one of its connection and defines how the connection ends.

use std::future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use http::response::Parts;
use hyper::body::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::reply::{Reply, ReplyEnd};

/// The pause before a reset. A reset discards bytes that are still in the network; during the pause the client receives
/// them.
const RESET_DELAY: Duration = Duration::from_millis(20);

/// Maximum time for which an orderly close waits until the client closes its side of the connection. Without this wait,
/// the connection would be reset if the client still sends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Size, in bytes, of the buffer for data that the client sends while the connection is being closed. The data is
/// discarded.
const DISCARD_BUFFER: usize = 4096;

/// A reply that is written without the HTTP server.
pub(super) struct BrokenReply {
    pub(super) reply: Reply,
    /// Whether the request was HEAD, so that no body is sent.
    pub(super) only_head: bool,
}

impl BrokenReply {
    /// Sends the reply and ends the connection. Fails if the client ends the connection first.
    pub(super) async fn send(self, mut stream: TcpStream) -> io::Result<()> {
        let end = self.reply.delivery.end;
        if end == ReplyEnd::ResetBeforeHead {
            return stream.set_zero_linger();
        }
        let (parts, mut body) = self.reply.into_wire_response().into_parts();
        stream.write_all(&format_head(&parts)).await?;
        while !self.only_head
            && let Some(frame) = future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            if let Ok(bytes) = frame?.into_data() {
                stream.write_all(&bytes).await?;
            }
        }
        match end {
            ReplyEnd::ResetAfter(_) => {
                tokio::time::sleep(RESET_DELAY).await;
                // With this option, dropping the stream resets the connection.
                stream.set_zero_linger()
            }
            _ => close_orderly(stream).await,
        }
    }
}

/// The status line and the headers.
fn format_head(parts: &Parts) -> Vec<u8> {
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_str()).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Closes the connection so that the client receives all bytes that were sent.
async fn close_orderly(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let drain = async {
        let mut buffer = [0; DISCARD_BUFFER];
        while stream.read(&mut buffer).await? > 0 {}
        Ok(())
    };
    // The wait ends after the timeout even if the client keeps its side open.
    tokio::time::timeout(CLOSE_TIMEOUT, drain).await.unwrap_or(Ok(()))
}
