//! An error of the service or the disk loses only data that was not written yet.

use super::*;

#[tokio::test]
async fn a_failing_contract_does_not_affect_the_others() {
    let root = tempfile::tempdir().unwrap();
    let refused = world(NOW).contracts(3).build().contracts()[1];
    let faults = Faults::new().add_rule(Trigger::any().contract(refused), Answer::new(403)).unwrap();
    let simulator = world(NOW).contracts(3).faults(faults).build();
    let contracts: Vec<ContractNumber> = simulator.contracts().iter().map(|one| (*one).into()).collect();
    let exporter = exporter(&simulator, root.path(), NOW);
    let done = exporter.run(&contracts, days(), std::future::pending()).await;
    let order: Vec<&ContractNumber> = done.iter().map(|(contract, _)| contract).collect();
    assert_eq!(order, contracts.iter().collect::<Vec<_>>());
    assert!(done[0].1.is_ok() && done[2].1.is_ok());
    assert!(matches!(done[1].1, Err(Error::Read { .. })));
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings, []);
    for chain in &report.chains {
        assert_eq!(chain.is_complete(), chain.contract != refused.into(), "{chain}");
    }
}

#[tokio::test]
async fn errors_in_a_fifth_of_all_responses_do_not_change_the_archive() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let calm = world(NOW).build();
    let _ = export(&exporter(&calm, one.path(), NOW), &calm, days()).await.unwrap();
    let faults = Faults::new().add_rule(Trigger::any().rate(Share::new(0.2).unwrap()), Answer::new(503)).unwrap();
    let stormy = world(NOW).faults(faults).build();
    let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    let client = Client::builder()
        .token(stormy.token())
        .transport(stormy.transport())
        .retry(RetryPolicy::builder().attempts(20).build().unwrap())
        .clock(clock.clone());
    let exporter = Exporter::new(client.build().unwrap(), Archive::new(other.path())).clock(clock);
    for day in days().by_day(&Utc) {
        let _ = export(&exporter, &stormy, day).await.unwrap();
    }
    assert_eq!(files(one.path()), files(other.path()));
}

#[tokio::test]
async fn a_write_error_names_the_path_and_the_next_export_continues() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    std::fs::create_dir_all(folder.path()).unwrap();
    // Put a file in the place of the folder, so that creating the folder fails even for root.
    let blocked = folder.day("2026-11-02".parse().unwrap());
    std::fs::write(&blocked, "").unwrap();
    let refused = export(&exporter, &simulator, days()).await.unwrap_err();
    assert!(refused.to_string().contains("date=2026-11-02"), "{refused}");
    std::fs::remove_file(&blocked).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn parts_written_before_a_write_error_are_in_the_archive() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    let blocked = folder.day("2026-11-03".parse().unwrap());
    let block = blocked.clone();
    let fail_points = FailPoints::new(move |step| {
        if step == FailPoint::PartBegun {
            std::fs::write(&block, "").unwrap();
        }
    });
    // One window covers all days. So the parts of two days are already finished when the part of the third day cannot
    // be started.
    assert!(export(&exporter.clone().fail_points(fail_points), &simulator, days()).await.is_err());
    std::fs::remove_file(&blocked).unwrap();
    assert_eq!(parts(&simulator, root.path()).len(), 2);
    let state = State::read(&folder).unwrap().0.unwrap();
    assert!(state.open);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], false));
    let third = range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z");
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(done.events, truth(&simulator, third).len() as u64);
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn parts_read_before_a_service_error_are_in_the_archive() {
    let root = tempfile::tempdir().unwrap();
    let refused = Trigger::any().requests([4]);
    let faults = Faults::new().add_rule(refused, Answer::new(403)).unwrap();
    let behavior = || Behavior { window_cap: 20, max_limit: 20, ..Behavior::default() };
    let simulator = world(NOW).behavior(behavior()).faults(faults).build();
    let exporter = exporter(&simulator, root.path(), NOW).part_events(5);
    let refused = export(&exporter, &simulator, days()).await;
    assert!(matches!(refused, Err(Error::Read { .. })), "{refused:?}");
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings, []);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn the_next_export_removes_leftovers_outside_of_its_range() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let day = |day| DateRange::day(day, &Utc).unwrap();
    let (first, second): (NaiveDate, NaiveDate) = ("2026-11-01".parse().unwrap(), "2026-11-02".parse().unwrap());
    let _ = export(&exporter, &simulator, day(second)).await.unwrap();
    let before = files(root.path());
    let _ = export(&exporter, &simulator, day(first)).await.unwrap();
    // Bring the folder into the state that an export leaves if it is killed after the part of the first day got its
    // name.
    let folder = folder(&simulator, root.path());
    std::fs::remove_file(folder.manifest(2)).unwrap();
    std::fs::remove_file(folder.path().join(crate::layout::RUN_LOG)).unwrap();
    let mut state = State::read(&folder).unwrap().0.unwrap();
    (state.open, state.head) = (true, None);
    state.coverage.clear();
    crate::state::write(&folder, &state, &FailPoints::default()).unwrap();
    assert_eq!(files(root.path()).len(), before.len() + 1);
    let _ = export(&exporter, &simulator, day(second)).await.unwrap();
    assert_eq!(files(root.path()), before);
    assert_whole(root.path());
}

#[tokio::test]
async fn a_damaged_record_or_a_partial_search_leaves_a_gap_that_the_next_export_closes() {
    let first_hours = Trigger::any().contract(world(NOW).build().contracts()[0]);
    for (fault, reason) in [(Fault::InvalidRecord, "unreadable-record"), (Fault::PartialSearch, "partial-search")] {
        let root = tempfile::tempdir().unwrap();
        let calm = world(NOW).build();
        let last = range("2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z");
        let _ = export(&exporter(&calm, root.path(), NOW), &calm, last).await.unwrap();
        let faults = Faults::new().add_rule(first_hours.clone(), fault).unwrap();
        let damaged = world(NOW).faults(faults).build();
        let done = export(&exporter(&damaged, root.path(), NOW), &damaged, days()).await.unwrap();
        assert!(!done.gaps.is_empty() && done.gaps.iter().all(|gap| gap.reason == reason), "{:?}", done.gaps);
        assert_whole(root.path());
        let kept: Vec<(NaiveDate, crate::manifest::KeptRecords)> = manifests(&damaged, root.path())
            .iter()
            .flat_map(|day| day.kept.iter().map(|kept| (day.date, kept.clone())))
            .collect();
        assert_eq!((kept.is_empty(), kept.len() as u64), (reason != "unreadable-record", done.kept));
        for (date, kept) in &kept {
            let path = folder(&damaged, root.path()).day(*date).join(&kept.file);
            let bytes = std::fs::read(&path).unwrap();
            assert!(String::from_utf8(bytes.clone()).is_err() && kept.position.is_some(), "{kept:?}");
            std::fs::write(&path, b"other").unwrap();
            assert!(!verify_archive(&Archive::new(root.path()), None).unwrap().is_intact());
            std::fs::write(&path, bytes).unwrap();
        }
        let later = exporter(&calm, root.path(), "2026-11-21T12:00:00Z");
        let healed = export(&later, &calm, days()).await.unwrap();
        assert_eq!((healed.gaps.as_slice(), lines(&calm, root.path())), (&[][..], truth(&calm, days())), "{reason}");
        assert_whole(root.path());
    }
}
