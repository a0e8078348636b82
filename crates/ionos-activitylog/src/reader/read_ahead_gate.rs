//! Bounds memory: a window whose first page was prefetched waits here until it may fetch the rest.

use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

/// A gate that is closed at first and stays open once it is opened. Only one task may wait, possibly with several
/// futures.
#[derive(Debug, Default)]
pub(super) struct ReadAheadGate(Mutex<ReadAheadGateState>);

#[derive(Debug, Default)]
struct ReadAheadGateState {
    is_open: bool,
    waiting: Option<Waker>,
}

impl ReadAheadGate {
    /// Ends current and later waits.
    pub(super) fn open(&self) {
        let waiting = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_open = true;
            state.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_open
    }

    /// Waits until the gate is open.
    pub(super) async fn wait(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.is_open {
                return Poll::Ready(());
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn current_waits_end_when_the_gate_opens_and_later_waits_end_at_once() {
        let gate = ReadAheadGate::default();
        let mut waiting = Box::pin(gate.wait());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        gate.open();
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
        gate.open();
        assert_eq!(gate.wait().now_or_never(), Some(()));
    }
}
