//! How many requests may be on their way at once: halved when the service is in trouble, one more after a while of
//! success.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// Requests at once to begin with. Four make a week's export three times as fast as one, and few services mind.
pub(crate) const START: u32 = 4;

/// Requests at once at the most, unless set otherwise. More pays only at high latency.
pub(crate) const CEILING: u32 = 16;

/// Successes in a row before one more request is allowed at once.
const GROW_AFTER: u32 = 50;

/// What a request that came back says about the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It answered.
    Fine,
    /// It was too slow or asked for less: 429, 503 or a timeout.
    Overloaded,
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
    /// Who waits, by ticket; a waker is there once the ticket was polled.
    waiting: VecDeque<(u64, Waker)>,
    next_ticket: u64,
}

impl InFlight {
    /// `ceiling` is at least 1.
    pub(crate) fn new(ceiling: u32) -> Self {
        Self {
            ceiling,
            state: Mutex::new(State {
                limit: START.min(ceiling),
                under_way: 0,
                successes: 0,
                waiting: VecDeque::new(),
                next_ticket: 0,
            }),
        }
    }

    /// Waits for a place, first come, first served. Dropping the wait gives up the turn.
    pub(crate) async fn enter(&self) -> Place<'_> {
        let mut turn = Turn {
            of: self,
            ticket: None,
        };
        poll_fn(|context| turn.poll(context.waker())).await;
        Place {
            of: self,
            outcome: Outcome::Other,
        }
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

    fn leave(&self, outcome: Outcome) {
        let mut state = self.state();
        state.under_way -= 1;
        match outcome {
            Outcome::Overloaded => {
                state.limit = (state.limit / 2).max(1);
                state.successes = 0;
            }
            Outcome::Fine => {
                state.successes += 1;
                if state.successes >= GROW_AFTER {
                    state.successes = 0;
                    state.limit = (state.limit + 1).min(self.ceiling);
                }
            }
            Outcome::Other => {}
        }
        let free = state.limit.saturating_sub(state.under_way) as usize;
        let next: Vec<Waker> = state
            .waiting
            .iter()
            .take(free)
            .map(|(_, waker)| waker.clone())
            .collect();
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }
}

/// A place among those who wait.
struct Turn<'a> {
    of: &'a InFlight,
    ticket: Option<u64>,
}

impl Turn<'_> {
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        let mut state = self.of.state();
        let free = state.limit.saturating_sub(state.under_way) as usize;
        let ahead = match self.ticket {
            Some(ticket) => state
                .waiting
                .iter()
                .take_while(|(other, _)| *other != ticket)
                .count(),
            None => state.waiting.len(),
        };
        if ahead < free {
            if let Some(ticket) = self.ticket.take() {
                state.waiting.retain(|(other, _)| *other != ticket);
            }
            state.under_way += 1;
            return Poll::Ready(());
        }
        match self.ticket {
            Some(ticket) => {
                if let Some(place) = state.waiting.iter_mut().find(|(other, _)| *other == ticket) {
                    place.1.clone_from(waker);
                }
            }
            None => {
                let ticket = state.next_ticket;
                state.next_ticket += 1;
                state.waiting.push_back((ticket, waker.clone()));
                self.ticket = Some(ticket);
            }
        }
        Poll::Pending
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.of.state();
        state.waiting.retain(|(other, _)| *other != ticket);
        // The place that this turn may have been woken for goes to the next.
        let next = state.waiting.front().map(|(_, waker)| waker.clone());
        drop(state);
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// A request on its way. Dropped without [`Place::came_back`], it says nothing about the service.
#[must_use = "the place is given up when it is dropped"]
pub(crate) struct Place<'a> {
    of: &'a InFlight,
    outcome: Outcome,
}

impl Place<'_> {
    /// Gives up the place and tells what came back.
    pub(crate) fn came_back(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.of.leave(self.outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    #[test]
    fn trouble_halves_the_limit_and_success_raises_it_slowly() {
        let in_flight = InFlight::new(6);
        let go = |outcome| in_flight.enter().now_or_never().unwrap().came_back(outcome);
        assert_eq!(in_flight.limit(), 4);
        go(Outcome::Overloaded);
        assert_eq!(in_flight.limit(), 2);
        go(Outcome::Overloaded);
        go(Outcome::Overloaded);
        assert_eq!(in_flight.limit(), 1);
        (0..49).for_each(|_| go(Outcome::Fine));
        go(Outcome::Other);
        assert_eq!(in_flight.limit(), 1);
        go(Outcome::Fine);
        assert_eq!(in_flight.limit(), 2);
        (0..1_000).for_each(|_| go(Outcome::Fine));
        assert_eq!(in_flight.limit(), 6);
    }

    #[tokio::test]
    async fn no_more_than_the_limit_are_on_their_way_and_all_get_there() {
        let in_flight = InFlight::new(3);
        let most = Mutex::new((0, 0));
        join_all((0..100).map(|_| async {
            let place = in_flight.enter().await;
            {
                let mut most = most.lock().unwrap();
                most.0 += 1;
                most.1 = most.1.max(most.0);
            }
            tokio::task::yield_now().await;
            most.lock().unwrap().0 -= 1;
            place.came_back(Outcome::Fine);
        }))
        .await;
        assert_eq!(*most.lock().unwrap(), (0, 3));
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_holds_nobody_up() {
        let in_flight = InFlight::new(1);
        let place = in_flight.enter().await;
        let mut gives_up = Box::pin(in_flight.enter());
        assert!(gives_up.as_mut().now_or_never().is_none());
        let waits = in_flight.enter();
        drop(gives_up);
        drop(place);
        waits.await.came_back(Outcome::Fine);
    }
}
