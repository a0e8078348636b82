//! Limits the number of requests in flight. Each such request has a slot. The limit halves when the service is
//! overloaded and grows by one after a series of successes. While the service asks all clients to wait, no request is
//! sent at all: otherwise concurrent calls would use up their attempts on refusals.
//!
//! A call is woken when its answer arrives or when it may take a slot, but the program is free to stop polling it. For
//! example, a task keeps a woken call that has a slot, and polls only another call that waits for this slot. Without a
//! remedy, the polled call would wait forever. So a waiting call passes the woken call: until the woken call is polled
//! again, its slot does not count and its position in the queue is skipped. See
//! [`PollScope`](crate::net::poll_scope::PollScope).

mod state;

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::FutureExt;

use crate::defaults::INITIAL_CONCURRENCY;
use crate::runtime::clock::Clock;

pub(crate) use state::{CallPriority, QueuePosition, ScopeId};
use state::{LimiterState, QueueStep};

/// Number of successes after which the limit grows by one. A success counts only if all slots are in use at the end of
/// the request. An overload and each growth restart the count.
const SUCCESSES_TO_GROW: u32 = 50;

/// Number of times that a waiting call is polled before it passes other calls. It passes the calls that were woken
/// before the first of these polls and were not polled since. Between two polls, the executor runs the other tasks that
/// are ready. So if the program still polls a woken call, that call is polled before it can be passed.
const POLLS_BEFORE_PASSING: u32 = 16;

/// Maximum number of times that a waiting call wakes itself in order to be polled [`POLLS_BEFORE_PASSING`] times.
/// Waiting calls that wake themselves can keep each other from passing. So once a call has used up this number, it
/// tries to pass other calls only every [`PASSING_INTERVAL`].
const SELF_WAKES: u32 = 4 * POLLS_BEFORE_PASSING;

/// Time between two attempts of a waiting call to pass other scopes, once its self-wakes are used up: 50 ms.
const PASSING_INTERVAL: Duration = Duration::from_millis(50);

/// Load of the service according to the result of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadFeedback {
    /// The request succeeded.
    Success,
    /// The service was too slow or refused the load: 429, 503, 504, or a timeout of the connection or the attempt.
    Overloaded,
    /// The service asked clients to send no request before this time, measured by [`Clock::elapsed`].
    ThrottledUntil(Duration),
    /// The request allows no conclusion about the load.
    Neutral,
}

/// The limiter that all clones of a client share.
#[derive(Debug)]
pub(crate) struct ConcurrencyLimiter {
    ceiling: u32,
    state: Mutex<LimiterState>,
}

impl ConcurrencyLimiter {
    /// A limiter that never allows more than `ceiling` requests in flight; `ceiling` is at least 1.
    pub(crate) fn new(ceiling: u32) -> Arc<Self> {
        Arc::new(Self { ceiling, state: Mutex::new(LimiterState::new(INITIAL_CONCURRENCY.min(ceiling))) })
    }

    /// Adds a scope. Its calls are polled together.
    pub(crate) fn add_scope(&self) -> ScopeId {
        self.lock().add_scope()
    }

    /// Removes a scope that has no calls any more.
    pub(crate) fn remove_scope(&self, scope: ScopeId) {
        self.lock().remove_scope(scope);
    }

    /// Records that the calls of the scope are polled now.
    pub(crate) fn mark_polled(&self, scope: ScopeId) {
        self.lock().mark_polled(scope);
    }

    /// Records that a call of the scope can proceed once it is polled. Returns the wakers of the calls that may pass
    /// the scope if the scope stays unpolled.
    #[must_use]
    pub(crate) fn mark_woken(&self, scope: ScopeId) -> Vec<Waker> {
        let mut state = self.lock();
        state.mark_woken(scope);
        state.notify()
    }

    /// Returns the position in the queue for a new call of the scope.
    pub(crate) fn join_queue(&self, scope: ScopeId, priority: CallPriority) -> QueuePosition {
        self.lock().join_queue(scope, priority)
    }

