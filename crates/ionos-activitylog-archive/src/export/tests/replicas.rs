//! A replica that lacks events answers some of the requests to the service. An event that an answer has shown or
//! counted is never lost: the archive has the event, or has a gap until a later export finds the event.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ionos_activitylog::seam::{Exchange, Transport};

use super::*;
use crate::{VerifyReport, verify_totals};

/// Number of events of the service. A replica without events has none of them.
const EVENTS: u64 = 250;

/// The service. A page has at most 25 hits.
struct Replicas {
    requests: AtomicU64,
    /// Numbers of the requests that a replica without events answers.
    empty: &'static [u64],
    /// Time between two events.
    step: TimeDelta,
    /// Whether an answer lacks the event at exactly the start of the requested range.
    excludes_start: bool,
}

impl Transport for Replicas {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let query = PageRequest::of(&request);
        let (from, to) = (query.from, query.to);
        let events = if self.empty.contains(&number) { 0 } else { EVENTS };
        let times = (0..events).map(|index| days().start() + self.step * index as i32);
        let is_within = |time: &DateTime<Utc>| (from..to).contains(time) && !(self.excludes_start && *time == from);
        let times: Vec<_> = times.filter(is_within).collect();
        query.answer(&times, 25)
    }
}

#[tokio::test]
async fn an_archive_that_lacks_a_counted_event_is_never_complete() {
    let lists: [&[u64]; 8] =
        [&[1], &[1, 2], &[1, 3], &[1, 3, 5], &[2, 4, 6, 8], &[3, 6, 9, 12], &[5, 10, 15, 20], &[4]];
    for empty in lists {
        let root = tempfile::tempdir().unwrap();
        let service = Arc::new(Replicas {
            requests: AtomicU64::new(0),
            empty,
            step: TimeDelta::minutes(1),
            excludes_start: false,
        });
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let client = Client::builder().token("a.b.c").transport(service.clone()).clock(clock.clone()).build().unwrap();
        let exporter = Exporter::new(client, Archive::new(root.path())).clock(clock).recount(true);
        for attempt in 0..5 {
            let done = exporter.run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap();
            let report = verify_archive(&Archive::new(root.path()), None).unwrap();
            assert_eq!(report.findings, [], "empty answers {empty:?}, attempt {attempt}");
            let archived: u64 = read_days(&Archive::new(root.path()).contract(&7.into()))
                .unwrap()
                .values()
                .map(|manifest| manifest.counts.count)
                .sum();
            let is_complete = report.chains.iter().all(|chain| chain.gaps == 0);
            assert!(archived == EVENTS || !is_complete, "empty {empty:?}, try {attempt}: {archived} events, {done:?}");
            assert_eq!(done.gaps.is_empty(), is_complete, "{empty:?}, attempt {attempt}: {done:?} {:?}", report.chains);
            if is_complete && attempt > 0 {
                break;
            }
            assert!(attempt < 4, "empty answers {empty:?}: {archived} archived events, {done:?}");
        }
    }
}

/// If the service excludes both the start and the end of a range, an event at the boundary of two exports is in neither
/// of their ranges. So each export also reads one second before the start of its range.
#[tokio::test]
async fn an_event_at_the_boundary_of_two_exports_is_archived_by_the_second_one() {
    for (excludes_start, ends) in [
        (true, &["2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"][..]),
        (true, &["2026-11-01T12:00:00Z", "2026-11-01T13:00:00Z"]),
        (false, &["2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"]),
    ] {
        let root = tempfile::tempdir().unwrap();
        let step = TimeDelta::hours(1);
        let service = Arc::new(Replicas { requests: AtomicU64::new(0), empty: &[], step, excludes_start });
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let client = Client::builder().token("a.b.c").transport(service).clock(clock.clone()).build().unwrap();
        let exporter = Exporter::new(client.clone(), Archive::new(root.path())).clock(clock);
        let mut events = 0;
        for end in ends {
            let range = range("2026-11-01T00:00:00Z", end);
            let done = exporter.run(&[7.into()], range, std::future::pending()).await.pop().unwrap().1.unwrap();
            assert!(done.gaps.is_empty(), "{end}: {done:?}");
            events += done.events;
        }
        let hours = (parse_time(ends.last().unwrap()) - days().start()).num_hours();
        assert_eq!(events, hours as u64, "{ends:?}");
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!(report.findings, [], "{ends:?}");
        let totals =
            verify_totals(&Archive::new(root.path()), None, &client, client.api_address(), |_, _| {}).await.unwrap();
        assert_eq!(
            (totals.compared(), totals.equal),
            (report.chains[0].days, report.chains[0].days),
            "range ends {ends:?}: {totals:?}"
        );
        assert_eq!(totals.report, VerifyReport::default(), "{ends:?}");
    }
}

/// A log with one event per hour. The event at 07:00 of each day arrives late. All answers come from a cache, except
/// the count of a whole day.
#[derive(Default)]
struct CachedLog {
    have_arrived: AtomicBool,
    is_cache_fresh: AtomicBool,
}

impl Transport for CachedLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageRequest::of(&request);
        let is_count_of_day = query.limit == 1 && query.to - query.from == TimeDelta::days(1);
        let is_fresh = self.is_cache_fresh.load(Ordering::Relaxed) || is_count_of_day;
        let has_late = is_fresh && self.have_arrived.load(Ordering::Relaxed);
        let hours = (0..24 * 3).filter(|hour| has_late || hour % 24 != 7);
        let times = hours.map(|hour| days().start() + TimeDelta::hours(hour));
        let times: Vec<_> = times.filter(|time| (query.from..query.to).contains(time)).collect();
        query.answer(&times, 100)
    }
}

#[tokio::test]
async fn a_recount_adds_a_gap_if_the_service_counts_events_that_are_on_no_page() {
    let root = tempfile::tempdir().unwrap();
    let log = Arc::new(CachedLog::default());
    let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    let client = Client::builder().token("a.b.c").transport(log.clone()).clock(clock.clone()).build().unwrap();
    let export = async |recount: bool| {
        let exporter = Exporter::new(client.clone(), Archive::new(root.path())).clock(clock.clone()).recount(recount);
        exporter.run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap()
    };
    let first = export(false).await;
    assert_eq!((first.events, first.gaps.len()), (69, 0));
    log.have_arrived.store(true, Ordering::Relaxed);
    let stale = export(true).await;
    assert_eq!((stale.events, stale.gaps.len()), (0, 3), "{stale:?}");
    assert!(stale.gaps.iter().all(|gap| gap.total == Some(24) && gap.seen == 23), "{stale:?}");
    log.is_cache_fresh.store(true, Ordering::Relaxed);
    let fresh = export(true).await;
    assert_eq!((fresh.events, fresh.gaps.len()), (3, 0), "{fresh:?}");
    assert_whole(root.path());
}
