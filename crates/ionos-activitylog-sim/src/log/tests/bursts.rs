//! Many events at once.

use chrono::TimeDelta;

use super::{at, read, records, usual};
use crate::Simulator;

#[test]
fn a_burst_is_where_it_was_asked_for() {
    let begin = at("2026-11-20T09:12:33.394Z");
    let simulator = usual()
        .burst(begin, TimeDelta::milliseconds(3), 4000)
        .build();
    let burst = read(&simulator, begin, begin + TimeDelta::milliseconds(3));
    assert!((4000..4010).contains(&burst.len()), "{}", burst.len());
    let whole = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let without = records(whole.0, whole.1).len();
    assert_eq!(
        read(&simulator, at(whole.0), at(whole.1)).len(),
        without + 4000
    );
}

#[test]
fn bursts_happen_unless_they_are_not_wanted() {
    let bursts = |simulator: Simulator| {
        let start = at("2026-01-01T00:00:00Z");
        let counts = (0..24 * 60).map(|hour| {
            let start = start + TimeDelta::hours(hour);
            simulator.count(simulator.contracts()[0], start, start + TimeDelta::hours(1))
        });
        counts.filter(|count| *count >= 900).count()
    };
    let often = bursts(usual().burst_every(100).build());
    assert!((5..30).contains(&often), "{often}");
    assert_eq!(bursts(usual().burst_every(0).build()), 0);
}
