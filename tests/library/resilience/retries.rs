//! Tests which statuses and connection faults a client retries, how long it waits before a retry, and that it sends
//! each request only once if retries are turned off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, ErrorKind, PageSize, RetryPolicy};

use super::{client, clock, millis, then_good, with_retry_after};
use crate::support::program::ClosedPort;
use crate::support::scripted::{ScriptedTransport, Step, TOKEN, answer};

#[tokio::test]
async fn each_status_is_retried_as_listed_and_never_with_retries_off() {
    use ErrorKind::*;
    let cases = [
        (201, UnexpectedStatus, false),
        (202, UnexpectedStatus, false),
        (301, RedirectRefused, false),
        (304, RedirectRefused, false),
        (400, BadRequest, false),
        (401, Unauthorized, false),
        (403, Forbidden, false),
        (404, NotFound, false),
        (408, Unavailable, true),
        (409, Conflict, false),
        (418, UnexpectedStatus, false),
        (422, UnexpectedStatus, false),
        (429, RateLimited, true),
        (500, Server, true),
        (501, UnexpectedStatus, false),
        (502, BadGateway, true),
        (503, Unavailable, true),
        (504, GatewayTimeout, true),
        (599, Unavailable, true),
    ];
    for (status, kind, retried) in cases {
        let clock = clock();
        let scripted = ScriptedTransport::new(then_good(status, 1));
        let outcome = client(scripted.clone(), &clock).build().unwrap().info().await;
        assert_eq!(outcome.is_ok(), retried, "{status}");
        assert_eq!(clock.waits().len(), usize::from(retried), "{status}");
        assert_eq!(scripted.requests().len(), 1 + usize::from(retried), "{status}");

        let scripted = ScriptedTransport::new(then_good(status, 1));
        let policy = RetryPolicy::none();
        let error = client(scripted.clone(), &clock).retry(policy).build().unwrap().info().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert_eq!(error.is_retryable(), retried, "{status}");
        assert_eq!((error.attempts(), scripted.requests().len()), (1, 1), "{status}");
        assert_eq!(error.operation(), Some("get_info"));
    }
}

#[tokio::test]
async fn success_without_content_is_an_empty_result() {
    let (_, client) = ScriptedTransport::client([answer(204, ""), answer(204, ""), answer(204, "")]);
    assert_eq!(client.info().await.unwrap().name, None);
    assert!(client.contracts().await.unwrap().is_empty());
    let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
    let page = client.page(&1.into(), range, 0, PageSize::DEFAULT).await.unwrap();
    assert_eq!((page.events.len(), page.total, page.meta().status()), (0, None, 204));
}

#[tokio::test]
async fn each_connection_fault_is_retried_as_listed_and_never_with_retries_off() {
    use ErrorKind::*;
    let breaks_off = |kind| Step::breaks_off(answer(200, "{"), kind);
    type Fault<'a> = &'a dyn Fn(&Arc<VirtualClock>) -> Step;
    let cases: [(&str, Fault<'_>, ErrorKind, bool); 6] = [
        ("a reset within the body", &|_| breaks_off(io::ErrorKind::ConnectionReset), InterruptedBody, true),
        ("an end within the body", &|_| breaks_off(io::ErrorKind::UnexpectedEof), InterruptedBody, true),
        (
            "silence",
            &|clock| Step::from(answer(200, "{}")).after_silence(Duration::from_secs(121), clock),
            AttemptTimeout,
            true,
        ),
        ("a request that cannot be made", &|_| Step::not_sent(), Configuration, false),
        ("a body larger than the cap", &|_| answer(200, " ".repeat(10_000)).into(), TooLarge, false),
        ("another service", &|_| answer(200, "<html>").into(), Decode, false),
    ];
    for (name, fault, kind, retried) in cases {
        let run = async |policy: RetryPolicy| {
            let clock = clock();
            let scripted = ScriptedTransport::with_steps([fault(&clock), answer(200, "{}").into()]);
            let client = client(scripted, &clock).retry(policy).body_cap(1_000).build().unwrap();
            (client.info().await, clock.waits().len())
        };
        let (outcome, waits) = run(RetryPolicy::default()).await;
        assert_eq!((outcome.is_ok(), waits), (retried, usize::from(retried)), "{name}");
        let (outcome, waits) = run(RetryPolicy::none()).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable(), waits), (kind, retried, 0), "{name}: {error}");
        assert_eq!(error.attempts(), 1);
    }
}

