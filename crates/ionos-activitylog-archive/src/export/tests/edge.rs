//! The newest events may not be in the log yet, so an export leaves them to the next export, even if a clock is wrong.

use super::*;

#[tokio::test]
async fn the_next_export_adds_the_most_recent_events() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let today = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let first = export(&exporter(&simulator, root.path(), NOW), &simulator, today).await.unwrap();
    assert_eq!(first.range.unwrap().to_string(), "2026-11-20T00:00:00Z .. 2026-11-20T11:59:50Z");
    assert_eq!(first.unread.to_string(), "2026-11-20T11:59:50Z .. 2026-11-21T00:00:00Z");
    let tomorrow = "2026-11-21T03:00:00Z";
    let later = world(tomorrow).build();
    let _ = export(&exporter(&later, root.path(), tomorrow), &later, today).await.unwrap();
    assert_eq!(lines(&later, root.path()), truth(&later, today));
    assert_eq!(parts(&later, root.path()).len(), 2);
    assert_whole(root.path());
    // A range younger than the settle delay is not read.
    let young = range("2026-11-20T11:59:55Z", "2026-11-20T12:00:00Z");
    let none = export(&exporter(&simulator, root.path(), NOW), &simulator, young).await.unwrap();
    assert_eq!(none.range, None);
    assert!(none.unread.is_empty(), "the archive has the range: {}", none.unread);
    let elsewhere = tempfile::tempdir().unwrap();
    let none = export(&exporter(&simulator, elsewhere.path(), NOW), &simulator, young).await.unwrap();
    assert_eq!((none.range, none.unread), (None, young.into()));
}

#[tokio::test]
async fn a_clock_that_jumps_back_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let today = range("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, today).await.unwrap();
    let before = files(root.path());
    let back = exporter(&simulator, root.path(), "2026-11-19T06:00:00Z");
    let done = export(&back, &simulator, today).await.unwrap();
    assert!(done.nothing_to_do);
    assert_eq!(done.unread.to_string(), "2026-11-20T11:59:50Z .. 2026-11-21T00:00:00Z");
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
    // Archived ranges do not count as unread. The same is true for a plan.
    let archived = range("2026-11-19T00:00:00Z", "2026-11-20T11:00:00Z");
    let done = export(&back, &simulator, archived).await.unwrap();
    assert_eq!(done.range.unwrap().to_string(), "2026-11-19T00:00:00Z .. 2026-11-19T05:59:50Z");
    assert!(done.unread.is_empty(), "{}", done.unread);
    for (requested, unread) in [(archived, "nothing"), (today, "2026-11-20T11:59:50Z .. 2026-11-21T00:00:00Z")] {
        let plans = back.plan(&[simulator.contracts()[0].into()], requested).await;
        let [(_, Ok(plan))] = plans.as_slice() else {
            panic!("{plans:?}");
        };
        assert_eq!(plan.unread.to_string(), unread);
    }
}

#[tokio::test]
async fn an_export_whose_clock_is_ahead_of_the_service_archives_no_future_range() {
    let root = tempfile::tempdir().unwrap();
    let today = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let simulator = world(NOW).build();
    let ahead = exporter(&simulator, root.path(), "2026-11-20T18:00:00.987654321Z");
    let done = export(&ahead, &simulator, today).await.unwrap();
    assert_eq!(done.range.unwrap().to_string(), "2026-11-20T00:00:00Z .. 2026-11-20T11:59:50Z");
    let [warning] = done.warnings.as_slice() else {
        panic!("{:?}", done.warnings);
    };
    assert!(warning.contains("2026-11-20T18:00:00Z") && warning.contains("2026-11-20T12:00:00Z"), "{warning}");
    let tomorrow = "2026-11-21T03:00:00Z";
    let later = world(tomorrow).build();
    let right = exporter(&later, root.path(), tomorrow);
    let done = export(&right, &later, today).await.unwrap();
    assert_eq!((done.range, done.warnings), (Some(today), vec![]));
    assert_eq!(lines(&later, root.path()), truth(&later, today));
    assert_whole(root.path());
}

#[tokio::test]
async fn each_export_of_a_recent_range_requests_the_service_time() {
    let root = tempfile::tempdir().unwrap();
    let now = Arc::new(Mutex::new(parse_time(NOW)));
    let clock = now.clone();
    let simulator =
        Simulator::builder().events_per_day(24).burst_interval(0).clock(move || *clock.lock().unwrap()).build();
    let exporter = exporter(&simulator, root.path(), "2026-11-25T00:00:00Z");
    let month = range("2026-11-19T00:00:00Z", "2026-12-01T00:00:00Z");
    let first = export(&exporter, &simulator, month).await.unwrap();
    assert_eq!(first.range.unwrap().end(), parse_time("2026-11-20T11:59:50Z"));
    *now.lock().unwrap() = parse_time("2026-11-22T12:00:00Z");
    let second = export(&exporter, &simulator, month).await.unwrap();
    assert_eq!(second.range.unwrap().end(), parse_time("2026-11-22T11:59:50Z"));
}
