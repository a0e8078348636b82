//! Whoever watches many contracts must not lose sight of all because one fails, and a busy contract must not keep the
//! others waiting. So contracts take turns, window by window, and each has errors of its own.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::reading::in_order::ContractsInOrder;
use crate::{ContractNumber, Error, Events, Summary, Window, WindowStream};

/// Contracts that are read at the same time. The others wait for their turn.
pub(super) const AT_ONCE: usize = 4;

/// A window of one of several contracts, or why there are no more of it.
#[derive(Debug)]
#[must_use = "one contract may have failed"]
pub struct ContractWindow {
    /// Whose log it is.
    pub contract: ContractNumber,
    /// An error is the last word about this contract, and says nothing about the others.
    pub result: Result<Window, Error>,
}

/// The windows of several contracts: see [`Client::events_of`](crate::Client::events_of).
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContractsStream {
    /// Those whose turn it is.
    active: VecDeque<(ContractNumber, WindowStream)>,
    waiting: VecDeque<(ContractNumber, WindowStream)>,
    ended: Vec<(ContractNumber, Summary)>,
}

impl ContractsStream {
    pub(crate) fn new(readings: impl IntoIterator<Item = Events>) -> Self {
        // The contracts share the memory that one has alone.
        let readings = readings.into_iter().map(|events| {
            let contract = events.contract.clone();
            (contract, events.windows_at_once(1).windows())
        });
        Self { active: VecDeque::new(), waiting: readings.collect(), ended: Vec::new() }
    }

    /// The same windows, contract after contract in the order in which they were named. The next few contracts are read
    /// ahead meanwhile, each by one window.
    pub fn in_order(self) -> ContractsInOrder {
        ContractsInOrder::new(self.active.into_iter().chain(self.waiting))
    }

    /// What was done for each contract so far, in the order in which they ended, those that have not ended last.
    pub fn summaries(&self) -> Vec<(ContractNumber, Summary)> {
        let open = self.active.iter().chain(&self.waiting);
        let open = open.map(|(contract, windows)| (contract.clone(), windows.summary().clone()));
        self.ended.iter().cloned().chain(open).collect()
    }
}

impl Stream for ContractsStream {
    type Item = ContractWindow;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            while self.active.len() < AT_ONCE
                && let Some(next) = self.waiting.pop_front()
            {
                self.active.push_back(next);
            }
            if self.active.is_empty() {
                return Poll::Ready(None);
            }
            let mut ended = false;
            for _ in 0..self.active.len() {
                let Some((contract, mut windows)) = self.active.pop_front() else {
                    break;
                };
                match Pin::new(&mut windows).poll_next(context) {
                    Poll::Pending => self.active.push_back((contract, windows)),
                    Poll::Ready(Some(result)) => {
                        let of = contract.clone();
                        // Behind those that wait, so that each contract has a window before one has two.
                        self.waiting.push_back((contract, windows));
                        return Poll::Ready(Some(ContractWindow { contract: of, result }));
                    }
                    Poll::Ready(None) => {
                        let summary = windows.summary().clone();
                        self.ended.push((contract, summary));
                        ended = true;
                    }
                }
            }
            if !ended {
                // A request that nobody asks after would keep its place among all requests, and come too late.
                for (_, windows) in &mut self.waiting {
                    windows.keep_going(context);
                }
                return Poll::Pending;
            }
        }
    }
}

impl std::fmt::Debug for ContractsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContractsStream")
            .field("active", &self.active.len())
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
