//! Resilience of a call: which failures are retried, when a call gives up, and which limits the clones of a client
//! share. Time is virtual, so no test waits.

mod deadlines;
mod retries;
mod shared_limits;
mod suspension;

use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::Transport;
use ionos_activitylog::{Client, ClientBuilder, RetryPolicy};

use crate::support::scripted::{TOKEN, answer};

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()).with_chance(0.5))
}

fn client(transport: Arc<dyn Transport>, clock: &Arc<VirtualClock>) -> ClientBuilder {
    Client::builder().token(TOKEN).transport(transport).clock(clock.clone())
}

/// A policy with a deadline of 2 s.
fn two_second_deadline() -> RetryPolicy {
    let policy = RetryPolicy::builder().deadline(Duration::from_secs(2));
    policy.build().unwrap()
}

fn millis(millis: &[u64]) -> Vec<Duration> {
    millis.iter().copied().map(Duration::from_millis).collect()
}

/// A list of `times` answers with this status, followed by one successful answer.
fn then_good(status: u16, times: usize) -> Vec<http::Response<Vec<u8>>> {
    (0..times).map(|_| answer(status, "")).chain([answer(200, "{}")]).collect()
}

fn with_retry_after(status: u16, value: &str) -> http::Response<Vec<u8>> {
    let mut answer = answer(status, "");
    answer.headers_mut().insert("retry-after", value.parse().unwrap());
    answer
}
