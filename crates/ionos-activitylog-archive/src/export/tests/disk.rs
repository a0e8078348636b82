//! Finished parts are committed to disk in order, while a limited number of further parts is filled. A part belongs to
//! the archive only once it is durable.

use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::select;

use super::*;
use crate::export::part_writer::MAX_WAITING_PARTS;

/// Timeout of waits, so that a failing test ends. It is much longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Ten days with few events.
fn ten_days() -> DateRange {
    range("2026-11-01T00:00:00Z", "2026-11-11T00:00:00Z")
}

/// Counts how often a fail point was reached.
#[derive(Default)]
struct ReachCount(Mutex<u64>, std::sync::Condvar);

impl ReachCount {
    fn increment(&self) -> u64 {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        self.1.notify_all();
        *count
    }

    /// Waits until the fail point was reached `times` times.
    fn wait(&self, times: u64) {
        let count = self.0.lock().unwrap();
        let waited = self.1.wait_timeout_while(count, TIMEOUT, |count| *count < times);
        assert!(!waited.unwrap().1.timed_out());
    }
}

#[tokio::test]
async fn a_limited_number_of_parts_is_filled_while_the_disk_is_slow() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let undisturbed = exporter(&simulator, other.path(), NOW);
    let _ = export(&undisturbed, &simulator, ten_days()).await.unwrap();

    // The maximum: one part that is being committed, the parts in the queue, and one part that waits for room in the
    // queue.
    let most = MAX_WAITING_PARTS as u64 + 2;
    let (begun, written) = (ReachCount::default(), ReachCount::default());
    // Number of parts without a final name: current and maximum.
    let left = Arc::new(Mutex::new((0, 0)));
    let unnamed = left.clone();
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => {
            let mut unnamed = unnamed.lock().unwrap();
            unnamed.0 += 1;
            unnamed.1 = unnamed.1.max(unnamed.0);
            begun.increment();
        }
        // Simulates a slow disk.
        FailPoint::PartWritten if written.increment() == 1 => begun.wait(most),
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
async fn after_a_write_error_earlier_parts_stay_and_later_parts_are_discarded() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let folder = folder(&simulator, root.path());
    let second = folder.day("2026-11-02".parse().unwrap());
    let (begun, synced) = (ReachCount::default(), ReachCount::default());
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => drop(begun.increment()),
        // Wait until the third part is being filled.
        FailPoint::PartSynced if synced.increment() == 2 => {
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
    assert!(!third.exists(), "the third part is discarded");
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
async fn a_stopped_export_commits_its_finished_parts() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (stop, begun) = (Mutex::new(Some(stop)), ReachCount::default());
    let fail_points = FailPoints::new(move |step| match step {
        FailPoint::PartBegun => drop(begun.increment()),
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
    // The range ends at noon of the third day. The part of this day stays unfinished, unless the export has read all
    // events before it is stopped.
    let requested = range("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z");
    let done = exporter.run(&contracts, requested, async {
        let _ = stopped.await;
    });
    let done = done.await.pop().unwrap().1.unwrap();
    let whole = range("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z");
    assert!(done.events >= truth(&simulator, whole).len() as u64);
    assert_eq!(done.events, lines(&simulator, root.path()).len() as u64);
    let state = State::read(&folder(&simulator, root.path())).unwrap().0;
    assert_eq!(state.unwrap().open, done.stopped);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], !done.stopped));
}

#[tokio::test]
async fn dropping_an_export_during_a_commit_leaves_the_same_files_as_a_kill() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let undisturbed = exporter(&simulator, other.path(), NOW);
    let _ = export(&undisturbed, &simulator, days()).await.unwrap();

    let (reached, is_waiting) = tokio::sync::oneshot::channel::<()>();
    let (resume, resumed) = mpsc::channel::<()>();
    let held = Mutex::new(Some((reached, resumed)));
    let fail_points = FailPoints::new(move |step| {
        if step == FailPoint::PartWritten
            && let Some((reached, resumed)) = held.lock().unwrap().take()
        {
            reached.send(()).unwrap();
            resumed.recv_timeout(TIMEOUT).unwrap();
        }
    });
    let exporter = exporter(&simulator, root.path(), NOW);
    let observed = exporter.clone().fail_points(fail_points);
    let running = Box::pin(export(&observed, &simulator, days()));
    let Either::Right((_, running)) = select(running, is_waiting).await else {
        panic!("the export must not end while a part waits for the disk");
    };
    resume.send(()).unwrap();
    drop(running);
    // Only parts that no manifest names are left. Their number depends on the speed of the threads.
    let left = files(root.path());
    let part = |name: &String| name.contains("date=2026-11-0") && name.contains("/part-");
    assert!(!left.is_empty() && left.keys().all(part), "{:?}", left.keys());
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert_eq!(done.events, truth(&simulator, days()).len() as u64);
    assert_eq!(files(root.path()), files(other.path()));
    assert_whole(root.path());
}

#[tokio::test]
async fn the_state_is_written_at_intervals_and_at_the_end() {
    let states = async |each: Duration| {
        let root = tempfile::tempdir().unwrap();
        let behavior = Behavior { window_cap: 20, max_limit: 20, ..Behavior::default() };
        let simulator = world(NOW).behavior(behavior).build();
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let (later, states) = (clock.clone(), Arc::new(ReachCount::default()));
        let named = states.clone();
        let fail_points = FailPoints::new(move |step| match step {
            FailPoint::ManifestNamed => later.advance(each),
            FailPoint::StateNamed => drop(named.increment()),
            _ => {}
        });
        let exporter = exporter(&simulator, root.path(), NOW).clock(clock);
        let _ = export(&exporter.fail_points(fail_points), &simulator, ten_days()).await.unwrap();
        assert_whole(root.path());
        let state = State::read(&folder(&simulator, root.path())).unwrap().0;
        assert_eq!(state.unwrap().covered_ranges().to_string(), ten_days().to_string());
        *states.0.lock().unwrap()
    };
    // If no time passes during the export, the state is written only at the start and at the end.
    assert_eq!(states(Duration::ZERO).await, 2);
    assert!(states(Duration::from_secs(1)).await > 2);
}
