//! Compares the events that the reader returns with those that the simulator holds.

mod contracts;
mod cross_check;
mod faults;
mod hostile;
mod limits;
mod probe;
mod random;
mod resume;
mod threads;
mod unpolled;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use ionos_activitylog_sim::fault::{Answer, Body, Fault, Faults, Trigger};
use ionos_activitylog_sim::{
    Behavior, DateEnd, DateStart, DeepOffset, Dialect, FractionDigits, Order, OverLimit, QueryFractions, Share,
    Simulator, SimulatorBuilder, TotalShape, TotalValue,
};

use crate::runtime::clock::{Clock, VirtualClock};
use crate::{Client, DateRange, Error, ErrorKind, Event, Events, Filter, Gap, GapReason, PageSize, Summary};

fn parse_time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn range(start: &str, end: &str) -> DateRange {
    DateRange::new(parse_time(start), parse_time(end)).unwrap()
}

fn day() -> DateRange {
    range("2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z")
}

/// The range, offset and limit of a request for a page.
#[derive(Clone, Copy, Debug)]
struct PageQuery {
    range: DateRange,
    offset: u64,
    limit: u64,
}

impl PageQuery {
    fn of(request: &reqwest::Request) -> Self {
        let value = |key: &str| {
            let mut pairs = request.url().query_pairs();
            pairs.find(|(name, _)| name == key).map(|(_, value)| value.into_owned()).unwrap()
        };
        let number = |key: &str| value(key).parse().unwrap();
        let range = range(&value("dateStart"), &value("dateEnd"));
        Self { range, offset: number("offset"), limit: number("limit") }
    }
}

/// A simulator whose clock shows 2026-12-01, which is after the end of every range of these tests.
fn simulated(builder: SimulatorBuilder) -> Simulator {
    builder.clock(|| parse_time("2026-12-01T00:00:00Z")).build()
}

fn client(simulator: &Simulator) -> Client {
    Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z"))))
        .build()
        .unwrap()
}

fn events(simulator: &Simulator, range: DateRange) -> Events {
    client(simulator).events(simulator.contracts()[0].into(), range)
}

/// Reads all events. Returns the records, the summary, and the error that ended the stream, if any.
async fn read(events: Events) -> (Vec<String>, Summary, Option<Error>) {
    let mut stream = events.stream();
    let mut records = Vec::new();
    let error = loop {
        match stream.try_next().await {
            Ok(Some(event)) => records.push(event.raw().to_owned()),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    (records, stream.summary().clone(), error)
}

fn truth(simulator: &Simulator, range: DateRange) -> Vec<String> {
    let contract = simulator.contracts()[0];
    simulator.records(contract, range.start(), range.end()).collect()
}

/// The records in the order in which the reader returns them: by time, then by id.
fn ordered(records: Vec<String>) -> Vec<String> {
    let mut keyed: Vec<_> = records
        .into_iter()
        .map(|record| {
            let event = Event::from_json(record.clone()).unwrap();
            let (time, id) = (event.time(), event.id());
            (time, id, record)
        })
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, _, record)| record).collect()
}

async fn read_and_compare(simulator: &Simulator, range: DateRange, what: &str) -> Summary {
    let (records, summary, error) = read(events(simulator, range)).await;
    assert!(error.is_none(), "{what}: {error:?}");
    assert!(summary.is_complete(), "{what}: {summary:?}");
    let truth = ordered(truth(simulator, range));
    assert_eq!(records.len(), truth.len(), "{what}: {summary:?}");
    assert!(records == truth, "{what}");
    assert_eq!(summary.yielded, truth.len() as u64);
    summary
}

#[tokio::test]
async fn a_quiet_range_takes_13_requests_and_returns_each_event_once_in_order() {
    let simulator = simulated(Simulator::builder());
    let summary = read_and_compare(&simulator, day(), "a day").await;
    // The second request shows that no page follows. The third request covers the two seconds around the start of the
    // day. The last ten requests count the events in parts of the day.
    assert_eq!((summary.windows, summary.requests, summary.rescans), (1, 13, 0));
    // Requests contain whole seconds. So if a range has fractions, the reader receives events outside of the range and
    // drops them.
    let within = range("2026-11-19T08:00:00.250Z", "2026-11-19T09:30:00.750Z");
    let _ = read_and_compare(&simulator, within, "within seconds").await;
}

