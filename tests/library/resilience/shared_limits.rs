//! Limits that all clones of a client share: the retry budget, the requests in flight and the request rate.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use ionos_activitylog::clock::Clock;
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{Client, Error, RetryPolicy};

use super::{client, clock};
use crate::support::scripted::{ScriptedTransport, answer};

#[tokio::test]
async fn clones_share_one_budget_of_retries() {
    let clock = clock();
    let failing = (0..1_000).map(|_| answer(500, ""));
    let scripted = ScriptedTransport::new(failing);
    let client = client(scripted.clone(), &clock).build().unwrap();
    let mut last = None;
    for _ in 0..60 {
        last = client.clone().info().await.err();
    }
    // Each of the 60 calls is sent once, and all calls together are retried 100 times.
    assert_eq!(scripted.requests().len(), 60 + 100);
    let last = last.unwrap();
    assert_eq!(last.attempts(), 1);
    assert!(last.to_string().contains("too many calls failed recently"), "{last}");
}

/// Counts concurrent requests: their current number and their highest number so far.
struct CountingTransport {
    now: Mutex<(usize, usize)>,
    status: AtomicU16,
}

impl Default for CountingTransport {
    fn default() -> Self {
        Self { now: Mutex::default(), status: AtomicU16::new(200) }
    }
}

impl Transport for CountingTransport {
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
async fn clones_share_the_concurrency_limit() {
    for (ceiling, most) in [(16, 4), (2, 2), (1, 1)] {
        let counting = Arc::new(CountingTransport::default());
        let client = client(counting.clone(), &clock()).max_in_flight(ceiling).build().unwrap();
        let clones: Vec<Client> = (0..40).map(|_| client.clone()).collect();
        let done: Vec<Result<_, Error>> = join_all(clones.iter().map(Client::info)).await;
        assert!(done.iter().all(Result::is_ok));
        assert_eq!(*counting.now.lock().unwrap(), (0, most));
    }
}

#[tokio::test]
async fn clones_share_the_request_rate() {
    let clock = clock();
    let scripted = ScriptedTransport::new((0..5).map(|_| answer(200, "{}")));
    let client = client(scripted, &clock).requests_per_second(2.0).build().unwrap();
    for _ in 0..5 {
        client.clone().info().await.unwrap();
    }
    assert_eq!(clock.elapsed(), Duration::from_secs(2));
}

#[tokio::test]
async fn overload_halves_the_concurrency() {
    for (status, most) in [(200, 4), (404, 4), (500, 4), (429, 2), (503, 2), (504, 2)] {
        let counting = Arc::new(CountingTransport::default());
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
async fn a_permit_is_free_while_a_call_waits_for_its_next_attempt() {
    let clock = clock();
    let scripted = ScriptedTransport::new([answer(503, ""), answer(200, "{}"), answer(200, "{}")]);
    let client = client(scripted, &clock).max_in_flight(1).build().unwrap();
    let order = Mutex::new(Vec::new());
    let call = async |name: &'static str| {
        client.info().await.unwrap();
        order.lock().unwrap().push(name);
    };
    tokio::join!(call("retried"), call("second"));
    assert_eq!(*order.lock().unwrap(), ["second", "retried"]);
}

#[tokio::test]
async fn a_dropped_call_releases_its_permit() {
    let counting = Arc::new(CountingTransport::default());
    let client = client(counting, &clock()).max_in_flight(1).build().unwrap();
    assert!(client.info().now_or_never().is_none(), "the call is dropped while its request is sent");
    assert!(client.info().await.is_ok());
}
