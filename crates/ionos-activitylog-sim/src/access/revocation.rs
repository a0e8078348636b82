//! A token can be deleted while a program uses it, and nobody tells the program. A test revokes a token between two
//! requests; a script on the command line cannot, so it says beforehand after how many requests the plain token is
//! over.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The tokens that are no longer accepted. `Debug` shows their number only.
pub(crate) struct Revocations {
    tokens: Mutex<HashSet<String>>,
    /// How many more requests the plain token is good for; none for any number.
    left: Option<AtomicU64>,
}

impl Revocations {
    /// None yet; the plain token is over after as many requests as are given, if any.
    pub(crate) fn new(after: Option<u64>) -> Self {
        Self { tokens: Mutex::default(), left: after.map(AtomicU64::new) }
    }

    /// From now on this token is revoked; whether it was ever accepted does not matter.
    pub(crate) fn add(&self, token: &str) {
        self.tokens().insert(token.to_owned());
    }

    /// Whether this token was revoked.
    pub(crate) fn holds(&self, token: &str) -> bool {
        self.tokens().contains(token)
    }

    /// Counts a request with the plain token, and says whether it is still good for it.
    pub(crate) fn count(&self) -> bool {
        let Some(left) = &self.left else { return true };
        // Only the number itself is shared, so that no order with other memory is needed.
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// A panic elsewhere leaves a set as good as it was.
    fn tokens(&self) -> MutexGuard<'_, HashSet<String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the tokens.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").field("tokens", &self.tokens().len()).field("left", &self.left).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_revoked_from_the_moment_on_and_no_other() {
        let revocations = Revocations::new(None);
        assert!(!revocations.holds("one"));
        revocations.add("one");
        revocations.add("one");
        assert!(revocations.holds("one"));
        assert!(!revocations.holds("on") && !revocations.holds("other"));
    }

    #[test]
    fn the_plain_token_is_good_for_as_many_requests_as_was_said() {
        for (after, expected) in [
            (None, [true; 4]),
            (Some(0), [false; 4]),
            (Some(3), [true, true, true, false]),
            (Some(u64::MAX), [true; 4]),
        ] {
            let revocations = Revocations::new(after);
            assert_eq!([(); 4].map(|()| revocations.count()), expected, "{after:?}");
        }
    }

    #[test]
    fn a_panic_while_the_set_was_locked_revokes_nothing_else() {
        let revocations = Revocations::new(None);
        revocations.add("one");
        let panicked = std::thread::scope(|scope| {
            let locked = scope.spawn(|| {
                let _guard = revocations.tokens();
                panic!("while it is locked");
            });
            locked.join().is_err()
        });
        assert!(panicked);
        assert!(revocations.holds("one") && !revocations.holds("other"));
    }

    #[test]
    fn debug_output_does_not_show_a_token() {
        let revocations = Revocations::new(None);
        revocations.add("s3cret");
        let shown = format!("{revocations:?}");
        assert!(shown.contains("tokens: 1") && !shown.contains("s3cret"), "{shown}");
    }
}
