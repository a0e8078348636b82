//! Determines the number of events in each hour. A busy contract has millions of events, and a client may request any
//! page of any range. So events must be countable without generating them. The number of events of an hour depends on
//! the time of day and the day of the week. An hour consists of slices of equal length, which share these events
//! evenly. Bursts add many events within a short time.

use crate::data::random::{RandomKey, SeedPrefix};

/// Milliseconds in an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// Nanoseconds in a millisecond.
pub(crate) const MILLISECOND: i64 = 1_000_000;

/// The weight of each hour of a weekday, in UTC.
const WEEKDAY_WEIGHTS: [u64; 24] = [1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 10, 12, 11, 10, 8, 6, 4, 3, 2, 2, 1, 1];

/// The weight of each hour of a Saturday or Sunday, in UTC.
const WEEKEND_WEIGHTS: [u64; 24] = [1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1];

/// The sum of the weights over a week.
const WEEK_WEIGHT: u64 = 5 * 141 + 2 * 45;

/// The largest weight.
const MAX_WEIGHT: u64 = 12;

/// Possible numbers of slices per hour; each is a divisor of the number of milliseconds in an hour.
const SLICE_COUNTS: [u64; 10] = [1, 2, 4, 10, 20, 60, 120, 360, 720, 3600];

/// Intended maximum number of events in a slice, not counting bursts. A slice of this size is generated fast.
const TARGET_EVENTS_PER_SLICE: u64 = 1000;

/// Number of events of a random burst.
pub(crate) const RANDOM_BURST_EVENTS: u64 = 900;

/// Length of a random burst, in milliseconds.
const RANDOM_BURST_LENGTH: i64 = 3;

/// Maximum number of events that all configured bursts together have in one slice, so that the index of an operation in
/// its slice fits into a request identifier.
pub const MAX_BURST_EVENTS_PER_SLICE: u64 = 100_000;

/// Many events within a short time, spread evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// Start (inclusive), in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) begin: i64,
    /// The length in milliseconds, at least 1.
    pub(crate) length: i64,
    pub(crate) events: u64,
}

impl Burst {
    /// End (exclusive), in milliseconds since 1970-01-01T00:00:00Z.
    fn end(self) -> i64 {
        self.begin + self.length
    }

    /// The number of events of the burst before a time.
    fn events_before(self, time: i64) -> u64 {
        let elapsed = (time - self.begin).clamp(0, self.length);
        self.events * elapsed as u64 / self.length as u64
    }

    /// The part of the burst in [begin, end). `None` if this part has no event.
    fn intersect(self, begin: i64, end: i64) -> Option<Self> {
        let events = self.events_before(end) - self.events_before(begin);
        let (begin, end) = (begin.max(self.begin), end.min(self.end()));
        (events > 0).then_some(Self { begin, length: end - begin, events })
    }
}

/// The number of events of every hour and slice.
#[derive(Clone, Debug)]
pub(crate) struct ActivityProfile {
    seed_prefix: SeedPrefix,
    /// Average number of events per day over a week, without the events of bursts.
    events_per_day: u64,
    /// Average number of hours per random burst; 0 for no random bursts.
    burst_interval: u64,
    /// The configured bursts, which every contract has.
    bursts: Vec<Burst>,
    /// Slices per hour.
    slices: u64,
}

impl ActivityProfile {
    pub(crate) fn new(seed: u64, events_per_day: u64, burst_interval: u64) -> Self {
        let busiest = max_events_per_hour(events_per_day);
        let slices = SLICE_COUNTS
            .into_iter()
            .find(|slices| busiest / slices <= TARGET_EVENTS_PER_SLICE)
            .unwrap_or(SLICE_COUNTS[SLICE_COUNTS.len() - 1]);
        Self {
            seed_prefix: SeedPrefix::new(seed, RandomKey::PROFILE),
            events_per_day,
            burst_interval,
            bursts: Vec::new(),
            slices,
        }
    }

    /// Adds a burst to every contract. The burst has fewer events if a slice would otherwise have more than
    /// [`MAX_BURST_EVENTS_PER_SLICE`].
    pub(crate) fn add_burst(&mut self, burst: Burst) {
        let max_events = self.max_burst_events(burst);
        self.bursts.push(Burst { events: burst.events.min(max_events), ..burst });
    }

    /// The maximum number of events that a new burst may have, so that no slice exceeds [`MAX_BURST_EVENTS_PER_SLICE`].
    fn max_burst_events(&self, burst: Burst) -> u64 {
        let slice = self.slice_length();
        let first = burst.begin.div_euclid(slice);
        let last = (burst.end() - 1).div_euclid(slice);
        let overlaps = |other: &Burst| other.end() > first * slice && other.begin < (last + 1) * slice;
        let others: Vec<Burst> = self.bursts.iter().copied().filter(overlaps).collect();
        if others.is_empty() {
            return MAX_BURST_EVENTS_PER_SLICE;
        }
        let max_in_slice = |number: i64| {
            let (begin, end) = (number * slice, (number + 1) * slice);
            let others = others.iter().filter_map(|it| it.intersect(begin, end));
            let used: u64 = others.map(|part| part.events).sum();
            let shared = end.min(burst.end()) - begin.max(burst.begin);
            MAX_BURST_EVENTS_PER_SLICE.saturating_sub(used) * burst.length as u64 / shared as u64
        };
        (first..=last).map(max_in_slice).min().unwrap_or(MAX_BURST_EVENTS_PER_SLICE)
    }

