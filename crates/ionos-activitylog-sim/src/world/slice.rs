//! Any range of the log must be computable without computing what came before it. So the log is cut into slices of
//! time, each drawn from a generator of its own, and a slice is first only sketched: when something happened, and what
//! kind of thing. All events of an operation fall into the slice in which it began. A record is written when it is
//! asked for.

use crate::switches::FractionDigits;
use crate::world::operation::{CHAINED, FEWEST_EVENTS, Operation};
use crate::world::random::{Key, Random, mix};
use crate::world::rhythm::{MILLISECOND, Rhythm};

/// One event, not yet written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Nanoseconds since 1970-01-01T00:00:00Z, as precise as the record says it.
    pub(crate) time: i64,
    /// Index of its operation in the slice.
    pub(crate) operation: u32,
    /// Which event of the operation it is, counted from 0.
    pub(crate) position: u32,
}

/// An event apart from its slice, with all that its record is written from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketched {
    pub(crate) key: Key,
    pub(crate) operation: Operation,
    pub(crate) slot: Slot,
}

/// A slice of a contract's log, sketched.
pub(crate) struct Slice {
    pub(crate) key: Key,
    /// In the order in which they began, those of bursts last.
    pub(crate) operations: Vec<Operation>,
    /// In the order of their times; of equal times, in the order of operations and of their steps.
    pub(crate) slots: Vec<Slot>,
}

impl Slice {
    /// Sketches a slice, given by its number since 1970-01-01T00:00:00Z.
    pub(crate) fn sketch(key: Key, rhythm: &Rhythm, digits: FractionDigits) -> Self {
        let (events, bursts) = rhythm.slice(key.contract, key.part);
        let mut slice =
            Self { key, operations: Vec::with_capacity(events as usize), slots: Vec::with_capacity(events as usize) };
        let mut random = Random::new(key, 0);
        let length = rhythm.slice_length();
        let begin = key.part as i64 * length;
        slice.fill(&mut random, begin, length, events, digits);
        for burst in bursts {
            slice.fill(&mut random, burst.begin, burst.length, burst.events, digits);
        }
        // What happens at the same time keeps its order.
        slice.slots.sort_unstable_by_key(|slot| (slot.time, slot.operation, slot.position));
        slice
    }

    /// Adds operations that leave just so many events, all of them in [begin, begin + length) milliseconds.
    fn fill(&mut self, random: &mut Random, begin: i64, length: i64, events: u64, digits: FractionDigits) {
        // Rounded up as often as what is left is large, so that few events have their share of chains too.
        let mut chained = (events * CHAINED + random.below(1000)) / 1000;
        if chained < FEWEST_EVENTS && events >= FEWEST_EVENTS {
            let one = random.below(FEWEST_EVENTS) < chained;
            chained = if one { FEWEST_EVENTS } else { 0 };
        }
        let mut singles = events - chained;
        let mut drawn = Vec::with_capacity(events as usize);
        while let Some(operation) = Operation::chain(random, chained) {
            chained -= operation.events();
            drawn.push((random.below(length as u64), operation));
        }
        singles += chained;
        for _ in 0..singles {
            let operation = Operation::single(random);
            drawn.push((random.below(length as u64), operation));
        }
        drawn.sort_by_key(|(begun, _)| *begun);
        for (begun, operation) in drawn {
            let index = self.operations.len() as u32;
            let precision = precision(digits, random.word());
            let times = operation.times(random, begun, length as u64);
            self.slots.extend(times.zip(0..).map(|(time, position)| Slot {
                time: precision.of(begin + time as i64),
                operation: index,
                position,
            }));
            self.operations.push(operation);
        }
    }

    /// The event at an index of its slots.
    pub(crate) fn event(&self, index: usize) -> Sketched {
        let slot = self.slots[index];
        Sketched { key: self.key, operation: self.operations[slot.operation as usize], slot }
    }

    /// A number for an event that no other event shares, spread evenly over 64 bits.
    pub(crate) fn number(&self, slot: Slot) -> u64 {
        number(self.key, slot)
    }
}

impl Sketched {
    /// The generator of what all events of its operation share.
    pub(crate) fn shared(&self) -> Random {
        // No operation has as many as 255 events, and stream 0 drew the sketch.
        Random::new(self.key, (u64::from(self.slot.operation) + 1) << 8)
    }

    /// The generator of what is its own.
    pub(crate) fn own(&self) -> Random {
        Random::new(self.key, number(self.key, self.slot))
    }
}

fn number(key: Key, slot: Slot) -> u64 {
    let stream = ((u64::from(slot.operation) + 1) << 8) + 1 + u64::from(slot.position);
    mix(Random::new(key, stream).word())
}

/// How precise the times of an operation are. All of them have the same part below the millisecond, so that its events
/// stay in their order.
#[derive(Clone, Copy)]
pub(crate) enum Precision {
    Second,
    /// With nanoseconds below it.
    Millisecond(i64),
}

