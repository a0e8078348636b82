//! Ctrl-C may mean "finish what you are at" or "end now". A command that can end by itself is asked to at the first
//! signal, and dropped at the second; any other is dropped at the first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::Notify;

/// How a command is asked to end. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<InterruptState>);

#[derive(Debug, Default)]
struct InterruptState {
    /// Whether the command ends by itself when it is asked to.
    listened_to: AtomicBool,
    /// The exit code of the signal; 0 before any.
    code: AtomicU8,
    asked: Notify,
}

impl Interrupt {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the command to end; says whether it does so by itself. Only the first time.
    pub fn ask(&self, code: u8) -> bool {
        if !self.0.listened_to.swap(false, Ordering::Relaxed) {
            return false;
        }
        self.0.code.store(code, Ordering::Relaxed);
        // Kept for whoever comes to wait for it.
        self.0.asked.notify_one();
        true
    }

    /// Says that the command ends by itself from now on, and resolves when it is asked to.
    pub(crate) fn listen(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.listened_to.store(true, Ordering::Relaxed);
        let inner = self.0.clone();
        async move { inner.asked.notified().await }
    }

    /// The exit code of the signal that asked.
    pub(crate) fn code(&self) -> u8 {
        match self.0.code.load(Ordering::Relaxed) {
            0 => 130,
            code => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_listens_is_asked_and_only_once() {
        let interrupt = Interrupt::new();
        assert!(!interrupt.ask(130));
        let _asked = interrupt.listen();
        assert!(interrupt.ask(143));
        assert!(!interrupt.ask(130));
        assert_eq!(interrupt.code(), 143);
    }
}
