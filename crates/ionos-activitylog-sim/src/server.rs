//! Whatever is not written in Rust, and every test of a whole program, needs the service on a socket. The server adds
//! HTTP/1.1 to the answers and nothing else (which means, by its rules, no body in an answer to HEAD); it never fails because of what a client sends, and it leaves nothing
//! behind: its connections end with the future that serves them.

use std::convert::Infallible;
use std::io::{self, ErrorKind};

use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Simulator;

/// Serves until it is dropped, or until the listener itself fails.
pub(crate) async fn serve(simulator: &Simulator, listener: TcpListener) -> io::Result<()> {
    // Dropping the set ends the tasks in it.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(simulator.clone(), stream));
            }
            Err(error) if is_about_one_client(&error) => {}
            Err(error) => return Err(error),
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Whether a client gave up before it was accepted, which says nothing about the listener.
fn is_about_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

async fn connection(simulator: Simulator, stream: TcpStream) {
    // Without it the end of a long answer may wait for an acknowledgement. A socket that refuses still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let response = simulator.answer(&request).map(Full::new);
        async { Ok::<_, Infallible>(response) }
    });
    // The answers must not depend on the real clock. A connection that fails is the client's affair, as it would be
    // with the real service.
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[cfg(test)]
mod tests;
