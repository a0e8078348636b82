//! Bounds the retries of all clones of a client together, because retrying every call makes an outage worse. Retries
//! draw from one budget, and successes refill it. A retry of a throttled call draws nothing: it waits in the queue of
//! the [`ConcurrencyLimiter`](crate::net::concurrency::ConcurrencyLimiter), which sends only few such retries.

use std::sync::{Mutex, PoisonError};

/// Capacity in units: 100 retries in a row, as in the SDKs of the large clouds.
const CAPACITY: u32 = 500;

/// Cost of one retry in units.
const RETRY_COST: u32 = 5;

/// Refill per success in units. Five successes refill the cost of one retry.
const SUCCESS_REFILL: u32 = 1;

/// Remaining units of all clones of a client together.
#[derive(Debug)]
pub(crate) struct RetryBudget(Mutex<u32>);

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Mutex::new(CAPACITY))
    }
}

impl RetryBudget {
    /// Draws the cost of one retry from the budget. If less than this cost is left, draws nothing and returns `false`.
    pub(crate) fn try_draw(&self) -> bool {
        self.update(|left| left.checked_sub(RETRY_COST).map(|rest| *left = rest).is_some())
    }

    /// Refills the budget after a success, and puts back the cost of the retries of the successful call.
    pub(crate) fn refill(&self, drawn_retries: u32) {
        let refill = RETRY_COST.saturating_mul(drawn_retries).saturating_add(SUCCESS_REFILL);
        self.update(|left| *left = left.saturating_add(refill).min(CAPACITY));
    }

    fn update<T>(&self, change: impl FnOnce(&mut u32) -> T) -> T {
        // A single number is always consistent, so the number is usable after a panic in another thread.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_allows_100_retries_in_a_row_and_successes_refill_it() {
        let budget = RetryBudget::default();
        assert!((0..100).all(|_| budget.try_draw()));
        assert!(!budget.try_draw());
        (0..5).for_each(|_| budget.refill(0));
        assert!(budget.try_draw());
        assert!(!budget.try_draw());
        budget.refill(3);
        assert!((0..3).all(|_| budget.try_draw()));
        assert!(!budget.try_draw());
    }
}
