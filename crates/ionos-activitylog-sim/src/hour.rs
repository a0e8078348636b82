//! Any range of the log must be computable without computing what came before it, and a long range must be countable
//! without writing its records. So the log is cut into hours of UTC, each drawn from a generator of its own, and an
//! hour is first only sketched: when something happened, and what kind of thing. All events of an operation fall into
//! the hour in which it began. A record is written when it is asked for.

use crate::operation::Operation;
use crate::random::{Key, Random};

/// Milliseconds in an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// How many operations begin in each hour of a weekday on average, in UTC: 141 a day, which leave about 400 events.
const WEEKDAY: [u64; 24] = [
    1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 10, 12, 11, 10, 8, 6, 4, 3, 2, 2, 1, 1,
];

/// The same on Saturday and Sunday: 45 a day.
const WEEKEND: [u64; 24] = [
    1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1,
];

/// More operations than this do not begin in one hour.
pub(crate) const MAX_OPERATIONS: u64 = 24;

/// One event, not yet written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// Index of its operation in the hour.
    pub(crate) operation: usize,
    /// Which event of the operation it is, counted from 0.
    pub(crate) position: u64,
}

/// One hour of a contract's log, sketched.
pub(crate) struct Hour {
    pub(crate) key: Key,
    /// In the order in which they began.
    pub(crate) operations: Vec<Operation>,
    /// In the order of their times; of equal times, in the order of operations and of their steps.
    pub(crate) slots: Vec<Slot>,
}

impl Hour {
    /// Sketches an hour, given by its number since 1970-01-01T00:00:00Z.
    pub(crate) fn sketch(seed: u64, contract: u64, number: u64) -> Self {
        let key = Key {
            seed,
            contract,
            part: number,
        };
        let mut random = Random::new(key, 0);
        // The sum of two draws has the mean of the table and seldom strays far from it.
        let mean = operations_on_average(number);
        let count = random.below(mean + 1) + random.below(mean + 1);
        let begin = number as i64 * HOUR;
        let mut operations = Vec::with_capacity(count as usize);
        let mut slots = Vec::with_capacity(4 * count as usize);
        let mut begins: Vec<u64> = (0..count).map(|_| random.below(HOUR as u64)).collect();
        begins.sort_unstable();
        for (index, begun) in begins.into_iter().enumerate() {
            let operation = Operation::draw(&mut random);
            let times = operation.times(&mut random, begun, HOUR as u64);
            slots.extend(times.zip(0..).map(|(time, position)| Slot {
                time: begin + time as i64,
                operation: index,
                position,
            }));
            operations.push(operation);
        }
        // Stable: what happens at the same time keeps its order.
        slots.sort_by_key(|slot| slot.time);
        Self {
            key,
            operations,
            slots,
        }
    }
}

fn operations_on_average(number: u64) -> u64 {
    // Day 0 was a Thursday; Monday is 0.
    let weekday = (number / 24 + 3) % 7;
    let day = if weekday < 5 { &WEEKDAY } else { &WEEKEND };
    day[(number % 24) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Step;

    /// The hour that begins at 2026-11-20T00:00:00Z, a Friday.
    const FRIDAY: u64 = 1_795_132_800 / 3600;

    #[test]
    fn an_hour_holds_its_own_events_in_order() {
        for number in FRIDAY..FRIDAY + 72 {
            let hour = Hour::sketch(1, 12_345_678, number);
            let begin = number as i64 * HOUR;
            assert!(
                hour.slots
                    .is_sorted_by_key(|slot| (slot.time, slot.operation, slot.position))
            );
            assert!(
                hour.slots
                    .iter()
                    .all(|slot| (begin..begin + HOUR).contains(&slot.time))
            );
            assert!(hour.operations.len() as u64 <= MAX_OPERATIONS);
        }
    }

    #[test]
    fn a_weekday_has_about_400_events_and_nights_and_weekends_have_fewer() {
        let events = |hours: &mut dyn Iterator<Item = u64>| -> usize {
            hours
                .map(|hour| Hour::sketch(1, 12_345_678, hour).slots.len())
                .sum()
        };
        let weeks = 20;
        let day = |week: u64, day: u64| FRIDAY + (week * 7 + day) * 24;
        let fridays = events(&mut (0..weeks).flat_map(|w| day(w, 0)..day(w, 1))) / 20;
        let saturdays = events(&mut (0..weeks).flat_map(|w| day(w, 1)..day(w, 2))) / 20;
        let nights = events(&mut (0..weeks).flat_map(|w| day(w, 0)..day(w, 0) + 4)) / 20;
        let mornings = events(&mut (0..weeks).flat_map(|w| day(w, 0) + 8..day(w, 0) + 12)) / 20;
        assert!((340..460).contains(&fridays), "{fridays}");
        assert!(saturdays < fridays / 2, "{saturdays} {fridays}");
        assert!(nights < mornings / 4, "{nights} {mornings}");
    }

    #[test]
    fn some_events_happen_at_the_same_time() {
        let ties = (FRIDAY..FRIDAY + 24)
            .flat_map(|number| {
                let slots = Hour::sketch(1, 12_345_678, number).slots;
                (1..slots.len())
                    .filter(|at| slots[*at].time == slots[at - 1].time)
                    .collect::<Vec<_>>()
            })
            .count();
        assert!(ties > 5, "{ties}");
    }

    #[test]
    fn no_chain_is_cut() {
        for number in FRIDAY..FRIDAY + 24 {
            let hour = Hour::sketch(1, 12_345_678, number);
            for (index, operation) in hour.operations.iter().enumerate() {
                let Operation::Provisioned(chain) = operation else {
                    continue;
                };
                let steps: Vec<Step> = hour
                    .slots
                    .iter()
                    .filter(|slot| slot.operation == index)
                    .map(|slot| chain.step(slot.position))
                    .collect();
                assert_eq!(steps.first(), Some(&Step::Accepted));
                let end = if chain.failed {
                    Step::Failure
                } else {
                    Step::Update(chain.updates)
                };
                assert_eq!(steps.last(), Some(&end));
            }
        }
    }
}
