//! Operations of a principal in the IONOS Cloud, and the events that they leave in the log. A change is accepted,
//! provisioned and updated until it is done, so events are not independent of each other. An operation determines the
//! number, order and times of its events; `operation_context` determines their content.
//!
//! The constants produce the volumes that the vendor reports: about 55 % of all events are status updates. Status
//! updates and provisioning events together are about 65 % of all events.

use crate::data::random::Random;

/// One operation of one principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloudOperation {
    /// A change that goes through the provisioning queue, with a chain of events.
    Provisioned(ProvisioningChain),
    /// An operation with one event.
    Single(SingleEvent),
}

/// Operations with one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SingleEvent {
    /// A GET request.
    Read,
    /// A login to the DCD (Data Center Designer, the vendor's web console), or a logout.
    Session,
    /// Generation of a token.
    Token,
    /// Creation, change or deletion of a user, a group or a key.
    UserManagement,
    /// A request that is refused.
    Refusal,
}

/// The events of a provisioned change, in this order: accepted, provisions, updates, and an error if the change failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProvisioningChain {
    /// Number of provision events: 1 (queued) or 2 (queued, then running).
    pub(crate) provisions: u64,
    /// Number of updates, at least [`MIN_UPDATES`].
    pub(crate) updates: u64,
    pub(crate) failed: bool,
}

/// One event of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainStep {
    Accepted,
    /// The number of the provision event, from 1.
    Provision(u64),
    /// The number of the update, from 1 to [`ProvisioningChain::updates`].
    Update(u64),
    Failure,
}

/// Weights of the operations with one event.
const SINGLE_WEIGHTS: &[(u64, SingleEvent)] = &[
    (500, SingleEvent::Read),
    (110, SingleEvent::Session),
    (40, SingleEvent::Token),
    (47, SingleEvent::UserManagement),
    (80, SingleEvent::Refusal),
];

/// Number of events that belong to chains, per thousand events.
pub(crate) const CHAINED_PER_THOUSAND: u64 = 775;

/// Average number of provisioned changes per failed change.
const FAILURE_INTERVAL: u64 = 25;

/// Minimum number of updates: running, and then done or failed.
const MIN_UPDATES: u64 = 2;

/// Number of events of the shortest chain: accepted, provisioned once, and the updates.
pub(crate) const MIN_CHAIN_EVENTS: u64 = 2 + MIN_UPDATES;

/// On average, one in this many steps has the same time as the step before, because clients must not rely on distinct
/// times.
const TIE_INTERVAL: u64 = 12;

/// Minimum and maximum time between two successive steps of a chain, in milliseconds, both inclusive. Two steps may
/// also have equal times: see [`TIE_INTERVAL`]. If a chain does not fit into the available time, the times between its
/// steps are scaled down, even below the minimum.
const STEP_INTERVAL: (u64, u64) = (150, 25_000);

impl CloudOperation {
    /// Draws a provisioned change with at most `room` events. The change leaves no room, or enough room for another
    /// change. `None` if `room` is too small for a change.
    pub(crate) fn chain(random: &mut Random, room: u64) -> Option<Self> {
        let mut chain = ProvisioningChain {
            provisions: if random.one_in(4) { 2 } else { 1 },
            updates: random.between(4, 10),
            failed: random.one_in(FAILURE_INTERVAL),
        };
        if room < MIN_CHAIN_EVENTS {
            return None;
        }
        if room < chain.event_count() + MIN_CHAIN_EVENTS {
            if room < MIN_CHAIN_EVENTS + 2 {
                (chain.provisions, chain.failed) = (1, false);
            }
            chain.updates = room + chain.updates - chain.event_count();
        }
        Some(Self::Provisioned(chain))
    }

    /// Draws an operation with one event.
    pub(crate) fn single(random: &mut Random) -> Self {
        Self::Single(*random.weighted(SINGLE_WEIGHTS))
    }

    /// The number of events of the operation.
    pub(crate) fn event_count(&self) -> u64 {
        match self {
            Self::Provisioned(chain) => chain.event_count(),
            Self::Single(_) => 1,
        }
    }

    /// Draws the times of the operation's events, in order. The operation starts at `start`, which must be below
    /// `room`; the times are milliseconds in [`start`, `room`) and never decrease.
    pub(crate) fn event_times(&self, random: &mut Random, start: u64, room: u64) -> impl Iterator<Item = u64> {
        let events = self.event_count();
        // The last millisecond of the room is `room - 1`.
        let left = room - 1 - start;
        let mut elapsed = vec![0];
        let mut last = 0;
        for _ in 1..events {
            if !random.one_in(TIE_INTERVAL) {
                last += random.between(STEP_INTERVAL.0, STEP_INTERVAL.1);
            }
            elapsed.push(last);
        }
        elapsed.into_iter().map(
            move |elapsed| {
                if last <= left { start + elapsed } else { start + elapsed * left / last }
            },
        )
    }
}

impl ProvisioningChain {
    fn event_count(&self) -> u64 {
        1 + self.provisions + self.updates + u64::from(self.failed)
    }

    /// The step at a position, from 0.
    pub(crate) fn step(&self, position: u64) -> ChainStep {
        if position == 0 {
            ChainStep::Accepted
        } else if position <= self.provisions {
            ChainStep::Provision(position)
        } else if position <= self.provisions + self.updates {
            ChainStep::Update(position - self.provisions)
        } else {
            ChainStep::Failure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::RandomKey;

    fn random() -> Random {
        Random::new(RandomKey { seed: 1, contract: 0, part: 0 }, 0)
    }

    #[test]
    fn the_steps_of_a_chain_are_in_order() {
        let chain = ProvisioningChain { provisions: 2, updates: 2, failed: true };
        let steps: Vec<ChainStep> = (0..chain.event_count()).map(|at| chain.step(at)).collect();
        assert_eq!(
            steps,
            [
                ChainStep::Accepted,
                ChainStep::Provision(1),
                ChainStep::Provision(2),
                ChainStep::Update(1),
                ChainStep::Update(2),
                ChainStep::Failure
            ]
        );
    }

    #[test]
    fn any_number_of_events_is_divided_into_whole_chains() {
        let mut random = random();
        for size in MIN_CHAIN_EVENTS..60 {
            for _ in 0..200 {
                let mut room = size;
                while let Some(operation) = CloudOperation::chain(&mut random, room) {
                    room -= operation.event_count();
                    let CloudOperation::Provisioned(chain) = operation else {
                        panic!("{operation:?}");
                    };
                    assert!(chain.updates >= MIN_UPDATES, "{chain:?}");
                }
                assert_eq!(room, 0);
            }
        }
        assert_eq!(CloudOperation::chain(&mut random, MIN_CHAIN_EVENTS - 1), None);
    }

    #[test]
    fn event_times_never_decrease_and_stay_below_the_maximum() {
        let mut random = random();
        for room in [1, 2, 1000, 3_600_000] {
            for _ in 0..500 {
                let operation = CloudOperation::chain(&mut random, 1000).unwrap();
                let start = random.below(room);
                let times: Vec<u64> = operation.event_times(&mut random, start, room).collect();
                assert_eq!(times[0], start);
                assert!(times.is_sorted(), "{times:?}");
                assert!(times.iter().all(|time| *time < room), "{times:?}");
            }
        }
    }
}