    pub(crate) fn slices_per_hour(&self) -> u64 {
        self.slices
    }

    /// The length of a slice, in milliseconds.
    pub(crate) fn slice_length(&self) -> i64 {
        HOUR / self.slices as i64
    }

    /// An upper bound for the number of events of a slice. Does not count the events of bursts.
    pub(crate) fn max_events_per_slice(&self) -> u64 {
        max_events_per_hour(self.events_per_day) / self.slices + 2
    }

    /// The number of events, including bursts, from the start of an hour to the start of one of its slices. Hours are
    /// counted since 1970-01-01T00:00:00Z, the slices of an hour from 0.
    pub(crate) fn events_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        let (events, burst) = self.hour_events(contract, hour);
        let begin = hour as i64 * HOUR;
        let end = begin + slice as i64 * self.slice_length();
        let bursts = burst.into_iter().chain(self.bursts.iter().copied());
        let burst_events: u64 = bursts.map(|burst| burst.events_before(end) - burst.events_before(begin)).sum();
        slice * events / self.slices + burst_events
    }

    /// The content of a slice: the number of events that do not belong to bursts, and the parts of bursts that are in
    /// the slice. Slices are counted since 1970-01-01T00:00:00Z.
    pub(crate) fn slice(&self, contract: u64, slice: u64) -> (u64, impl Iterator<Item = Burst>) {
        let (events, burst) = self.hour_events(contract, slice / self.slices);
        let at = slice % self.slices;
        let events = (at + 1) * events / self.slices - at * events / self.slices;
        let begin = slice as i64 * self.slice_length();
        let end = begin + self.slice_length();
        let bursts = burst.into_iter().chain(self.bursts.iter().copied());
        (events, bursts.filter_map(move |burst| burst.intersect(begin, end)))
    }

    /// The content of an hour: the number of events that do not belong to bursts, and the random burst. `None` in place
    /// of the burst if the hour has no random burst.
    fn hour_events(&self, contract: u64, hour: u64) -> (u64, Option<Burst>) {
        let mut random = self.seed_prefix.random(contract, hour);
        // Between 75 % and 125 % of the mean, in thousandths of an event. A fraction is rounded up with a probability
        // equal to the fraction. If fractions were always rounded down, quiet hours would always have 0 events.
        let mean = self.events_per_day * 7 * hour_weight(hour) * 1000 / WEEK_WEIGHT;
        let events = (mean * random.between(750, 1250) / 1000 + random.below(1000)) / 1000;
        let burst = (self.burst_interval > 0 && random.one_in(self.burst_interval)).then(|| {
            self.fit_into_slice(Burst {
                begin: hour as i64 * HOUR + random.below(HOUR as u64) as i64,
                length: RANDOM_BURST_LENGTH,
                events: RANDOM_BURST_EVENTS,
            })
        });
        (events, burst)
    }

    /// Moves a burst so that it does not cross the end of its slice.
    fn fit_into_slice(&self, burst: Burst) -> Burst {
        let slice = self.slice_length();
        let end = (burst.begin.div_euclid(slice) + 1) * slice;
        Burst { begin: burst.begin.min(end - burst.length), ..burst }
    }
}

/// 125 % of the average number of events of the busiest hour, rounded down. Without bursts, an hour has at most one
/// event more than this.
fn max_events_per_hour(events_per_day: u64) -> u64 {
    events_per_day * 7 * MAX_WEIGHT * 5 / 4 / WEEK_WEIGHT
}

