//! A rate limit of the service delays reading, but no event is lost, even with many concurrent requests. Client and
//! service use the same virtual clock.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{Client, ContractNumber, DateRange, RetryPolicy};
use ionos_activitylog_sim::{Behavior, DeepOffset, RateLimit, RetryAfterForm, Simulator};

const NOW: &str = "2026-11-20T12:00:00Z";

/// A virtual clock, a rate-limited service on this clock, and a client.
fn throttled(form: RetryAfterForm) -> (Arc<VirtualClock>, Simulator, Client) {
    let clock = Arc::new(VirtualClock::starting_at(NOW.parse().unwrap()));
    let time = clock.clone();
    let limit = RateLimit::new(1.0, 3).unwrap().retry_after(form);
    let simulator = Simulator::builder()
        .clock(move || time.now())
        .events_per_day(100)
        .rate_limit(limit)
        .behavior(Behavior { max_limit: 5, window_cap: 20, deep_offset: DeepOffset::Refuse, ..Behavior::default() })
        .build();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(clock.clone())
        .build()
        .unwrap();
    (clock, simulator, client)
}

fn days() -> DateRange {
    let time = |text: &str| text.parse().unwrap();
    DateRange::new(time("2026-11-16T00:00:00Z"), time("2026-11-20T00:00:00Z")).unwrap()
}

#[tokio::test]
async fn many_concurrent_windows_are_read_completely() {
    for form in RetryAfterForm::ALL {
        let (clock, simulator, client) = throttled(*form);
        let contract = simulator.contracts()[0];
        let events = client.events(ContractNumber::from(contract), days());
        let events: Vec<_> = events.stream().try_collect().await.unwrap();
        let truth = simulator.records(contract, days().start(), days().end());
        assert_eq!(events.len(), truth.count(), "{form:?}");
        let statuses: Vec<u16> = simulator.request_log().iter().map(|one| one.status).collect();
        let refused = statuses.iter().filter(|status| **status == 429).count();
        let answered = statuses.len() - refused;
        assert!(answered > 50, "{form:?}: {answered} requests");
        // With Retry-After, the service refuses at most a few more requests than it accepts.
        if *form != RetryAfterForm::Absent {
            assert!(refused <= answered + 8, "{form:?}: {refused} requests refused, {answered} answered");
        }
        // The service accepts one request per second. So the reading takes less than two seconds per accepted request.
        let most = Duration::from_secs(2 * answered as u64);
        assert!(clock.elapsed() < most, "{form:?}: took {:?}", clock.elapsed());
    }
}

#[tokio::test]
async fn clones_wait_for_each_other_and_no_call_is_sent_more_than_twice() {
    let (_, simulator, client) = throttled(RetryAfterForm::Seconds);
    let calls = (0..40).map(|_| {
        let client = client.clone();
        async move { client.contracts().await.unwrap().meta().attempts() }
    });
    let attempts = futures_util::future::join_all(calls).await;
    // The first four requests are sent before the client knows the rate limit, so the service refuses one of them.
    assert!(attempts.iter().all(|attempts| *attempts <= 2), "{attempts:?}");
    assert!(simulator.request_log().len() <= 80);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_time_to_wait_ends_with_the_error_of_the_service() {
    // The clock of the client is tokio's, so that time passes only while all calls wait.
    let (start, now) = (tokio::time::Instant::now(), NOW.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let simulator = Simulator::builder()
        .clock(move || now + start.elapsed())
        .rate_limit(RateLimit::new(1.0, 3).unwrap().retry_after(RetryAfterForm::Seconds))
        .build();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .retry(RetryPolicy::builder().deadline(Duration::from_secs(3)).build().unwrap())
        .build()
        .unwrap();
    let calls = (0..12).map(|_| client.contracts());
    let done = futures_util::future::join_all(calls).await;
    let failed: Vec<_> = done.iter().filter_map(|done| done.as_ref().err()).collect();
    assert!(!failed.is_empty());
    for error in failed {
        assert!(error.elapsed() <= Duration::from_secs(4), "{error}");
    }
}
