//! When a call is tried again, after how long, and when it stops: every status and every fault of a connection, with
//! retries on and off. Time is virtual, so nothing waits.

use std::io;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{
    Client, ClientBuilder, DateRange, Error, ErrorKind, PageSize, RetryPolicy, TokenFuture, TokenProvider,
};

use crate::program::Nobody;
use crate::scripted::{Scripted, Step, TOKEN, answer};

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap()).with_chance(0.5))
}

fn client(transport: Arc<dyn Transport>, clock: &Arc<VirtualClock>) -> ClientBuilder {
    Client::builder().token(TOKEN).transport(transport).clock(clock.clone())
}

/// A policy with so much time for a call in all.
fn two_seconds() -> RetryPolicy {
    let policy = RetryPolicy::builder().deadline(Duration::from_secs(2));
    policy.build().unwrap()
}

fn millis(millis: &[u64]) -> Vec<Duration> {
    millis.iter().copied().map(Duration::from_millis).collect()
}

/// Answers of which the last is good.
fn then_good(status: u16, times: usize) -> Vec<http::Response<Vec<u8>>> {
    (0..times).map(|_| answer(status, "")).chain([answer(200, "{}")]).collect()
}

#[tokio::test]
async fn each_status_is_retried_or_not_and_never_without_retries() {
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
        (408, UnexpectedStatus, true),
        (409, Conflict, false),
        (418, UnexpectedStatus, false),
        (422, UnexpectedStatus, false),
        (429, RateLimited, true),
        (500, Server, true),
        (501, UnexpectedStatus, false),
        (502, BadGateway, true),
        (503, Unavailable, true),
        (504, GatewayTimeout, true),
        (599, UnexpectedStatus, false),
    ];
    for (status, kind, retried) in cases {
        let clock = clock();
        let scripted = Scripted::new(then_good(status, 1));
        let outcome = client(scripted.clone(), &clock).build().unwrap().info().await;
        assert_eq!(outcome.is_ok(), retried, "{status}");
        assert_eq!(clock.waits().len(), usize::from(retried), "{status}");
        assert_eq!(scripted.requests().len(), 1 + usize::from(retried), "{status}");

        let scripted = Scripted::new(then_good(status, 1));
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
    let (_, client) = Scripted::client([answer(204, ""), answer(204, ""), answer(204, "")]);
    assert_eq!(client.info().await.unwrap().name, None);
    assert!(client.contracts().await.unwrap().is_empty());
    let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
    let page = client.page(&1.into(), range, 0, PageSize::DEFAULT).await.unwrap();
    assert_eq!((page.events.len(), page.total, page.meta().status()), (0, None, 204));
}

#[tokio::test]
async fn each_fault_of_a_connection_is_retried_or_not_and_never_without_retries() {
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
            let scripted = Scripted::following([fault(&clock), answer(200, "{}").into()]);
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
async fn faults_of_a_real_connection_are_told_apart_and_retried() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let cases = [
        // Closed without a word, in the middle of the head, and in the middle of the body.
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
async fn a_refused_connection_is_tried_again_and_told_with_retries_and_without() {
    let nobody = Nobody::new();
    for (policy, attempts) in [(RetryPolicy::default(), 5), (RetryPolicy::none(), 1)] {
        let clock = clock();
        let client = Client::builder().token(TOKEN).base_url(format!("http://{}", nobody.address));
        let client = client.clock(clock.clone()).retry(policy).build().unwrap();
        let error = client.info().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Connection, true), "{error}");
        assert_eq!((error.attempts(), clock.waits().len()), (attempts, attempts as usize - 1));
    }
}

#[tokio::test]
async fn waits_grow_and_the_last_error_tells_how_often_it_was_tried() {
    let clock = clock();
    let scripted = Scripted::new(then_good(503, 5));
    let error = client(scripted.clone(), &clock).build().unwrap().info().await.unwrap_err();
    assert_eq!(clock.waits(), millis(&[125, 250, 500, 1_000]));
    assert_eq!((error.attempts(), scripted.requests().len()), (5, 5));
    assert_eq!(error.elapsed(), Duration::from_millis(1_875));
    assert!(error.to_string().ends_with("(5 attempts in 1.9 s): try again later"), "{error}");
}

fn with_retry_after(status: u16, value: &str) -> http::Response<Vec<u8>> {
    let mut answer = answer(status, "");
    answer.headers_mut().insert("retry-after", value.parse().unwrap());
    answer
}

#[tokio::test]
async fn the_service_is_given_the_time_that_it_asks_for_at_every_retried_status() {
    for status in [408, 429, 500, 502, 503, 504] {
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
            let scripted = Scripted::new([with_retry_after(status, value), answer(200, "{}")]);
            let info = client(scripted, &clock).build().unwrap().info().await.unwrap();
            assert_eq!(clock.waits(), millis(&[wait]), "{status} {value}");
            assert_eq!(info.meta().elapsed(), Duration::from_millis(wait));
        }
    }
}

