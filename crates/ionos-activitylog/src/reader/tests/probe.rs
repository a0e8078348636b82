//! A probe detects the behaviour of a simulated service, and a wrong profile does not make the reader lose events.

use super::*;
use crate::{DateFractions, HitOrder, Probe, ServiceProfile, TotalShape as Shape};

async fn run_probe(builder: SimulatorBuilder) -> Probe {
    let simulator = simulated(builder);
    let probe = client(&simulator).probe(&simulator.contracts()[0].into()).await.unwrap();
    assert_eq!(probe.requests, simulator.request_log().len() as u64);
    assert!(probe.requests <= 30, "{} requests", probe.requests);
    probe
}

fn builder_with(behavior: Behavior) -> SimulatorBuilder {
    Simulator::builder().behavior(behavior)
}

#[tokio::test]
async fn a_probe_detects_each_behaviour() {
    let usual = ServiceProfile {
        page_cap: Some(1000),
        order: Some(HitOrder::NewestFirst),
        stable: Some(true),
        total: Some(Shape::Number),
        total_capped: Some(false),
        fractions: Some(DateFractions::Taken),
        lag_seconds: Some(1025),
        ..ServiceProfile::default()
    };
    let behavior = Behavior::default;
    let rows: Vec<(&str, Behavior, ServiceProfile)> = vec![
        ("defaults", behavior(), usual.clone()),
        (
            "small pages",
            Behavior { max_limit: 100, ..behavior() },
            ServiceProfile { page_cap: Some(100), ..usual.clone() },
        ),
        (
            "small pages, larger ones refused",
            Behavior { max_limit: 300, over_limit: OverLimit::Refuse, ..behavior() },
            ServiceProfile { page_cap: Some(250), ..usual.clone() },
        ),
        ("large pages", Behavior { max_limit: 5000, ..behavior() }, ServiceProfile { page_cap: None, ..usual.clone() }),
        (
            "offsets above 10 000 refused",
            Behavior { deep_offset: DeepOffset::Refuse, ..behavior() },
            ServiceProfile { offset_cap: Some(10_000), ..usual.clone() },
        ),
        (
            "offsets above 3 000 fail",
            Behavior { deep_offset: DeepOffset::Fail, window_cap: 3_000, ..behavior() },
            ServiceProfile { offset_cap: Some(2_000), ..usual.clone() },
        ),
        (
            "empty pages above 5 000",
            Behavior { deep_offset: DeepOffset::Empty, window_cap: 5_000, ..behavior() },
            ServiceProfile { offset_cap: Some(5_000), ..usual.clone() },
        ),
        (
            "oldest first",
            Behavior { order: Order::OldestFirst, ..behavior() },
            ServiceProfile { order: Some(HitOrder::OldestFirst), ..usual.clone() },
        ),
        (
            "unstable ties",
            Behavior { order: Order::UnstableTies, ..behavior() },
            ServiceProfile { stable: Some(false), ..usual.clone() },
        ),
        (
            "total as text",
            Behavior { total: TotalShape::Text, ..behavior() },
            ServiceProfile { total: Some(Shape::Text), ..usual.clone() },
        ),
        (
            "total as object",
            Behavior { total: TotalShape::Object, ..behavior() },
            ServiceProfile { total: Some(Shape::Object), ..usual.clone() },
        ),
        (
            "capped total as object",
            Behavior { total: TotalShape::Object, total_value: TotalValue::Capped, ..behavior() },
            ServiceProfile { total: Some(Shape::Object), total_capped: Some(true), ..usual.clone() },
        ),
        (
            "capped total as number",
            Behavior { total_value: TotalValue::Capped, ..behavior() },
            ServiceProfile { total_capped: Some(true), ..usual.clone() },
        ),
        (
            "no total",
            Behavior { total: TotalShape::Absent, ..behavior() },
            ServiceProfile { total: Some(Shape::Absent), total_capped: None, ..usual.clone() },
        ),
        (
            "fractions cut off",
            Behavior { query_fractions: QueryFractions::CutOff, ..behavior() },
            ServiceProfile { fractions: Some(DateFractions::CutOff), ..usual.clone() },
        ),
        (
            "fractions refused",
            Behavior { query_fractions: QueryFractions::Refuse, ..behavior() },
            ServiceProfile { fractions: Some(DateFractions::Refused), ..usual.clone() },
        ),
        (
            "fractions and other dates fail",
            Behavior {
                query_fractions: QueryFractions::Refuse,
                bad_date: ionos_activitylog_sim::BadDate::Fail,
                ..behavior()
            },
            ServiceProfile { fractions: Some(DateFractions::Refused), ..usual.clone() },
        ),
    ];
    for (what, behavior, expected) in rows {
        let probe = run_probe(builder_with(behavior)).await;
        assert_eq!(probe.profile, expected, "{what}: {:#?}", probe.findings);
        assert_eq!(probe.findings.len(), 9);
    }
}

