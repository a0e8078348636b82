//! A window whose first page was read ahead must not take more memory before it is its turn: it waits at a gate.

use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

/// Closed to begin with; once open, it stays open. One task waits at it, or several futures of one.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: bool,
    waiting: Option<Waker>,
}

impl Gate {
    /// Lets everyone pass, from now on.
    pub(super) fn open(&self) {
        let waiting = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.open = true;
            state.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// Waits until it is open.
    pub(super) async fn passed(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.open {
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
    fn nobody_passes_before_it_is_open_and_everybody_after() {
        let gate = Gate::default();
        let mut waiting = Box::pin(gate.passed());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        gate.open();
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
        gate.open();
        assert_eq!(gate.passed().now_or_never(), Some(()));
    }
}
