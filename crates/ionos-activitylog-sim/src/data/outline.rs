//! Computes any range of the log without computing the earlier ranges. Time is divided into slices, and each slice has
//! its own random generator. A slice is generated as an outline first: the time and the kind of each event. Records are
//! built on demand. All events of an operation belong to the slice in which the operation starts.

use crate::behavior::FractionDigits;
use crate::data::activity_profile::{ActivityProfile, MILLISECOND};
use crate::data::cloud_operation::{CHAINED_PER_THOUSAND, CloudOperation, MIN_CHAIN_EVENTS};
use crate::data::random::{Random, RandomKey, mix};

/// Time of an event, and its place in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventOutline {
    /// Nanoseconds since 1970-01-01T00:00:00Z, with the precision of the record.
    pub(crate) time: i64,
    /// The index of the operation in the slice.
    pub(crate) operation: u32,
    /// The position of the event in its operation, from 0.
    pub(crate) position: u32,
}

/// The input for building the record of one event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventBlueprint {
    pub(crate) key: RandomKey,
    pub(crate) operation: CloudOperation,
    pub(crate) outline: EventOutline,
}

/// The outline of one slice of a contract's log.
pub(crate) struct SliceOutline {
    pub(crate) key: RandomKey,
    /// In order of their start times; operations of bursts come last.
    pub(crate) operations: Vec<CloudOperation>,
    /// In order of their times; events of equal time are in the order of operations and positions.
    pub(crate) events: Vec<EventOutline>,
}

impl SliceOutline {
    /// Generates the slice with the number `key.part`, counted since 1970-01-01T00:00:00Z.
    pub(crate) fn generate(key: RandomKey, profile: &ActivityProfile, digits: FractionDigits) -> Self {
        let (events, bursts) = profile.slice(key.contract, key.part);
        let mut slice =
            Self { key, operations: Vec::with_capacity(events as usize), events: Vec::with_capacity(events as usize) };
        let mut random = Random::new(key, 0);
        let length = profile.slice_length();
        let begin = key.part as i64 * length;
        slice.add_operations(&mut random, begin, length, events, digits);
        for burst in bursts {
            slice.add_operations(&mut random, burst.begin, burst.length, burst.events, digits);
        }
        slice.events.sort_unstable_by_key(|event| (event.time, event.operation, event.position));
        slice
    }

    /// Adds operations with exactly `events` events in total. The times of all events are in [begin, begin + length),
    /// in milliseconds since 1970-01-01T00:00:00Z.
    fn add_operations(&mut self, random: &mut Random, begin: i64, length: i64, events: u64, digits: FractionDigits) {
        // The number of events in chains is rounded at random to a whole number. If the result is too small for one
        // chain, it is rounded at random again, to the size of the smallest chain or to 0. So small slices have their
        // share of chains, too.
        let mut chained = (events * CHAINED_PER_THOUSAND + random.below(1000)) / 1000;
        if chained < MIN_CHAIN_EVENTS && events >= MIN_CHAIN_EVENTS {
            let one = random.below(MIN_CHAIN_EVENTS) < chained;
            chained = if one { MIN_CHAIN_EVENTS } else { 0 };
        }
        let mut singles = events - chained;
        let mut drawn = Vec::with_capacity(events as usize);
        while let Some(operation) = CloudOperation::chain(random, chained) {
            chained -= operation.event_count();
            drawn.push((random.below(length as u64), operation));
        }
        singles += chained;
        for _ in 0..singles {
            let operation = CloudOperation::single(random);
            drawn.push((random.below(length as u64), operation));
        }
        drawn.sort_by_key(|(start, _)| *start);
        for (start, operation) in drawn {
            let index = self.operations.len() as u32;
            let precision = TimePrecision::draw(digits, random.word());
            let times = operation.event_times(random, start, length as u64);
            self.events.extend(times.zip(0..).map(|(time, position)| EventOutline {
                time: precision.to_nanoseconds(begin + time as i64),
                operation: index,
                position,
            }));
            self.operations.push(operation);
        }
    }

    /// The blueprint of the event at an index of `events`.
    pub(crate) fn blueprint(&self, index: usize) -> EventBlueprint {
        let outline = self.events[index];
        EventBlueprint { key: self.key, operation: self.operations[outline.operation as usize], outline }
    }

    /// The unique number of the event. All 64-bit numbers are equally likely.
    pub(crate) fn event_number(&self, outline: EventOutline) -> u64 {
        event_number(self.key, outline)
    }
}

impl EventBlueprint {
    /// The random generator for the data that all events of the operation share.
    pub(crate) fn operation_random(&self) -> Random {
        // Stream 0 generates the outline. Each operation has 256 streams of its own: one for the data that its events
        // share, and one for each event. No operation has more than 255 events.
        Random::new(self.key, (u64::from(self.outline.operation) + 1) << 8)
    }

    /// The random generator for the data of this event alone.
    pub(crate) fn event_random(&self) -> Random {
        Random::new(self.key, event_number(self.key, self.outline))
    }
}

fn event_number(key: RandomKey, outline: EventOutline) -> u64 {
    let stream = ((u64::from(outline.operation) + 1) << 8) + 1 + u64::from(outline.position);
    mix(Random::new(key, stream).word())
}

