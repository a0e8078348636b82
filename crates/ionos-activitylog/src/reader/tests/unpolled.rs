//! A stream that is kept and not polled delays no other call of its client, and a slow consumer is not an error. The
//! tests run in tokio's virtual time, in which the service takes 30 ms for each answer.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::{ContractNumber, ContractWindow};

/// Maximum time of a call: the time of the answers to requests that were already in flight, plus the time of its own
/// answer.
const MOST: Duration = Duration::from_millis(100);

/// Longer than all time limits of a client together.
const LONG: Duration = Duration::from_secs(3_600);

fn delayed() -> Simulator {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::Delay(Duration::from_millis(30))).unwrap();
    // Many pages and windows with few events.
    let behavior = Behavior { max_limit: 50, window_cap: 500, deep_offset: DeepOffset::Refuse, ..Behavior::default() };
    simulated(Simulator::builder().contracts(6).events_per_day(3_000).behavior(behavior).faults(faults))
}

/// Like [`delayed`], but with few large windows.
fn delayed_without_limits() -> Simulator {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::Delay(Duration::from_millis(30))).unwrap();
    simulated(Simulator::builder().events_per_day(60_000).faults(faults))
}

fn client_with(simulator: &Simulator, max_in_flight: u32) -> Client {
    let builder = Client::builder().token(simulator.token()).transport(simulator.transport());
    builder.max_in_flight(max_in_flight).build().unwrap()
}

fn numbers(simulator: &Simulator) -> Vec<ContractNumber> {
    simulator.contracts().iter().map(|number| ContractNumber::from(*number)).collect()
}

/// The hours from 08:00 to 16:00. In this range, each contract has several windows.
fn half_day() -> DateRange {
    range("2026-11-19T08:00:00Z", "2026-11-19T16:00:00Z")
}

/// Polls a stream to its end. Meanwhile, calls the client after the first item and then after every `every` items.
async fn read_with_calls<T>(client: &Client, every: usize, mut stream: impl Stream<Item = T> + Unpin) -> Vec<T> {
    let mut items = Vec::new();
    while let Some(item) = timeout(LONG, stream.next()).await.expect("the stream proceeds") {
        items.push(item);
        if items.len() % every == 1 {
            let started = Instant::now();
            let call = timeout(LONG, client.contracts()).await.expect("the call does not hang");
            call.unwrap();
            assert!(started.elapsed() <= MOST, "{:?} for the call after {} items", started.elapsed(), items.len());
        }
    }
    items
}

#[tokio::test(start_paused = true)]
async fn a_call_between_two_items_of_any_stream_does_not_wait_for_the_stream() {
    let simulator = delayed();
    let numbers = numbers(&simulator);
    let truth = truth(&simulator, half_day()).len();
    for max_in_flight in [1, 2, 16] {
        let client = client_with(&simulator, max_in_flight);
        let events = || client.events(numbers[0].clone(), half_day());
        assert_eq!(read_with_calls(&client, 50, events().stream()).await.len(), truth);
        for windows_at_once in [1, 2, 4] {
            let windows = read_with_calls(&client, 2, events().windows_at_once(windows_at_once).windows()).await;
            assert_eq!(windows.iter().map(|window| window.as_ref().unwrap().events.len()).sum::<usize>(), truth);
        }
        let pages = read_with_calls(&client, 2, client.events(numbers[0].clone(), quiet_hour()).pages()).await;
        assert!(pages.len() > 2 && pages.iter().all(Result::is_ok));
        let all = || client.events_of(numbers[..3].to_vec(), half_day());
        let in_turns = read_with_calls(&client, 2, all()).await;
        let in_order = read_with_calls(&client, 2, all().in_order()).await;
        let count = |windows: Vec<ContractWindow>| -> usize {
            windows.into_iter().map(|window| window.result.unwrap().events.len()).sum()
        };
        let (in_turns, in_order) = (count(in_turns), count(in_order));
        assert!(in_turns > truth && in_turns == in_order, "{in_turns} events in turns, {in_order} in order");
    }
}

/// A range with fewer events than the maximum offset, so that all of its pages can be read.
fn quiet_hour() -> DateRange {
    range("2026-11-19T08:00:00Z", "2026-11-19T09:00:00Z")
}