#[tokio::test]
async fn a_probe_tells_whether_the_end_of_a_range_is_inclusive() {
    let behavior = |date_end, query_fractions, fraction_digits| Behavior {
        date_end,
        query_fractions,
        fraction_digits,
        ..Behavior::default()
    };
    let (count, cut_off) = (QueryFractions::Count, QueryFractions::CutOff);
    for (date_end, fractions, digits, answer) in [
        (DateEnd::Exclusive, count, FractionDigits::Three, "exclusive"),
        (DateEnd::Inclusive, count, FractionDigits::Three, "inclusive"),
        (DateEnd::Exclusive, cut_off, FractionDigits::None, "exclusive"),
        (DateEnd::Inclusive, cut_off, FractionDigits::None, "inclusive"),
        (DateEnd::Inclusive, QueryFractions::Refuse, FractionDigits::None, "inclusive"),
        (DateEnd::Inclusive, count, FractionDigits::Nine, "not known"),
    ] {
        let probe = run_probe(builder_with(behavior(date_end, fractions, digits))).await;
        let found = probe.findings.iter().find(|finding| finding.name == "date end").unwrap();
        assert_eq!(found.answer, answer, "end: {date_end}, fractions: {fractions}, {digits}: {}", found.observation);
    }
}

#[tokio::test]
async fn a_probe_tells_whether_the_start_of_a_range_is_exclusive() {
    let behavior = |date_start, query_fractions, fraction_digits| Behavior {
        date_start,
        query_fractions,
        fraction_digits,
        ..Behavior::default()
    };
    let (count, cut_off) = (QueryFractions::Count, QueryFractions::CutOff);
    for (date_start, fractions, digits, answer, start_exclusive) in [
        (DateStart::Inclusive, count, FractionDigits::Three, "inclusive", Some(false)),
        (DateStart::Exclusive, count, FractionDigits::Three, "exclusive", Some(true)),
        (DateStart::Inclusive, cut_off, FractionDigits::None, "inclusive", Some(false)),
        (DateStart::Exclusive, cut_off, FractionDigits::None, "exclusive", Some(true)),
        (DateStart::Exclusive, QueryFractions::Refuse, FractionDigits::None, "exclusive", Some(true)),
        (DateStart::Exclusive, count, FractionDigits::Nine, "not known", None),
    ] {
        let probe = run_probe(builder_with(behavior(date_start, fractions, digits))).await;
        let found = probe.findings.iter().find(|finding| finding.name == "date start").unwrap();
        assert_eq!(
            found.answer, answer,
            "start: {date_start}, fractions: {fractions}, {digits}: {}",
            found.observation
        );
        assert_eq!(probe.start_exclusive, start_exclusive);
    }
}

#[tokio::test]
async fn a_start_is_reported_as_exclusive_only_if_the_events_of_its_second_fit_on_a_page() {
    for (date_start, total, answer) in [
        (DateStart::Inclusive, TotalShape::Number, "inclusive"),
        (DateStart::Exclusive, TotalShape::Number, "not known"),
        (DateStart::Exclusive, TotalShape::Absent, "not known"),
    ] {
        let behavior = Behavior { date_start, total, max_limit: 20, order: Order::OldestFirst, ..Behavior::default() };
        let second = parse_time("2026-11-20T09:00:00Z");
        let builder = builder_with(behavior)
            .events_per_day(0)
            .burst_interval(0)
            .burst(second, TimeDelta::milliseconds(1), 50)
            .burst(second + TimeDelta::milliseconds(500), TimeDelta::milliseconds(1), 50);
        let probe = run_probe(builder).await;
        let found = probe.findings.iter().find(|finding| finding.name == "date start").unwrap();
        assert_eq!(found.answer, answer, "start: {date_start}, total: {total}: {}", found.observation);
    }
}

#[tokio::test]
async fn fractions_that_are_cut_off_are_detected_even_if_the_start_is_exclusive() {
    let behavior =
        Behavior { date_start: DateStart::Exclusive, query_fractions: QueryFractions::CutOff, ..Behavior::default() };
    let builder = builder_with(behavior).events_per_day(0).burst_interval(0);
    let builder = builder.burst(parse_time("2026-11-20T08:00:00Z"), TimeDelta::milliseconds(1), 1).burst(
        parse_time("2026-11-20T09:00:00.5Z"),
        TimeDelta::milliseconds(1),
        1,
    );
    let probe = run_probe(builder).await;
    assert_eq!((probe.profile.fractions, probe.start_exclusive), (Some(DateFractions::CutOff), Some(true)));
}

#[tokio::test]
async fn hits_in_random_order_are_reported_as_unstable() {
    let probe = run_probe(builder_with(Behavior { order: Order::Shuffled, ..Behavior::default() })).await;
    assert_eq!(probe.profile.order, Some(HitOrder::Unordered));
    assert_eq!(probe.profile.stable, Some(false));
}

#[tokio::test]
async fn delayed_events_increase_the_measured_lag() {
    let lag = async |delay: Option<&str>| {
        let mut delayed = Behavior::default();
        if let Some(delay) = delay {
            delayed.ingest_delay = delay.parse().unwrap();
        }
        let probe = run_probe(builder_with(delayed).events_per_day(1_000_000)).await;
        probe.profile.lag_seconds.unwrap()
    };
    // Delays are random for each event, so the lag has no exact value.
    assert!(lag(None).await < lag(Some("10m")).await);
}

