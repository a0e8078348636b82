//! A log is not a list of unrelated events: a change is accepted, provisioned and reported on until it is done, and
//! whoever groups events relies on that order. An operation is what somebody did; it knows which events it leaves in
//! the log and when, but not yet what they say.
//!
//! The numbers below give the volumes the vendor speaks of: about 55 % of events are status updates, and together
//! with provisioning they are about 65 %.

use crate::world::random::Random;

/// What one principal did once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A change that goes through the provisioning queue and leaves a chain of events.
    Provisioned(Chain),
    /// Something that leaves one event.
    Single(Single),
}

/// Operations that leave one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Single {
    /// A GET request.
    Read,
    /// A login to the DCD, or a logout.
    Session,
    /// A token is generated.
    Token,
    /// A user is created, changed or deleted.
    UserManagement,
    /// A request is refused.
    Refusal,
}

/// The events of a provisioned change, in this order: accepted, provisions, updates, and the error if it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// 1 or 2: queued, and then perhaps running.
    pub(crate) provisions: u64,
    /// At least [`FEWEST_UPDATES`].
    pub(crate) updates: u64,
    pub(crate) failed: bool,
}

/// One event of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Accepted,
    /// Counted from 1.
    Provision(u64),
    /// Counted from 1; the last one is [`Chain::updates`].
    Update(u64),
    Failure,
}

/// Weights of what leaves one event.
const SINGLES: &[(u64, Single)] = &[
    (500, Single::Read),
    (110, Single::Session),
    (40, Single::Token),
    (47, Single::UserManagement),
    (80, Single::Refusal),
];

/// Of a thousand events, so many belong to chains.
pub(crate) const CHAINED: u64 = 775;

/// One provisioned change in so many fails.
const ONE_FAILS_IN: u64 = 25;

/// Running, and in the end done or failed.
const FEWEST_UPDATES: u64 = 2;

/// Events of the shortest chain: accepted, provisioned once, and the updates.
pub(crate) const FEWEST_EVENTS: u64 = 2 + FEWEST_UPDATES;

/// One step in so many has the time of the step before: a client must not rely on times being different.
const ONE_TIE_IN: u64 = 12;

/// Milliseconds from one step of a chain to the next, both inclusive.
const STEP: (u64, u64) = (150, 25_000);

impl Operation {
    /// A provisioned change with at most `room` events, which leaves either none of the room or enough for another one;
    /// `None` when there is not enough room for any.
    pub(crate) fn chain(random: &mut Random, room: u64) -> Option<Self> {
        let mut chain = Chain {
            provisions: if random.one_in(4) { 2 } else { 1 },
            updates: random.between(4, 10),
            failed: random.one_in(ONE_FAILS_IN),
        };
        if room < FEWEST_EVENTS {
            return None;
        }
        if room < chain.events() + FEWEST_EVENTS {
            if room < FEWEST_EVENTS + 2 {
                (chain.provisions, chain.failed) = (1, false);
            }
            chain.updates = room + chain.updates - chain.events();
        }
        Some(Self::Provisioned(chain))
    }

    /// Something that leaves one event.
    pub(crate) fn single(random: &mut Random) -> Self {
        Self::Single(*random.weighted(SINGLES))
    }

    /// How many events it leaves.
    pub(crate) fn events(&self) -> u64 {
        match self {
            Self::Provisioned(chain) => chain.events(),
            Self::Single(_) => 1,
        }
    }

    /// The times of its events, in their order, when it begins at `begun`, which must be below `room`: milliseconds in
    /// [`begun`, `room`), never decreasing.
    pub(crate) fn times(&self, random: &mut Random, begun: u64, room: u64) -> impl Iterator<Item = u64> {
        let events = self.events();
        // One more would not be in the room.
        let left = room - 1 - begun;
        let mut elapsed = vec![0];
        let mut last = 0;
        for _ in 1..events {
            if !random.one_in(ONE_TIE_IN) {
                last += random.between(STEP.0, STEP.1);
            }
            elapsed.push(last);
        }
        elapsed.into_iter().map(
            move |elapsed| {
                if last <= left { begun + elapsed } else { begun + elapsed * left / last }
            },
        )
    }
}

impl Chain {
    /// How many events there are.
    fn events(&self) -> u64 {
        1 + self.provisions + self.updates + u64::from(self.failed)
    }

    /// The event at a position, counted from 0.
    pub(crate) fn step(&self, position: u64) -> Step {
        if position == 0 {
            Step::Accepted
        } else if position <= self.provisions {
            Step::Provision(position)
        } else if position <= self.provisions + self.updates {
            Step::Update(position - self.provisions)
        } else {
            Step::Failure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::random::Key;

    fn random() -> Random {
        Random::new(Key { seed: 1, contract: 0, part: 0 }, 0)
    }

    #[test]
    fn a_chain_is_accepted_provisioned_updated_and_fails_in_this_order() {
        let chain = Chain { provisions: 2, updates: 2, failed: true };
        let steps: Vec<Step> = (0..chain.events()).map(|at| chain.step(at)).collect();
        assert_eq!(
            steps,
            [Step::Accepted, Step::Provision(1), Step::Provision(2), Step::Update(1), Step::Update(2), Step::Failure]
        );
    }

    #[test]
    fn chains_fill_a_room_however_small() {
        let mut random = random();
        for size in FEWEST_EVENTS..60 {
            for _ in 0..200 {
                let mut room = size;
                while let Some(operation) = Operation::chain(&mut random, room) {
                    room -= operation.events();
                    let Operation::Provisioned(chain) = operation else {
                        panic!("{operation:?}");
                    };
                    assert!(chain.updates >= FEWEST_UPDATES, "{chain:?}");
                }
                assert_eq!(room, 0);
            }
        }
        assert_eq!(Operation::chain(&mut random, FEWEST_EVENTS - 1), None);
    }

    #[test]
    fn times_never_decrease_and_stay_in_the_room_however_small() {
        let mut random = random();
        for room in [1, 2, 1000, 3_600_000] {
            for _ in 0..500 {
                let operation = Operation::chain(&mut random, 1000).unwrap();
                let begun = random.below(room);
                let times: Vec<u64> = operation.times(&mut random, begun, room).collect();
                assert_eq!(times[0], begun);
                assert!(times.is_sorted(), "{times:?}");
                assert!(times.iter().all(|time| *time < room), "{times:?}");
            }
        }
    }
}
