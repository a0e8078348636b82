//! A stopped export leaves a valid archive and reports its work. Each export appends a line to the run log.

use super::*;

#[tokio::test]
async fn an_export_stopped_at_once_archives_nothing_and_the_next_one_everything() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let contract: ContractNumber = simulator.contracts()[0].into();
    let done = exporter.run(std::slice::from_ref(&contract), days(), std::future::ready(()));
    let done = done.await.pop().unwrap().1.unwrap();
    assert!(done.stopped && done.events == 0);
    let done = export(&exporter, &simulator, days()).await.unwrap();
    assert!(!done.stopped);
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, days()));
    assert_whole(root.path());
}

#[tokio::test]
async fn a_stopped_export_reports_archived_and_discarded_events() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stop = Mutex::new(Some(stop));
    let fail_points = FailPoints::new(move |step| {
        if step == FailPoint::WindowRead
            && let Some(stop) = stop.lock().unwrap().take()
        {
            stop.send(()).unwrap();
        }
    });
    let exporter = exporter(&simulator, root.path(), NOW).fail_points(fail_points);
    let contracts = [simulator.contracts()[0].into()];
    // The export stops before the part file of 2026-11-03, the half day, is finished, so the events of this part are
    // discarded.
    let requested = range("2026-11-01T00:00:00Z", "2026-11-03T12:00:00Z");
    let done = exporter.run(&contracts, requested, async {
        let _ = stopped.await;
    });
    let done = done.await.pop().unwrap().1.unwrap();
    assert!(done.stopped && done.discarded > 0);
    assert_eq!(done.events, lines(&simulator, root.path()).len() as u64);
    let runs = folder(&simulator, root.path()).path().join("_runs.ndjson");
    let run: RunRecord = serde_json::from_str(std::fs::read_to_string(runs).unwrap().trim()).unwrap();
    assert_eq!(run.events, done.events);
}

#[tokio::test]
async fn each_export_appends_a_line_to_the_run_log() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let runs = folder(&simulator, root.path()).path().join("_runs.ndjson");
    // Simulates a process that was killed while it wrote a line.
    let mut torn = std::fs::read(&runs).unwrap();
    torn.extend(b"{\"schema\":\"ialog");
    std::fs::write(&runs, torn).unwrap();
    let more = range("2026-11-04T00:00:00Z", "2026-11-05T00:00:00Z");
    let _ = export(&exporter, &simulator, more).await.unwrap();
    let text = std::fs::read_to_string(&runs).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    let last: RunRecord = serde_json::from_str(lines[2]).unwrap();
    assert_eq!((last.result.as_str(), last.from), ("done", more.start()));
    assert_eq!(last.head.unwrap().date.to_string(), "2026-11-04");
}
