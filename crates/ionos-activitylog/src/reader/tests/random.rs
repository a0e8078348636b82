//! Reads from two thousand simulated services with random behaviour. No event may be missing outside of the gaps.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use fastrand::Rng;
use ionos_activitylog_sim::{
    Behavior, DeepOffset, Dialect, FractionDigits, Order, OverLimit, QueryFractions, Share, Simulator, TotalShape,
    TotalValue, UtcMark,
};

use super::{at, events, ordered, range, read, simulated, truth};
use crate::{DateRange, ErrorKind, Event};

const SERVICES: u64 = 2_000;

fn one<T: Copy>(random: &mut Rng, of: &[T]) -> T {
    of[random.usize(..of.len())]
}

fn behavior(random: &mut Rng) -> Behavior {
    Behavior {
        max_limit: one(random, &[1000, 200, 50, 20]),
        over_limit: one(random, OverLimit::ALL),
        deep_offset: one(random, DeepOffset::ALL),
        window_cap: one(random, &[10_000, 2_000, 1_000]),
        order: one(random, Order::ALL),
        // Never `Absent`: without a total, an empty answer proves nothing and is an error.
        total: one(random, &[TotalShape::Number, TotalShape::Text, TotalShape::Object]),
        total_value: one(random, TotalValue::ALL),
        dialect: one(random, Dialect::ALL),
        uuid: Share::new(one(random, &[1.0, 0.9, 0.0])).unwrap(),
        unknown_members: Share::new(one(random, &[0.0, 0.1])).unwrap(),
        unknown_types: Share::new(one(random, &[0.0, 0.1])).unwrap(),
        fraction_digits: one(random, FractionDigits::ALL),
        utc_mark: one(random, UtcMark::ALL),
        late_events: one(random, &["none", "10%:3h"]).parse().unwrap(),
        query_fractions: one(random, QueryFractions::ALL),
        ..Behavior::default()
    }
}

/// Reads a range and fails if an event is missing outside of the gaps. Returns whether there is a gap.
async fn nothing_is_lost_in_silence(simulator: &Simulator, range: DateRange, what: &str) -> bool {
    let (records, summary, error) = read(events(simulator, range)).await;
    let truth = ordered(truth(simulator, range));
    if summary.is_complete() {
        assert!(error.is_none(), "{what}: {error:?}");
        assert!(records == truth, "{what}: {} of {}", records.len(), truth.len());
        return false;
    }
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete, "{what}");
    let found: BTreeSet<&String> = records.iter().collect();
    assert_eq!(found.len(), records.len(), "{what}");
    for record in truth.iter().filter(|record| !found.contains(record)) {
        let time = Event::from_json(record.clone()).unwrap().time().unwrap();
        let named = summary.gaps.iter().any(|gap| gap.range.contains(time));
        assert!(named, "{what}: {record} is in no gap of {:?}", summary.gaps);
    }
    true
}

#[tokio::test]
async fn no_behaviour_of_a_service_makes_the_reader_lose_events() {
    let mut gaps = 0;
    for seed in 0..SERVICES {
        let mut random = Rng::with_seed(seed);
        let behavior = behavior(&mut random);
        let hour = random.u32(0..20);
        let start = at(&format!("2026-11-19T{hour:02}:00:00Z")) + TimeDelta::milliseconds(random.i64(0..2_000));
        let end = start + TimeDelta::minutes(random.i64(5..200));
        let burst = start + TimeDelta::seconds(random.i64(0..200));
        let what = format!("service {seed}: {behavior:?}");
        let simulator = simulated(
            Simulator::builder()
                .seed(seed)
                .events_per_day(random.u64(100..1_500))
                .burst(burst, TimeDelta::milliseconds(3), random.u64(0..120))
                .behavior(behavior.clone()),
        );
        let range = range(&start.to_rfc3339(), &end.to_rfc3339());
        // Gaps are allowed for these services: a varying total looks like a lost event if hits change places, and so do
        // equal events without a UUID on several pages.
        let hopeless = behavior.total_value == TotalValue::Drifting || behavior.uuid != Share::ALL;
        let gap = nothing_is_lost_in_silence(&simulator, range, &what).await;
        assert!(!gap || hopeless, "{what}");
        gaps += u64::from(gap);
    }
    assert!(gaps < SERVICES / 10, "{gaps}");
}
