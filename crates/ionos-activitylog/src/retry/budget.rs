//! When most calls fail, retrying each makes matters worse for everyone. So all clones of a client draw their
//! retries from one budget, which success refills. Where all of them wait before a retry, nothing is drawn: too many cannot
//! become of it.

use std::sync::{Mutex, PoisonError};

/// Room for 100 retries in a row, as the large cloud SDKs have it.
const FULL: u32 = 500;

/// What a retry takes out.
const RETRY: u32 = 5;

/// What a success gives back at once, so that a few failures among many successes never run dry.
const SUCCESS: u32 = 1;

/// The retries that all clones of a client may still make.
#[derive(Debug)]
pub(crate) struct Budget(Mutex<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(FULL))
    }
}

impl Budget {
    /// Takes a retry out; false when there is none left.
    pub(crate) fn take(&self) -> bool {
        self.change(|left| left.checked_sub(RETRY).map(|rest| *left = rest).is_some())
    }

    /// Notes a success, with the retries that it took.
    pub(crate) fn succeeded(&self, retries: u32) {
        let back = RETRY.saturating_mul(retries).saturating_add(SUCCESS);
        self.change(|left| *left = left.saturating_add(back).min(FULL));
    }

    fn change<T>(&self, change: impl FnOnce(&mut u32) -> T) -> T {
        // A number is whole at any time, so a panic elsewhere does no harm.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_retries_in_a_row_and_success_refills() {
        let budget = Budget::default();
        assert!((0..100).all(|_| budget.take()));
        assert!(!budget.take());
        (0..5).for_each(|_| budget.succeeded(0));
        assert!(budget.take());
        assert!(!budget.take());
        budget.succeeded(3);
        assert!((0..3).all(|_| budget.take()));
        assert!(!budget.take());
    }
}
