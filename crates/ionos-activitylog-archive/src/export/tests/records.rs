//! The service does not document the form of records, whether it repeats them, or how it counts them. The tests
//! simulate each possible behavior. They check that no event is lost, and that a manifest has a total only if the
//! service reported this total.

use super::*;

#[tokio::test]
async fn a_day_has_a_total_only_if_it_equals_the_number_of_events() {
    use ionos_activitylog_sim::TotalShape;
    let totals = async |behavior| {
        let root = tempfile::tempdir().unwrap();
        // The first two days have no events.
        let begin = parse_time("2026-11-03T00:00:00Z");
        let simulator = world(NOW).log_begin(begin).behavior(behavior).build();
        let done = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await;
        assert_eq!(done.unwrap().gaps, []);
        assert_whole(root.path());
        let manifests = manifests(&simulator, root.path());
        let parts = parts(&simulator, root.path());
        let of_days: Vec<_> = manifests.iter().map(|one| one.counts.total).collect();
        assert_eq!((of_days.len(), parts.len()), (3, 1));
        assert_eq!(of_days[2], parts[0].1.total);
        assert_eq!(manifests[0].ranges[0].counted, of_days[0].is_some());
        (of_days[0], of_days[2], parts[0].1.count)
    };
    let (empty, full, count) = totals(Behavior::default()).await;
    assert_eq!((empty, full), (Some(0), Some(count)));
    let uncounted = Behavior { total: TotalShape::Absent, ..Behavior::default() };
    let (empty, full, _) = totals(uncounted).await;
    assert_eq!((empty, full), (None, None));
}

#[tokio::test]
async fn reading_a_gap_again_keeps_the_number_of_equal_records() {
    let behavior = Behavior {
        duplicates: Share::new(0.3).unwrap(),
        duplicates_counted: true,
        uuid: Share::new(0.0).unwrap(),
        ..Behavior::default()
    };
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).behavior(behavior).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let before = lines(&simulator, root.path());
    let different: std::collections::BTreeSet<&String> = before.iter().collect();
    assert!(different.len() < before.len());
    let mark_all_unverified = || {
        let (folder, clock) = (folder(&simulator, root.path()), exporter.clock.clone());
        let (settled, fail_points) = (clock.now(), FailPoints::default());
        let mut writer =
            contract_writer::ContractWriter::open(folder, &exporter.api, settled, clock, fail_points).unwrap();
        writer.begin(settled, &ionos_activitylog::RangeSet::new()).unwrap();
        for day in days().by_day(&Utc) {
            let mut unverified = writer.empty_manifest(day.start().date_naive());
            unverified.ranges = vec![crate::manifest::ReadRange::unverified(day)];
            writer.add(unverified).unwrap();
        }
        writer.end(true).unwrap();
    };
    mark_all_unverified();
    let again = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(again.events, 0);
    assert_eq!(lines(&simulator, root.path()), before);
    // The records also stay in the archive if the service no longer returns any of them.
    mark_all_unverified();
    let empty = world(NOW).log_begin(parse_time("2026-11-10T00:00:00Z")).build();
    let exporter = self::exporter(&empty, root.path(), NOW);
    let _ = export(&exporter, &empty, days()).await.unwrap();
    assert_eq!(lines(&simulator, root.path()), before);
    assert_whole(root.path());
}

/// The simulated services differ in their undocumented behavior.
#[tokio::test]
async fn archives_are_complete_and_reproducible_for_every_kind_of_record() {
    use ionos_activitylog_sim::{AmendedEvents, Dialect, FractionDigits, Order, TotalShape};
    let share = |share: f64| Share::new(share).unwrap();
    let plain = Behavior::default;
    let mut worlds: Vec<(&str, Behavior)> = vec![
        ("no uuid", Behavior { uuid: share(0.0), ..plain() }),
        ("some uuids", Behavior { uuid: share(0.5), unknown_members: share(0.5), ..plain() }),
        ("twice", Behavior { duplicates: share(0.3), ..plain() }),
        (
            "twice, counted and without uuid",
            Behavior { duplicates: share(0.3), duplicates_counted: true, uuid: share(0.0), ..plain() },
        ),
        (
            "amended",
            Behavior { amended_events: AmendedEvents::new(share(0.3), TimeDelta::days(1)).unwrap(), ..plain() },
        ),
    ];
    worlds.extend(Order::ALL.iter().map(|order| ("order", Behavior { order: *order, max_limit: 40, ..plain() })));
    worlds.extend(Dialect::ALL.iter().map(|dialect| ("dialect", Behavior { dialect: *dialect, ..plain() })));
    worlds
        .extend(FractionDigits::ALL.iter().map(|digits| ("digits", Behavior { fraction_digits: *digits, ..plain() })));
    worlds.extend(TotalShape::ALL.iter().map(|total| ("total", Behavior { total: *total, ..plain() })));
    for (name, behavior) in worlds {
        let context = format!("{name}: {behavior:?}");
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let simulator = world(NOW).behavior(behavior).build();
        let done = export(&exporter(&simulator, one.path(), NOW), &simulator, days()).await.unwrap();
        assert_eq!(done.gaps, [], "{context}");
        let report = verify_archive(&Archive::new(one.path()), None).unwrap();
        assert_eq!((report.findings, report.warnings), (vec![], vec![]), "{context}");
        let truth: std::collections::BTreeSet<String> = truth(&simulator, days()).into_iter().collect();
        let lines: std::collections::BTreeSet<String> = lines(&simulator, one.path()).into_iter().collect();
        assert_eq!(lines, truth, "{context}");
        // Export the same range day by day, from the last day to the first, and then recount it.
        let again = exporter(&simulator, other.path(), NOW);
        let whole: Vec<DateRange> = days().by_day(&Utc).collect();
        for day in whole.iter().rev() {
            let _ = export(&again, &simulator, *day).await.unwrap();
        }
        assert_eq!(part_files(one.path()), part_files(other.path()), "{context}");
        let before = files(other.path());
        let recounted = export(&again.recount(true), &simulator, days()).await.unwrap();
        assert_eq!((recounted.late, recounted.no_longer_served), (0, 0), "{context}");
        assert_eq!(files(other.path()), before, "{context}");
    }
}

#[tokio::test]
async fn totals_do_not_depend_on_where_an_export_started() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let behavior = Behavior {
        duplicates: Share::new(0.03).unwrap(),
        duplicates_counted: true,
        uuid: Share::NONE,
        ..Behavior::default()
    };
    let simulator = world(NOW).behavior(behavior).build();
    let at_once = exporter(&simulator, one.path(), NOW);
    let _ = export(&at_once, &simulator, days()).await.unwrap();
    let manifests = manifests(&simulator, one.path());
    let counted = |manifest: &&Manifest| manifest.counts.total.is_some();
    assert!(manifests.iter().all(|manifest| counted(&manifest)), "every day has a total");

    let by_day = exporter(&simulator, other.path(), NOW);
    for day in days().by_day(&Utc) {
        let _ = export(&by_day, &simulator, day).await.unwrap();
    }
    assert_eq!(files(one.path()), files(other.path()));
    assert_whole(one.path());
}
