//! When the process receives a signal, asks the running command to end. At the first signal, a command that listens
//! finishes its current step and returns; a command that does not listen is dropped by the caller. At the second
//! signal, the caller drops the command, even if it listens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::Notify;

/// Connects signals with the command that runs. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<InterruptState>);

#[derive(Debug, Default)]
struct InterruptState {
    /// Whether the command listens (returns when it is asked to end) and was not asked yet.
    has_listener: AtomicBool,
    /// The exit code passed to [`Interrupt::ask`]; 0 if no listening command was asked yet.
    code: AtomicU8,
    notify: Notify,
}

impl Interrupt {
    /// Creates a connection that has received no signal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the command to end, with the exit code of the signal. Returns `false` if the command does not listen or was
    /// already asked; the caller must then drop the command.
    pub fn ask(&self, code: u8) -> bool {
        if !self.0.has_listener.swap(false, Ordering::Relaxed) {
            return false;
        }
        self.0.code.store(code, Ordering::Relaxed);
        // `notify_one` keeps the notification until the listener is polled.
        self.0.notify.notify_one();
        true
    }

    /// Declares that the command listens from now on. The future resolves when the command is asked to end.
    pub(crate) fn listen(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.has_listener.store(true, Ordering::Relaxed);
        let state = self.0.clone();
        async move { state.notify.notified().await }
    }

    /// The exit code passed to [`Self::ask`]; 130 (Ctrl-C) if no listening command was asked yet.
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
    fn a_listener_is_asked_once() {
        let interrupt = Interrupt::new();
        assert!(!interrupt.ask(130));
        let _asked = interrupt.listen();
        assert!(interrupt.ask(143));
        assert!(!interrupt.ask(130));
        assert_eq!(interrupt.code(), 143);
    }
}
