//! Waiting and chance make a library hard to test and easy to get wrong, so both come from outside: a test
//! runs hours of retries at once and always the same way.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A wait; resolves when it is over.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where a client takes time and chance from.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time of day, in UTC. It may jump, so it is used for dates only.
    fn now(&self) -> DateTime<Utc>;

    /// Time since some moment that stays the same for this clock. It never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits. Dropping the wait ends it.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;

    /// Resolves once the time has passed, for a race against something that may be sooner. Unlike [`Clock::sleep`] it
    /// is not a wait: in tests it resolves only when something else moves the time on.
    fn alarm(&self, duration: Duration) -> Sleep<'_> {
        self.sleep(duration)
    }

    /// A number from 0, inclusive, to 1, exclusive, each as likely as any other.
    fn chance(&self) -> f64;
}

/// The machine's clock and tokio's timer; what a client uses unless it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] counts from now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn chance(&self) -> f64 {
        fastrand::f64()
    }
}

/// A clock for tests: a wait is over at once, moves the time on and is noted; chance is a fixed number.
///
/// ```
/// # use std::time::Duration;
/// use ionos_activitylog::clock::{Clock, VirtualClock};
///
/// # futures_executor(async {
/// let clock = VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
/// clock.sleep(Duration::from_secs(3600)).await;
/// assert_eq!(clock.now().to_rfc3339(), "2026-11-20T13:00:00+00:00");
/// assert_eq!(clock.waits(), [Duration::from_secs(3600)]);
/// # });
/// # fn futures_executor(future: impl Future<Output = ()>) {
/// #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
/// # }
/// ```
#[derive(Debug)]
pub struct VirtualClock {
    begin: DateTime<Utc>,
    chance: f64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    waits: Vec<Duration>,
    alarms: Vec<Waker>,
}

impl VirtualClock {
    /// A clock that stands at the given time. Its chance is 0.5.
    #[must_use]
    pub fn at(begin: DateTime<Utc>) -> Self {
        Self { begin, chance: 0.5, state: Mutex::default() }
    }

    /// The same clock with another chance, from 0, inclusive, to 1, exclusive.
    #[must_use]
    pub fn with_chance(mut self, chance: f64) -> Self {
        self.chance = chance;
        self
    }

    /// Moves the time on without a wait.
    pub fn advance(&self, duration: Duration) {
        let alarms = self.with(|state| {
            state.elapsed = state.elapsed.saturating_add(duration);
            std::mem::take(&mut state.alarms)
        });
        alarms.into_iter().for_each(Waker::wake);
    }

    /// Every wait so far, in the order in which they began.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.with(|state| state.waits.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // The state is whole between any two changes, so a panic elsewhere does no harm.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX);
        self.begin.checked_add_signed(elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn elapsed(&self) -> Duration {
        self.with(|state| state.elapsed)
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        // Not before it is polled, and after everybody else had a turn.
        let mut yielded = false;
        Box::pin(poll_fn(move |context| {
            if !yielded {
                yielded = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.with(|state| state.waits.push(duration));
            self.advance(duration);
            Poll::Ready(())
        }))
    }

    fn alarm(&self, duration: Duration) -> Sleep<'_> {
        let due = self.elapsed().saturating_add(duration);
        Box::pin(poll_fn(move |context| {
            self.with(|state| {
                if state.elapsed >= due {
                    return Poll::Ready(());
                }
                state.alarms.push(context.waker().clone());
                Poll::Pending
            })
        }))
    }

    fn chance(&self) -> f64 {
        self.chance
    }
}
