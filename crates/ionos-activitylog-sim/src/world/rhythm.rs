//! The log of a busy contract has millions of events, and a client may ask for any page of any range of it. So it must
//! be known how many events a stretch of time holds without looking at a single one of them: every hour has a number
//! of events that follows the time of day and the day of the week, and is cut into slices that share it evenly.
//!
//! Now and then, and wherever a test wants it, many events happen within a few milliseconds: a burst.

use crate::world::random::{Key, Stem};

/// Milliseconds in an hour.
pub(crate) const HOUR: i64 = 3_600_000;

/// Nanoseconds in a millisecond.
pub(crate) const MILLISECOND: i64 = 1_000_000;

/// How busy each hour of a weekday is, in UTC.
const WEEKDAY: [u64; 24] = [1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 10, 12, 11, 10, 8, 6, 4, 3, 2, 2, 1, 1];

/// The same on Saturday and Sunday.
const WEEKEND: [u64; 24] = [1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1];

/// The sum of the tables over a week.
const WEEK: u64 = 5 * 141 + 2 * 45;

/// The largest number in the tables.
const PEAK: u64 = 12;

/// Into how many slices an hour may be cut; each divides the milliseconds of an hour.
const SLICES: [u64; 10] = [1, 2, 4, 10, 20, 60, 120, 360, 720, 3600];

/// An hour is cut until its busiest slices have no more events than this, so that sketching one takes little time.
const EVENTS_OF_A_SLICE: u64 = 1000;

/// Events of a burst that nobody asked for.
pub(crate) const BURST_EVENTS: u64 = 900;

/// How long it lasts, in milliseconds.
const BURST_LENGTH: i64 = 3;

/// The bursts that were asked for have no more events together in one slice than this, so that the operations of a slice
/// can be told apart in the identifiers of requests.
pub const MAX_BURSTS_OF_A_SLICE: u64 = 100_000;

/// Many events at once, spread evenly over a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) begin: i64,
    /// Milliseconds, at least 1.
    pub(crate) length: i64,
    pub(crate) events: u64,
}

impl Burst {
    /// Exclusive.
    fn end(self) -> i64 {
        self.begin + self.length
    }

    /// How many of its events happen before a time.
    fn events_before(self, time: i64) -> u64 {
        let elapsed = (time - self.begin).clamp(0, self.length);
        self.events * elapsed as u64 / self.length as u64
    }

    /// What of it happens in [begin, end), if any of its events do.
    fn within(self, begin: i64, end: i64) -> Option<Self> {
        let events = self.events_before(end) - self.events_before(begin);
        let (begin, end) = (begin.max(self.begin), end.min(self.end()));
        (events > 0).then_some(Self { begin, length: end - begin, events })
    }
}

/// How many events happen when.
#[derive(Clone, Debug)]
pub(crate) struct Rhythm {
    stem: Stem,
    /// On average over a week.
    events_per_day: u64,
    /// One hour in so many has a burst; 0 for none.
    burst_every: u64,
    /// In every contract.
    bursts: Vec<Burst>,
    slices: u64,
}

impl Rhythm {
    pub(crate) fn new(seed: u64, events_per_day: u64, burst_every: u64) -> Self {
        let busiest = busiest_hour(events_per_day);
        let slices =
            SLICES.into_iter().find(|slices| busiest / slices <= EVENTS_OF_A_SLICE).unwrap_or(SLICES[SLICES.len() - 1]);
        Self { stem: Stem::new(seed, Key::RHYTHM), events_per_day, burst_every, bursts: Vec::new(), slices }
    }

    /// Adds a burst to every contract, with fewer events where there would be more than [`MAX_BURSTS_OF_A_SLICE`].
    pub(crate) fn add(&mut self, burst: Burst) {
        let room = self.room(burst);
        self.bursts.push(Burst { events: burst.events.min(room), ..burst });
    }

    /// How many events a burst may have at most.
    fn room(&self, burst: Burst) -> u64 {
        let slice = self.slice_length();
        let first = burst.begin.div_euclid(slice);
        let last = (burst.end() - 1).div_euclid(slice);
        let meets = |other: &Burst| other.end() > first * slice && other.begin < (last + 1) * slice;
        let others: Vec<Burst> = self.bursts.iter().copied().filter(meets).collect();
        if others.is_empty() {
            return MAX_BURSTS_OF_A_SLICE;
        }
        let room_of = |number: i64| {
            let (begin, end) = (number * slice, (number + 1) * slice);
            let others = others.iter().filter_map(|it| it.within(begin, end));
            let taken: u64 = others.map(|part| part.events).sum();
            let shared = end.min(burst.end()) - begin.max(burst.begin);
            MAX_BURSTS_OF_A_SLICE.saturating_sub(taken) * burst.length as u64 / shared as u64
        };
        (first..=last).map(room_of).min().unwrap_or(MAX_BURSTS_OF_A_SLICE)
    }

