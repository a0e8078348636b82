//! The deadline of a call covers waits, attempts, fetching the token and waiting for a permit. Invalid settings, such
//! as a timeout of 0, are refused.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, ErrorKind, RetryPolicy, TokenFuture, TokenProvider};

use super::{client, clock, millis, two_second_deadline, with_retry_after};
use crate::support::scripted::{ScriptedTransport, Step, TOKEN, answer};

#[tokio::test]
async fn neither_a_wait_nor_an_attempt_exceeds_the_deadline() {
    let policy = two_second_deadline();
    let clock_a = clock();
    let scripted = ScriptedTransport::new([with_retry_after(503, "1.5"), with_retry_after(503, "1")]);
    let error = client(scripted, &clock_a).retry(policy.clone()).build().unwrap().info().await.unwrap_err();
    assert_eq!(clock_a.waits(), millis(&[1_500]));
    assert!(error.to_string().contains("no time is left for another attempt"), "{error}");

    let clock_b = clock();
    let silent = Step::from(answer(200, "{}")).after_silence(Duration::from_secs(3), &clock_b);
    let error = client(ScriptedTransport::with_steps([silent]), &clock_b)
        .retry(policy)
        .build()
        .unwrap()
        .info()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::CallTimeout, false));
    assert_eq!(error.elapsed(), Duration::from_secs(3));
}

#[test]
fn invalid_settings_are_refused() {
    let builder = || Client::builder().token(TOKEN);
    let cases = [
        (builder().max_in_flight(0), "max_in_flight is 0"),
        (builder().requests_per_second(0.0), "requests_per_second is 0"),
        (builder().requests_per_second(f64::NAN), "requests_per_second is NaN"),
        (builder().requests_per_second(-1.0), "requests_per_second is -1"),
        (builder().body_cap(0), "body_cap is 0"),
        (builder().attempt_timeout(Duration::ZERO), "attempt_timeout is 0"),
        (builder().connect_timeout(Duration::ZERO), "connect_timeout is 0"),
        (builder().read_timeout(Duration::ZERO), "read_timeout is 0"),
        (builder().user_agent_suffix("a\nb"), "user agent suffix"),
        (builder().root_certificate("no PEM"), "invalid root certificate"),
        (builder().pinned_certificate("abc"), "IONOS_PINNED_CERT"),
    ];
    for (builder, reason) in cases {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn an_error_with_an_endless_body_keeps_its_kind_and_the_call_ends_in_time() {
    for (status, kind, retried) in [(404, ErrorKind::NotFound, false), (503, ErrorKind::Unavailable, true)] {
        let clock = clock();
        // Each chunk takes 30 s, so the body exceeds the time limit of an attempt.
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
        let endless = EndlessBody(status, Mutex::new(Some(reqwest::Body::wrap_stream(body))));
        let policy = RetryPolicy::none();
        let error = client(Arc::new(endless), &clock).retry(policy).build().unwrap().info().await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.is_retryable()), (kind, Some(status), retried), "{error}");
        assert!(error.to_string().contains("its body did not arrive in time"), "{error}");
        assert!(error.elapsed() < Duration::from_secs(200), "{:?}", error.elapsed());
    }
}

/// Answers once, with an endless body.
struct EndlessBody(u16, Mutex<Option<reqwest::Body>>);

impl Transport for EndlessBody {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        let body = self.1.lock().unwrap().take().unwrap();
        Box::pin(async move { Ok(http::Response::builder().status(self.0).body(body).unwrap().into()) })
    }
}

/// Never provides a token. While a call waits for the token, 3 s pass on the clock.
struct HangingProvider(Arc<VirtualClock>);

impl TokenProvider for HangingProvider {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            self.0.advance(Duration::from_secs(3));
            std::future::pending().await
        })
    }
}

#[tokio::test]
async fn the_deadline_covers_fetching_the_token_and_waiting_for_a_permit() {
    let policy = two_second_deadline();
    let clock_a = clock();
    let builder = Client::builder().token_provider(Arc::new(HangingProvider(clock_a.clone()))).clock(clock_a.clone());
    let scripted = ScriptedTransport::new([]);
    let error = builder.transport(scripted).retry(policy.clone()).build().unwrap().info().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::CallTimeout, 0), "{error}");

    // One call holds the only permit for longer than the deadline of the other call.
    let clock_b = clock();
    let silent = Arc::new(SilentService { asked: AtomicU16::new(0) });
    let client = client(silent.clone(), &clock_b).retry(policy).max_in_flight(1).build().unwrap();
    // The time between the wake of a call and its next poll does not count towards the deadline. So the clock advances
    // while both calls still wait.
    let (one, other, ()) = tokio::join!(client.info(), client.info(), async {
        tokio::task::yield_now().await;
        clock_b.advance(Duration::from_secs(3));
    });
    assert_eq!(one.unwrap_err().kind(), ErrorKind::CallTimeout);
    let other = other.unwrap_err();
    assert_eq!((other.kind(), other.attempts()), (ErrorKind::CallTimeout, 0), "{other}");
    assert_eq!(silent.asked.load(Ordering::SeqCst), 1, "only the first call sends a request");
}

/// Never answers.
struct SilentService {
    asked: AtomicU16,
}

impl Transport for SilentService {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { std::future::pending().await })
    }
}

/// Answers each request with `status` and an endless body. Each part of the body takes a second of virtual time.
struct DrippingBody {
    status: u16,
    clock: Arc<VirtualClock>,
    requests: AtomicU16,
}

impl Transport for DrippingBody {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let clock = self.clock.clone();
        let parts = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(" ")).then(move |part| {
            let clock = clock.clone();
            async move {
                clock.advance(Duration::from_secs(1));
                // Lets due timers fire first.
                tokio::task::yield_now().await;
                part
            }
        });
        let answer = http::Response::builder().status(self.status).body(reqwest::Body::wrap_stream(parts)).unwrap();
        Box::pin(async move { Ok(answer.into()) })
    }
}

#[tokio::test]
async fn the_time_to_read_a_body_counts_towards_the_deadline_of_the_call() {
    for status in [200, 400, 418, 500, 503] {
        for reads_all_pages in [false, true] {
            let clock = clock();
            let transport = Arc::new(DrippingBody { status, clock: clock.clone(), requests: AtomicU16::new(0) });
            let policy = RetryPolicy::builder().deadline(Duration::from_secs(8)).build().unwrap();
            // `--timeout` of the command line sets the deadline and the attempt timeout to the same value.
            let client = client(transport.clone(), &clock).retry(policy).attempt_timeout(Duration::from_secs(8));
            let client = client.build().unwrap();
            let error = match reads_all_pages {
                false => client.info().await.unwrap_err(),
                true => {
                    let range = ionos_activitylog::DateRange::day("2026-11-01".parse().unwrap(), &chrono::Utc).unwrap();
                    client.events(7.into(), range).stream().next().await.unwrap().unwrap_err()
                }
            };
            let elapsed = ionos_activitylog::clock::Clock::elapsed(&*clock).as_secs();
            assert!((8..=10).contains(&elapsed), "status {status}: {elapsed} s until {error}");
            assert_eq!(transport.requests.load(Ordering::Relaxed), 1, "{status}: {error}");
        }
    }
}
