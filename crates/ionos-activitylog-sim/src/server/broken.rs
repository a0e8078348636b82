//! An answer that breaks the rules of HTTP is the last one of its connection, and how the connection ends is part of it.

use std::future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use http::response::Parts;
use hyper::body::Body;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::delivery::{End, Reply};

/// How long what was sent may take to the client before the connection is reset: a reset makes the system throw away
/// what is still on its way.
const SETTLE: Duration = Duration::from_millis(20);

/// How long a client may take to close its side of a connection that was closed in good order. A connection that is
/// dropped while the client still sends would be reset.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is read of the client in that time, at once.
const SCRAP: usize = 4096;

/// An answer that is written by hand.
pub(super) struct BrokenReply {
    pub(super) reply: Reply,
    /// Whether it is the answer to HEAD.
    pub(super) only_head: bool,
}

impl BrokenReply {
    /// Sends it and ends the connection. Fails when the client ends it first.
    pub(super) async fn send(self, mut stream: TcpStream) -> io::Result<()> {
        let end = self.reply.delivery.end;
        if end == End::ResetBeforeHead {
            return stream.set_zero_linger();
        }
        let (parts, mut body) = self.reply.over_a_connection().into_parts();
        stream.write_all(&head(&parts)).await?;
        while !self.only_head
            && let Some(frame) = future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            if let Ok(bytes) = frame?.into_data() {
                stream.write_all(&bytes).await?;
            }
        }
        match end {
            End::ResetAfter(_) => {
                tokio::time::sleep(SETTLE).await;
                // Dropping the stream now resets it.
                stream.set_zero_linger()
            }
            _ => close(stream).await,
        }
    }
}

/// Status line and headers.
fn head(parts: &Parts) -> Vec<u8> {
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

/// Closes the connection so that the client sees all that was sent.
async fn close(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let farewell = async {
        let mut scrap = [0; SCRAP];
        while stream.read(&mut scrap).await? > 0 {}
        Ok(())
    };
    // A client that does not close its side in time is left.
    tokio::time::timeout(FAREWELL, farewell).await.unwrap_or(Ok(()))
}