#[tokio::test]
async fn the_result_does_not_depend_on_page_size_and_page_cap() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    for (over_limit, max_limit, requested) in [
        (OverLimit::Clamp, 1000, 97),
        (OverLimit::Clamp, 1000, 5000),
        (OverLimit::Clamp, 64, 1000),
        (OverLimit::Clamp, 1, 1000),
        (OverLimit::Refuse, 100, 1000),
        (OverLimit::Refuse, 30, 1000),
    ] {
        let behavior = Behavior { over_limit, max_limit, ..Behavior::default() };
        let simulator = simulated(Simulator::builder().behavior(behavior));
        let range = if max_limit == 1 { range("2026-11-19T08:00:00Z", "2026-11-19T12:00:00Z") } else { week };
        let (records, summary, error) =
            read(events(&simulator, range).page_size(PageSize::new(requested).unwrap())).await;
        assert!(error.is_none() && summary.is_complete(), "{error:?} {summary:?}");
        assert!(records == ordered(truth(&simulator, range)), "pages above {max_limit} hits: {over_limit}");
    }
}

#[tokio::test]
async fn a_busy_range_is_split_so_that_no_offset_exceeds_the_cap() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    for (deep_offset, window_cap) in [
        (DeepOffset::Refuse, 10_000),
        (DeepOffset::Refuse, 4_000),
        (DeepOffset::Fail, 10_000),
        (DeepOffset::Fail, 4_000),
        (DeepOffset::Empty, 10_000),
        (DeepOffset::Empty, 4_000),
    ] {
        let behavior = Behavior { deep_offset, window_cap, ..Behavior::default() };
        let simulator = simulated(Simulator::builder().events_per_day(5_000).behavior(behavior));
        let summary = read_and_compare(&simulator, week, &format!("offsets above {window_cap}: {deep_offset}")).await;
        assert!(summary.windows >= 4, "{summary:?}");
    }
}

/// Without a usable total, the reader cannot know that more events follow. It learns that the window is too large only
/// when an offset is refused.
#[tokio::test]
async fn a_range_without_a_usable_total_is_split_if_an_offset_is_refused() {
    for (total, value) in [(TotalShape::Absent, TotalValue::Exact), (TotalShape::Object, TotalValue::Capped)] {
        for deep_offset in [DeepOffset::Refuse, DeepOffset::Fail] {
            let behavior = Behavior {
                total,
                total_value: value,
                deep_offset,
                window_cap: 500,
                max_limit: 100,
                ..Behavior::default()
            };
            let simulator = simulated(Simulator::builder().events_per_day(900).burst_interval(0).behavior(behavior));
            let _ =
                read_and_compare(&simulator, day(), &format!("total: {total}, {value}; offset: {deep_offset}")).await;
        }
    }
}

