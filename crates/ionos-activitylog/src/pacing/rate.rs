//! No more than so many requests a second, evenly spaced, whoever sends them.

use std::sync::{Mutex, PoisonError};
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
            // A moment is whole at any time, so a panic elsewhere does no harm.
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*next).max(now);
            *next = at.saturating_add(self.interval);
            at
        };
        if at > now {
            clock.sleep(at - now).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;

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
}
