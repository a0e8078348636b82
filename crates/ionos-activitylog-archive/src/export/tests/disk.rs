//! Parts are brought to the disk while the next ones are filled: a few at a time, in their order, and none counts
//! before it is there.

use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::select;

use super::*;
use crate::export::part_writer::WAITING;

/// Longer than anything here takes, so that a test that waits in vain ends.
const AT_MOST: Duration = Duration::from_secs(30);

/// Ten days of few events.
fn ten_days() -> DateRange {
    range("2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z")
}

/// How often a step was passed.
#[derive(Default)]
struct Passed(Mutex<u64>, std::sync::Condvar);

impl Passed {
    fn pass(&self) -> u64 {
        let mut passed = self.0.lock().unwrap();
        *passed += 1;
        self.1.notify_all();
        *passed
    }

    /// Waits until it was passed so often.
    fn wait(&self, times: u64) {
        let passed = self.0.lock().unwrap();
        let waited = self.1.wait_timeout_while(passed, AT_MOST, |passed| *passed < times);
        assert!(!waited.unwrap().1.timed_out());
    }
}

#[tokio::test]
async fn parts_are_filled_while_another_is_brought_to_the_disk_and_only_a_few() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let undisturbed = exporter(&simulator, other.path(), NOW);
    let _ = export(&undisturbed, &simulator, ten_days()).await.unwrap();

    // One that is being brought to the disk, those that wait, and one for which there is no more room.
    let most = WAITING as u64 + 2;
    let (begun, written) = (Passed::default(), Passed::default());
    // Parts without a name: now, and at the most.
    let left = Arc::new(Mutex::new((0, 0)));
    let unnamed = left.clone();
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => {
            let mut unnamed = unnamed.lock().unwrap();
            unnamed.0 += 1;
            unnamed.1 = unnamed.1.max(unnamed.0);
            begun.pass();
        }
        // A disk that takes its time.
        FailPoint::PartWritten if written.pass() == 1 => begun.wait(most),
        FailPoint::PartNamed => unnamed.lock().unwrap().0 -= 1,
        _ => {}
    });
    let exporter = exporter(&simulator, one.path(), NOW).fail_points(fail_points);
    let _ = export(&exporter, &simulator, ten_days()).await.unwrap();
    assert_eq!(*left.lock().unwrap(), (0, most));
    assert_eq!(files(one.path()), files(other.path()));
    assert_whole(one.path());
}

#[tokio::test]
async fn a_part_that_the_disk_refuses_keeps_those_before_it_and_gives_up_those_behind() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    let second = folder.day("2026-11-02".parse().unwrap());
    let (begun, synced) = (Passed::default(), Passed::default());
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => drop(begun.pass()),
        // The third part is being filled then.
        FailPoint::PartSynced if synced.pass() == 2 => {
            begun.wait(3);
            std::fs::remove_dir_all(&second).unwrap();
        }
        _ => {}
    });
    let refused = export(&exporter.clone().fail_points(fail_points), &simulator, days()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("date=2026-11-02/part-"), "{refused}");
    let kept: Vec<_> = parts(&simulator, root.path()).into_iter().map(|(date, _)| date.to_string()).collect();
    assert_eq!(kept, ["2026-11-01"]);
    let third = folder.day("2026-11-03".parse().unwrap());
    assert!(!third.exists(), "nothing of it is left");
    assert!(State::read(&folder).unwrap().0.unwrap().open);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings, []);

    let done = export(&exporter, &simulator, days()).await.unwrap();
    let rest = range("2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z");
    assert_eq!(done.events, truth(&simulator, rest).len() as u64);
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_stop_waits_for_the_parts_that_have_ended() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (stop, begun) = (Mutex::new(Some(stop)), Passed::default());
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => drop(begun.pass()),
        FailPoint::PartWritten => {
            if let Some(stop) = stop.lock().unwrap().take() {
                begun.wait(3);
                stop.send(()).unwrap();
            }
        }
        _ => {}
    });
    let exporter = exporter(&simulator, root.path(), NOW).fail_points(fail_points);
    let contracts = [simulator.contracts()[0].into()];
    // The part of the half day has not ended then, unless the reading was faster than the stop.
    let asked = range("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z");
    let done = exporter.run(&contracts, asked, async {
        let _ = stopped.await;
    });
    let done = done.await.pop().unwrap().1.unwrap();
    let whole = range("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z");
    assert!(done.events >= truth(&simulator, whole).len() as u64);
    assert_eq!(done.events, lines(&simulator, root.path()).len() as u64);
    let state = State::read(&folder(&simulator, root.path())).unwrap().0;
    assert!(!state.unwrap().open);
    assert_whole(root.path());
}

#[tokio::test]
async fn an_export_that_is_dropped_while_a_part_is_brought_to_the_disk_leaves_what_a_kill_leaves() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let undisturbed = exporter(&simulator, other.path(), NOW);
    let _ = export(&undisturbed, &simulator, days()).await.unwrap();

    let (reached, waits) = tokio::sync::oneshot::channel::<()>();
    let (go, gone) = mpsc::channel::<()>();
    let held = Mutex::new(Some((reached, gone)));
    let fail_points = FailPoints::new(move |step| {
        if step == FailPoint::PartWritten
            && let Some((reached, gone)) = held.lock().unwrap().take()
        {
            reached.send(()).unwrap();
            gone.recv_timeout(AT_MOST).unwrap();
        }
    });
    let exporter = exporter(&simulator, root.path(), NOW);
    let telling = exporter.clone().fail_points(fail_points);
    let running = Box::pin(export(&telling, &simulator, days()));
    let Either::Right((_, running)) = select(running, waits).await else {
        panic!("it has not ended while a part waits for the disk");
    };
    go.send(()).unwrap();
    drop(running);
    // What has its name is in no manifest; how many have one depends on who is quicker. Nothing else is left.
    let left = files(root.path());
    let part = |name: &String| name.contains("date=2026-11-0") && name.contains("/part-");
    assert!(!left.is_empty() && left.keys().all(part), "{:?}", left.keys());
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(done.events, truth(&simulator, days()).len() as u64);
    assert_eq!(files(root.path()), files(other.path()));
    assert_whole(root.path());
}

#[tokio::test]
async fn the_state_follows_the_manifests_once_in_a_while_and_at_the_end() {
    let states = async |each: Duration| {
        let root = tempfile::tempdir().unwrap();
        let behavior = Behavior { window_cap: 20, max_limit: 20, ..Behavior::default() };
        let simulator = world(NOW).behavior(behavior).build();
        let clock = Arc::new(VirtualClock::at(at(NOW)));
        let (later, states) = (clock.clone(), Arc::new(Passed::default()));
        let named = states.clone();
        let fail_points = FailPoints::new(move |step| match step {
            FailPoint::ManifestNamed => later.advance(each),
            FailPoint::StateNamed => drop(named.pass()),
            _ => {}
        });
        let exporter = exporter(&simulator, root.path(), NOW).clock(clock);
        let _ = export(&exporter.fail_points(fail_points), &simulator, ten_days()).await.unwrap();
        assert_whole(root.path());
        let state = State::read(&folder(&simulator, root.path())).unwrap().0;
        assert_eq!(state.unwrap().covered_ranges().to_string(), ten_days().to_string());
        *states.0.lock().unwrap()
    };
    // When it begins and when it ends.
    assert_eq!(states(Duration::ZERO).await, 2);
    assert!(states(Duration::from_secs(1)).await > 2);
}
