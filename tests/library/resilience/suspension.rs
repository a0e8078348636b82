//! A suspended computer loses its connections, which says nothing about the service. An attempt that fails in this way
//! is repeated at once. Neither the attempt nor its time counts against the retry policy.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Error, ErrorKind, Info, Response, RetryPolicy};

use super::{client, clock, two_second_deadline};
use crate::support::scripted::answer;

/// Loses the connection within each of the first answers, while the computer is suspended. Then answers normally.
struct SuspendedTransport {
    /// Number of answers that will still lose the connection.
    left: AtomicU32,
    /// The request that waits for the connection. `None` if no request waits.
    waiting: Mutex<Option<Waker>>,
}

impl SuspendedTransport {
    fn new(suspensions: u32) -> Arc<Self> {
        Arc::new(Self { left: AtomicU32::new(suspensions), waiting: Mutex::default() })
    }

    /// Resolves when the connection is lost.
    async fn lose_connection(&self) {
        let mut is_waiting = false;
        poll_fn(|context| {
            let mut waiting = self.waiting.lock().unwrap();
            if is_waiting && waiting.is_none() {
                return Poll::Ready(());
            }
            is_waiting = true;
            *waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Suspends the computer for `pause` whenever a request waits. The connection is lost at the beginning of the
    /// pause, and the call is polled after the end of the pause.
    async fn suspend(&self, clock: &VirtualClock, pause: Duration) {
        loop {
            if let Some(waiting) = self.waiting.lock().unwrap().take() {
                waiting.wake();
                clock.advance(pause);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Calls `info`, and suspends the computer during each of the first `suspensions` attempts. Returns the result of the
/// call and the clock.
async fn info_with_suspensions(
    suspensions: u32,
    pause: Duration,
    policy: RetryPolicy,
) -> (Result<Response<Info>, Error>, Arc<VirtualClock>) {
    let clock = clock();
    let transport = SuspendedTransport::new(suspensions);
    let client = client(transport.clone(), &clock).retry(policy).build().unwrap();
    let result = tokio::select! {
        biased;
        result = client.info() => result,
        () = transport.suspend(&clock, pause) => unreachable!("the computer is suspended for ever"),
    };
    (result, clock)
}

impl Transport for SuspendedTransport {
    fn send<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
                return Ok(answer(200, "{}").into());
            }
            self.lose_connection().await;
            let broken = futures_util::stream::iter([Ok("{"), Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
            Ok(http::Response::new(reqwest::Body::wrap_stream(broken)).into())
        })
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn an_attempt_that_a_suspension_breaks_is_repeated_at_once_and_does_not_count() {
    for policy in [RetryPolicy::none(), two_second_deadline(), RetryPolicy::default()] {
        let (result, clock) = info_with_suspensions(7, HOUR, policy).await;
        let info = result.unwrap();
        assert_eq!((info.meta().attempts(), info.meta().elapsed()), (8, Duration::ZERO));
        assert_eq!((clock.elapsed(), clock.waits()), (7 * HOUR, Vec::new()));
    }
}

#[tokio::test]
async fn a_failed_attempt_counts_if_the_pause_is_short_or_100_attempts_did_not_count() {
    for (suspensions, pause, attempts) in [(1, Duration::from_millis(900), 1), (u32::MAX, HOUR, 101)] {
        let (result, _) = info_with_suspensions(suspensions, pause, RetryPolicy::none()).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InterruptedBody, attempts));
    }
}