#[tokio::test]
async fn more_time_than_the_ceiling_ends_the_call_at_once_and_is_told() {
    let clock = clock();
    let scripted = Scripted::new([with_retry_after(429, "61")]);
    let error = client(scripted, &clock).build().unwrap().info().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(clock.waits().is_empty());
    assert!(error.to_string().contains("it asks for 61 s, and 60 s are the most"), "{error}");
    // As a status that is not retried, it is told all the same.
    let (_, client) = Scripted::client([with_retry_after(403, "5")]);
    assert_eq!(client.info().await.unwrap_err().retry_after(), Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn no_wait_goes_past_the_deadline_and_no_attempt_either() {
    let policy = two_seconds();
    let clock_a = clock();
    let scripted = Scripted::new([with_retry_after(503, "1.5"), with_retry_after(503, "1")]);
    let error = client(scripted, &clock_a).retry(policy.clone()).build().unwrap().info().await.unwrap_err();
    assert_eq!(clock_a.waits(), millis(&[1_500]));
    assert!(error.to_string().contains("there is no time left for another attempt"), "{error}");

    let clock_b = clock();
    let silent = Step::from(answer(200, "{}")).after_silence(Duration::from_secs(3), &clock_b);
    let error =
        client(Scripted::following([silent]), &clock_b).retry(policy).build().unwrap().info().await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::CallTimeout, false));
    assert_eq!(error.elapsed(), Duration::from_secs(3));
}

#[tokio::test]
async fn clones_share_one_budget_of_retries() {
    let clock = clock();
    let failing = (0..1_000).map(|_| answer(500, ""));
    let scripted = Scripted::new(failing);
    let client = client(scripted.clone(), &clock).build().unwrap();
    let mut last = None;
    for _ in 0..60 {
        last = client.clone().info().await.err();
    }
    // Every call is sent once, and a hundred retries are spread over them.
    assert_eq!(scripted.requests().len(), 60 + 100);
    let last = last.unwrap();
    assert_eq!(last.attempts(), 1);
    assert!(last.to_string().contains("too many calls failed lately"), "{last}");
}

/// Counts how many requests are on their way at once.
struct Counting {
    now: Mutex<(usize, usize)>,
    status: AtomicU16,
}

impl Default for Counting {
    fn default() -> Self {
        Self { now: Mutex::default(), status: AtomicU16::new(200) }
    }
}

impl Transport for Counting {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            {
                let mut now = self.now.lock().unwrap();
                now.0 += 1;
                now.1 = now.1.max(now.0);
            }
            tokio::task::yield_now().await;
            self.now.lock().unwrap().0 -= 1;
            Ok(answer(self.status.load(Ordering::SeqCst), "{}").into())
        })
    }
}

#[tokio::test]
async fn clones_share_the_limit_on_requests_at_once() {
    for (ceiling, most) in [(16, 4), (2, 2), (1, 1)] {
        let counting = Arc::new(Counting::default());
        let client = client(counting.clone(), &clock()).max_in_flight(ceiling).build().unwrap();
        let clones: Vec<Client> = (0..40).map(|_| client.clone()).collect();
        let done: Vec<Result<_, Error>> = join_all(clones.iter().map(Client::info)).await;
        assert!(done.iter().all(Result::is_ok));
        assert_eq!(*counting.now.lock().unwrap(), (0, most));
    }
}

