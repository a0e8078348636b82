//! Tests that an archive contains all events of the service, in parts and manifests that depend only on the events. The
//! time of the export and its interruptions do not change these files.

use super::*;

#[tokio::test]
async fn an_archive_contains_all_events_and_does_not_depend_on_the_export_date() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let done = export(&exporter(&simulator, one.path(), NOW), &simulator, days()).await.unwrap();
    assert_eq!(done.events, truth(&simulator, days()).len() as u64);
    assert!(done.gaps.is_empty() && !done.nothing_to_do && !done.stopped);
    assert_eq!(lines(&simulator, one.path()), truth(&simulator, days()));
    assert_whole(one.path());

    let later = "2026-12-24T00:00:00Z";
    let done = export(&exporter(&simulator, other.path(), later), &simulator, days()).await;
    assert!(done.is_ok());
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn archived_ranges_are_not_read_again() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let before = files(root.path());
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert!(again.nothing_to_do);
    assert_eq!((again.requests, again.events), (0, 0));
    // Without the state, the manifests show the archived ranges.
    let folder = folder(&simulator, root.path());
    for name in ["_state.json", "_state.prev.json", "_state.lock"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!((again.requests, again.events), (0, 0));
    assert_eq!(again.warnings.len(), 1, "{:?}", again.warnings);
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn days_without_events_have_a_manifest_with_a_total_of_zero() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).log_begin(parse_time("2026-11-03T00:00:00Z")).build();
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
    let manifests = manifests(&simulator, root.path());
    let counts: Vec<_> = manifests.iter().map(|one| (one.counts.count > 0, one.parts.len())).collect();
    assert_eq!(counts, [(false, 0), (false, 0), (true, 1)]);
    assert_eq!(manifests[0].counts.total, Some(0));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_part_ends_at_the_first_full_hour_at_which_it_has_enough_events() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).events_per_day(200).build();
    let whole = exporter(&simulator, one.path(), NOW).part_events(50);
    let _ = export(&whole, &simulator, days()).await.unwrap();
    let parts = parts(&simulator, one.path());
    assert!(parts.len() > 6, "{}", parts.len());
    for (_, part) in &parts {
        let midnight = part.to.time() == chrono::NaiveTime::MIN;
        assert!(midnight || part.count >= 50);
        assert_eq!(part.to.timestamp() % 3_600, 0);
    }
    assert_eq!(lines(&simulator, one.path()), truth(&simulator, days()));
    assert_whole(one.path());

    // A series of exports, each stopped after a different number of parts, produces the same files as one export.
    for stop_at in 0..12 {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (stop, left) = (Mutex::new(Some(stop)), Mutex::new(stop_at));
        let fail_points = FailPoints::new(move |step| {
            if step == FailPoint::PartNamed {
                let mut left = left.lock().unwrap();
                *left -= 1;
                if *left < 0
                    && let Some(stop) = stop.lock().unwrap().take()
                {
                    stop.send(()).unwrap();
                }
            }
        });
        let exporter = exporter(&simulator, other.path(), NOW).part_events(50).fail_points(fail_points);
        let contracts = [simulator.contracts()[0].into()];
        let done = exporter.run(&contracts, days(), async {
            let _ = stopped.await;
        });
        let done = done.await.pop().unwrap().1.unwrap();
        assert!(done.gaps.is_empty());
        let state = State::read(&folder(&simulator, other.path())).unwrap().0.unwrap();
        assert_eq!(state.open, done.stopped);
    }
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn an_earlier_range_is_added_to_the_end_of_the_chain() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let _ = export(&exporter(&simulator, one.path(), NOW), &simulator, days()).await.unwrap();
    let exporter = exporter(&simulator, other.path(), NOW);
    let mut before = BTreeMap::new();
    for day in ["2026-11-03", "2026-11-01", "2026-11-02"] {
        let day = DateRange::day(day.parse().unwrap(), &Utc).unwrap();
        let _ = export(&exporter, &simulator, day).await.unwrap();
        assert_whole(other.path());
        let after = files(other.path());
        assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "no file ever changes");
        before = after;
    }
    assert_eq!(part_files(one.path()), part_files(other.path()));
    let dates: Vec<String> = (1..=3)
        .map(|number| Manifest::read(&folder(&simulator, other.path()).manifest(number)).unwrap().0.date.to_string())
        .collect();
    assert_eq!(dates, ["2026-11-03", "2026-11-01", "2026-11-02"]);
}

#[tokio::test]
async fn a_plan_estimates_the_export_and_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, &root.path().join("audit"), NOW);
    let contract: ContractNumber = simulator.contracts()[0].into();
    let plan = exporter.plan(std::slice::from_ref(&contract), days()).await;
    let plan = plan.into_iter().next().unwrap().1.unwrap();
    let events = truth(&simulator, days()).len() as u64;
    assert_eq!((plan.events, plan.windows, plan.requests), (events, 1, 1));
    assert_eq!(plan.missing.to_string(), days().to_string());
    assert!(plan.bytes > 0 && plan.exact && plan.on_disk.is_none());
    assert!(std::fs::read_dir(root.path()).unwrap().next().is_none());

    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let plan = exporter.plan(&[contract], days()).await;
    let plan = plan.into_iter().next().unwrap().1.unwrap();
    assert!(plan.missing.is_empty());
    assert_eq!((plan.events, plan.requests), (0, 0));
}

#[test]
fn an_export_can_be_sent_to_another_thread() {
    fn assert_send<T: Send>(_: &T) {}
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, Path::new("nowhere"), NOW);
    assert_send(&exporter.run(&[], days(), std::future::pending()));
    assert_send(&exporter.plan(&[], days()));
}
