//! How many requests may be on their way at once: halved when the service is in trouble, one more after a while of
//! success.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Poll, Waker};

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
    /// Counts the halvings: what began before the last one was sent under the old limit.
    epoch: u64,
    /// Who waits, by ticket, with the waker of the last look.
    waiting: VecDeque<(u64, Waker)>,
    next_ticket: u64,
}

impl State {
    fn free(&self) -> usize {
        self.limit.saturating_sub(self.under_way) as usize
    }

    /// Those whose turn it is.
    fn next(&self) -> Vec<Waker> {
        let next = self.waiting.iter().take(self.free());
        next.map(|(_, waker)| waker.clone()).collect()
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
                waiting: VecDeque::new(),
                next_ticket: 0,
            }),
        })
    }

    /// Waits for a place, first come, first served. Dropping the wait gives up the turn.
    pub(crate) async fn enter(self: &Arc<Self>) -> Place {
        let mut turn = Turn {
            of: self,
            ticket: None,
        };
        let epoch = poll_fn(|context| turn.poll(context.waker())).await;
        Place {
            exit: Exit {
                of: self.clone(),
                full: Arc::default(),
            },
            epoch,
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
        match outcome {
            // A burst that fails together is one trouble, and halves once.
            Outcome::Overloaded if epoch == state.epoch => {
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
    ticket: Option<u64>,
}

impl Turn<'_> {
    /// Gives the epoch in which the turn came.
    fn poll(&mut self, waker: &Waker) -> Poll<u64> {
        let mut state = self.of.state();
        let ahead = match self.ticket {
            Some(ticket) => {
                let waiting = state.waiting.iter();
                waiting.take_while(|(other, _)| *other != ticket).count()
            }
            None => state.waiting.len(),
        };
        if ahead < state.free() {
            if let Some(ticket) = self.ticket.take() {
                state.waiting.retain(|(other, _)| *other != ticket);
            }
            state.under_way += 1;
            return Poll::Ready(state.epoch);
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
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use futures_util::future::join_all;

    fn enter(in_flight: &Arc<InFlight>) -> Place {
        in_flight.enter().now_or_never().unwrap()
    }

    /// As many at once as there may be, all with the same outcome.
    fn burst(in_flight: &Arc<InFlight>, outcome: Outcome) {
        let places: Vec<Place> = (0..in_flight.limit()).map(|_| enter(in_flight)).collect();
        places
            .into_iter()
            .for_each(|place| place.came_back(outcome));
    }

    #[test]
    fn trouble_halves_the_limit_once_a_burst() {
        let in_flight = InFlight::new(16);
        assert_eq!(in_flight.limit(), 4);
        burst(&in_flight, Outcome::Overloaded);
        assert_eq!(in_flight.limit(), 2);
        burst(&in_flight, Outcome::Overloaded);
        burst(&in_flight, Outcome::Overloaded);
        assert_eq!(in_flight.limit(), 1);
    }

    #[test]
    fn success_raises_the_limit_slowly_and_only_where_it_binds() {
        let in_flight = InFlight::new(6);
        (0..1_000).for_each(|_| enter(&in_flight).came_back(Outcome::Fine));
        assert_eq!(in_flight.limit(), 4, "one at a time never needed more");
        burst(&in_flight, Outcome::Overloaded);
        burst(&in_flight, Outcome::Overloaded);
        (0..49).for_each(|_| enter(&in_flight).came_back(Outcome::Fine));
        enter(&in_flight).came_back(Outcome::Other);
        assert_eq!(in_flight.limit(), 1);
        enter(&in_flight).came_back(Outcome::Fine);
        assert_eq!(in_flight.limit(), 2);
        (0..1_000).for_each(|_| burst(&in_flight, Outcome::Fine));
        assert_eq!(in_flight.limit(), 6);
    }

    #[tokio::test]
    async fn a_place_can_be_given_free_before_it_is_known_what_came_back() {
        let in_flight = InFlight::new(1);
        for _ in 0..3 {
            let place = in_flight.enter().await;
            let mut next = Box::pin(in_flight.enter());
            assert!(next.as_mut().now_or_never().is_none());
            let exit = place.exit();
            exit.leave();
            exit.leave();
            let next = next.now_or_never().unwrap();
            assert!(in_flight.enter().now_or_never().is_none());
            place.came_back(Outcome::Fine);
            assert!(in_flight.enter().now_or_never().is_none(), "free once");
            drop(next);
        }
        assert_eq!(in_flight.state().under_way, 0);
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

    #[tokio::test]
    async fn whoever_is_next_is_woken_when_another_gives_up_its_turn() {
        let in_flight = InFlight::new(2);
        let (one, two) = (in_flight.enter().await, in_flight.enter().await);
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(in_flight.enter())).collect();
        for turn in &mut waiting {
            assert!(turn.as_mut().now_or_never().is_none());
        }
        let gives_up = waiting.remove(0);
        let both = tokio::time::timeout(std::time::Duration::from_secs(10), join_all(waiting));
        let (places, ()) = tokio::join!(both, async {
            drop((one, two));
            // The first was woken and leaves without looking.
            drop(gives_up);
        });
        assert_eq!(places.unwrap().len(), 2);
    }
}
