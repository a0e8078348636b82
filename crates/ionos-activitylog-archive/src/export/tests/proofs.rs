//! A manifest contains the proof of each range: the reason why the range counts as complete. The proof depends only on
//! the answers of the service.

use ionos_activitylog::Proof;
use ionos_activitylog_sim::TotalShape;

use super::*;
use crate::manifest::RangeProof;

/// The proofs of the ranges of each day.
fn proofs(simulator: &Simulator, root: &Path) -> Vec<Vec<Option<RangeProof>>> {
    let of_day = |manifest: Manifest| manifest.ranges.iter().map(|range| range.proof).collect();
    manifests(simulator, root).into_iter().map(of_day).collect()
}

fn duplicates(uuid: f64) -> Behavior {
    Behavior {
        duplicates: Share::new(0.3).unwrap(),
        duplicates_counted: true,
        uuid: Share::new(uuid).unwrap(),
        ..Behavior::default()
    }
}

#[tokio::test]
async fn each_kind_of_total_has_its_proof() {
    let (matching, repeats) = (RangeProof::EventsMatchTotal, RangeProof::RepeatsAreCounted);
    let no_total = || Behavior { total: TotalShape::Absent, ..Behavior::default() };
    for (name, behavior, empty_day, full_day) in [
        ("exact totals", Behavior::default(), matching, matching),
        ("counted repeats of records without ids", duplicates(0.0), matching, repeats),
        ("no totals", no_total(), RangeProof::IdenticalScans(3), RangeProof::IdenticalScans(3)),
    ] {
        let root = tempfile::tempdir().unwrap();
        // The first two of the three days have no events. One window covers all three days.
        let simulator = world(NOW).log_begin(parse_time("2026-11-03T00:00:00Z")).behavior(behavior).build();
        let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
        let expected = [empty_day, empty_day, full_day].map(|proof| vec![Some(proof)]);
        assert_eq!(proofs(&simulator, root.path()), expected, "{name}");
        assert_whole(root.path());
    }
}

#[tokio::test]
async fn a_window_without_a_total_needs_at_least_3_identical_scans() {
    let behavior = Behavior { total: TotalShape::Absent, ..Behavior::default() };
    let simulator = world(NOW).behavior(behavior).build();
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    let mut windows = client.events(simulator.contracts()[0].into(), days()).windows();
    while let Some(window) = windows.next().await {
        let Some(Proof::IdenticalScans(scans)) = window.unwrap().proof() else {
            panic!("without a total, only identical scans are a proof");
        };
        assert!(scans >= 3, "{scans}");
    }
}

#[tokio::test]
async fn a_closed_gap_has_the_proof_of_the_export_that_closed_it() {
    let root = tempfile::tempdir().unwrap();
    let refusing = burst(DeepOffset::Refuse);
    let _ = export(&exporter(&refusing, root.path(), NOW), &refusing, days()).await.unwrap();
    let matching = Some(RangeProof::EventsMatchTotal);
    assert_eq!(proofs(&refusing, root.path())[1], [matching, None, matching], "the gap has no proof");

    let lenient = burst(DeepOffset::Allow);
    let _ = export(&exporter(&lenient, root.path(), "2026-11-21T12:00:00Z"), &lenient, days()).await.unwrap();
    assert_eq!(proofs(&lenient, root.path())[1], [matching], "the day is one range again");
    assert_whole(root.path());
}

#[tokio::test]
async fn proofs_do_not_depend_on_where_an_export_started() {
    for behavior in [Behavior::default(), duplicates(0.0)] {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        // Small windows, so that the exports to the two archives split the days at different times.
        let behavior = Behavior { window_cap: 20, max_limit: 10, ..behavior };
        let simulator = world(NOW).behavior(behavior).build();
        let at_once = exporter(&simulator, one.path(), NOW).part_events(5);
        let _ = export(&at_once, &simulator, days()).await.unwrap();
        // Each export is stopped after a part, so that the next one starts at the end of a part.
        for _ in 0..20 {
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let stop = Mutex::new(Some(stop));
            let fail_points = FailPoints::new(move |point| {
                if point == FailPoint::PartNamed
                    && let Some(stop) = stop.lock().unwrap().take()
                {
                    stop.send(()).unwrap();
                }
            });
            let exporter = exporter(&simulator, other.path(), NOW).part_events(5).fail_points(fail_points);
            let contracts = [simulator.contracts()[0].into()];
            let done = exporter.run(&contracts, days(), async {
                let _ = stopped.await;
            });
            let _ = done.await.pop().unwrap().1.unwrap();
        }
        let last = export(&exporter(&simulator, other.path(), NOW).part_events(5), &simulator, days()).await.unwrap();
        assert_eq!(last.gaps, []);
        assert_eq!(part_files(one.path()), part_files(other.path()));
        assert_eq!(proofs(&simulator, one.path()), proofs(&simulator, other.path()));
    }
}
