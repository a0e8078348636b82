//! No more than so many requests a second, evenly spaced, whoever sends them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// The rate, shared by the clones of a client.
#[derive(Debug)]
pub(crate) struct Rate {
    interval: Duration,
    /// When the next request may go, by the clock's count.
    next: Mutex<Duration>,
}

impl Rate {
    /// `per_second` is finite and above 0.
    pub(crate) fn new(per_second: f64) -> Self {
        Self {
            interval: Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::MAX),
            next: Mutex::default(),
        }
    }

    /// Waits for the next moment at which a request may go.
    pub(crate) async fn wait(&self, clock: &dyn Clock) {
        let now = clock.elapsed();
        let at = {
            let mut next = self.next();
            let at = (*next).max(now);
            *next = at.saturating_add(self.interval);
            at
        };
        if at > now {
            let mut turn = Turn { of: self, at, came: false };
            clock.sleep(at - now).await;
            turn.came = true;
        }
    }

    fn next(&self) -> MutexGuard<'_, Duration> {
        // A moment is whole at any time, so a panic elsewhere does no harm.
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment that is waited for. Dropped before it comes, it is given back if nobody waits behind it.
struct Turn<'a> {
    of: &'a Rate,
    at: Duration,
    came: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut next = self.of.next();
        if !self.came && *next == self.at.saturating_add(self.of.interval) {
            *next = self.at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn requests_are_spaced_and_idle_time_is_not_saved_up() {
        let clock = VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
        let rate = Rate::new(4.0);
        for _ in 0..3 {
            rate.wait(&clock).await;
        }
        clock.advance(Duration::from_secs(10));
        for _ in 0..2 {
            rate.wait(&clock).await;
        }
        assert_eq!(clock.waits(), [Duration::from_millis(250); 3]);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_gives_the_moment_back() {
        let clock = VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap());
        let rate = Rate::new(0.1);
        rate.wait(&clock).await;
        for _ in 0..10 {
            assert!(rate.wait(&clock).now_or_never().is_none());
        }
        rate.wait(&clock).await;
        assert_eq!(clock.waits(), [Duration::from_secs(10)]);
    }
}
