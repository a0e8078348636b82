//! Limits the number of requests in flight. The limit halves when the service is overloaded and grows by one after a
//! series of successes. While the service asks all clients to wait, no request is sent at all: otherwise concurrent
//! calls would use up their attempts on refusals.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::defaults::INITIAL_CONCURRENCY;
use crate::runtime::clock::Clock;

/// Number of successes after which the limit grows by one. Only successes while the limit is reached count. An overload
/// and each growth restart the count.
const SUCCESSES_TO_GROW: u32 = 50;

/// Load of the service according to the result of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadFeedback {
    /// The request succeeded.
    Success,
    /// The service was too slow or refused the load: 429, 503, 504, or a timeout of the connection or the attempt.
    Overloaded,
    /// The service asked clients to send no request before this time, as [`Clock::elapsed`] counts.
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

#[derive(Debug)]
struct LimiterState {
    limit: u32,
    in_flight: u32,
    successes: u32,
    /// Number of halvings so far. A request that began in an earlier epoch was sent under an older limit.
    epoch: u64,
    /// No request is sent before this time, as [`Clock::elapsed`] counts.
    throttled_until: Duration,
    /// Waiting calls with the waker of their last poll.
    queue: BTreeMap<QueuePosition, Waker>,
    last_position: u64,
}

/// Position of a call in the queue. A call keeps it for all of its attempts, so that a retry is not queued behind calls
/// that began later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueuePosition(u64);

impl LimiterState {
    fn free_slots(&self) -> usize {
        self.limit.saturating_sub(self.in_flight) as usize
    }

    /// Wakers of the calls that may take the free slots.
    fn next_wakers(&self) -> Vec<Waker> {
        self.queue.values().take(self.free_slots()).cloned().collect()
    }
}

impl ConcurrencyLimiter {
    /// A limiter that never allows more than `ceiling` requests in flight; `ceiling` is at least 1.
    pub(crate) fn new(ceiling: u32) -> Arc<Self> {
        Arc::new(Self {
            ceiling,
            state: Mutex::new(LimiterState {
                limit: INITIAL_CONCURRENCY.min(ceiling),
                in_flight: 0,
                successes: 0,
                epoch: 0,
                throttled_until: Duration::ZERO,
                queue: BTreeMap::new(),
                last_position: 0,
            }),
        })
    }

    /// Returns the next position in the queue, for a new call.
    pub(crate) fn join_queue(&self) -> QueuePosition {
        let mut state = self.lock();
        state.last_position += 1;
        QueuePosition(state.last_position)
    }

    /// Waits for a free slot and for the end of a throttle, in the order of positions. Dropping the future leaves the
    /// queue.
    pub(crate) async fn acquire(self: &Arc<Self>, position: QueuePosition, clock: &dyn Clock) -> Permit {
        let mut waiter = QueuedCall { limiter: self, position, is_queued: false };
        let epoch = loop {
            match poll_fn(|context| waiter.poll(context.waker(), clock.elapsed())).await {
                AcquireStep::Acquired(epoch) => break epoch,
                AcquireStep::Throttled(left) => clock.sleep(left).await,
            }
        };
        let early_release = EarlyRelease { limiter: self.clone(), was_full: Arc::default() };
        Permit { early_release, epoch, feedback: LoadFeedback::Neutral }
    }

    /// Whether the throttle forbids a request at this time, as [`Clock::elapsed`] counts.
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

    /// Frees one slot. Returns whether there was no other free slot.
    fn free_slot(&self) -> bool {
        let mut state = self.lock();
        let was_full = state.free_slots() == 0;
        state.in_flight -= 1;
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
fn wake_next(state: MutexGuard<'_, LimiterState>) {
    let wakers = state.next_wakers();
    drop(state);
    wakers.into_iter().for_each(Waker::wake);
}

/// A call that waits in the queue.
struct QueuedCall<'a> {
    limiter: &'a ConcurrencyLimiter,
    position: QueuePosition,
    is_queued: bool,
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
        let ahead = state.queue.range(..self.position).count();
        let throttled_for = state.throttled_until.saturating_sub(now);
        if ahead < state.free_slots() && throttled_for.is_zero() {
            if std::mem::take(&mut self.is_queued) {
                state.queue.remove(&self.position);
            }
            state.in_flight += 1;
            let epoch = state.epoch;
            // Only the first call in the queue sleeps until a throttle ends, so it must wake the next calls.
            wake_next(state);
            return Poll::Ready(AcquireStep::Acquired(epoch));
        }
        self.is_queued = true;
        state.queue.insert(self.position, waker.clone());
        if ahead == 0 && state.free_slots() > 0 {
            return Poll::Ready(AcquireStep::Throttled(throttled_for));
        }
        Poll::Pending
    }
}

impl Drop for QueuedCall<'_> {
    fn drop(&mut self) {
        if !self.is_queued {
            return;
        }
        let mut state = self.limiter.lock();
        state.queue.remove(&self.position);
        // This call may have been woken for a slot that it does not take, so the next calls must be woken.
        wake_next(state);
    }
}

/// The right to have one request in flight. Dropping a permit acts like [`Permit::release`] with
/// [`LoadFeedback::Neutral`].
#[must_use = "dropping a permit ends its request for the limiter"]
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
        let EarlyRelease { limiter, was_full } = &self.early_release;
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
    /// Set once the slot is free: whether there was no other free slot.
    was_full: Arc<OnceLock<bool>>,
}

impl EarlyRelease {
    /// Frees the slot. Does nothing if it is free already.
    pub(crate) fn release(&self) {
        self.was_full.get_or_init(|| self.limiter.free_slot());
    }
}

#[cfg(test)]
mod tests;
