//! Time and randomness as an interface: [`SystemClock`] for programs, [`VirtualClock`] for tests. With a virtual clock,
//! hours of retries take no real time and have the same result in each run.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A future that resolves when the wait is over.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Source of time and randomness of a client.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current date and time in UTC. This time may jump, so the client measures durations with [`Clock::elapsed`].
    fn now(&self) -> DateTime<Utc>;

    /// Monotonic time since a fixed start of this clock.
    fn elapsed(&self) -> Duration;

    /// Waits for the duration. Dropping the future cancels the wait.
    fn sleep(&self, duration: Duration) -> Sleep<'_>;

    /// A timer to race against other work: resolves once the duration has passed. Unlike [`Clock::sleep`], an alarm
    /// does not advance a virtual clock. With a virtual clock, the alarm resolves once other waits or
    /// [`VirtualClock::advance`] have advanced the clock by the duration.
    fn alarm(&self, duration: Duration) -> Sleep<'_> {
        self.sleep(duration)
    }

    /// A uniformly distributed random number in `0.0..1.0`.
    fn chance(&self) -> f64;
}

/// The system clock with tokio's timer: the default of a client.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] starts now.
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

/// A clock for tests: each wait ends at once, advances the time and is recorded; the random number is fixed.
///
/// ```
/// # use std::time::Duration;
/// use ionos_activitylog::clock::{Clock, VirtualClock};
///
/// # futures_executor(async {
/// let clock = VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap());
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
    start: DateTime<Utc>,
    chance: f64,
    state: Mutex<VirtualClockState>,
}

#[derive(Debug, Default)]
struct VirtualClockState {
    elapsed: Duration,
    waits: Vec<Duration>,
    alarms: Vec<Waker>,
}

impl VirtualClock {
    /// A clock that starts at the given time. Its random number is 0.5.
    #[must_use]
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        Self { start, chance: 0.5, state: Mutex::default() }
    }

    /// The same clock with another random number, in `0.0..1.0`.
    #[must_use]
    pub fn with_chance(mut self, chance: f64) -> Self {
        self.chance = chance;
        self
    }

    /// Advances the time without a wait.
    pub fn advance(&self, duration: Duration) {
        let alarms = self.update(|state| {
            state.elapsed = state.elapsed.saturating_add(duration);
            std::mem::take(&mut state.alarms)
        });
        alarms.into_iter().for_each(Waker::wake);
    }

    /// All waits that have ended, in the order of their ends.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.update(|state| state.waits.clone())
    }

    fn update<T>(&self, change: impl FnOnce(&mut VirtualClockState) -> T) -> T {
        // Every change leaves the state consistent, so the state is usable after a panic in another thread.
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX);
        self.start.checked_add_signed(elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn elapsed(&self) -> Duration {
        self.update(|state| state.elapsed)
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        // The wait starts when the future is polled, and ends after all other ready tasks had a turn.
        let mut yielded = false;
        Box::pin(poll_fn(move |context| {
            if !yielded {
                yielded = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.update(|state| state.waits.push(duration));
            self.advance(duration);
            Poll::Ready(())
        }))
    }

    fn alarm(&self, duration: Duration) -> Sleep<'_> {
        let due = self.elapsed().saturating_add(duration);
        Box::pin(poll_fn(move |context| {
            self.update(|state| {
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