impl Precision {
    fn of(self, milliseconds: i64) -> i64 {
        match self {
            Self::Second => milliseconds.div_euclid(1000) * 1000 * MILLISECOND,
            Self::Millisecond(rest) => milliseconds * MILLISECOND + rest,
        }
    }
}

fn precision(digits: FractionDigits, word: u64) -> Precision {
    let rest = word >> 8;
    match digits {
        FractionDigits::None => Precision::Second,
        FractionDigits::Three => Precision::Millisecond(0),
        FractionDigits::Six => Precision::Millisecond((rest % 1000) as i64 * 1000),
        FractionDigits::Nine => Precision::Millisecond((rest % 1_000_000) as i64),
        FractionDigits::Mixed => match word % 4 {
            0 => Precision::Second,
            1 => Precision::Millisecond(0),
            2 => Precision::Millisecond((rest % 1000) as i64 * 1000),
            _ => Precision::Millisecond((rest % 1_000_000) as i64),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::operation::Step;
    use crate::world::rhythm::{Burst, HOUR};

    /// The hour that begins at 2026-11-20T00:00:00Z, a Friday.
    const FRIDAY: u64 = 1_795_132_800 / 3600;

    fn sketch(rhythm: &Rhythm, part: u64, digits: FractionDigits) -> Slice {
        let key = Key { seed: 1, contract: 12_345_678, part };
        Slice::sketch(key, rhythm, digits)
    }

    fn usual(part: u64) -> Slice {
        sketch(&Rhythm::new(1, 320, 0), part, FractionDigits::Three)
    }

    #[test]
    fn a_slice_holds_its_own_events_in_order_and_as_many_as_the_rhythm_says() {
        for digits in FractionDigits::ALL {
            for per_day in [320, 100_000] {
                let rhythm = Rhythm::new(1, per_day, 0);
                let first = FRIDAY * rhythm.slices_of_an_hour();
                for part in first..first + 48 {
                    let slice = sketch(&rhythm, part, *digits);
                    let begin = part as i64 * rhythm.slice_length() * MILLISECOND;
                    let end = begin + rhythm.slice_length() * MILLISECOND;
                    assert!(slice.slots.is_sorted_by_key(|slot| (slot.time, slot.operation, slot.position)));
                    assert!(slice.slots.iter().all(|slot| (begin..end).contains(&slot.time)));
                    let expected = rhythm.slice(12_345_678, part).0;
                    assert_eq!(slice.slots.len() as u64, expected);
                }
            }
        }
    }

    #[test]
    fn some_events_happen_at_the_same_time() {
        let ties: usize = (FRIDAY..FRIDAY + 24)
            .map(|part| {
                let slots = usual(part).slots;
                slots.windows(2).filter(|pair| pair[0].time == pair[1].time).count()
            })
            .sum();
        assert!(ties > 5, "{ties}");
    }

    #[test]
    fn a_burst_is_in_its_milliseconds() {
        let begin = FRIDAY as i64 * HOUR + 1_234_567;
        let mut rhythm = Rhythm::new(1, 0, 0);
        rhythm.add(Burst { begin, length: 3, events: 900 });
        let slice = sketch(&rhythm, FRIDAY, FractionDigits::Three);
        let within = begin * MILLISECOND..(begin + 3) * MILLISECOND;
        assert_eq!(slice.slots.len(), 900);
        assert!(slice.slots.iter().all(|slot| within.contains(&slot.time)));
    }

    #[test]
    fn the_operations_of_a_slice_can_be_told_apart_whatever_the_bursts() {
        for per_day in [320, 20_000_000] {
            let mut rhythm = Rhythm::new(1, per_day, 1);
            for _ in 0..5 {
                rhythm.add(Burst { begin: FRIDAY as i64 * HOUR, length: 3, events: 50_000 });
            }
            let first = FRIDAY * rhythm.slices_of_an_hour();
            let slice = sketch(&rhythm, first, FractionDigits::Three);
            assert!(slice.slots.len() > 99_000);
            assert!(slice.slots.len() < 1 << 17);
        }
    }

    #[test]
    fn no_chain_is_cut_and_its_steps_stay_in_order() {
        for part in FRIDAY..FRIDAY + 24 {
            let slice = sketch(&Rhythm::new(1, 320, 0), part, FractionDigits::Mixed);
            for (index, operation) in slice.operations.iter().enumerate() {
                let Operation::Provisioned(chain) = operation else {
                    continue;
                };
                let own = slice.slots.iter().filter(|slot| slot.operation == index as u32);
                let positions: Vec<u32> = own.map(|slot| slot.position).collect();
                assert_eq!(positions, (0..operation.events() as u32).collect::<Vec<_>>());
                let end = if chain.failed { Step::Failure } else { Step::Update(chain.updates) };
                assert_eq!(chain.step(operation.events() - 1), end);
            }
        }
    }

    #[test]
    fn every_event_has_a_number_of_its_own() {
        let slice = usual(FRIDAY + 9);
        let numbers: std::collections::BTreeSet<u64> = slice.slots.iter().map(|slot| slice.number(*slot)).collect();
        assert_eq!(numbers.len(), slice.slots.len());
    }
}