#[tokio::test]
async fn every_combination_of_order_total_and_dialect_is_read_completely() {
    for order in Order::ALL {
        for total in [TotalShape::Number, TotalShape::Text, TotalShape::Object, TotalShape::Absent] {
            for value in [TotalValue::Exact, TotalValue::Capped] {
                for dialect in [Dialect::Description, Dialect::Mixed] {
                    let behavior = Behavior {
                        order: *order,
                        total,
                        total_value: value,
                        dialect,
                        max_limit: 200,
                        fraction_digits: FractionDigits::Mixed,
                        unknown_members: Share::new(0.05).unwrap(),
                        ..Behavior::default()
                    };
                    let what = format!("order: {order}, total: {total}, {value}, dialect: {dialect}");
                    let simulator = simulated(Simulator::builder().events_per_day(1_000).behavior(behavior));
                    let _ = read_and_compare(&simulator, day(), &what).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_window_with_fewer_events_than_its_highest_total_is_not_verified() {
    let behavior = Behavior { total_value: TotalValue::Drifting, max_limit: 50, ..Behavior::default() };
    let simulator = simulated(Simulator::builder().events_per_day(300).behavior(behavior));
    let (records, summary, error) = read(events(&simulator, day())).await;
    assert!(records == ordered(truth(&simulator, day())));
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete);
    let is_higher = |gap: &Gap| gap.total.is_some_and(|total| total.count > gap.seen);
    assert!(summary.gaps.iter().any(is_higher), "{:?}", summary.gaps);
    // Each hour fits on one page, which is scanned several times.
    let mut gaps = Vec::new();
    for hour in 0..24 {
        let start = day().start() + TimeDelta::hours(hour);
        let hour = DateRange::new(start, start + TimeDelta::hours(1)).unwrap();
        gaps.extend(read(events(&simulator, hour)).await.1.gaps);
    }
    assert!(gaps.iter().any(|gap| gap.reason == GapReason::TotalDecreased), "{gaps:?}");
}

#[tokio::test]
async fn events_that_arrive_during_a_reading_do_not_make_the_reading_incomplete() {
    let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-11-20T00:00:00Z")));
    let now = clock.clone();
    let behavior = Behavior { ingest_delay: "50%<1s,50%<30s".parse().unwrap(), max_limit: 20, ..Behavior::default() };
    // The clock advances only during the wait before a retry, so that events arrive between two pages.
    let simulator = Simulator::builder()
        .events_per_day(3_000)
        .burst(parse_time("2026-11-19T23:59:59.100Z"), TimeDelta::milliseconds(800), 700)
        .behavior(behavior)
        .faults(Faults::new().add_rule(Trigger::any().every(3), Answer::new(503).header("Retry-After", "2")).unwrap())
        .clock(move || now.now())
        .build();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(clock.clone())
        .build()
        .unwrap();
    let range = range("2026-11-19T23:00:00Z", "2026-11-20T00:00:00Z");
    let events = client.events(simulator.contracts()[0].into(), range);
    let before: BTreeSet<String> = truth(&simulator, range).into_iter().collect();
    let (records, summary, error) = read(events).await;
    let after: BTreeSet<String> = truth(&simulator, range).into_iter().collect();
    assert!(error.is_none() && summary.is_complete(), "{error:?} {summary:?}");
    assert!(before.len() < after.len(), "no event arrived during the reading");
    // Every event that was in the log before the reading is returned, and every returned event is in the log.
    let found: BTreeSet<String> = records.into_iter().collect();
    assert_eq!(found.len() as u64, summary.yielded);
    assert!(found.is_superset(&before) && found.is_subset(&after));
}

#[tokio::test]
async fn a_burst_within_milliseconds_is_read_completely_or_reported_as_a_gap() {
    let begin = parse_time("2026-11-19T09:12:33.100Z");
    for (count, fractions, digits) in [
        (900, QueryFractions::Count, FractionDigits::Three),
        (4_000, QueryFractions::Count, FractionDigits::Three),
        (4_000, QueryFractions::Refuse, FractionDigits::Three),
        (4_000, QueryFractions::CutOff, FractionDigits::Three),
        (4_000, QueryFractions::Refuse, FractionDigits::None),
    ] {
        let behavior = Behavior {
            order: Order::UnstableTies,
            query_fractions: fractions,
            fraction_digits: digits,
            ..Behavior::default()
        };
        let simulator =
            simulated(Simulator::builder().burst(begin, TimeDelta::milliseconds(3), count).behavior(behavior));
        let _ = read_and_compare(&simulator, day(), &format!("{count} events, fractions: {fractions}, {digits}")).await;
    }
    // The shortest range that can be requested has more events than the maximum offset. This range is one millisecond
    // long, or one second if the service does not support fractions.
    for (count, fractions) in
        [(4_000, QueryFractions::Count), (1_500, QueryFractions::Refuse), (1_500, QueryFractions::CutOff)]
    {
        let behavior = Behavior {
            window_cap: 1_000,
            deep_offset: DeepOffset::Refuse,
            max_limit: 200,
            order: Order::UnstableTies,
            query_fractions: fractions,
            ..Behavior::default()
        };
        let simulator =
            simulated(Simulator::builder().burst(begin, TimeDelta::milliseconds(3), count).behavior(behavior));
        let (records, summary, error) = read(events(&simulator, day())).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Incomplete);
        assert!(error.to_string().contains("2026-11-19T09:12:33"), "{error}");
        assert!(!summary.gaps.is_empty());
        let inside = |gap: &Gap| gap.range.start() <= begin + TimeDelta::milliseconds(3) && begin <= gap.range.end();
        assert!(summary.gaps.iter().all(inside), "{:?}", summary.gaps);
        // Outside of the gaps, no event is missing.
        let found: BTreeSet<String> = records.into_iter().collect();
        let in_gap = |record: &String| {
            let time = Event::from_json(record.clone()).unwrap().time().unwrap();
            summary.gaps.iter().any(|gap| gap.range.contains(time))
        };
        let missing = truth(&simulator, day()).into_iter().filter(|record| !found.contains(record));
        assert!(missing.into_iter().all(|record| in_gap(&record)));
    }
}

#[tokio::test]
async fn a_filter_drops_and_counts_events() {
    let simulator = simulated(Simulator::builder());
    let filter = Filter::parse(["type=Error"]).unwrap();
    let (records, summary, error) = read(events(&simulator, day()).filter(filter.clone())).await;
    assert!(error.is_none());
    let all = ordered(truth(&simulator, day()));
    let matches = |record: &&String| filter.matches(&Event::from_json(String::clone(record)).unwrap());
    assert!(records.iter().eq(all.iter().filter(matches)));
    assert_eq!(summary.filtered, (all.len() - records.len()) as u64);
    assert!(!records.is_empty() && summary.filtered > 0);
}
