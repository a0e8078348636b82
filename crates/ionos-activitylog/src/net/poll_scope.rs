//! Watches the polls of a scope. A scope consists of the calls of one stream, or of a single call. A future proceeds
//! only while it is polled. A program may leave a stream unpolled for minutes: while it stores an event, or while it
//! waits for another call of the same client. So a [`PollScope`] tells the limiter when its calls could proceed but are
//! not polled, and the limiter then lets other calls pass these calls. The scope also measures the time in which its
//! calls could have proceeded and were not polled. The service did not cause this delay, so no time limit includes it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use futures_util::future::{Either, select};

use crate::net::concurrency::{CallPriority, ConcurrencyLimiter, QueuePosition, ScopeId};
use crate::runtime::clock::Clock;
use crate::runtime::spawner::PolledBy;

/// Calls that are polled together. Wraps the waker of each poll.
pub(crate) struct PollScope {
    id: ScopeId,
    limiter: Arc<ConcurrencyLimiter>,
    clock: Arc<dyn Clock>,
    polled_by: PolledBy,
    state: Mutex<PollScopeState>,
}

#[derive(Default)]
struct PollScopeState {
    /// The waker of the last poll. `None` before the first poll.
    waker: Option<Waker>,
    /// Time of the first wake since the last poll, measured by [`Clock::elapsed`]. `None` if there was no wake since
    /// that poll.
    woken_at: Option<Duration>,
    /// Total time between a wake and the next poll.
    idle: Duration,
}

impl PollScope {
    /// A scope without calls. If a task of a spawner polls the scope, its calls are polled whenever they can proceed,
    /// so other calls need not pass them.
    pub(crate) fn new(limiter: &Arc<ConcurrencyLimiter>, clock: &Arc<dyn Clock>, polled_by: PolledBy) -> Arc<Self> {
        let (limiter, clock) = (limiter.clone(), clock.clone());
        Arc::new(Self { id: limiter.add_scope(), limiter, clock, polled_by, state: Mutex::default() })
    }

    /// Polls calls of this scope. The calls register the waker of the context that `poll` receives.
    pub(crate) fn poll<T>(self: &Arc<Self>, context: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.begin_poll(context.waker());
        let waker = Waker::from(self.clone());
        poll(&mut Context::from_waker(&waker))
    }

    /// Runs a future as the only call of this scope.
    pub(crate) async fn run<F: Future>(self: &Arc<Self>, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| self.poll(context, |context| work.as_mut().poll(context))).await
    }

    /// Monotonic time without the time in which calls of this scope could have proceeded and were not polled.
    pub(crate) fn attended(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.idle())
    }

    /// Time in which calls of this scope could have proceeded and were not polled.
    pub(crate) fn idle(&self) -> Duration {
        self.lock().idle
    }

    /// Returns the position in the queue of the limiter for a new call of this scope.
    pub(crate) fn join_queue(&self, priority: CallPriority) -> QueuePosition {
        self.limiter.join_queue(self.id, priority)
    }

    /// Runs work until the deadline. The deadline is measured by [`PollScope::attended`] and may move while the work
    /// proceeds. Returns `None` if the deadline passes while the work has no result. A result that is ready is returned
    /// even after the deadline.
    pub(crate) async fn run_until<F: Future>(
        &self,
        deadline: impl Fn() -> Option<Duration>,
        work: F,
    ) -> Option<F::Output> {
        let mut work = pin!(work);
        loop {
            let Some(at) = deadline() else {
                return Some(work.await);
            };
            let left = at.saturating_sub(self.attended());
            match select(work.as_mut(), self.clock.alarm(left)).await {
                Either::Left((output, _)) => return Some(output),
                Either::Right(((), _)) if deadline().is_some_and(|at| at <= self.attended()) => return None,
                // The deadline has moved, or the alarm rang while the scope was not polled.
                Either::Right(((), _)) => {}
            }
        }
    }

    fn begin_poll(&self, waker: &Waker) {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        if let Some(woken_at) = state.woken_at.take() {
            state.idle += now.saturating_sub(woken_at);
        }
        let previous = match &state.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => state.waker.replace(waker.clone()),
        };
        self.limiter.mark_polled(self.id);
        drop(state);
        drop(previous);
    }

    fn lock(&self) -> MutexGuard<'_, PollScopeState> {
        // Every change leaves the state consistent, so the state is usable after a panic in another thread.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for PollScope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let mut may_pass = Vec::new();
        if state.woken_at.is_none() {
            state.woken_at = Some(now);
            if self.polled_by == PolledBy::Caller {
                // Keep the state locked until the limiter has recorded the wake. Otherwise, a concurrent poll could be
                // recorded first, and the limiter would treat the polled scope as woken.
                may_pass = self.limiter.mark_woken(self.id);
            }
        }
        let waker = state.waker.clone();
        drop(state);
        waker.into_iter().chain(may_pass).for_each(Waker::wake);
    }
}

impl Drop for PollScope {
    fn drop(&mut self) {
        self.limiter.remove_scope(self.id);
    }
}

#[cfg(test)]
mod tests;
