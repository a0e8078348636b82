//! The windows of several contracts. Contracts take turns and fail independently: if reading one contract fails, the
//! other contracts are still read, and a busy contract does not delay them. [`ContractsInOrder`] returns the windows
//! contract by contract, so that the output does not depend on which contract is faster. While a contract is read, one
//! window for each of the next three contracts is prefetched.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::contract::ContractNumber;
use crate::error::Error;
use crate::reader::events::Events;
use crate::reader::request::DEFAULT_WINDOWS_AT_ONCE;
use crate::reader::summary::Summary;
use crate::reader::window::Window;
use crate::reader::windows::WindowStream;

/// Maximum number of contracts that are read at the same time.
const CONCURRENT_CONTRACTS: usize = 4;

/// A window of one of several contracts, or the error that ends the reading of its contract.
#[derive(Debug)]
#[must_use = "the result may be the error of a contract that failed"]
pub struct ContractWindow {
    /// The contract of the window.
    pub contract: ContractNumber,
    /// The window, or an error. An error is the last result of this contract and does not affect the other contracts.
    pub result: Result<Window, Error>,
}

/// The windows of several contracts. See [`Client::events_of`](crate::Client::events_of).
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContractsStream {
    /// Contracts that are being read.
    active: VecDeque<(ContractNumber, WindowStream)>,
    /// Contracts that wait for their turn.
    waiting: VecDeque<(ContractNumber, WindowStream)>,
    ended: Vec<(ContractNumber, Summary)>,
}

impl ContractsStream {
    pub(crate) fn new(contracts: impl IntoIterator<Item = Events>) -> Self {
        // For each contract, one window is read at a time, so that several contracts together take no more memory than
        // a single contract.
        let contracts = contracts.into_iter().map(|events| {
            let contract = events.contract().clone();
            (contract, events.windows_at_once(1).windows())
        });
        Self { active: VecDeque::new(), waiting: contracts.collect(), ended: Vec::new() }
    }

    /// Returns the windows contract by contract. The contracts have the order of the caller's list, unless the stream
    /// was polled before. While a contract is read, one window for each of the next three contracts is prefetched.
    pub fn in_order(self) -> ContractsInOrder {
        let remaining = self.active.into_iter().chain(self.waiting);
        let remaining = remaining.map(|(contract, windows)| PrefetchedContract { contract, windows, next: None });
        ContractsInOrder { remaining: remaining.collect(), ended: self.ended }
    }

    /// Statistics of each contract so far: ended contracts in the order in which they ended, then the others.
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
            while self.active.len() < CONCURRENT_CONTRACTS
                && let Some(next) = self.waiting.pop_front()
            {
                self.active.push_back(next);
            }
            if self.active.is_empty() {
                return Poll::Ready(None);
            }
            let mut has_ended = false;
            for _ in 0..self.active.len() {
                let Some((contract, mut windows)) = self.active.pop_front() else {
                    break;
                };
                match Pin::new(&mut windows).poll_next(context) {
                    Poll::Pending => self.active.push_back((contract, windows)),
                    Poll::Ready(Some(result)) => {
                        let window = ContractWindow { contract: contract.clone(), result };
                        // The contract goes behind the waiting contracts, so that contracts take turns.
                        self.waiting.push_back((contract, windows));
                        return Poll::Ready(Some(window));
                    }
                    Poll::Ready(None) => {
                        let summary = windows.summary().clone();
                        self.ended.push((contract, summary));
                        has_ended = true;
                    }
                }
            }
            if !has_ended {
                // Polls the requests in progress, because without a spawner they proceed only while they are polled.
                for (_, windows) in &mut self.waiting {
                    windows.poll_running(context);
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

/// The windows of several contracts, contract by contract. See [`ContractsStream::in_order`].
#[must_use = "a stream does nothing unless it is polled"]
pub struct ContractsInOrder {
    remaining: VecDeque<PrefetchedContract>,
    ended: Vec<(ContractNumber, Summary)>,
}

impl ContractsInOrder {
    /// Statistics of each contract so far, in the order of the contracts.
    pub fn summaries(&self) -> Vec<(ContractNumber, Summary)> {
        let open = self.remaining.iter().map(|next| (next.contract.clone(), next.windows.summary().clone()));
        self.ended.iter().cloned().chain(open).collect()
    }
}

struct PrefetchedContract {
    contract: ContractNumber,
    windows: WindowStream,
    /// The result of the next poll, if it was prefetched.
    next: Option<Option<Result<Window, Error>>>,
}

impl PrefetchedContract {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Window, Error>>> {
        match self.next.take() {
            Some(next) => Poll::Ready(next),
            None => Pin::new(&mut self.windows).poll_next(context),
        }
    }

    /// Polls the windows once if no result is prefetched yet. Keeps the result for `poll_next`, if there is one.
    fn prefetch(&mut self, context: &mut Context<'_>) {
        if self.next.is_none()
            && let Poll::Ready(next) = Pin::new(&mut self.windows).poll_next(context)
        {
            self.next = Some(next);
        }
        // Polls the requests in progress, because without a spawner they proceed only while they are polled.
        if self.next.is_some() {
            self.windows.poll_running(context);
        }
    }
}

impl Stream for ContractsInOrder {
    type Item = ContractWindow;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(first) = self.remaining.front_mut() else {
                return Poll::Ready(None);
            };
            // The first contract is read as fast as a single contract; for each of the others, only one window is
            // prefetched.
            first.windows.set_concurrency(DEFAULT_WINDOWS_AT_ONCE);
            let polled = first.poll_next(context);
            if let Poll::Ready(None) = polled {
                let ended = self.remaining.pop_front();
                self.ended.extend(ended.map(|ended| (ended.contract, ended.windows.summary().clone())));
                continue;
            }
            let contract = first.contract.clone();
            // Prefetches even if the first contract has a window ready, because the consumer may be slow.
            for next in self.remaining.iter_mut().take(CONCURRENT_CONTRACTS).skip(1) {
                next.prefetch(context);
            }
            return match polled {
                Poll::Ready(Some(result)) => Poll::Ready(Some(ContractWindow { contract, result })),
                _ => Poll::Pending,
            };
        }
    }
}

impl std::fmt::Debug for ContractsInOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContractsInOrder").field("remaining", &self.remaining.len()).finish_non_exhaustive()
    }
}
