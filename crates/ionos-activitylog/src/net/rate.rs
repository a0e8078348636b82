//! Spaces requests evenly, so that no more than a given number is sent per second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::runtime::clock::Clock;

/// The rate limit that all clones of a client share.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    interval: Duration,
    /// When the next request may be sent, measured by [`Clock::elapsed`].
    next_slot: Mutex<Duration>,
}

impl RateLimiter {
    /// Creates a limiter. `requests_per_second` must be finite and above 0.
    pub(crate) fn new(requests_per_second: f64) -> Self {
        Self {
            interval: Duration::try_from_secs_f64(1.0 / requests_per_second).unwrap_or(Duration::MAX),
            next_slot: Mutex::default(),
        }
    }

    /// Waits until a request may be sent.
    pub(crate) async fn wait(&self, clock: &dyn Clock) {
        let now = clock.elapsed();
        let slot = {
            let mut next_slot = self.lock();
            let slot = (*next_slot).max(now);
            *next_slot = slot.saturating_add(self.interval);
            slot
        };
        if slot > now {
            let mut reserved = ReservedSlot { limiter: self, slot, is_used: false };
            clock.sleep(slot - now).await;
            reserved.is_used = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        // A single value is always consistent, so the value is usable after a panic in another thread.
        self.next_slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of a waiting request: the time at which the request will be sent. If the wait is dropped and no later slot
/// is reserved, the slot becomes free again.
struct ReservedSlot<'a> {
    limiter: &'a RateLimiter,
    slot: Duration,
    is_used: bool,
}

impl Drop for ReservedSlot<'_> {
    fn drop(&mut self) {
        let mut next_slot = self.limiter.lock();
        if !self.is_used && *next_slot == self.slot.saturating_add(self.limiter.interval) {
            *next_slot = self.slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::clock::VirtualClock;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn requests_are_spaced_and_idle_time_does_not_accumulate() {
        let clock = VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap());
        let rate = RateLimiter::new(4.0);
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
    async fn a_dropped_wait_gives_its_slot_back() {
        let clock = VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap());
        let rate = RateLimiter::new(0.1);
        rate.wait(&clock).await;
        for _ in 0..10 {
            assert!(rate.wait(&clock).now_or_never().is_none());
        }
        rate.wait(&clock).await;
        assert_eq!(clock.waits(), [Duration::from_secs(10)]);
    }
}
