//! What is written down for people or compared with what was written before must not depend on which of several contracts
//! was the quickest. So their windows can be had contract after contract, while those of the next few contracts are read
//! ahead: each has a window ready, and no more, so that a long log does not fill the memory.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::reading::contracts::AT_ONCE;
use crate::{ContractNumber, ContractWindow, Error, Window, WindowStream};

/// The windows of several contracts, one contract after the other: see
/// [`ContractsStream::in_order`](crate::ContractsStream::in_order).
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContractsInOrder {
    left: VecDeque<Ahead>,
}

/// A contract, and what was read of it before its turn.
struct Ahead {
    contract: ContractNumber,
    windows: WindowStream,
    /// The next window, or that there is none.
    next: Option<Option<Result<Window, Error>>>,
}

impl ContractsInOrder {
    pub(super) fn new(readings: impl IntoIterator<Item = (ContractNumber, WindowStream)>) -> Self {
        let left = readings.into_iter().map(|(contract, windows)| Ahead { contract, windows, next: None });
        Self { left: left.collect() }
    }
}

impl Ahead {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Window, Error>>> {
        match self.next.take() {
            Some(next) => Poll::Ready(next),
            None => Pin::new(&mut self.windows).poll_next(context),
        }
    }

    /// Reads on until there is a window.
    fn read_ahead(&mut self, context: &mut Context<'_>) {
        if self.next.is_none()
            && let Poll::Ready(next) = Pin::new(&mut self.windows).poll_next(context)
        {
            self.next = Some(next);
        }
        // A request that nobody asks after would keep its place among all requests, and come too late.
        if self.next.is_some() {
            self.windows.keep_going(context);
        }
    }
}

impl Stream for ContractsInOrder {
    type Item = ContractWindow;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(first) = self.left.front_mut() else {
                return Poll::Ready(None);
            };
            // It has the memory that a single contract has.
            first.windows.read_at_once(super::WINDOWS_AT_ONCE);
            let read = first.poll(context);
            if let Poll::Ready(None) = read {
                self.left.pop_front();
                continue;
            }
            let contract = first.contract.clone();
            // Also while the first has windows ready: whoever takes them may be slow.
            for other in self.left.iter_mut().take(AT_ONCE).skip(1) {
                other.read_ahead(context);
            }
            return match read {
                Poll::Ready(Some(result)) => Poll::Ready(Some(ContractWindow { contract, result })),
                _ => Poll::Pending,
            };
        }
    }
}

impl std::fmt::Debug for ContractsInOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContractsInOrder").field("left", &self.left.len()).finish_non_exhaustive()
    }
}
