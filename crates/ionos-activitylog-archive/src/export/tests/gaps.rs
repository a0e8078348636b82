//! A range that cannot be verified is reported as a gap, its events are kept, and later exports read it again.

use futures_util::future::Either;

use super::*;

#[tokio::test]
async fn a_gap_is_reported_retried_and_closed_once_it_is_verified() {
    let root = tempfile::tempdir().unwrap();
    let refusing = burst(DeepOffset::Refuse);
    let first = export(&exporter(&refusing, root.path(), NOW), &refusing, days()).await.unwrap();
    assert!(!first.gaps.is_empty());
    let gap = &first.gaps[0];
    assert_eq!(gap.reason, "overflow");
    let state = State::read(&folder(&refusing, root.path())).unwrap().0.unwrap();
    assert_eq!((state.gaps[0].tries, state.gaps.len()), (1, first.gaps.len()));
    assert!(state.gaps[0].next > parse_time(NOW));
    assert!(parts(&refusing, root.path()).iter().any(|(_, part)| !part.verified));
    assert_whole(root.path());
    let before = lines(&refusing, root.path());

    // The time of the next try has not come.
    let waiting = export(&exporter(&refusing, root.path(), NOW), &refusing, days()).await.unwrap();
    assert_eq!((waiting.requests, waiting.gaps.len()), (0, first.gaps.len()));
    assert_eq!((first.waiting_gaps, waiting.waiting_gaps), (0, first.gaps.len() as u64));
    // Waiting does not close a gap with the reason `overflow`.
    assert_eq!((first.next_try, waiting.next_try), (None, None));
    let later = "2026-11-20T13:00:00Z";
    let again = export(&exporter(&refusing, root.path(), later), &refusing, days()).await.unwrap();
    assert!(again.requests > 0);
    let state = State::read(&folder(&refusing, root.path())).unwrap().0.unwrap();
    assert_eq!(state.gaps[0].tries, 2);
    let after = lines(&refusing, root.path());
    assert!(before.iter().all(|line| after.contains(line)), "no archived event is lost");
    assert_whole(root.path());

    let lenient = burst(DeepOffset::Allow);
    let healed = export(&exporter(&lenient, root.path(), "2026-11-21T12:00:00Z"), &lenient, days()).await.unwrap();
    assert_eq!(healed.gaps, []);
    assert_eq!(lines(&lenient, root.path()), truth(&lenient, days()));
    assert!(manifests(&lenient, root.path()).iter().all(|day| day.unverified_ranges().is_empty()));
    assert_whole(root.path());
}

#[tokio::test]
async fn finishing_an_interrupted_export_does_not_read_its_gaps_again() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let refusing = burst(DeepOffset::Refuse);
    let undisturbed = export(&exporter(&refusing, one.path(), NOW), &refusing, days()).await.unwrap();
    assert!(!undisturbed.gaps.is_empty());
    let hours_later = "2026-11-20T20:00:00Z";
    for kill in [FailPoint::DayClosed, FailPoint::ManifestNamed, FailPoint::StateNamed, FailPoint::PartNamed] {
        for before in 0..4 {
            let root = other.path().join(format!("{kill}-{before}"));
            let (killed, is_killed) = tokio::sync::oneshot::channel::<()>();
            let (killed, left) = (Mutex::new(Some(killed)), Mutex::new(before));
            let fail_points = FailPoints::new(move |step| {
                let mut left = left.lock().unwrap();
                *left -= i32::from(step == kill);
                if *left < 0
                    && let Some(killed) = killed.lock().unwrap().take()
                {
                    killed.send(()).unwrap();
                }
            });
            let exporter_killed = exporter(&refusing, &root, NOW).fail_points(fail_points);
            let contracts = [refusing.contracts()[0].into()];
            {
                let run = std::pin::pin!(exporter_killed.run(&contracts, days(), std::future::pending()));
                // Dropping the future has the effect of a kill between two steps.
                if let Either::Right(_) = futures_util::future::select(is_killed, run).await {
                    // The export has ended before the step: the next export is a new one, which reads the gaps again.
                    continue;
                }
            }
            let _ = export(&exporter(&refusing, &root, hours_later), &refusing, days()).await.unwrap();
            assert_eq!(files(&root), files(one.path()), "killed at {kill} after {before} passes");
            assert_whole(&root);
        }
    }
    // The export into `one` was not interrupted, so the next export is a new one, which reads the gaps again.
    let again = export(&exporter(&refusing, one.path(), hours_later), &refusing, days()).await.unwrap();
    assert!(again.requests > 0);
}

/// A service whose totals drift, so that no range can be verified.
fn disagreeing() -> Simulator {
    let total_value = ionos_activitylog_sim::TotalValue::Drifting;
    world(NOW).behavior(Behavior { total_value, ..Behavior::default() }).build()
}

#[tokio::test]
async fn a_gap_names_the_time_of_its_next_try_and_is_read_again_then() {
    let root = tempfile::tempdir().unwrap();
    let simulator = disagreeing();
    let first = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
    assert!(!first.gaps.is_empty());
    let next = first.next_try.unwrap();
    assert!(next > parse_time(NOW));
    assert_eq!(first.waiting_gaps, 0);
    let just_before = (next - TimeDelta::seconds(1)).to_rfc3339();
    let waiting = export(&exporter(&simulator, root.path(), &just_before), &simulator, days()).await.unwrap();
    assert_eq!((waiting.requests, waiting.waiting_gaps), (0, first.gaps.len() as u64));
    assert_eq!(waiting.next_try, Some(next));
    let due = export(&exporter(&simulator, root.path(), &next.to_rfc3339()), &simulator, days()).await.unwrap();
    assert!(due.requests > 0);
    assert_eq!(due.waiting_gaps, 0);
    assert!(due.next_try.unwrap() > next);
    // A recount and a reread read the gaps at once, without waiting for the next try.
    for exporter in [
        exporter(&simulator, root.path(), &next.to_rfc3339()).recount(true),
        exporter(&simulator, root.path(), &next.to_rfc3339()).reread(true),
    ] {
        let at_once = export(&exporter, &simulator, days()).await.unwrap();
        assert_eq!(at_once.waiting_gaps, 0);
        assert!(at_once.requests > 0);
    }
}

#[tokio::test]
async fn a_plan_names_the_gaps_that_wait() {
    let root = tempfile::tempdir().unwrap();
    let simulator = disagreeing();
    let first = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
    let contracts = [simulator.contracts()[0].into()];
    let plan = async |now: &str| {
        exporter(&simulator, root.path(), now).plan(&contracts, days()).await.pop().unwrap().1.unwrap()
    };
    let waiting = plan(NOW).await;
    assert!(waiting.unverified.is_empty() && !waiting.waiting.is_empty());
    assert_eq!((waiting.next_try, waiting.requests), (first.next_try, 0));
    let due = plan(&first.next_try.unwrap().to_rfc3339()).await;
    assert_eq!((due.unverified, due.next_try), (waiting.waiting, None));
    assert!(due.waiting.is_empty());
}