#[tokio::test(start_paused = true)]
async fn streams_of_one_client_proceed_in_any_order_of_polls() {
    let simulator = delayed();
    let numbers = numbers(&simulator);
    let truth: Vec<usize> = numbers.iter().map(|number| count_of(&simulator, number)).collect();
    for max_in_flight in [1, 2, 16] {
        // Three streams are polled for a while, and then kept without further polls. The first stream is polled once,
        // so none of its requests has an answer. The second stream is polled for 70 ms, so it has not returned a window
        // yet. The third stream is polled until it returns its first event.
        let client = client_with(&simulator, max_in_flight);
        let mut pending = client.events(numbers[0].clone(), half_day()).stream();
        assert!(pending.next().now_or_never().is_none());
        let mut waiting = client.events(numbers[1].clone(), half_day()).windows();
        assert!(timeout(Duration::from_millis(70), waiting.next()).await.is_err());
        let mut begun = client.events(numbers[2].clone(), half_day()).stream();
        timeout(LONG, begun.next()).await.expect("the third stream proceeds").unwrap().unwrap();
        for (number, truth) in numbers.iter().zip(&truth).skip(3) {
            let whole = client.events(number.clone(), half_day()).stream().count();
            assert_eq!(timeout(LONG, whole).await.expect("a later stream proceeds"), *truth);
        }
        // Now, the first and the third stream are polled in turns, for 77 events each time.
        let (mut streams, mut counts) = ([pending, begun], [0, 1]);
        while counts.iter().zip([truth[0], truth[2]]).any(|(count, truth)| *count < truth) {
            for (stream, count) in streams.iter_mut().zip(&mut counts) {
                for _ in 0..77 {
                    let event = timeout(LONG, stream.next()).await.expect("both streams proceed");
                    *count += usize::from(event.transpose().unwrap().is_some());
                }
            }
        }
        assert_eq!(counts, [truth[0], truth[2]]);
        let rest = waiting.map(|window| window.unwrap().events.len()).fold(0, |sum, count| async move { sum + count });
        assert_eq!(timeout(LONG, rest).await.expect("the second stream proceeds"), truth[1]);
    }
}

fn count_of(simulator: &Simulator, number: &ContractNumber) -> usize {
    simulator.records(number.as_str().parse().unwrap(), half_day().start(), half_day().end()).count()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_kept_and_not_polled_delays_no_other_call() {
    let simulator = delayed();
    let client = client_with(&simulator, 1);
    let mut kept: Vec<_> = (0..3).map(|_| Box::pin(client.contracts())).collect();
    for call in &mut kept {
        assert!(call.as_mut().now_or_never().is_none());
    }
    for _ in 0..3 {
        let started = Instant::now();
        timeout(LONG, client.info()).await.expect("the call does not hang").unwrap();
        assert!(started.elapsed() <= MOST);
    }
    // An hour later, the kept calls succeed, each with a single attempt.
    sleep(LONG).await;
    for call in kept {
        assert_eq!(timeout(LONG, call).await.expect("the kept call proceeds").unwrap().meta().attempts(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_throttle_an_unpolled_stream_does_not_delay_other_calls() {
    let faults = Faults::new().add_rule(Trigger::any().requests([3]), Answer::new(429).header("Retry-After", "7"));
    let simulator = simulated(Simulator::builder().events_per_day(60_000).faults(faults.unwrap()));
    let client = client_with(&simulator, 2);
    let mut stream = client.events(numbers(&simulator)[0].clone(), half_day()).stream();
    while simulator.request_log().len() < 3 {
        assert!(stream.next().now_or_never().is_none());
    }
    assert!(stream.next().now_or_never().is_none());
    let started = Instant::now();
    timeout(LONG, client.contracts()).await.expect("the call does not hang").unwrap();
    let waited = started.elapsed();
    assert!(Duration::from_secs(6) < waited && waited < Duration::from_secs(9), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_neither_an_error_nor_an_overload() {
    let simulator = delayed_without_limits();
    let number = &numbers(&simulator)[0];
    let truth = truth(&simulator, half_day()).len();
    for windows_at_once in [1, 4, 8] {
        let client = client_with(&simulator, 16);
        let mut windows = client.events(number.clone(), half_day()).windows_at_once(windows_at_once).windows();
        let (mut count, mut requests) = (0, 0);
        let before = simulator.request_log().len();
        while let Some(window) = windows.try_next().await.unwrap() {
            count += window.events.len();
            requests += window.requests as usize;
            sleep(LONG).await;
        }
        // The last request compares the windows with the total of the range.
        assert_eq!((count, simulator.request_log().len() - before), (truth, requests + 1), "{windows_at_once} at once");
        assert!(client.concurrency_limit() >= 4, "limit {}", client.concurrency_limit());
    }
    let client = client_with(&simulator, 16);
    let mut events = client.events(number.clone(), half_day()).stream();
    let before = simulator.request_log().len();
    let mut found = BTreeSet::new();
    while let Some(event) = events.try_next().await.unwrap() {
        found.insert(event.raw().to_owned());
        sleep(Duration::from_secs(90)).await;
    }
    let requests = simulator.request_log().len() - before;
    assert_eq!((found.len(), events.summary().requests), (truth, requests as u64));
    assert!(client.concurrency_limit() >= 4);
}

#[tokio::test(start_paused = true)]
async fn a_slow_service_is_a_timeout_even_if_the_consumer_is_slow() {
    let faults = Faults::new().add_rule(Trigger::any(), Fault::Delay(LONG)).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let client = client_with(&simulator, 16);
    let mut call = Box::pin(client.contracts());
    assert!(call.as_mut().now_or_never().is_none());
    sleep(LONG / 2).await;
    let error = call.await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::CallTimeout, 3), "{error}");
    // The call has a limit of 5 minutes. Although the call was not polled for half an hour, the first attempt uses up
    // only 2 of these minutes, because 2 minutes is the limit of an attempt.
    assert_eq!(error.elapsed(), Duration::from_secs(300));
    assert!(client.concurrency_limit() < 4);
}