#[tokio::test]
async fn clones_share_the_rate() {
    let clock = clock();
    let scripted = Scripted::new((0..5).map(|_| answer(200, "{}")));
    let client = client(scripted, &clock).requests_per_second(2.0).build().unwrap();
    for _ in 0..5 {
        client.clone().info().await.unwrap();
    }
    assert_eq!(clock.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn what_came_along_with_an_answer_is_there() {
    let mut good = answer(200, "{}");
    good.headers_mut().insert("x-request-id", "r-1".parse().unwrap());
    let clock = clock();
    let scripted = Scripted::new([with_retry_after(503, "2"), good]);
    let info = client(scripted, &clock).build().unwrap().info().await.unwrap();
    let meta = info.meta();
    assert_eq!((meta.status(), meta.attempts(), meta.elapsed()), (200, 2, Duration::from_secs(2)));
    assert_eq!(meta.request_id(), Some("r-1"));
    assert_eq!(meta.headers()["x-request-id"], "r-1");
}

#[test]
fn numbers_that_cannot_work_are_refused() {
    let builder = || Client::builder().token(TOKEN);
    let cases = [
        (builder().max_in_flight(0), "max_in_flight of 0"),
        (builder().requests_per_second(0.0), "requests_per_second of 0"),
        (builder().requests_per_second(f64::NAN), "requests_per_second of NaN"),
        (builder().requests_per_second(-1.0), "requests_per_second of -1"),
        (builder().body_cap(0), "body_cap of 0"),
        (builder().attempt_timeout(Duration::ZERO), "attempt_timeout of no time"),
        (builder().connect_timeout(Duration::ZERO), "connect_timeout of no time"),
        (builder().read_timeout(Duration::ZERO), "read_timeout of no time"),
        (builder().user_agent_suffix("a\nb"), "suffix of the user agent"),
        (builder().root_certificate("no PEM"), "a root certificate cannot be read"),
        (builder().pinned_certificate("abc"), "IONOS_PINNED_CERT"),
    ];
    for (builder, reason) in cases {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_error_whose_body_drips_ends_in_time_and_stays_that_error() {
    for (status, kind, retried) in [(404, ErrorKind::NotFound, false), (503, ErrorKind::Unavailable, true)] {
        let clock = clock();
        // Longer than any attempt may take.
        let drip = {
            let clock = clock.clone();
            move || {
                clock.advance(Duration::from_secs(30));
                Ok::<_, std::io::Error>(" ")
            }
        };
        let body = futures_util::stream::repeat_with(drip).then(|piece| async {
            tokio::task::yield_now().await;
            piece
        });
        let dripping = Dripping(status, Mutex::new(Some(reqwest::Body::wrap_stream(body))));
        let policy = RetryPolicy::none();
        let error = client(Arc::new(dripping), &clock).retry(policy).build().unwrap().info().await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.is_retryable()), (kind, Some(status), retried), "{error}");
        assert!(error.to_string().contains("did not come to the end of its answer in time"), "{error}");
        assert!(error.elapsed() < Duration::from_secs(200), "{:?}", error.elapsed());
    }
}

/// Answers once, with a body that never ends.
struct Dripping(u16, Mutex<Option<reqwest::Body>>);

impl Transport for Dripping {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        let body = self.1.lock().unwrap().take().unwrap();
        Box::pin(async move { Ok(http::Response::builder().status(self.0).body(body).unwrap().into()) })
    }
}

/// Never gives a token, and time passes meanwhile.
struct Hanging(Arc<VirtualClock>);

impl TokenProvider for Hanging {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            self.0.advance(Duration::from_secs(3));
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn the_deadline_covers_the_token_and_the_turn_too() {
    let policy = two_seconds();
    let clock_a = clock();
    let builder = Client::builder().token_provider(Arc::new(Hanging(clock_a.clone()))).clock(clock_a.clone());
    let scripted = Scripted::new([]);
    let error = builder.transport(scripted).retry(policy.clone()).build().unwrap().info().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::CallTimeout, 0), "{error}");

    // One call holds the only place for longer than the other may take.
    let clock_b = clock();
    let silent = Arc::new(Silent { clock: clock_b.clone(), asked: AtomicU16::new(0) });
    let client = client(silent.clone(), &clock_b).retry(policy).max_in_flight(1).build().unwrap();
    let (one, other) = tokio::join!(client.info(), client.info());
    assert_eq!(one.unwrap_err().kind(), ErrorKind::CallTimeout);
    let other = other.unwrap_err();
    assert_eq!((other.kind(), other.attempts()), (ErrorKind::CallTimeout, 0), "{other}");
    assert_eq!(silent.asked.load(Ordering::SeqCst), 1, "nothing is sent when there is no time left");
}

/// Never answers, and time passes meanwhile.
struct Silent {
    clock: Arc<VirtualClock>,
    asked: AtomicU16,
}

impl Transport for Silent {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            // Others get in line before the time is over.
            tokio::task::yield_now().await;
            self.clock.advance(Duration::from_secs(3));
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn trouble_halves_the_requests_at_once_of_a_client() {
    for (status, most) in [(200, 4), (404, 4), (500, 4), (429, 2), (503, 2), (504, 2)] {
        let counting = Arc::new(Counting::default());
        let client = client(counting.clone(), &clock()).retry(RetryPolicy::none()).build().unwrap();
        counting.status.store(status, Ordering::SeqCst);
        join_all((0..4).map(|_| client.info())).await;
        assert_eq!(counting.now.lock().unwrap().1, 4);

        counting.status.store(200, Ordering::SeqCst);
        counting.now.lock().unwrap().1 = 0;
        join_all((0..20).map(|_| client.info())).await;
        assert_eq!(counting.now.lock().unwrap().1, most, "after {status}");
    }
}

#[tokio::test]
async fn a_place_is_free_while_a_call_waits_for_its_next_attempt() {
    let clock = clock();
    let scripted = Scripted::new([answer(503, ""), answer(200, "{}"), answer(200, "{}")]);
    let client = client(scripted, &clock).max_in_flight(1).build().unwrap();
    let order = Mutex::new(Vec::new());
    let call = async |name: &'static str| {
        client.info().await.unwrap();
        order.lock().unwrap().push(name);
    };
    tokio::join!(call("failed first"), call("came second"));
    assert_eq!(*order.lock().unwrap(), ["came second", "failed first"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let counting = Arc::new(Counting::default());
    let client = client(counting, &clock()).max_in_flight(1).build().unwrap();
    assert!(client.info().now_or_never().is_none(), "on its way, and dropped there");
    assert!(client.info().await.is_ok());
}
