//! Bursts of events.

use chrono::TimeDelta;

use super::{at, read, records, usual};
use crate::Simulator;

#[test]
fn a_configured_burst_adds_its_events_between_its_begin_and_its_end() {
    let begin = at("2026-11-20T09:12:33.394Z");
    let simulator = usual().burst(begin, TimeDelta::milliseconds(3), 4000).build();
    let burst = read(&simulator, begin, begin + TimeDelta::milliseconds(3));
    assert!((4000..4010).contains(&burst.len()), "{}", burst.len());
    let whole = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let without = records(whole.0, whole.1).len();
    assert_eq!(read(&simulator, at(whole.0), at(whole.1)).len(), without + 4000);
}

#[test]
fn random_bursts_can_be_turned_off() {
    let bursts = |simulator: Simulator| {
        let start = at("2026-01-01T00:00:00Z");
        let counts = (0..24 * 60).map(|hour| {
            let start = start + TimeDelta::hours(hour);
            simulator.count(simulator.contracts()[0], start, start + TimeDelta::hours(1))
        });
        counts.filter(|count| *count >= 900).count()
    };
    let often = bursts(usual().burst_interval(100).build());
    assert!((5..30).contains(&often), "{often}");
    assert_eq!(bursts(usual().burst_interval(0).build()), 0);
}

#[test]
fn a_long_burst_is_spread_over_its_length_at_any_number_of_events_per_day() {
    let begin = at("2026-11-20T09:15:00Z");
    let quarter = TimeDelta::minutes(15);
    for events_per_day in [320, 14_500, 1_000_000] {
        let usual = || usual().events_per_day(events_per_day).burst_interval(0);
        let plain = usual().build();
        let burst = usual().burst(begin, TimeDelta::hours(2), 1000).build();
        let more = |start, end| {
            let count = |simulator: &Simulator| simulator.count(simulator.contracts()[0], start, end);
            count(&burst) - count(&plain)
        };
        assert_eq!(more(begin, begin + TimeDelta::hours(2)), 1000);
        assert_eq!(more(begin - TimeDelta::days(1), begin + TimeDelta::days(1)), 1000);
        for number in 0..8 {
            let start = begin + quarter * number;
            let events = more(start, start + quarter);
            assert!((75..185).contains(&events), "{events_per_day} events per day: {events} in 15 minutes");
        }
    }
}
