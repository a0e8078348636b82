//! Services whose `dateEnd` is inclusive: they send an event at the boundary of two ranges for both ranges. A stream
//! must return this event once.

use super::*;

fn inclusive(behavior: Behavior) -> SimulatorBuilder {
    Simulator::builder().behavior(Behavior { date_end: DateEnd::Inclusive, ..behavior })
}

#[tokio::test]
async fn events_at_the_end_of_the_range_belong_to_the_next_range() {
    let behavior = || Behavior { fraction_digits: FractionDigits::None, ..Behavior::default() };
    let simulator = simulated(inclusive(behavior()));
    let times: Vec<DateTime<Utc>> =
        truth(&simulator, day()).into_iter().filter_map(|record| Event::from_json(record).unwrap().time()).collect();
    let middle = times[times.len() / 2];
    let first = DateRange::new(day().start(), middle).unwrap();
    let second = DateRange::new(middle, day().end()).unwrap();
    let mut yielded = 0;
    for range in [first, second] {
        yielded += read_and_compare(&simulator, range, "one half").await.yielded;
    }
    assert_eq!(yielded, times.len() as u64);
    // A range whose only event is at its end is empty.
    let before = DateRange::new(times[0] - TimeDelta::seconds(1), times[0]).unwrap();
    assert_eq!(read_and_compare(&simulator, before, "before the first").await.cross_check, CrossCheck::Agrees);
}

#[tokio::test]
async fn events_at_the_boundaries_of_windows_are_returned_once() {
    for (order, total, deep_offset, digits) in [
        (Order::NewestFirst, TotalShape::Number, DeepOffset::Refuse, FractionDigits::None),
        (Order::UnstableTies, TotalShape::Number, DeepOffset::Empty, FractionDigits::None),
        (Order::OldestFirst, TotalShape::Absent, DeepOffset::Refuse, FractionDigits::None),
        (Order::NewestFirst, TotalShape::Object, DeepOffset::Refuse, FractionDigits::Three),
    ] {
        let behavior =
            Behavior { order, total, deep_offset, fraction_digits: digits, window_cap: 2_000, ..Behavior::default() };
        let simulator = simulated(inclusive(behavior).events_per_day(30_000));
        let summary = read_and_compare(&simulator, day(), &format!("{order} {total} {deep_offset}")).await;
        assert!(summary.windows > 10, "{summary:?}");
    }
}

#[tokio::test]
async fn events_at_the_boundaries_of_parts_of_a_second_are_returned_once() {
    let begin = parse_time("2026-11-19T09:12:33.000Z");
    for fractions in [QueryFractions::Count, QueryFractions::Refuse, QueryFractions::CutOff] {
        let behavior = Behavior { query_fractions: fractions, order: Order::UnstableTies, ..Behavior::default() };
        let builder = inclusive(behavior).burst(begin, TimeDelta::milliseconds(1_001), 4_000);
        let _ = read_and_compare(&simulated(builder), day(), &fractions.to_string()).await;
    }
}

/// The service includes an event in each range that ends at the time of the event, but in no range that begins at this
/// time.
#[tokio::test]
async fn an_event_that_was_sent_only_for_the_earlier_window_is_returned_and_the_later_window_is_a_gap() {
    // In the first case, there is an event in each second, so every boundary of two windows has an event. The second
    // case is a single window.
    for (events, step, is_boundary) in [(20_000, 1, true), (1_440, 60, false)] {
        let service = HostileService::new(log(events, TimeDelta::seconds(step)), |count, _| count.to_string());
        let service = Arc::new(HostileService { has_end: true, lacks_start: true, ..service });
        let start = day().start() - TimeDelta::seconds(1);
        let (read, summary) = windows(&service, DateRange::new(start, day().end()).unwrap()).await;
        let returned: Vec<&str> = read.iter().flat_map(|window| &window.events).map(Event::raw).collect();
        assert_eq!(returned.len() as u64, events, "{summary:?}");
        assert_eq!(returned.iter().collect::<BTreeSet<_>>().len() as u64, events);
        assert_eq!(summary.is_complete(), !is_boundary, "{summary:?}");
    }
}

