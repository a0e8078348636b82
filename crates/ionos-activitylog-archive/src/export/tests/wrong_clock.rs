//! Exports of a machine whose clock was ahead once. The service sends no `Date` header, so the first export does not
//! notice the wrong clock, and reads a range before its events are in the log.

use ionos_activitylog::seam::{Exchange, Transport};

use super::*;

/// One event a minute, up to the present.
struct PresentLog {
    now: Mutex<DateTime<Utc>>,
}

impl Transport for PresentLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageRequest::of(&request);
        let (from, to) = (query.from, query.to.min(*self.now.lock().unwrap()));
        let times = (0..3_000).map(|minute| parse_time("2026-11-20T12:00:00Z") + TimeDelta::minutes(minute));
        let times: Vec<_> = times.filter(|time| (from..to).contains(time)).collect();
        query.answer(&times, usize::MAX)
    }
}

/// Exports at the time `now`, while the clock of the machine shows `shown`.
async fn export_at(root: &Path, now: &str, shown: &str) -> ContractExport {
    let service = Arc::new(PresentLog { now: Mutex::new(parse_time(now)) });
    let clock = Arc::new(VirtualClock::starting_at(parse_time(shown)));
    let client = Client::builder().token("a.b.c").transport(service).clock(clock.clone()).build().unwrap();
    let exporter = Exporter::new(client, Archive::new(root)).clock(clock);
    let range = range("2026-11-20T13:00:00Z", "2026-11-23T00:00:00Z");
    exporter.run(&[7.into()], range, std::future::pending()).await.pop().unwrap().1.unwrap()
}

#[tokio::test]
async fn a_range_that_was_read_before_it_was_over_is_read_again() {
    // The time that the wrong clock shows, and the times of one export before and one export after that time. In the
    // first case, all three times are on one day. In the other cases, the wrong clock shows a time of the next day.
    for (wrong, before, after) in [
        ("2026-11-20T16:13:00Z", "2026-11-20T14:20:00Z", "2026-11-20T18:00:00Z"),
        ("2026-11-21T04:00:00Z", "2026-11-20T14:20:00Z", "2026-11-21T09:00:00Z"),
        ("2026-11-21T04:00:00Z", "2026-11-21T00:30:00Z", "2026-11-21T09:00:00Z"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let first = export_at(root.path(), "2026-11-20T14:13:00Z", wrong).await;
        assert_eq!((first.events, first.warnings.len()), (73, 0));
        let second = export_at(root.path(), before, before).await;
        assert!(second.warnings.iter().any(|warning| warning.contains("in the future")), "{second:?}");
        for _ in 0..2 {
            let done = export_at(root.path(), after, after).await;
            assert_eq!(done.gaps, [], "wrong time {wrong}, before {before}: {:?}", done.warnings);
        }
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!(report.findings, []);
        let end = parse_time(after) - TimeDelta::seconds(10);
        let expected = (end - parse_time("2026-11-20T13:00:00Z")).num_minutes() + 1;
        assert_eq!(report.events as i64, expected, "wrong time {wrong}, before {before}");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_a_little_does_not_count_as_wrong() {
    let root = tempfile::tempdir().unwrap();
    let _ = export_at(root.path(), "2026-11-20T14:13:00Z", "2026-11-20T14:13:00Z").await;
    let done = export_at(root.path(), "2026-11-20T14:12:30Z", "2026-11-20T14:12:30Z").await;
    assert!(done.warnings.is_empty() && done.gaps.is_empty(), "{done:?}");
}
