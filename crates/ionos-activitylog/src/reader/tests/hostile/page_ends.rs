//! A short page has fewer hits than requested. The services of these tests answer the request for the page after a
//! short page in different ways. A refusal of the next page does not prove that the short page was the last one. An
//! empty answer without a total is not an error.

use super::*;
use crate::Proof;

/// A log with one event at each of these times. The times are in milliseconds after the start of the day, in ascending
/// order.
fn log_at(milliseconds: impl Iterator<Item = i64>) -> Vec<(DateTime<Utc>, Vec<u8>)> {
    let times = milliseconds.map(|offset| day().start() + TimeDelta::milliseconds(offset));
    times.zip(0..).map(|(time, index)| (time, record(index, time).into_bytes())).collect()
}

#[tokio::test]
async fn a_refusal_does_not_prove_that_the_page_before_it_was_the_last_one() {
    let minute = 60_000;
    for (events, step, max_page, is_readable) in [
        (250, minute, 100, true),
        (1_440, minute, 100, true),
        (250, minute, 20, true),
        (100, minute, 7, true),
        (100, minute, 100, true),
        (21, minute, 20, true),
        // All events are in one millisecond, so no shorter range has fewer events.
        (250, 0, 100, false),
        (250, 0, 20, false),
    ] {
        type Total = Box<dyn Fn(u64, u64) -> String + Send + Sync>;
        let totals: [(bool, Total); 2] = [
            (true, Box::new(|count, _| count.to_string())),
            (false, Box::new(move |count: u64, _| count.min(max_page).to_string())),
        ];
        for (counts_page, total) in totals {
            let service = HostileService::new(log_at((0..events).map(|index| index * step)), total);
            let refuses_from = Some(max_page);
            let service = Arc::new(HostileService { max_page, counts_page, refuses_from, ..service });
            let (read, summary) = windows(&service, day()).await;
            let received: usize = read.iter().map(|window| window.events.len()).sum();
            let what = format!("{received} of {events}, {max_page} a page, counts_page {counts_page}: {summary:?}");
            assert_eq!(summary.is_complete(), is_readable, "{what}");
            assert!(!is_readable || received as i64 == events, "{what}");
        }
    }
}

#[tokio::test]
async fn a_service_that_refuses_the_offset_after_its_last_event_is_read_completely() {
    for events in [0, 1, 2, 7, 19, 20, 100, 999, 1_000, 1_440] {
        let service = HostileService::new(log(events, TimeDelta::minutes(1)), |count, _| count.to_string());
        let service = Arc::new(HostileService { refuses_end: true, ..service });
        let (read, summary) = windows(&service, day()).await;
        assert!(summary.is_complete(), "{events} events: {summary:?}");
        assert_eq!(read.iter().map(|window| window.events.len() as u64).sum::<u64>(), events);
        let requests = service.requests.load(Ordering::Relaxed);
        // The service may have cut off a page of exactly 20 hits, so the window of 20 events is read in parts. For each
        // part, two requests count the events of its halves.
        assert!(requests <= 45, "{events} events: {requests} requests");
    }
}

#[tokio::test]
async fn a_stream_of_pages_ends_at_a_refusal_only_if_the_refused_page_cannot_exist() {
    for (events, max_page, refuses_from, counts_page, expected) in [
        (250, 100, Some(100), true, None),
        (250, 7, Some(7), true, None),
        (7, 1_000, None, false, Some(7)),
        (1, 1_000, None, false, Some(1)),
    ] {
        let service = HostileService::new(log(events, TimeDelta::minutes(1)), |count, _| count.to_string());
        let service =
            HostileService { max_page, refuses_from, counts_page, refuses_end: refuses_from.is_none(), ..service };
        let pages = hostile_client(&Arc::new(service)).events("31720001".parse().unwrap(), day()).pages();
        let read: Result<Vec<_>, Error> = pages.try_collect().await;
        let read = read.map(|pages| pages.iter().map(|page| page.events.len()).sum::<usize>());
        assert_eq!(read.as_ref().ok().copied(), expected, "{events} events, at most {max_page} a page: {read:?}");
    }
}

#[tokio::test]
async fn a_quiet_range_of_a_service_without_totals_is_proven_by_identical_scans() {
    let days = range("2026-11-15T00:00:00Z", "2026-11-25T00:00:00Z");
    // All events are on one of the ten days. Depending on their number, they fill one page, several pages or several
    // windows.
    let service_with =
        |events| Arc::new(HostileService::new(log(events, TimeDelta::seconds(5)), |_, _| "null".to_owned()));
    // If no answer has a hit or a total, nothing shows that the service has a log at all.
    assert!(!windows(&service_with(0), days).await.1.is_complete());
    for events in [50, 2_500, 15_000] {
        let service = service_with(events);
        let (read, summary) = windows(&service, days).await;
        assert!(summary.is_complete(), "{events} events: {summary:?}");
        assert_eq!(read.iter().map(|window| window.events.len() as u64).sum::<u64>(), events);
        let quiet = read.iter().filter(|window| window.events.is_empty());
        for window in quiet {
            assert!(matches!(window.proof(), Some(Proof::IdenticalScans(3..))), "{window:?}");
        }
    }
    let quiet_day = range("2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z");
    let simulator = simulated(
        Simulator::builder()
            .events_per_day(0)
            .burst_interval(0)
            .burst(parse_time("2026-11-20T09:00:00Z"), TimeDelta::seconds(1), 3)
            .behavior(Behavior { total: TotalShape::Absent, ..Behavior::default() }),
    );
    let _ = read_and_compare(&simulator, quiet_day, "simulated").await;
}

/// Some answers have neither a total nor events, although other answers report totals.
#[tokio::test]
async fn an_answer_without_events_and_without_a_total_does_not_prove_that_the_window_is_empty() {
    for hides in [(|request, _| request % 3 == 0) as fn(u64, DateTime<Utc>) -> bool, |request, _| request < 3] {
        let total = |count: u64, _: u64| if count == 0 { "null".to_owned() } else { count.to_string() };
        let service = HostileService::new(log(1_440, TimeDelta::minutes(1)), total);
        let service = Arc::new(HostileService { hides: Some(hides), ..service });
        let (read, summary) = windows(&service, day()).await;
        let received: usize = read.iter().map(|window| window.events.len()).sum();
        assert!(received == 1_440 || !summary.is_complete(), "{received} events received: {summary:?}");
    }
}
