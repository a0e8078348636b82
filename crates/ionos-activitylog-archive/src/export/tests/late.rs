//! Late events reach the log after their range was archived. A recount finds and adds them.

use std::collections::BTreeSet;

use ionos_activitylog::EventId;

use super::*;

#[tokio::test]
async fn late_events_are_written_to_a_separate_part() {
    let root = tempfile::tempdir().unwrap();
    let late = || Behavior {
        late_events: LateEvents::new(Share::new(0.2).unwrap(), TimeDelta::days(20)).unwrap(),
        ..Behavior::default()
    };
    let early = world("2026-11-05T00:00:00Z").behavior(late()).build();
    let first = exporter(&early, root.path(), "2026-11-05T00:00:00Z");
    let before = export(&first, &early, days()).await.unwrap();
    // No late event has arrived yet, so the recount finds equal counts. It marks the ranges as recounted, not as
    // sealed.
    let again = first.clone().recount(true);
    let same = export(&again, &early, days()).await.unwrap();
    assert_eq!((same.late, same.no_longer_served, same.requests), (0, 0, 3));
    let state = State::read(&folder(&early, root.path())).unwrap().0.unwrap();
    assert_eq!(state.coverage.len(), 1);
    assert_eq!(state.coverage[0].state, Certainty::Recounted);
    // A range becomes sealed only when a reread returns the same events.
    let same = export(&first.clone().reread(true), &early, days()).await.unwrap();
    assert_eq!((same.events, same.no_longer_served), (0, 0));
    let state = State::read(&folder(&early, root.path())).unwrap().0.unwrap();
    assert_eq!((state.coverage.len(), state.coverage[0].state), (1, Certainty::Sealed));

    let now = "2026-12-20T00:00:00Z";
    let later = world(now).behavior(late()).build();
    let recount = exporter(&later, root.path(), now).recount(true);
    let done = export(&recount, &later, days()).await.unwrap();
    let all = truth(&later, days());
    assert!(done.late > 0);
    assert_eq!(before.events + done.late, all.len() as u64);
    let mut lines = lines(&later, root.path());
    lines.sort();
    let mut all = all;
    all.sort();
    assert_eq!(lines, all);
    let parts = parts(&later, root.path());
    let late: u64 = parts.iter().filter(|(_, part)| part.late).map(|(_, part)| part.count).sum();
    assert_eq!(late, done.late);
    assert_whole(root.path());
    // The next recount finds equal totals.
    let unchanged = export(&recount, &later, days()).await.unwrap();
    assert_eq!((unchanged.late, unchanged.requests), (0, 3));
}

#[tokio::test]
async fn late_events_are_found_among_amended_events() {
    use ionos_activitylog_sim::AmendedEvents;
    let root = tempfile::tempdir().unwrap();
    let behavior = || Behavior {
        late_events: LateEvents::new(Share::new(0.2).unwrap(), TimeDelta::days(9)).unwrap(),
        amended_events: AmendedEvents::new(Share::new(0.7).unwrap(), TimeDelta::days(5)).unwrap(),
        ..Behavior::default()
    };
    let at_once = async |now, recount| {
        let simulator = world(now).behavior(behavior()).build();
        let exporter = exporter(&simulator, root.path(), now).recount(recount);
        let done = export(&exporter, &simulator, days()).await.unwrap();
        (simulator, done)
    };
    let _ = at_once("2026-11-05T00:00:00Z", false).await;
    // Half of the second day's late events have arrived, and some events were amended meanwhile.
    let (_, first) = at_once("2026-11-11T12:00:00Z", true).await;
    assert!(first.late > 0);
    let (simulator, second) = at_once("2026-12-20T00:00:00Z", true).await;
    assert!(second.late > 0);
    let lines = lines(&simulator, root.path());
    let all = truth(&simulator, days());
    assert!(all.iter().all(|line| lines.contains(line)));
    assert_whole(root.path());
}

#[tokio::test]
async fn events_that_changed_after_they_were_archived_are_not_counted_as_late() {
    use ionos_activitylog_sim::AmendedEvents;
    let root = tempfile::tempdir().unwrap();
    // Amended events change 17 days after their time, and late events arrive 20 days after their time.
    for (now, has_changed, has_late) in
        [("2026-11-17T00:00:00Z", false, false), (NOW, true, false), ("2026-12-20T00:00:00Z", true, true)]
    {
        let behavior = Behavior {
            late_events: LateEvents::new(Share::new(0.2).unwrap(), TimeDelta::days(20)).unwrap(),
            amended_events: AmendedEvents::new(Share::new(0.3).unwrap(), TimeDelta::days(17)).unwrap(),
            ..Behavior::default()
        };
        let simulator = world(now).behavior(behavior).build();
        let known = ids(&simulator, root.path()).len();
        let is_first = known == 0;
        let exporter = exporter(&simulator, root.path(), now).reread(true);
        let done = export(&exporter, &simulator, days()).await.unwrap();
        let new_ids = (ids(&simulator, root.path()).len() - known) as u64;
        let late = if is_first { 0 } else { new_ids };
        let changed = done.events - new_ids;
        assert_eq!((done.amended, done.amended_later, done.late), (0, changed, late), "{done:?}");
        assert_eq!((changed > 0, late > 0), (has_changed, has_late), "{done:?}");
        let runs = std::fs::read_to_string(folder(&simulator, root.path()).path().join("_runs.ndjson")).unwrap();
        let run: RunRecord = serde_json::from_str(runs.lines().last().unwrap()).unwrap();
        assert_eq!((run.events, run.late, run.amended), (done.events, late, changed));
        assert_eq!(runs.lines().last().unwrap().contains("amended"), changed > 0);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        let distinct = ids(&simulator, root.path()).len() as u64;
        assert_eq!(report.events - report.amended, distinct);
        assert_whole(root.path());
    }
}

