//! How many requests may be on their way at once: halved when the service is in trouble, one more after a while of
//! success. And none at all while the service asks for patience: were each request to find that out by itself, it would
//! be refused again and again because of the others, and the last one that is let through had no attempt left.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::clock::Clock;

/// Requests at once to begin with. Four make a week's export three times as fast as one, and few services mind.
pub(crate) const START: u32 = 4;

/// Requests at once at the most, unless set otherwise. More pays only at high latency.
pub(crate) const CEILING: u32 = 16;

/// Successes since the last trouble, or the last growth, before one more request is allowed at once.
const GROW_AFTER: u32 = 50;

/// What a request that came back says about the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It answered.
    Fine,
    /// It was too slow or in trouble: 503 or a timeout.
    Overloaded,
    /// It asked for no request before this time, by the clock's count.
    Held(Duration),
    /// Neither.
    Other,
}

/// The limit, shared by the clones of a client.
#[derive(Debug)]
pub(crate) struct InFlight {
    ceiling: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: u32,
    under_way: u32,
    successes: u32,
    /// Counts the halvings: what began before the last one was sent under the old limit.
    epoch: u64,
    /// Nothing is sent before this time, by the clock's count.
    held_until: Duration,
    /// Who waits, by ticket, with the waker of the last look.
    waiting: BTreeMap<Ticket, Waker>,
    next_ticket: u64,
}

/// When a call came. It keeps its ticket for all of its attempts, so that one that was refused is not behind those that
/// came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl State {
    fn free(&self) -> usize {
        self.limit.saturating_sub(self.under_way) as usize
    }

    /// Those whose turn it is.
    fn next(&self) -> Vec<Waker> {
        let next = self.waiting.values().take(self.free());
        next.cloned().collect()
    }
}

impl InFlight {
    /// `ceiling` is at least 1.
    pub(crate) fn new(ceiling: u32) -> Arc<Self> {
        Arc::new(Self {
            ceiling,
            state: Mutex::new(State {
                limit: START.min(ceiling),
                under_way: 0,
                successes: 0,
                epoch: 0,
                held_until: Duration::ZERO,
                waiting: BTreeMap::new(),
                next_ticket: 0,
            }),
        })
    }

    /// A place in the order of all calls.
    pub(crate) fn ticket(&self) -> Ticket {
        let mut state = self.state();
        state.next_ticket += 1;
        Ticket(state.next_ticket)
    }

    /// Waits for a place, and as long as nothing is to be sent; first come, first served. Dropping the wait gives up the
    /// turn.
    pub(crate) async fn enter(self: &Arc<Self>, ticket: Ticket, clock: &dyn Clock) -> Place {
        let mut turn = Turn { of: self, ticket, waits: false };
        let epoch = loop {
            match poll_fn(|context| turn.poll(context.waker(), clock.elapsed())).await {
                Look::In(epoch) => break epoch,
                Look::Held(left) => clock.sleep(left).await,
            }
        };
        Place { exit: Exit { of: self.clone(), full: Arc::default() }, epoch, outcome: Outcome::Other }
    }

    /// Whether nothing is to be sent at this time, by the clock's count.
    pub(crate) fn is_held(&self, now: Duration) -> bool {
        now < self.state().held_until
    }

    /// How many requests may be on their way at the moment.
    #[cfg(test)]
    pub(crate) fn limit(&self) -> u32 {
        self.state().limit
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state whole, so a panic elsewhere does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        let state = self.state();
        state.under_way >= state.limit
    }

    /// Gives a place free; says whether there was no other.
    fn leave(&self) -> bool {
        let mut state = self.state();
        let full = state.under_way >= state.limit;
        state.under_way -= 1;
        let next = state.next();
        drop(state);
        next.into_iter().for_each(Waker::wake);
        full
    }

    /// Notes what a request says that was sent in an epoch, when there may have been no other place.
    fn judge(&self, epoch: u64, outcome: Outcome, full: bool) {
        let mut state = self.state();
        if let Outcome::Held(until) = outcome {
            state.held_until = state.held_until.max(until);
        }
        match outcome {
            // A burst that fails together is one trouble, and halves once.
            Outcome::Overloaded | Outcome::Held(_) if epoch == state.epoch => {
                state.epoch += 1;
                state.limit = (state.limit / 2).max(1);
                state.successes = 0;
            }
            // Where the limit does not bind, success says nothing about a higher one.
            Outcome::Fine if full => {
                state.successes += 1;
                if state.successes >= GROW_AFTER {
                    state.successes = 0;
                    state.limit = (state.limit + 1).min(self.ceiling);
                }
            }
            _ => {}
        }
        let next = state.next();
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }
}

/// A place among those who wait.
struct Turn<'a> {
    of: &'a InFlight,
    ticket: Ticket,
    waits: bool,
}

/// What whoever waits sees.
enum Look {
    /// The turn came, in this epoch.
    In(u64),
    /// The turn would have come, and nothing is to be sent for so long.
    Held(Duration),
}

impl Turn<'_> {
    fn poll(&mut self, waker: &Waker, now: Duration) -> Poll<Look> {
        let mut state = self.of.state();
        let ahead = state.waiting.range(..self.ticket).count();
        let held = state.held_until.saturating_sub(now);
        if ahead < state.free() && held.is_zero() {
            if std::mem::take(&mut self.waits) {
                state.waiting.remove(&self.ticket);
            }
            state.under_way += 1;
            let epoch = state.epoch;
            // Only the first waits for the time, and the others for the first.
            let next = state.next();
            drop(state);
            next.into_iter().for_each(Waker::wake);
            return Poll::Ready(Look::In(epoch));
        }
        self.waits = true;
        state.waiting.insert(self.ticket, waker.clone());
        if ahead == 0 && state.free() > 0 {
            return Poll::Ready(Look::Held(held));
        }
        Poll::Pending
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.waits {
            return;
        }
        let mut state = self.of.state();
        state.waiting.remove(&self.ticket);
        // The place that this turn may have been woken for goes to whoever is next.
        let next = state.next();
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }
}

/// A request on its way. Dropped without [`Place::came_back`], it says nothing about the service.
#[must_use = "the place is given up when it is dropped"]
#[derive(Debug)]
pub(crate) struct Place {
    exit: Exit,
    epoch: u64,
    outcome: Outcome,
}

impl Place {
    /// For whoever sees the end of the answer first.
    pub(crate) fn exit(&self) -> Exit {
        self.exit.clone()
    }

    /// Gives up the place and tells what came back.
    pub(crate) fn came_back(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What came back may say that fewer may go, so it counts before another one may.
        match self.exit.full.get() {
            Some(full) => self.exit.of.judge(self.epoch, self.outcome, *full),
            None => {
                let full = self.exit.of.is_full();
                self.exit.of.judge(self.epoch, self.outcome, full);
                self.exit.leave();
            }
        }
    }
}

/// The way out of a place, before it is known what came back: the next request need not wait until an answer that is
/// there is understood.
#[derive(Clone, Debug)]
pub(crate) struct Exit {
    of: Arc<InFlight>,
    /// Set once the place is free: whether there was no other.
    full: Arc<OnceLock<bool>>,
}

impl Exit {
    /// Gives the place free, if it is not yet.
    pub(crate) fn leave(&self) {
        self.full.get_or_init(|| self.of.leave());
    }
}

#[cfg(test)]
mod tests;
