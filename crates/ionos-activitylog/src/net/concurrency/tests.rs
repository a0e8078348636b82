use super::*;
use crate::net::concurrency::CallPriority::{First, InOrder};
use crate::runtime::clock::VirtualClock;
use futures_util::FutureExt;
use futures_util::future::join_all;

fn clock() -> VirtualClock {
    VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap())
}

/// Acquires a permit for a new call. Must not be used with a throttled limiter, because each use of this function
/// creates a clock that starts at 0.
async fn acquire_last(limiter: &Arc<ConcurrencyLimiter>) -> Permit {
    limiter.acquire(limiter.join_queue(limiter.add_scope(), InOrder), &clock()).await
}

fn acquire_now(limiter: &Arc<ConcurrencyLimiter>) -> Permit {
    acquire_last(limiter).now_or_never().unwrap()
}

/// Acquires all permits of the limit and releases them with the same feedback.
fn burst(limiter: &Arc<ConcurrencyLimiter>, feedback: LoadFeedback) {
    let permits: Vec<Permit> = (0..limiter.limit()).map(|_| acquire_now(limiter)).collect();
    permits.into_iter().for_each(|permit| permit.release(feedback));
}

#[test]
fn an_overload_halves_the_limit_once_per_burst() {
    let limiter = ConcurrencyLimiter::new(16);
    assert_eq!(limiter.limit(), 4);
    burst(&limiter, LoadFeedback::Overloaded);
    assert_eq!(limiter.limit(), 2);
    burst(&limiter, LoadFeedback::Overloaded);
    burst(&limiter, LoadFeedback::Overloaded);
    assert_eq!(limiter.limit(), 1);
}

#[test]
fn successes_raise_the_limit_slowly_and_only_if_it_is_reached() {
    let limiter = ConcurrencyLimiter::new(6);
    (0..1_000).for_each(|_| acquire_now(&limiter).release(LoadFeedback::Success));
    assert_eq!(limiter.limit(), 4, "a single request never reaches the limit");
    burst(&limiter, LoadFeedback::Overloaded);
    burst(&limiter, LoadFeedback::Overloaded);
    (0..49).for_each(|_| acquire_now(&limiter).release(LoadFeedback::Success));
    acquire_now(&limiter).release(LoadFeedback::Neutral);
    assert_eq!(limiter.limit(), 1);
    acquire_now(&limiter).release(LoadFeedback::Success);
    assert_eq!(limiter.limit(), 2);
    (0..1_000).for_each(|_| burst(&limiter, LoadFeedback::Success));
    assert_eq!(limiter.limit(), 6);
}

#[tokio::test]
async fn a_slot_can_be_freed_before_the_feedback_is_known() {
    let limiter = ConcurrencyLimiter::new(1);
    for _ in 0..3 {
        let permit = acquire_last(&limiter).await;
        let mut next = Box::pin(acquire_last(&limiter));
        assert!(next.as_mut().now_or_never().is_none());
        let early_release = permit.early_release();
        early_release.release();
        early_release.release();
        let next = next.now_or_never().unwrap();
        assert!(acquire_last(&limiter).now_or_never().is_none());
        permit.release(LoadFeedback::Success);
        assert!(acquire_last(&limiter).now_or_never().is_none(), "the slot is freed only once");
        drop(next);
    }
    assert_eq!(limiter.lock().in_flight, 0);
}

#[tokio::test]
async fn no_more_requests_than_the_limit_are_in_flight_and_all_get_a_permit() {
    let limiter = ConcurrencyLimiter::new(3);
    let most = Mutex::new((0, 0));
    join_all((0..100).map(|_| async {
        let permit = acquire_last(&limiter).await;
        {
            let mut most = most.lock().unwrap();
            most.0 += 1;
            most.1 = most.1.max(most.0);
        }
        tokio::task::yield_now().await;
        most.lock().unwrap().0 -= 1;
        permit.release(LoadFeedback::Success);
    }))
    .await;
    assert_eq!(*most.lock().unwrap(), (0, 3));
}

#[tokio::test]
async fn a_call_that_leaves_the_queue_does_not_block_the_next() {
    let limiter = ConcurrencyLimiter::new(1);
    let permit = acquire_last(&limiter).await;
    let mut dropped = Box::pin(acquire_last(&limiter));
    assert!(dropped.as_mut().now_or_never().is_none());
    let waits = acquire_last(&limiter);
    drop(dropped);
    drop(permit);
    waits.await.release(LoadFeedback::Success);
}