/// The ids of all archived events.
fn ids(simulator: &Simulator, root: &Path) -> BTreeSet<EventId> {
    let Ok(_) = std::fs::metadata(folder(simulator, root).path()) else { return Default::default() };
    lines(simulator, root).into_iter().map(|line| Event::from_json(line).unwrap().id()).collect()
}

#[tokio::test]
async fn a_recounted_range_that_cannot_be_verified_becomes_a_gap() {
    let root = tempfile::tempdir().unwrap();
    let before = world(NOW).build();
    let _ = export(&exporter(&before, root.path(), NOW), &before, days()).await.unwrap();
    let recount = |simulator| exporter(simulator, root.path(), NOW).recount(true);
    let _ = export(&recount(&before), &before, days()).await.unwrap();
    // A few milliseconds contain more late events than paging can reach.
    let refusing = burst(DeepOffset::Refuse);
    let done = export(&recount(&refusing), &refusing, days()).await.unwrap();
    assert!(!done.gaps.is_empty() && done.late > 0);
    let read = || State::read(&folder(&before, root.path())).unwrap().0.unwrap();
    let state = read();
    let certain: Vec<_> = state.coverage.iter().map(|one| one.state).collect();
    let (recounted, verified, fetched) = (Certainty::Recounted, Certainty::Verified, Certainty::Fetched);
    assert_eq!(certain, [recounted, verified, fetched, verified, recounted]);
    assert!(!state.gaps.is_empty());
    let days_with_gaps: Vec<NaiveDate> = manifests(&before, root.path())
        .iter()
        .filter(|day| !day.unverified_ranges().is_empty())
        .map(|day| day.date)
        .collect();
    assert_eq!(days_with_gaps, ["2026-11-02".parse().unwrap()]);
    assert_whole(root.path());
    // The next export reads the whole range again.
    let lenient = burst(DeepOffset::Allow);
    let later = exporter(&lenient, root.path(), "2026-11-21T12:00:00Z");
    let healed = export(&later, &lenient, days()).await.unwrap();
    assert_eq!(healed.gaps, []);
    assert_eq!(lines(&lenient, root.path()), truth(&lenient, days()));
    assert!(manifests(&lenient, root.path()).iter().all(|day| day.unverified_ranges().is_empty()));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_late_record_that_equals_an_archived_one_is_added() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let twice = |share| Behavior {
        duplicates: Share::new(share).unwrap(),
        duplicates_counted: true,
        uuid: Share::new(0.0).unwrap(),
        ..Behavior::default()
    };
    let before = world(NOW).behavior(twice(0.0)).build();
    let first = exporter(&before, root.path(), NOW);
    let first = export(&first, &before, days()).await.unwrap();
    let simulator = world(NOW).behavior(twice(0.3)).build();
    let undisturbed = exporter(&simulator, other.path(), NOW);
    let all = export(&undisturbed, &simulator, days()).await.unwrap();

    let recount = exporter(&simulator, root.path(), NOW).recount(true);
    let done = export(&recount, &simulator, days()).await.unwrap();
    assert!(done.late > 0 && done.no_longer_served == 0);
    assert_eq!(first.events + done.late, all.events);
    let sorted = |root| {
        let mut lines = lines(&simulator, root);
        lines.sort();
        lines
    };
    assert_eq!(sorted(root.path()), sorted(other.path()));
    let totals = |root| -> Vec<Option<u64>> {
        let manifests = manifests(&simulator, root).into_iter();
        manifests.map(|manifest| manifest.counts.total).collect()
    };
    assert_eq!(totals(root.path()), totals(other.path()));
    assert_whole(root.path());
    // The next recount finds equal totals.
    let unchanged = export(&recount, &simulator, days()).await.unwrap();
    assert_eq!((unchanged.late, unchanged.requests), (0, 3));
}

#[tokio::test]
async fn late_parts_of_a_day_are_valid_in_any_order() {
    use ionos_activitylog_sim::AmendedEvents;
    // A manifest orders the late parts of a range by their digests, so a part can precede parts that were written
    // earlier.
    for seed in 0..4 {
        let root = tempfile::tempdir().unwrap();
        let behavior = || Behavior {
            late_events: LateEvents::new(Share::new(0.5).unwrap(), TimeDelta::days(9)).unwrap(),
            amended_events: AmendedEvents::new(Share::new(0.7).unwrap(), TimeDelta::hours(9 * 24 + 4)).unwrap(),
            ..Behavior::default()
        };
        for now in ["05T00", "11T06", "11T12", "11T18", "13T00"] {
            let now = format!("2026-11-{now}:00:00Z");
            let simulator = world(&now).seed(seed).behavior(behavior()).build();
            let exporter = exporter(&simulator, root.path(), &now).recount(true);
            let _ = export(&exporter, &simulator, days()).await.unwrap();
            let report = verify_archive(&Archive::new(root.path()), None).unwrap();
            assert_eq!(report.findings, [], "seed {seed}, now {now}");
        }
    }
}

