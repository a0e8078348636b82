//! Cases in which the service sends bytes that are not HTTP or that break the rules of HTTP.

use std::io::Write;
use std::sync::Arc;

use super::{ServiceCase, each, same, stream};
use crate::support::hostile_server::{
    HostileService, ReceivedRequest, correct_page, drain, ok, response, write_endlessly,
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The head of an answer without a length. Such an answer ends when the connection is closed.
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";

pub(super) fn cases() -> Vec<ServiceCase> {
    let correct = |head: &'static str| move |request: &ReceivedRequest| [head, &correct_page(request)].concat().into();
    vec![
        same("nothing", 5, ""),
        same("no HTTP", 5, "SSH-2.0-OpenSSH_9.9\r\n"),
        same("a TLS alert", 5, b"\x15\x03\x01\x00\x02\x02\x28".to_vec()),
        same("HTTP/2 that was not requested", 5, b"\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec()),
        same("HTTP 9.9", 5, "HTTP/9.9 200 OK\r\n\r\n"),
        same("status 0", 5, "HTTP/1.1 0 OK\r\n\r\n"),
        same("status of four digits", 5, "HTTP/1.1 2000 OK\r\n\r\n"),
        same("status 999", 5, response("999 \u{1b}[2J", "", b"{}")),
        same("only a status line", 5, "HTTP/1.1 200 OK\r\n"),
        each("escape sequences in the reason", 0, |request| {
            response("200 \u{202e}\u{200b}OK", "", correct_page(request).as_bytes())
        })
        .with_all_events(),
        same("control characters in the reason", 5, "HTTP/1.1 200 \u{1b}[2J\u{7}\r\n\r\n"),
        same("a header with a NUL", 5, "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"),
        same("a header without a colon", 5, "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
        same("a header before the status line", 5, "X: 1\r\nHTTP/1.1 200 OK\r\n\r\n"),
        each("headers that are not UTF-8", 0, |request| {
            let head = b"HTTP/1.1 200 OK\r\nX-Request-Id: \xff\xfe\x9b31m\r\nConnection: close\r\n\r\n".to_vec();
            [head, correct_page(request).into_bytes()].concat()
        })
        .with_all_events(),
        stream("endless status line", 5, |_, connection| {
            connection.write_all(b"HTTP/1.1 200 ")?;
            write_endlessly(connection, b"OK")
        })
        .times_out()
        .heavy(),
        stream("endless header", 5, |_, connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\nX: ")?;
            write_endlessly(connection, b"a")
        })
        .times_out()
        .heavy(),
        stream("endless headers", 5, |_, connection| {
            connection.write_all(b"HTTP/1.1 200 OK\r\n")?;
            write_endlessly(connection, b"X-A: b\r\n")
        })
        .times_out()
        .heavy(),
        stream("endless interim answers", 5, |_, connection| {
            write_endlessly(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
        })
        .times_out()
        .heavy(),
        stream("endless early hints", 5, |_, connection| {
            write_endlessly(connection, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        })
        .times_out()
        .heavy(),
        each("ten interim answers", 0, |request| {
            let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(10);
            [interim.into_bytes(), ok(correct_page(request))].concat()
        })
        .with_all_events(),
        same("another protocol", 1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        stream("endless chunked body", 5, |_, connection| {
            connection.write_all(CHUNKED.as_bytes())?;
            write_endlessly(connection, b"8\r\n        \r\n")
        })
        .times_out()
        .heavy(),
        // This call reaches the size limit of an answer before the time limit of the call.
        stream("endless body without a length", 1, |_, connection| {
            connection.write_all(HEAD.as_bytes())?;
            write_endlessly(connection, b" ")
        })
        .heavy(),
        stream("endless extension of a chunk", 5, |_, connection| {
            connection.write_all(CHUNKED.as_bytes())?;
            connection.write_all(b"8;")?;
            write_endlessly(connection, b"x")
        })
        .times_out()
        .heavy(),
        stream("endless trailers", 5, |_, connection| {
            connection.write_all(CHUNKED.as_bytes())?;
            connection.write_all(b"2\r\n{}\r\n0\r\n")?;
            write_endlessly(connection, b"X-A: b\r\n")
        })
        .times_out()
        .heavy(),
        same("a chunk of 16 exabytes", 5, [CHUNKED, "FFFFFFFFFFFFFFFF\r\n{}"].concat()),
        same("a chunk of 2^80 bytes", 5, [CHUNKED, "100000000000000000000\r\n{}"].concat()),
        same("a negative chunk", 5, [CHUNKED, "-1\r\n{}"].concat()),
        same("chunks without an end", 5, [CHUNKED, "2\r\n{}\r\n"].concat()),
        same("a length below 0", 5, "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}"),
        same("a length of 2^64", 5, "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n{}"),
        same("a length of 2^63", 5, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n{}"),
        same("a length that is no number", 5, "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}"),
        same("two lengths", 5, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
        each("a length that is too long", 5, |request| {
            let body = correct_page(request);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len() + 1).into()
        }),
        each("a length that is too short", 1, |request| {
            let body = correct_page(request);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len() - 1).into()
        }),
        each("no length", 0, correct(HEAD)).with_all_events(),
        each("keep-alive, and the connection is closed", 0, |request| {
            let body = correct_page(request);
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: keep-alive\r\n\r\n{body}", body.len()).into()
        })
        // The first attempt of the next request may use the closed connection and fail.
        .attempts("2")
        .with_all_events(),
        // The second answer must not be taken for the answer to the next request.
        stream("two answers for one request", 0, |request, connection| {
            let body = correct_page(request);
            let first = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let second = r#"{"hits":{"total":0,"hits":[]}}"#;
            let second = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{second}", second.len());
            connection.write_all([first, second].concat().as_bytes())?;
            drain(connection)
        })
        .with_all_events(),
        ServiceCase {
            service: Arc::new(HostileService::Eager(Box::new(|_, connection| connection.write_all(&ok("{}"))))),
            other_code: Some(5),
            ..same("an answer before the request", 1, "")
        },
        stream("silence", 5, |_, connection| drain(connection)).times_out(),
        stream("silence after half of a page", 5, |request, connection| {
            let body = correct_page(request);
            connection.write_all([HEAD, body.get(..body.len() / 2).unwrap_or_default()].concat().as_bytes())?;
            drain(connection)
        })
        .times_out(),
    ]
}
