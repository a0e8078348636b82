//! A range that cannot be verified is reported as a gap, its events are kept, and later exports read it again.

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
                let _ = futures_util::future::select(is_killed, run).await;
            }
            let _ = export(&exporter(&refusing, &root, hours_later), &refusing, days()).await.unwrap();
            assert_eq!(files(&root), files(one.path()), "{kill} {before}");
            assert_whole(&root);
        }
    }
    // The next export is a new one.
    let again = export(&exporter(&refusing, one.path(), hours_later), &refusing, days()).await.unwrap();
    assert!(again.requests > 0);
}
