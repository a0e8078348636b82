//! Whatever is not written in Rust, and every test of a whole program, needs the service on a socket. The server adds
//! HTTP/1.1 to the answers and nothing else (which means, by its rules, no body in an answer to HEAD). It does not
//! fail because of what a client sends or how many there are, and it leaves nothing behind: its connections end with
//! the future that serves them.
//!
//! An answer may take seconds to work out, where a log is long and a range is wide. So that is done on the threads that
//! the runtime has for such work, and the connections, which may all share one thread, go on. What was begun there cannot
//! be stopped: it goes on to its end when the connection is gone, and nobody waits for it but a runtime that is dropped.
//!
//! hyper sends what keeps the rules of HTTP, late or slow as it may be. What breaks them, it rightly refuses to send, so
//! then the connection is taken from it and the answer is written by hand.

mod broken;

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

use crate::delivery::Reply;
use crate::{Simulator, service};
use broken::BrokenReply;

/// How long a client may take for the head of a request. One that is slower is not testing the service.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait before the next connection is accepted when the machine has no room for it.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
///
/// Fails when nothing could be accepted for as many pauses in a row as [`MOST_FAILURES`]: then it is the listener.
pub(crate) async fn serve(simulator: &Simulator, listener: TcpListener) -> io::Result<()> {
    // Dropping the set ends the tasks in it.
    let mut connections = JoinSet::new();
    let mut failures = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                failures = 0;
                connections.spawn(connection(simulator.clone(), stream));
            }
            Err(error) if is_about_one_client(&error) => {}
            Err(error) if failures == MOST_FAILURES => return Err(error),
            // Too many open files, most likely, and soon fewer.
            Err(_) => {
                failures += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Two minutes' worth.
const MOST_FAILURES: u32 = 1_200;

/// Whether a client gave up before it was accepted, which says nothing about the listener.
fn is_about_one_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

async fn connection(simulator: Simulator, stream: TcpStream) {
    // Without it the end of a long answer may wait for an acknowledgement. A socket that refuses still works.
    let _ = stream.set_nodelay(true);
    let handover = Arc::new(Mutex::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let head = Request::from_parts(request.into_parts().0, ());
        let only_head = head.method() == Method::HEAD;
        let (simulator, handover) = (simulator.clone(), handover.clone());
        async move {
            let reply = worked_out(simulator, head).await;
            if !reply.delivery.delay.is_zero() {
                tokio::time::sleep(reply.delivery.delay).await;
            }
            if reply.keeps_the_rules() {
                return Ok::<_, Infallible>(reply.over_a_connection());
            }
            *lock(&handover) = Some(BrokenReply { reply, only_head });
            // hyper has no more to do here; this future is dropped with it.
            future::pending().await
        }
    });
    // The answers must not depend on the real clock.
    let mut http = http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let broken = future::poll_fn(|context| {
        // A connection that fails is the client's affair, as it would be with the real service.
        match Pin::new(&mut http).poll(context) {
            Poll::Ready(_) => Poll::Ready(None),
            // hyper asks for an answer once all answers before it are written, so nothing is lost with it here.
            Poll::Pending => match lock(&handover).take() {
                Some(broken) => Poll::Ready(Some(broken)),
                None => Poll::Pending,
            },
        }
    })
    .await;
    if let Some(broken) = broken {
        let stream = http.into_parts().io.into_inner();
        // So is a client that does not stay to the end of a broken answer.
        let _ = broken.send(stream).await;
    }
}

/// The reply to a request, worked out where it holds up no other connection.
async fn worked_out(simulator: Simulator, head: Request<()>) -> Reply {
    match task::spawn_blocking(move || service::reply(&simulator, &head)).await {
        Ok(reply) => reply,
        // As if it had happened here.
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is being shut down, and this task with it.
        Err(_) => future::pending().await,
    }
}

/// Nothing that holds the lock can fail halfway.
fn lock(handover: &Mutex<Option<BrokenReply>>) -> MutexGuard<'_, Option<BrokenReply>> {
    handover.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