    /// How many slices an hour has.
    pub(crate) fn slices_of_an_hour(&self) -> u64 {
        self.slices
    }

    /// Milliseconds in a slice.
    pub(crate) fn slice_length(&self) -> i64 {
        HOUR / self.slices as i64
    }

    /// More events than this do not happen in one slice besides bursts.
    pub(crate) fn most_events_of_a_slice(&self) -> u64 {
        busiest_hour(self.events_per_day) / self.slices + 2
    }

    /// Events of an hour, given by its number since 1970-01-01T00:00:00Z, that belong to the slices before one of them,
    /// with all bursts; the slices of an hour are counted from 0.
    pub(crate) fn events_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        let (events, burst) = self.hour(contract, hour);
        let begin = hour as i64 * HOUR;
        let end = begin + slice as i64 * self.slice_length();
        let bursts = burst.into_iter().chain(self.bursts.iter().copied());
        let of_bursts: u64 = bursts.map(|burst| burst.events_before(end) - burst.events_before(begin)).sum();
        slice * events / self.slices + of_bursts
    }

    /// Events of a slice besides bursts, and the parts of bursts that belong to it.
    pub(crate) fn slice(&self, contract: u64, slice: u64) -> (u64, impl Iterator<Item = Burst>) {
        let (events, burst) = self.hour(contract, slice / self.slices);
        let at = slice % self.slices;
        let events = (at + 1) * events / self.slices - at * events / self.slices;
        let begin = slice as i64 * self.slice_length();
        let end = begin + self.slice_length();
        let bursts = burst.into_iter().chain(self.bursts.iter().copied());
        (events, bursts.filter_map(move |burst| burst.within(begin, end)))
    }

    /// Events of an hour besides bursts, and the burst that nobody asked for.
    fn hour(&self, contract: u64, hour: u64) -> (u64, Option<Burst>) {
        let mut random = self.stem.random(contract, hour);
        // From three to five quarters of the mean, in thousandths of an event; what is left of them is rounded up as
        // often as it is large, so that quiet hours have their share too.
        let mean = self.events_per_day * 7 * weight(hour) * 1000 / WEEK;
        let events = (mean * random.between(750, 1250) / 1000 + random.below(1000)) / 1000;
        let burst = (self.burst_every > 0 && random.one_in(self.burst_every)).then(|| {
            self.in_one_slice(Burst {
                begin: hour as i64 * HOUR + random.below(HOUR as u64) as i64,
                length: BURST_LENGTH,
                events: BURST_EVENTS,
            })
        });
        (events, burst)
    }

    /// Moves a burst to where it does not reach from one slice into the next.
    fn in_one_slice(&self, burst: Burst) -> Burst {
        let slice = self.slice_length();
        let end = (burst.begin.div_euclid(slice) + 1) * slice;
        Burst { begin: burst.begin.min(end - burst.length), ..burst }
    }
}

/// More events than this do not happen in one hour besides bursts: an hour may have a quarter more than its share.
fn busiest_hour(events_per_day: u64) -> u64 {
    events_per_day * 7 * PEAK * 5 / 4 / WEEK
}

