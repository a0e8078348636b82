//! Reads from two thousand simulated services with random behaviour. No event may be missing outside of the gaps.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use fastrand::Rng;
use ionos_activitylog_sim::{
    Behavior, DateEnd, DeepOffset, Dialect, FractionDigits, Order, OverLimit, QueryFractions, Share, Simulator,
    TotalShape, TotalValue, UtcMark,
};

use super::{events, ordered, parse_time, range, read, simulated, truth};
use crate::{DateRange, ErrorKind, Event};

const SERVICES: u64 = 2_000;

fn choose<T: Copy>(random: &mut Rng, values: &[T]) -> T {
    values[random.usize(..values.len())]
}

fn random_behavior(random: &mut Rng) -> Behavior {
    Behavior {
        max_limit: choose(random, &[1000, 200, 50, 20]),
        over_limit: choose(random, OverLimit::ALL),
        deep_offset: choose(random, DeepOffset::ALL),
        window_cap: choose(random, &[10_000, 2_000, 1_000]),
        order: choose(random, Order::ALL),
        total: choose(random, TotalShape::ALL),
        total_value: choose(random, TotalValue::ALL),
        dialect: choose(random, Dialect::ALL),
        uuid: Share::new(choose(random, &[1.0, 0.9, 0.0])).unwrap(),
        unknown_members: Share::new(choose(random, &[0.0, 0.1])).unwrap(),
        unknown_types: Share::new(choose(random, &[0.0, 0.1])).unwrap(),
        fraction_digits: choose(random, FractionDigits::ALL),
        utc_mark: choose(random, UtcMark::ALL),
        late_events: choose(random, &["none", "10%:3h"]).parse().unwrap(),
        query_fractions: choose(random, QueryFractions::ALL),
        date_end: choose(random, DateEnd::ALL),
        ..Behavior::default()
    }
}

/// Reads a range and fails if an event is missing outside of the gaps. Returns whether there is a gap.
async fn no_event_is_missing_outside_of_gaps(simulator: &Simulator, range: DateRange, what: &str) -> bool {
    let (records, summary, error) = read(events(simulator, range)).await;
    let truth = ordered(truth(simulator, range));
    if summary.is_complete() {
        assert!(error.is_none(), "{what}: {error:?}");
        assert!(records == truth, "{what}: {} of {} events", records.len(), truth.len());
        return false;
    }
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete, "{what}");
    let found: BTreeSet<&String> = records.iter().collect();
    assert_eq!(found.len(), records.len(), "{what}");
    for record in truth.iter().filter(|record| !found.contains(record)) {
        let time = Event::from_json(record.clone()).unwrap().time().unwrap();
        let is_in_gap = summary.gaps.iter().any(|gap| gap.range.contains(time));
        assert!(is_in_gap, "{what}: {record} is in no gap of {:?}", summary.gaps);
    }
    true
}

#[tokio::test]
async fn no_behaviour_of_a_service_makes_the_reader_lose_events() {
    let mut gaps = 0;
    for seed in 0..SERVICES {
        let mut random = Rng::with_seed(seed);
        let behavior = random_behavior(&mut random);
        let hour = random.u32(0..20);
        let start = parse_time(&format!("2026-11-19T{hour:02}:00:00Z")) + TimeDelta::milliseconds(random.i64(0..2_000));
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
        // Gaps are allowed in three cases. First, a varying total looks like a lost event. Second, equal events without
        // a UUID on several pages look like lost events. Third, if events change places between pages, only several
        // scans together return all events. Only a total that counts no event at exactly the end of the range can prove
        // that these scans are complete. If the service reports no such total, a gap is allowed.
        let is_drifting = behavior.total_value == TotalValue::Drifting;
        let changes_places = matches!(behavior.order, Order::UnstableTies | Order::Shuffled);
        let is_weak = behavior.total == TotalShape::Absent || behavior.date_end == DateEnd::Inclusive;
        let is_unknown = is_weak && changes_places;
        let may_have_gap = is_drifting || is_unknown || behavior.uuid != Share::ALL;
        let has_gap = no_event_is_missing_outside_of_gaps(&simulator, range, &what).await;
        assert!(!has_gap || may_have_gap, "{what}");
        gaps += u64::from(has_gap && !is_drifting && !is_unknown);
    }
    assert!(gaps < SERVICES / 10, "{gaps} gaps");
}