/// The weight of an hour. Hours are counted since 1970-01-01T00:00:00Z.
fn hour_weight(hour: u64) -> u64 {
    // 1970-01-01 was a Thursday. The weekday 0 is Monday.
    let weekday = (hour / 24 + 3) % 7;
    let day = if weekday < 5 { &WEEKDAY_WEIGHTS } else { &WEEKEND_WEIGHTS };
    day[(hour % 24) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hour that begins at 2026-11-20T00:00:00Z, a Friday.
    const FRIDAY: u64 = 1_795_132_800 / 3600;

    const CONTRACT: u64 = 12_345_678;

    impl ActivityProfile {
        fn events_of_hour(&self, contract: u64, hour: u64) -> u64 {
            self.events_before(contract, hour, self.slices)
        }
    }

    #[test]
    fn the_constants_match_the_tables_of_weights() {
        let sum = |table: [u64; 24]| table.iter().sum::<u64>();
        assert_eq!(5 * sum(WEEKDAY_WEIGHTS) + 2 * sum(WEEKEND_WEIGHTS), WEEK_WEIGHT);
        assert_eq!(WEEKDAY_WEIGHTS.iter().chain(&WEEKEND_WEIGHTS).max(), Some(&MAX_WEIGHT));
        assert!(SLICE_COUNTS.iter().all(|slices| (HOUR as u64).is_multiple_of(*slices)));
    }

    #[test]
    fn an_average_day_has_the_configured_number_of_events() {
        for per_day in [1, 320, 100_000, 10_000_000] {
            let profile = ActivityProfile::new(1, per_day, 0);
            let weeks = 40;
            let events: u64 = (FRIDAY..FRIDAY + weeks * 168).map(|hour| profile.events_of_hour(CONTRACT, hour)).sum();
            let expected = weeks * 7 * per_day;
            assert!(events.abs_diff(expected) <= 30 + expected / 50, "{per_day} per day: {events} events");
        }
    }

    #[test]
    fn nights_and_weekends_are_quieter() {
        let profile = ActivityProfile::new(1, 320, 0);
        let events = |hours: std::ops::Range<u64>| -> u64 {
            (0..20)
                .flat_map(|week| hours.clone().map(move |hour| FRIDAY + week * 168 + hour))
                .map(|hour| profile.events_of_hour(CONTRACT, hour))
                .sum()
        };
        assert!(events(24..48) < events(0..24) / 2);
        assert!(events(0..4) < events(8..12) / 4);
    }

    #[test]
    fn the_slices_of_an_hour_share_its_events_and_are_small() {
        for per_day in [320, 14_500, 1_000_000, 50_000_000] {
            let mut profile = ActivityProfile::new(1, per_day, 10);
            profile.add_burst(Burst { begin: FRIDAY as i64 * HOUR + 7_199_999, length: 3, events: 4000 });
            for hour in FRIDAY..FRIDAY + 48 {
                let slices = hour * profile.slices..(hour + 1) * profile.slices;
                let mut events = 0;
                for slice in slices {
                    let (own, bursts) = profile.slice(CONTRACT, slice);
                    assert!(own <= profile.max_events_per_slice());
                    events += own;
                    let (begin, length) = (slice as i64 * profile.slice_length(), profile.slice_length());
                    for burst in bursts {
                        assert!(burst.begin >= begin && burst.begin + burst.length <= begin + length);
                        events += burst.events;
                    }
                }
                assert_eq!(events, profile.events_of_hour(CONTRACT, hour), "{per_day} per day, hour {hour}");
            }
        }
    }

    #[test]
    fn a_burst_is_spread_evenly_over_its_length_for_any_length_of_slices() {
        for per_day in [320, 14_500, 1_000_000] {
            let mut profile = ActivityProfile::new(1, per_day, 0);
            let burst = Burst { begin: FRIDAY as i64 * HOUR + 900_000, length: 2 * HOUR, events: 1000 };
            profile.add_burst(burst);
            let first = FRIDAY * profile.slices;
            let parts: Vec<Burst> = (first..first + 4 * profile.slices)
                .flat_map(|slice| profile.slice(CONTRACT, slice).1.collect::<Vec<_>>())
                .collect();
            assert_eq!(parts.iter().map(|part| part.events).sum::<u64>(), 1000);
            assert_eq!(parts[0].begin, burst.begin, "{per_day} per day");
            assert_eq!(parts[parts.len() - 1].end(), burst.end(), "{per_day} per day");
            for part in parts {
                let even = 1000 * part.length as u64 / burst.length as u64;
                assert!(part.events.abs_diff(even) <= 1, "{per_day} per day: {part:?}");
            }
        }
    }

    #[test]
    fn overlapping_bursts_are_reduced_to_the_maximum_of_a_slice() {
        let begin = FRIDAY as i64 * HOUR;
        for per_day in [320, 1_000_000] {
            let mut profile = ActivityProfile::new(1, per_day, 0);
            for at in 0..5 {
                profile.add_burst(Burst { begin: begin + at, length: 2 * HOUR, events: 50_000 });
                profile.add_burst(Burst { begin: begin + at, length: 3, events: 50_000 });
            }
            let slice = FRIDAY * profile.slices;
            let bursts = profile.slice(CONTRACT, slice).1;
            let events: u64 = bursts.map(|burst| burst.events).sum();
            let few = MAX_BURST_EVENTS_PER_SLICE - 20..=MAX_BURST_EVENTS_PER_SLICE + 20;
            assert!(few.contains(&events), "{per_day} per day: {events} events");
        }
    }

    #[test]
    fn random_bursts_have_the_configured_frequency() {
        let bursts = |every| {
            let profile = ActivityProfile::new(1, 0, every);
            (FRIDAY..FRIDAY + 7200)
                .map(|hour| profile.events_of_hour(CONTRACT, hour))
                .filter(|events| *events == RANDOM_BURST_EVENTS)
                .count()
        };
        assert_eq!(bursts(0), 0);
        assert!((60..140).contains(&bursts(72)), "{}", bursts(72));
        assert_eq!(bursts(1), 7200);
    }
}