#[tokio::test]
async fn the_next_call_is_woken_if_the_first_leaves_the_queue() {
    let limiter = ConcurrencyLimiter::new(2);
    let (one, two) = (acquire_last(&limiter).await, acquire_last(&limiter).await);
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(acquire_last(&limiter))).collect();
    for turn in &mut waiting {
        assert!(turn.as_mut().now_or_never().is_none());
    }
    let dropped = waiting.remove(0);
    let both = tokio::time::timeout(std::time::Duration::from_secs(10), join_all(waiting));
    let (permits, ()) = tokio::join!(both, async {
        drop((one, two));
        // The first call was woken and is dropped before it is polled again.
        drop(dropped);
    });
    assert_eq!(permits.unwrap().len(), 2);
}

#[tokio::test]
async fn all_calls_wait_for_the_end_of_a_throttle_and_only_the_first_one_sleeps() {
    let (limiter, clock) = (ConcurrencyLimiter::new(4), clock());
    acquire_now(&limiter).release(LoadFeedback::ThrottledUntil(Duration::from_secs(3)));
    let call = async || {
        let position = limiter.join_queue(limiter.add_scope(), InOrder);
        let permit = limiter.acquire(position, &clock).await;
        permit.release(LoadFeedback::Success);
        clock.elapsed()
    };
    let times = join_all((0..5).map(|_| call())).await;
    assert_eq!(times, [Duration::from_secs(3); 5]);
    assert_eq!(clock.waits(), [Duration::from_secs(3)]);
    assert!(!limiter.is_throttled(clock.elapsed()));
}

#[tokio::test]
async fn permits_are_given_in_the_order_of_queue_positions() {
    let (limiter, clock) = (ConcurrencyLimiter::new(1), clock());
    let order = Mutex::new(Vec::new());
    let call = async |position: QueuePosition| {
        let permit = limiter.acquire(position, &clock).await;
        order.lock().unwrap().push(position);
        tokio::task::yield_now().await;
        permit.release(LoadFeedback::Success);
    };
    let positions: Vec<QueuePosition> = (0..3).map(|_| limiter.join_queue(limiter.add_scope(), InOrder)).collect();
    let busy = acquire_now(&limiter);
    tokio::join!(call(positions[2]), call(positions[1]), call(positions[0]), async {
        busy.release(LoadFeedback::ThrottledUntil(Duration::from_secs(3)));
    });
    assert_eq!(*order.lock().unwrap(), positions);
}

#[tokio::test]
async fn a_call_that_goes_first_passes_the_waiting_calls_of_its_scope_only() {
    let (limiter, clock) = (ConcurrencyLimiter::new(1), clock());
    let [early, late] = [limiter.add_scope(), limiter.add_scope()];
    let order = Mutex::new(Vec::new());
    let call = async |name: &'static str, scope, priority| {
        let permit = limiter.acquire(limiter.join_queue(scope, priority), &clock).await;
        order.lock().unwrap().push(name);
        tokio::task::yield_now().await;
        permit.release(LoadFeedback::Success);
    };
    let busy = acquire_now(&limiter);
    // The calls begin in this order.
    tokio::join!(
        call("early page 1", early, InOrder),
        call("late page 1", late, InOrder),
        call("late page 2", late, InOrder),
        call("early page 2", early, InOrder),
        call("late count 1", late, First),
        call("late count 2", late, First),
        call("early count", early, First),
        async { busy.release(LoadFeedback::Success) },
    );
    let expected =
        ["early count", "early page 1", "late count 1", "late count 2", "late page 1", "late page 2", "early page 2"];
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test]
async fn of_several_throttles_the_longest_applies() {
    let (limiter, clock) = (ConcurrencyLimiter::new(4), clock());
    let seconds = Duration::from_secs;
    let permits = [acquire_now(&limiter), acquire_now(&limiter)];
    for (permit, until) in permits.into_iter().zip([5, 2]) {
        permit.release(LoadFeedback::ThrottledUntil(seconds(until)));
    }
    drop(limiter.acquire(limiter.join_queue(limiter.add_scope(), InOrder), &clock).await);
    assert_eq!(clock.waits(), [seconds(5)]);
    assert_eq!(limiter.limit(), 2, "one overload halves the limit once");
}

#[tokio::test]
async fn the_next_call_waits_for_the_throttle_if_the_first_leaves_the_queue() {
    let (limiter, clock) = (ConcurrencyLimiter::new(4), clock());
    acquire_now(&limiter).release(LoadFeedback::ThrottledUntil(Duration::from_secs(3)));
    let mut dropped = Box::pin(limiter.acquire(limiter.join_queue(limiter.add_scope(), InOrder), &clock));
    assert!(dropped.as_mut().now_or_never().is_none());
    let waits = limiter.acquire(limiter.join_queue(limiter.add_scope(), InOrder), &clock);
    let (permit, ()) = tokio::join!(waits, async { drop(dropped) });
    permit.release(LoadFeedback::Success);
    assert_eq!(clock.waits(), [Duration::from_secs(3)]);
}