#[tokio::test]
async fn a_probe_of_an_empty_log_reports_unknown_findings() {
    let builder = Simulator::builder().events_per_day(0).burst_interval(0);
    let probe = run_probe(builder).await;
    let expected = ServiceProfile { total: Some(Shape::Number), ..ServiceProfile::default() };
    assert_eq!(probe.profile, expected);
    let unknown = probe.findings.iter().filter(|one| one.answer == "not known");
    assert_eq!(unknown.count(), 8, "{:#?}", probe.findings);
}

/// Reads a range with a loaded profile. Panics if an event is missing or the range is not verified.
async fn is_complete_with_profile(simulator: &Simulator, range: DateRange, profile: &ServiceProfile, what: &str) {
    let client = client(simulator);
    client.load_profile(profile);
    let events = client.events(simulator.contracts()[0].into(), range);
    let (records, summary, error) = read(events).await;
    assert!(error.is_none(), "{what}: {error:?}");
    assert!(summary.is_complete(), "{what}: {summary:?}");
    assert!(records == ordered(truth(simulator, range)), "{what}");
}

#[tokio::test]
async fn a_wrong_profile_does_not_lose_events() {
    let none = ServiceProfile::default;
    let wrong = [
        ("tiny pages", ServiceProfile { page_cap: Some(20), ..none() }),
        ("a page size that does not divide the offset cap", ServiceProfile { page_cap: Some(999), ..none() }),
        ("larger pages", ServiceProfile { page_cap: Some(5000), ..none() }),
        ("page cap of 0", ServiceProfile { page_cap: Some(0), ..none() }),
        ("low offset cap", ServiceProfile { offset_cap: Some(100), ..none() }),
        ("offset cap of 0", ServiceProfile { offset_cap: Some(0), ..none() }),
        ("high offset cap", ServiceProfile { offset_cap: Some(1_000_000), ..none() }),
        ("unstable", ServiceProfile { stable: Some(false), ..none() }),
        ("stable", ServiceProfile { stable: Some(true), ..none() }),
        ("fractions supported", ServiceProfile { fractions: Some(DateFractions::Taken), ..none() }),
        ("fractions refused", ServiceProfile { fractions: Some(DateFractions::Refused), ..none() }),
        ("fractions cut off", ServiceProfile { fractions: Some(DateFractions::CutOff), ..none() }),
        (
            "counts and order",
            ServiceProfile {
                order: Some(HitOrder::OldestFirst),
                total: Some(Shape::Absent),
                total_capped: Some(true),
                lag_seconds: Some(u64::MAX),
                ..none()
            },
        ),
        (
            "everything",
            ServiceProfile {
                page_cap: Some(50),
                offset_cap: Some(100),
                stable: Some(false),
                fractions: Some(DateFractions::Refused),
                ..none()
            },
        ),
    ];
    // There are three services. Within one second, the service "full" has almost as many events as a window can hold,
    // and "overfull" has more. The service "bad" behaves as badly as some of the wrong profiles say.
    let second = parse_time("2026-11-19T12:00:00Z");
    let burst = |events| {
        let length = TimeDelta::milliseconds(900);
        Simulator::builder().burst_interval(0).burst(second, length, events)
    };
    let capped = Behavior { deep_offset: DeepOffset::Refuse, ..Behavior::default() };
    let bad = Behavior {
        max_limit: 200,
        over_limit: OverLimit::Refuse,
        order: Order::UnstableTies,
        deep_offset: DeepOffset::Empty,
        query_fractions: QueryFractions::CutOff,
        ..Behavior::default()
    };
    let range = range("2026-11-19T11:00:00Z", "2026-11-19T13:00:00Z");
    let services = [
        ("full", simulated(burst(9_990).behavior(capped.clone()))),
        ("overfull", simulated(burst(10_500).behavior(capped))),
        ("bad", simulated(burst(150).behavior(bad))),
    ];
    for (service, simulator) in &services {
        for (what, profile) in &wrong {
            // The service "overfull" is slow to read, so profiles that would test nothing new are skipped.
            if *service == "overfull" && !["fractions refused", "low offset cap", "everything"].contains(what) {
                continue;
            }
            is_complete_with_profile(simulator, range, profile, &format!("{service}, {what}")).await;
        }
    }
}

#[tokio::test]
async fn a_loaded_profile_saves_requests() {
    let bad = Behavior { max_limit: 100, over_limit: OverLimit::Refuse, ..Behavior::default() };
    let simulator = simulated(builder_with(bad));
    let contract = simulator.contracts()[0].into();
    let profile = client(&simulator).probe(&contract).await.unwrap().profile;
    let requests = async |profile: Option<&ServiceProfile>| {
        simulator.clear_request_log();
        let client = client(&simulator);
        profile.inspect(|profile| client.load_profile(profile));
        let (_, summary, _) = read(client.events(contract.clone(), day())).await;
        assert!(summary.is_complete());
        simulator.request_log().len()
    };
    assert!(requests(Some(&profile)).await < requests(None).await);
}
