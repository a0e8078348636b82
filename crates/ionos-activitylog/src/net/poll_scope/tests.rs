use std::cell::Cell;
use std::future::pending;

use futures_util::task::noop_waker;

use super::*;
use crate::runtime::clock::VirtualClock;

const SECOND: Duration = Duration::from_secs(1);

fn scope() -> (Arc<VirtualClock>, Arc<PollScope>) {
    let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
    let shared: Arc<dyn Clock> = clock.clone();
    let scope = PollScope::new(&ConcurrencyLimiter::new(1), &shared, PolledBy::Caller);
    (clock, scope)
}

#[test]
fn only_time_between_a_wake_and_the_next_poll_is_idle() {
    let (clock, scope) = scope();
    let (outer, poll) = (noop_waker(), |context: &mut Context<'_>| context.waker().clone());
    let waker = scope.poll(&mut Context::from_waker(&outer), poll);
    // The service takes 5 s, and the call is not polled for another 60 s.
    clock.advance(5 * SECOND);
    waker.wake_by_ref();
    clock.advance(20 * SECOND);
    waker.wake();
    clock.advance(40 * SECOND);
    scope.poll(&mut Context::from_waker(&outer), poll);
    assert_eq!((scope.idle(), scope.attended()), (60 * SECOND, 5 * SECOND));
    clock.advance(SECOND);
    assert_eq!((scope.idle(), scope.attended()), (60 * SECOND, 6 * SECOND));
}

#[tokio::test]
async fn a_deadline_can_move_and_a_ready_result_is_returned_even_after_the_deadline() {
    let (clock, scope) = scope();
    let deadline = Cell::new(10 * SECOND);
    let mut never = Box::pin(scope.run_until(|| Some(deadline.get()), pending::<()>()));
    let outer = noop_waker();
    let mut poll = || scope.poll(&mut Context::from_waker(&outer), |context| never.as_mut().poll(context));
    assert!(poll().is_pending());
    // Each step of the clock wakes the scope, and the scope is polled at the same moment. So no time is idle, and the
    // whole time counts towards the deadline.
    clock.advance(9 * SECOND);
    assert!(poll().is_pending());
    // Progress moves the deadline.
    deadline.set(15 * SECOND);
    clock.advance(SECOND);
    assert!(poll().is_pending());
    clock.advance(5 * SECOND);
    assert!(poll().is_ready());
    let done = scope.run_until(|| Some(Duration::ZERO), std::future::ready(7));
    assert_eq!(done.await, Some(7), "a result counts even after the deadline");
}