#[tokio::test]
async fn an_export_archives_the_events_that_arrive_during_the_export() {
    export_while_events_arrive(false).await;
}

#[tokio::test]
async fn an_interrupted_export_compares_the_totals_when_it_is_run_again() {
    export_while_events_arrive(true).await;
}

async fn export_while_events_arrive(is_interrupted: bool) {
    use std::sync::atomic::{AtomicBool, Ordering};

    use ionos_activitylog::CrossCheck;
    use ionos_activitylog_sim::DeepOffset;

    let root = tempfile::tempdir().unwrap();
    let behavior = Behavior {
        late_events: LateEvents::new(Share::new(0.2).unwrap(), TimeDelta::days(9)).unwrap(),
        max_limit: 20,
        deep_offset: DeepOffset::Refuse,
        window_cap: 20,
        ..Behavior::default()
    };
    let (early, late) = (parse_time("2026-11-05T00:00:00Z"), parse_time("2026-11-25T00:00:00Z"));
    let have_arrived = Arc::new(AtomicBool::new(false));
    let (arrived, have_all) = (have_arrived.clone(), have_arrived.clone());
    let clock = move || if arrived.load(Ordering::Relaxed) { late } else { early };
    let simulator = world("2026-11-05T00:00:00Z").clock(clock).behavior(behavior).build();
    let seen = truth(&simulator, days()).len() as u64;
    // The late events arrive once the last window is read.
    let exporter = exporter(&simulator, root.path(), "2026-11-05T00:00:00Z");
    let (stop, stopped) = futures_channel::oneshot::channel::<()>();
    let stop = std::sync::Mutex::new(Some(stop));
    let exporter = exporter.on_progress(move |_, progress| {
        if progress.read_to == days().end() {
            have_arrived.store(true, Ordering::Relaxed);
            drop(stop.lock().unwrap().take());
        }
    });
    have_all.store(true, Ordering::Relaxed);
    let mut all = truth(&simulator, days());
    have_all.store(false, Ordering::Relaxed);
    let late = all.len() as u64 - seen;
    assert!(late > 0);
    if is_interrupted {
        let contracts = [simulator.contracts()[0].into()];
        let done = exporter
            .run(&contracts, days(), async move { stopped.await.unwrap_or(()) })
            .await
            .pop()
            .unwrap()
            .1
            .unwrap();
        assert!(done.stopped && done.late == 0);
    }
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!((done.late, &done.cross_check), (late, &CrossCheck::Agrees));
    let mut lines = lines(&simulator, root.path());
    lines.sort();
    all.sort();
    assert_eq!(lines, all);
    assert_whole(root.path());
    // The next export has nothing to do.
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert!(again.nothing_to_do && again.requests == 0);
}

#[tokio::test]
async fn an_export_of_one_window_compares_the_total_of_its_range_only_if_the_window_is_empty() {
    use ionos_activitylog::CrossCheck;
    let root = tempfile::tempdir().unwrap();
    let simulator = world("2026-11-05T00:00:00Z").build();
    let exporter = exporter(&simulator, root.path(), "2026-11-05T00:00:00Z");
    let done = export(&exporter, &simulator, days()).await.unwrap();
    // The second request shows that no page follows. The third request reads the events at the start of the range. The
    // other requests ask for the totals of parts of the range.
    assert_eq!((done.requests, done.cross_check), (13, CrossCheck::NotNeeded));
    let quiet = range("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    let done = export(&exporter, &simulator, quiet).await.unwrap();
    assert_eq!((done.events, done.requests, done.cross_check), (0, 6, CrossCheck::Agrees));
}

#[tokio::test]
async fn an_export_that_receives_no_total_skips_the_cross_check_and_succeeds() {
    use ionos_activitylog::CrossCheck;
    let root = tempfile::tempdir().unwrap();
    let faults = Faults::new().add_rule(Trigger::any().requests(6..=100), Answer::new(503)).unwrap();
    let simulator = world("2026-11-05T00:00:00Z").faults(faults).build();
    let exporter = exporter(&simulator, root.path(), "2026-11-05T00:00:00Z");
    let quiet = range("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z");
    let done = export(&exporter, &simulator, quiet).await.unwrap();
    assert!(matches!(&done.cross_check, CrossCheck::NotChecked(reason) if reason.contains("503")), "{done:?}");
    // The range is archived, so the next export does not repeat the comparison.
    let again = export(&exporter, &simulator, quiet).await.unwrap();
    assert!(again.nothing_to_do && again.requests == 0);
    assert_whole(root.path());
}