/// How busy an hour is.
fn weight(hour: u64) -> u64 {
    // Day 0 was a Thursday; Monday is 0.
    let weekday = (hour / 24 + 3) % 7;
    let day = if weekday < 5 { &WEEKDAY } else { &WEEKEND };
    day[(hour % 24) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hour that begins at 2026-11-20T00:00:00Z, a Friday.
    const FRIDAY: u64 = 1_795_132_800 / 3600;

    const CONTRACT: u64 = 12_345_678;

    impl Rhythm {
        fn events_of_hour(&self, contract: u64, hour: u64) -> u64 {
            self.events_before(contract, hour, self.slices)
        }
    }

    #[test]
    fn the_tables_add_up() {
        let sum = |table: [u64; 24]| table.iter().sum::<u64>();
        assert_eq!(5 * sum(WEEKDAY) + 2 * sum(WEEKEND), WEEK);
        assert_eq!(WEEKDAY.iter().chain(&WEEKEND).max(), Some(&PEAK));
        assert!(SLICES.iter().all(|slices| (HOUR as u64).is_multiple_of(*slices)));
    }

    #[test]
    fn an_average_day_has_the_events_that_were_asked_for() {
        for per_day in [1, 320, 100_000, 10_000_000] {
            let rhythm = Rhythm::new(1, per_day, 0);
            let weeks = 40;
            let events: u64 = (FRIDAY..FRIDAY + weeks * 168).map(|hour| rhythm.events_of_hour(CONTRACT, hour)).sum();
            let expected = weeks * 7 * per_day;
            assert!(events.abs_diff(expected) <= 30 + expected / 50, "{per_day}: {events}");
        }
    }

    #[test]
    fn nights_and_weekends_are_quieter() {
        let rhythm = Rhythm::new(1, 320, 0);
        let events = |hours: std::ops::Range<u64>| -> u64 {
            (0..20)
                .flat_map(|week| hours.clone().map(move |hour| FRIDAY + week * 168 + hour))
                .map(|hour| rhythm.events_of_hour(CONTRACT, hour))
                .sum()
        };
        assert!(events(24..48) < events(0..24) / 2);
        assert!(events(0..4) < events(8..12) / 4);
    }

    #[test]
    fn the_slices_of_an_hour_share_its_events_and_are_small() {
        for per_day in [320, 14_500, 1_000_000, 50_000_000] {
            let mut rhythm = Rhythm::new(1, per_day, 10);
            rhythm.add(Burst { begin: FRIDAY as i64 * HOUR + 7_199_999, length: 3, events: 4000 });
            for hour in FRIDAY..FRIDAY + 48 {
                let slices = hour * rhythm.slices..(hour + 1) * rhythm.slices;
                let mut events = 0;
                for slice in slices {
                    let (own, bursts) = rhythm.slice(CONTRACT, slice);
                    assert!(own <= rhythm.most_events_of_a_slice());
                    events += own;
                    let (begin, length) = (slice as i64 * rhythm.slice_length(), rhythm.slice_length());
                    for burst in bursts {
                        assert!(burst.begin >= begin && burst.begin + burst.length <= begin + length);
                        events += burst.events;
                    }
                }
                assert_eq!(events, rhythm.events_of_hour(CONTRACT, hour), "{per_day} {hour}");
            }
        }
    }

    #[test]
    fn a_burst_is_spread_evenly_over_its_length_however_fine_the_slices_are() {
        for per_day in [320, 14_500, 1_000_000] {
            let mut rhythm = Rhythm::new(1, per_day, 0);
            let burst = Burst { begin: FRIDAY as i64 * HOUR + 900_000, length: 2 * HOUR, events: 1000 };
            rhythm.add(burst);
            let first = FRIDAY * rhythm.slices;
            let parts: Vec<Burst> = (first..first + 4 * rhythm.slices)
                .flat_map(|slice| rhythm.slice(CONTRACT, slice).1.collect::<Vec<_>>())
                .collect();
            assert_eq!(parts.iter().map(|part| part.events).sum::<u64>(), 1000);
            assert_eq!(parts[0].begin, burst.begin, "{per_day}");
            assert_eq!(parts[parts.len() - 1].end(), burst.end(), "{per_day}");
            for part in parts {
                let even = 1000 * part.length as u64 / burst.length as u64;
                assert!(part.events.abs_diff(even) <= 1, "{per_day}: {part:?}");
            }
        }
    }

    #[test]
    fn bursts_that_meet_are_cut_to_what_a_slice_may_have() {
        let begin = FRIDAY as i64 * HOUR;
        for per_day in [320, 1_000_000] {
            let mut rhythm = Rhythm::new(1, per_day, 0);
            for at in 0..5 {
                rhythm.add(Burst { begin: begin + at, length: 2 * HOUR, events: 50_000 });
                rhythm.add(Burst { begin: begin + at, length: 3, events: 50_000 });
            }
            let slice = FRIDAY * rhythm.slices;
            let bursts = rhythm.slice(CONTRACT, slice).1;
            let events: u64 = bursts.map(|burst| burst.events).sum();
            let few = MAX_BURSTS_OF_A_SLICE - 20..=MAX_BURSTS_OF_A_SLICE + 20;
            assert!(few.contains(&events), "{per_day}: {events}");
        }
    }

    #[test]
    fn one_hour_in_so_many_has_a_burst() {
        let bursts = |every| {
            let rhythm = Rhythm::new(1, 0, every);
            (FRIDAY..FRIDAY + 7200)
                .map(|hour| rhythm.events_of_hour(CONTRACT, hour))
                .filter(|events| *events == BURST_EVENTS)
                .count()
        };
        assert_eq!(bursts(0), 0);
        assert!((60..140).contains(&bursts(72)), "{}", bursts(72));
        assert_eq!(bursts(1), 7200);
    }
}