    /// Waits in the queue for a free slot and for the end of a throttle. Calls get their slots in the order of their
    /// positions. Dropping the future removes the call from the queue.
    pub(crate) async fn acquire(self: &Arc<Self>, position: QueuePosition, clock: &dyn Clock) -> Permit {
        let mut waiter =
            QueuedCall { limiter: self, position, is_queued: false, passing: None, self_wakes_left: SELF_WAKES };
        let mut interval = None;
        let epoch = loop {
            let step = poll_fn(|context| {
                let step = waiter.poll(context.waker(), clock.elapsed());
                if step.is_ready() || waiter.passing.is_none() || waiter.self_wakes_left > 0 {
                    interval = None;
                    return step;
                }
                let alarm = interval.get_or_insert_with(|| clock.alarm(PASSING_INTERVAL));
                if alarm.poll_unpin(context).is_ready() {
                    interval = None;
                    waiter.self_wakes_left = POLLS_BEFORE_PASSING + 1;
                    context.waker().wake_by_ref();
                }
                step
            });
            match step.await {
                AcquireStep::Acquired(epoch) => break epoch,
                AcquireStep::Throttled(left) => clock.sleep(left).await,
            }
        };
        let early_release = EarlyRelease { limiter: self.clone(), scope: position.scope, was_full: Arc::default() };
        Permit { early_release, epoch, feedback: LoadFeedback::Neutral }
    }

    /// Whether the throttle forbids a request at the time `now`, measured by [`Clock::elapsed`].
    pub(crate) fn is_throttled(&self, now: Duration) -> bool {
        now < self.lock().throttled_until
    }

    /// The current limit.
    #[cfg(test)]
    pub(crate) fn limit(&self) -> u32 {
        self.lock().limit
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
        // Every change leaves the state consistent, so the state is usable after a panic in another thread.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        self.lock().free_slots() == 0
    }

    /// Frees one slot. Returns whether all other slots were in use.
    fn free_slot(&self, scope: ScopeId) -> bool {
        let mut state = self.lock();
        let was_full = state.free_slots() == 0;
        state.return_slot(scope);
        wake_next(state);
        was_full
    }

    /// Adapts the limit to the feedback of a request that was sent in `epoch`. `was_full` says whether the limit was
    /// reached when the request ended.
    fn apply_feedback(&self, epoch: u64, feedback: LoadFeedback, was_full: bool) {
        let mut state = self.lock();
        if let LoadFeedback::ThrottledUntil(until) = feedback {
            state.throttled_until = state.throttled_until.max(until);
        }
        match feedback {
            // Requests of one epoch that fail together are one overload, and halve the limit once.
            LoadFeedback::Overloaded | LoadFeedback::ThrottledUntil(_) if epoch == state.epoch => {
                state.epoch += 1;
                state.limit = (state.limit / 2).max(1);
                state.successes = 0;
            }
            // Below the limit, a success does not show that the service can take more.
            LoadFeedback::Success if was_full => {
                state.successes += 1;
                if state.successes >= SUCCESSES_TO_GROW {
                    state.successes = 0;
                    state.limit = (state.limit + 1).min(self.ceiling);
                }
            }
            _ => {}
        }
        wake_next(state);
    }
}

/// Unlocks the state, then wakes the calls that may take the free slots.
fn wake_next(mut state: MutexGuard<'_, LimiterState>) {
    let wakers = state.notify();
    drop(state);
    wakers.into_iter().for_each(Waker::wake);
}

/// A call that waits in the queue.
struct QueuedCall<'a> {
    limiter: &'a ConcurrencyLimiter,
    position: QueuePosition,
    is_queued: bool,
    /// `Some` while the call could proceed by passing the scopes that were woken and have not been polled since their
    /// wake.
    passing: Option<PassingCall>,
    self_wakes_left: u32,
}

/// An attempt of a waiting call to pass the woken scopes. The call passes them unless they are polled soon.
#[derive(Clone, Copy)]
struct PassingCall {
    /// Ordinal of the last wake before this attempt began.
    since: u64,
    polls: u32,
}

/// Result of one poll of a queued call.
enum AcquireStep {
    /// The call has a slot, in this epoch.
    Acquired(u64),
    /// The call is first in the queue, and no request may be sent for this long.
    Throttled(Duration),
}

