//! Revokes tokens, as the owner of a token can do while a program uses the token. A test in Rust can revoke a token
//! between two requests, but the command line cannot. So the simulator can also revoke the plain (opaque) token after a
//! given number of requests with this token.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The tokens that are no longer accepted.
pub(crate) struct Revocations {
    tokens: Mutex<HashSet<String>>,
    /// Number of requests for which the plain token is still accepted. `None` if unlimited.
    plain_token_uses: Option<AtomicU64>,
}

impl Revocations {
    /// Creates the state without revoked tokens. The plain token is accepted for `plain_token_uses` requests, or
    /// without a limit if `None`.
    pub(crate) fn new(plain_token_uses: Option<u64>) -> Self {
        Self { tokens: Mutex::default(), plain_token_uses: plain_token_uses.map(AtomicU64::new) }
    }

    /// Revokes a token, whether or not it was ever accepted.
    pub(crate) fn add(&self, token: &str) {
        self.tokens().insert(token.to_owned());
    }

    /// Whether a token is revoked.
    pub(crate) fn contains(&self, token: &str) -> bool {
        self.tokens().contains(token)
    }

    /// Counts a request with the plain token. Returns whether the token is still accepted for this request.
    pub(crate) fn use_plain_token(&self) -> bool {
        let Some(left) = &self.plain_token_uses else { return true };
        // Relaxed is enough: no other memory depends on the number.
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Locks the set. Ignores a poisoned lock, because the set is consistent even if another thread panicked while it
    /// held the lock.
    fn tokens(&self) -> MutexGuard<'_, HashSet<String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints the number of tokens, but no token.
impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("tokens", &self.tokens().len())
            .field("plain_token_uses", &self.plain_token_uses)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_given_token_is_revoked() {
        let revocations = Revocations::new(None);
        assert!(!revocations.contains("one"));
        revocations.add("one");
        revocations.add("one");
        assert!(revocations.contains("one"));
        assert!(!revocations.contains("on") && !revocations.contains("other"));
    }

    #[test]
    fn the_plain_token_is_accepted_for_the_given_number_of_requests() {
        for (after, expected) in [
            (None, [true; 4]),
            (Some(0), [false; 4]),
            (Some(3), [true, true, true, false]),
            (Some(u64::MAX), [true; 4]),
        ] {
            let revocations = Revocations::new(after);
            assert_eq!([(); 4].map(|()| revocations.use_plain_token()), expected, "{after:?}");
        }
    }

    #[test]
    fn a_panic_while_the_set_is_locked_leaves_the_set_unchanged() {
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
        assert!(revocations.contains("one") && !revocations.contains("other"));
    }

    #[test]
    fn debug_output_shows_no_token() {
        let revocations = Revocations::new(None);
        revocations.add("s3cret");
        let shown = format!("{revocations:?}");
        assert!(shown.contains("tokens: 1") && !shown.contains("s3cret"), "{shown}");
    }
}
