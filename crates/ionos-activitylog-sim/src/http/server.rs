//! Serves the simulator over HTTP/1.1, for clients that are not written in Rust and for tests of whole programs. The
//! server adds only HTTP to the replies. Requests cannot make the server fail, whatever their content or number.
//! Dropping the future of [`serve`] closes all connections.
//!
//! Computing a reply may take seconds if a log is long and a range is wide. So replies are computed on the runtime's
//! threads for blocking work, where they block no other connection. A computation cannot be cancelled: it continues
//! to its end even if the connection is closed. Dropping the runtime waits for the end of running computations.
//!
//! hyper sends every reply that keeps the rules of HTTP, even if the reply is slow. hyper refuses replies that break
//! the rules: for these, the server takes the connection from hyper, and `broken_reply` writes to the connection.

use std::convert::Infallible;
use std::future;
use std::io::{self, ErrorKind};
use std::panic;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::{Method, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{self, JoinSet};

use crate::api;
use crate::api::service::Service;
use crate::http::broken_reply::BrokenReply;
use crate::reply::Reply;

/// Maximum time for a client to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause before the next try if a connection could not be accepted.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Maximum number of consecutive failures to accept a connection. The retries take two minutes.
const MAX_ACCEPT_FAILURES: u32 = 1_200;

/// Serves until the future is dropped.
///
/// Fails if accepting a connection failed more than [`MAX_ACCEPT_FAILURES`] times in a row, because the listener is
/// then broken.
pub(crate) async fn serve(service: &Arc<Service>, listener: TcpListener) -> io::Result<()> {
    // Dropping the set aborts its tasks.
    let mut connections = JoinSet::new();
    let mut failures = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                failures = 0;
                connections.spawn(serve_connection(service.clone(), stream));
            }
            Err(error) if is_client_error(&error) => {}
            Err(error) if failures == MAX_ACCEPT_FAILURES => return Err(error),
            // Most likely too many files are open. Some of them will be closed soon, so accepting is tried again.
            Err(_) => {
                failures += 1;
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Whether accepting a connection failed because the client had already closed it, or because a signal interrupted the
/// call. The listener still works after such an error.
fn is_client_error(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

async fn serve_connection(service: Arc<Service>, stream: TcpStream) {
    // Without this option the end of a long reply may wait for an acknowledgement. Failing to set it does no harm.
    let _ = stream.set_nodelay(true);
    let handover = Arc::new(Mutex::new(None));
    let answer = service_fn(|request: Request<Incoming>| {
        let head = Request::from_parts(request.into_parts().0, ());
        let only_head = head.method() == Method::HEAD;
        let (service, handover) = (service.clone(), handover.clone());
        async move {
            let reply = compute_reply(service, head).await;
            if !reply.delivery.delay.is_zero() {
                tokio::time::sleep(reply.delivery.delay).await;
            }
            if reply.is_valid_http() {
                return Ok::<_, Infallible>(reply.into_wire_response());
            }
            *lock(&handover) = Some(BrokenReply { reply, only_head });
            // hyper must send nothing for this request. This future is dropped together with hyper's connection.
            future::pending().await
        }
    });
    // hyper must not add a `Date`, so that replies do not depend on the real clock.
    let mut http = http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer);
    let broken = future::poll_fn(|context| {
        // Errors of a connection are ignored, as the real service would ignore them.
        match Pin::new(&mut http).poll(context) {
            Poll::Ready(_) => Poll::Ready(None),
            // hyper asks for the next reply only after it has written all earlier replies, so no reply is lost here.
            Poll::Pending => match lock(&handover).take() {
                Some(broken) => Poll::Ready(Some(broken)),
                None => Poll::Pending,
            },
        }
    })
    .await;
    if let Some(broken) = broken {
        let stream = http.into_parts().io.into_inner();
        // A client may leave before the end of a broken reply; this is not an error.
        let _ = broken.send(stream).await;
    }
}

/// Computes a reply on a thread for blocking work.
async fn compute_reply(service: Arc<Service>, head: Request<()>) -> Reply {
    match task::spawn_blocking(move || api::reply(&service, &head)).await {
        Ok(reply) => reply,
        // Propagates a panic of the computation.
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down and drops this task.
        Err(_) => future::pending().await,
    }
}

/// Locks the slot in which a broken reply is passed from hyper's service to the code that writes to the connection.
/// Ignores a poisoned lock, because no code that holds the lock can panic.
fn lock(handover: &Mutex<Option<BrokenReply>>) -> MutexGuard<'_, Option<BrokenReply>> {
    handover.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