impl QueuedCall<'_> {
    fn poll(&mut self, waker: &Waker, now: Duration) -> Poll<AcquireStep> {
        let mut state = self.limiter.lock();
        let throttled_for = state.throttled_until.saturating_sub(now);
        let is_throttled = !throttled_for.is_zero();
        let mut step = state.turn(self.position, None).step(is_throttled);
        if step == QueueStep::Wait {
            step = self.step_past_stalled(&state, is_throttled);
        }
        if step == QueueStep::Take {
            let waker = std::mem::take(&mut self.is_queued).then(|| state.dequeue(self.position));
            state.take_slot(self.position.scope);
            let epoch = state.epoch;
            // Only the first call in the queue sleeps until a throttle ends, so it must wake the next calls.
            wake_next(state);
            drop(waker);
            return Poll::Ready(AcquireStep::Acquired(epoch));
        }
        self.is_queued = true;
        let previous = state.enqueue(self.position, waker.clone());
        drop(state);
        drop(previous);
        if step == QueueStep::AwaitThrottle {
            return Poll::Ready(AcquireStep::Throttled(throttled_for));
        }
        if self.passing.is_some() && self.self_wakes_left > 0 {
            self.self_wakes_left -= 1;
            waker.wake_by_ref();
        }
        Poll::Pending
    }

    /// The next step if the waiting calls and the slots of stalled scopes are ignored. A scope is stalled if it was
    /// woken and then not polled while this call was polled [`POLLS_BEFORE_PASSING`] times. Before this call has
    /// reached that number of polls, the step is [`QueueStep::Wait`].
    fn step_past_stalled(&mut self, state: &LimiterState, is_throttled: bool) -> QueueStep {
        let step_since = |since| state.turn(self.position, Some(since)).step(is_throttled);
        if let Some(passing) = &mut self.passing {
            passing.polls += 1;
            let step = step_since(passing.since);
            if step != QueueStep::Wait {
                return if passing.polls < POLLS_BEFORE_PASSING { QueueStep::Wait } else { step };
            }
        }
        let since = state.wakes();
        self.passing = (step_since(since) != QueueStep::Wait).then_some(PassingCall { since, polls: 0 });
        QueueStep::Wait
    }
}

impl Drop for QueuedCall<'_> {
    fn drop(&mut self) {
        if !self.is_queued {
            return;
        }
        let mut state = self.limiter.lock();
        let waker = state.dequeue(self.position);
        // This call may have been woken for a slot that it does not take, so the next calls must be woken.
        wake_next(state);
        drop(waker);
    }
}

/// The right to have one request in flight. Dropping a permit acts like [`Permit::release`] with
/// [`LoadFeedback::Neutral`].
#[must_use = "if a permit is dropped, the limiter treats its request as ended"]
#[derive(Debug)]
pub(crate) struct Permit {
    early_release: EarlyRelease,
    epoch: u64,
    feedback: LoadFeedback,
}

impl Permit {
    /// A handle that frees the slot before the feedback is known.
    pub(crate) fn early_release(&self) -> EarlyRelease {
        self.early_release.clone()
    }

    /// Ends the request and reports the load of the service.
    pub(crate) fn release(mut self, feedback: LoadFeedback) {
        self.feedback = feedback;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let EarlyRelease { limiter, was_full, .. } = &self.early_release;
        match was_full.get() {
            Some(was_full) => limiter.apply_feedback(self.epoch, self.feedback, *was_full),
            None => {
                // The feedback comes first: it may lower the limit before another request takes the slot.
                let was_full = limiter.is_full();
                limiter.apply_feedback(self.epoch, self.feedback, was_full);
                self.early_release.release();
            }
        }
    }
}

/// Frees the slot of a permit as soon as the answer is complete, so that the next request is sent while this answer is
/// parsed.
#[derive(Clone, Debug)]
pub(crate) struct EarlyRelease {
    limiter: Arc<ConcurrencyLimiter>,
    scope: ScopeId,
    /// Whether all other slots were in use when this slot was freed. Not set before this slot is freed.
    was_full: Arc<OnceLock<bool>>,
}

impl EarlyRelease {
    /// Frees the slot. Does nothing if the slot is free already.
    pub(crate) fn release(&self) {
        self.was_full.get_or_init(|| self.limiter.free_slot(self.scope));
    }
}

#[cfg(test)]
mod tests;