#[tokio::test]
async fn faults_of_a_real_connection_are_distinguished_and_retried() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let cases = [
        // The server closes the connection before the answer (first case), within the head of the answer (second case),
        // or within the body (third and fourth case).
        ("", ErrorKind::Connection),
        ("HTTP/1.1 200 O", ErrorKind::Connection),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{", ErrorKind::InterruptedBody),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{", ErrorKind::InterruptedBody),
    ];
    for (bad, kind) in cases {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = async |text: &str| {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(text.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        };
        let clock = clock();
        let build =
            |policy| Client::builder().token(TOKEN).base_url(&url).clock(clock.clone()).retry(policy).build().unwrap();

        let once = build(RetryPolicy::none());
        let (outcome, ()) = tokio::join!(once.info(), serve(bad));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (kind, true), "{bad:?}: {error}");
        assert!(!format!("{error} {error:?}").contains("http://"), "{error:?}");

        let again = build(RetryPolicy::default());
        let (outcome, ()) = tokio::join!(again.info(), async {
            serve(bad).await;
            serve(good).await;
        });
        assert_eq!(outcome.unwrap().meta().attempts(), 2, "{bad:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_retried_and_reported() {
    let closed = ClosedPort::new();
    for (policy, attempts) in [(RetryPolicy::default(), 5), (RetryPolicy::none(), 1)] {
        let clock = clock();
        let client = Client::builder().token(TOKEN).base_url(format!("http://{}", closed.address));
        let client = client.clock(clock.clone()).retry(policy).build().unwrap();
        let error = client.info().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Connection, true), "{error}");
        assert_eq!((error.attempts(), clock.waits().len()), (attempts, attempts as usize - 1));
    }
}

#[tokio::test]
async fn waits_double_and_the_last_error_names_the_number_of_attempts() {
    let clock = clock();
    let scripted = ScriptedTransport::new(then_good(503, 5));
    let error = client(scripted.clone(), &clock).build().unwrap().info().await.unwrap_err();
    assert_eq!(clock.waits(), millis(&[125, 250, 500, 1_000]));
    assert_eq!((error.attempts(), scripted.requests().len()), (5, 5));
    assert_eq!(error.elapsed(), Duration::from_millis(1_875));
    assert!(error.to_string().ends_with("(5 attempts in 1.9 s): try again later"), "{error}");
}

#[tokio::test]
async fn retry_after_is_honoured_for_every_retried_status() {
    for status in [408, 425, 429, 500, 502, 503, 504, 507, 520, 599] {
        for (value, wait) in [
            ("3", 3_000),
            ("1.5", 1_500),
            ("0", 125),
            ("Fri, 20 Nov 2026 12:00:10 GMT", 10_000),
            ("Fri, 20 Nov 2026 11:00:00 GMT", 125),
            ("soon", 125),
            ("60", 60_000),
        ] {
            let clock = clock();
            let scripted = ScriptedTransport::new([with_retry_after(status, value), answer(200, "{}")]);
            let info = client(scripted, &clock).build().unwrap().info().await.unwrap();
            assert_eq!(clock.waits(), millis(&[wait]), "status {status}, Retry-After {value}");
            assert_eq!(info.meta().elapsed(), Duration::from_millis(wait));
        }
    }
}

#[tokio::test]
async fn retry_after_above_the_ceiling_ends_the_call_at_once() {
    let clock = clock();
    let scripted = ScriptedTransport::new([with_retry_after(429, "61")]);
    let error = client(scripted, &clock).build().unwrap().info().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(clock.waits().is_empty());
    assert!(error.to_string().contains("the service asks to wait 61 s, but the maximum wait is 60 s"), "{error}");
    assert!(error.exceeds_retry_after_ceiling());
    // An error with a status that is not retried carries the value of Retry-After, too.
    let (_, client) = ScriptedTransport::client([with_retry_after(403, "5")]);
    assert_eq!(client.info().await.unwrap_err().retry_after(), Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_result_carries_the_metadata_of_its_answer() {
    let mut good = answer(200, "{}");
    good.headers_mut().insert("x-request-id", "r-1".parse().unwrap());
    let clock = clock();
    let scripted = ScriptedTransport::new([with_retry_after(503, "2"), good]);
    let info = client(scripted, &clock).build().unwrap().info().await.unwrap();
    let meta = info.meta();
    assert_eq!((meta.status(), meta.attempts(), meta.elapsed()), (200, 2, Duration::from_secs(2)));
    assert_eq!(meta.request_id(), Some("r-1"));
    assert_eq!(meta.headers()["x-request-id"], "r-1");
}