/// One event is missing from every page, but the total counts this event.
#[tokio::test]
async fn an_event_at_the_end_never_explains_a_missing_event() {
    let start = day().start();
    for (end, hidden) in [(60, 30), (60, 0), (60, 60), (1_440, 700)] {
        let events = 1_500;
        // The service hides the event of one minute. The total of a range is one more than the number of the other
        // events.
        let hides: fn(u64, DateTime<Utc>) -> bool = match hidden {
            30 => |_, time| time == parse_time("2026-11-19T00:30:00Z"),
            0 => |_, time| time == parse_time("2026-11-19T00:00:00Z"),
            60 => |_, time| time == parse_time("2026-11-19T01:00:00Z"),
            _ => |_, time| time == parse_time("2026-11-19T11:40:00Z"),
        };
        let service = HostileService::new(log(events, TimeDelta::minutes(1)), |count, _| (count + 1).to_string());
        let service = Arc::new(HostileService { has_end: true, hides: Some(hides), ..service });
        let range = DateRange::new(start, start + TimeDelta::minutes(end)).unwrap();
        let (_, summary) = windows(&service, range).await;
        assert!(!summary.is_complete(), "{end} minutes, event of minute {hidden} hidden: {summary:?}");
    }
}

#[tokio::test]
async fn a_filter_that_excludes_the_event_at_the_start_of_a_window_costs_no_further_requests() {
    let service = HostileService::new(log(28_800, TimeDelta::seconds(3)), |count, _| count.to_string());
    let service = Arc::new(HostileService { has_end: true, ..service });
    let client = hostile_client(&service);
    let filter = |text: &str| text.parse::<Filter>().unwrap();
    let mut requests = Vec::new();
    for filter in [None, Some(filter("action=none"))] {
        let before = service.requests.load(Ordering::Relaxed);
        let events = client.events("31720001".parse().unwrap(), day());
        let events = match filter {
            Some(filter) => events.filter(filter),
            None => events,
        };
        let (_, summary, error) = read(events).await;
        assert!(summary.is_complete() && error.is_none(), "{summary:?} {error:?}");
        requests.push(service.requests.load(Ordering::Relaxed) - before);
    }
    assert!(requests[1] <= requests[0], "requests without and with the filter: {requests:?}");
}

/// A service that excludes the start of a range returns an event at this time only for a range that begins earlier.
#[tokio::test]
async fn an_event_at_the_start_of_a_range_that_excludes_it_is_returned() {
    for (end, minutes) in [(DateEnd::Exclusive, 60), (DateEnd::Inclusive, 60), (DateEnd::Exclusive, 1)] {
        let behavior = Behavior {
            date_start: DateStart::Exclusive,
            date_end: end,
            fraction_digits: FractionDigits::None,
            ..Behavior::default()
        };
        let start = parse_time("2026-11-19T00:00:00Z");
        let builder = Simulator::builder().behavior(behavior).burst(start, TimeDelta::milliseconds(1), 5);
        let range = DateRange::new(start, start + TimeDelta::minutes(minutes)).unwrap();
        let summary = read_and_compare(&simulated(builder), range, &format!("{end} {minutes}")).await;
        // One request reads the two seconds around the start, one reads the second after the start, and up to six count
        // the events of parts. The other requests belong to two identical scans.
        assert!(summary.requests <= 13, "{summary:?}");
    }
}

/// Only the first page lacks the event at the start of the range, so the service does not exclude the start.
#[tokio::test]
async fn an_answer_that_lacks_the_event_at_the_start_of_a_range_is_not_believed() {
    let hides: fn(u64, DateTime<Utc>) -> bool = |request, time| request == 1 && time == day().start();
    let service = HostileService::new(log(1_440, TimeDelta::minutes(1)), |count, _| count.to_string());
    let service = Arc::new(HostileService { hides: Some(hides), ..service });
    let (read, summary) = windows(&service, day()).await;
    assert_eq!(read.iter().map(|window| window.events.len()).sum::<usize>(), 1_440, "{summary:?}");
    assert!(summary.is_complete(), "{summary:?}");
}