/// The precision of the times of one operation. All times of an operation have the same digits below the millisecond,
/// so that the events of the operation stay in order.
#[derive(Clone, Copy)]
enum TimePrecision {
    Second,
    /// Milliseconds, with this number of nanoseconds added to each time.
    Millisecond(i64),
}

impl TimePrecision {
    fn draw(digits: FractionDigits, word: u64) -> Self {
        let rest = word >> 8;
        match digits {
            FractionDigits::None => Self::Second,
            FractionDigits::Three => Self::Millisecond(0),
            FractionDigits::Six => Self::Millisecond((rest % 1000) as i64 * 1000),
            FractionDigits::Nine => Self::Millisecond((rest % 1_000_000) as i64),
            FractionDigits::Mixed => match word % 4 {
                0 => Self::Second,
                1 => Self::Millisecond(0),
                2 => Self::Millisecond((rest % 1000) as i64 * 1000),
                _ => Self::Millisecond((rest % 1_000_000) as i64),
            },
        }
    }

    fn to_nanoseconds(self, milliseconds: i64) -> i64 {
        match self {
            Self::Second => milliseconds.div_euclid(1000) * 1000 * MILLISECOND,
            Self::Millisecond(rest) => milliseconds * MILLISECOND + rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::activity_profile::{Burst, HOUR};
    use crate::data::cloud_operation::ChainStep;

    /// The hour that begins at 2026-11-20T00:00:00Z, a Friday.
    const FRIDAY: u64 = 1_795_132_800 / 3600;

    fn outline(profile: &ActivityProfile, part: u64, digits: FractionDigits) -> SliceOutline {
        let key = RandomKey { seed: 1, contract: 12_345_678, part };
        SliceOutline::generate(key, profile, digits)
    }

    fn usual(part: u64) -> SliceOutline {
        outline(&ActivityProfile::new(1, 320, 0), part, FractionDigits::Three)
    }

    #[test]
    fn the_events_of_a_slice_are_in_order_of_time_and_as_many_as_the_profile_plans() {
        for digits in FractionDigits::ALL {
            for per_day in [320, 100_000] {
                let profile = ActivityProfile::new(1, per_day, 0);
                let first = FRIDAY * profile.slices_per_hour();
                for part in first..first + 48 {
                    let slice = outline(&profile, part, *digits);
                    let begin = part as i64 * profile.slice_length() * MILLISECOND;
                    let end = begin + profile.slice_length() * MILLISECOND;
                    assert!(slice.events.is_sorted_by_key(|event| (event.time, event.operation, event.position)));
                    assert!(slice.events.iter().all(|event| (begin..end).contains(&event.time)));
                    let expected = profile.slice(12_345_678, part).0;
                    assert_eq!(slice.events.len() as u64, expected);
                }
            }
        }
    }

    #[test]
    fn some_events_happen_at_the_same_time() {
        let ties: usize = (FRIDAY..FRIDAY + 24)
            .map(|part| {
                let events = usual(part).events;
                events.windows(2).filter(|pair| pair[0].time == pair[1].time).count()
            })
            .sum();
        assert!(ties > 5, "{ties}");
    }

    #[test]
    fn all_events_of_a_burst_are_in_its_milliseconds() {
        let begin = FRIDAY as i64 * HOUR + 1_234_567;
        let mut profile = ActivityProfile::new(1, 0, 0);
        profile.add_burst(Burst { begin, length: 3, events: 900 });
        let slice = outline(&profile, FRIDAY, FractionDigits::Three);
        let within = begin * MILLISECOND..(begin + 3) * MILLISECOND;
        assert_eq!(slice.events.len(), 900);
        assert!(slice.events.iter().all(|event| within.contains(&event.time)));
    }

    #[test]
    fn operation_indexes_fit_into_17_bits_even_with_the_largest_bursts() {
        for per_day in [320, 20_000_000] {
            let mut profile = ActivityProfile::new(1, per_day, 1);
            for _ in 0..5 {
                profile.add_burst(Burst { begin: FRIDAY as i64 * HOUR, length: 3, events: 50_000 });
            }
            let first = FRIDAY * profile.slices_per_hour();
            let slice = outline(&profile, first, FractionDigits::Three);
            assert!(slice.events.len() > 99_000);
            assert!(slice.events.len() < 1 << 17);
        }
    }

    #[test]
    fn chains_are_complete_and_their_steps_are_in_order() {
        for part in FRIDAY..FRIDAY + 24 {
            let slice = outline(&ActivityProfile::new(1, 320, 0), part, FractionDigits::Mixed);
            for (index, operation) in slice.operations.iter().enumerate() {
                let CloudOperation::Provisioned(chain) = operation else {
                    continue;
                };
                let own = slice.events.iter().filter(|event| event.operation == index as u32);
                let positions: Vec<u32> = own.map(|event| event.position).collect();
                assert_eq!(positions, (0..operation.event_count() as u32).collect::<Vec<_>>());
                let end = if chain.failed { ChainStep::Failure } else { ChainStep::Update(chain.updates) };
                assert_eq!(chain.step(operation.event_count() - 1), end);
            }
        }
    }

    #[test]
    fn every_event_has_a_unique_number() {
        let slice = usual(FRIDAY + 9);
        let numbers: std::collections::BTreeSet<u64> =
            slice.events.iter().map(|event| slice.event_number(*event)).collect();
        assert_eq!(numbers.len(), slice.events.len());
    }
}
