//! When a range is read again, the service may return one more record that has no id and equals an archived record.
//! Each of the equal records is an event of its own. If they are in separate parts, these parts have different names.

use super::*;

/// A record without an id.
const RECORD: &str = r#"{"meta":{"contractNumber":"7","time":"2026-11-02T10:00:00Z"},"event":{"type":"x"}}"#;

/// Another event of the same day, with an id.
const OTHER: &str = r#"{"@uuid":"other","meta":{"contractNumber":"7","time":"2026-11-02T11:00:00Z"}}"#;

/// A service whose log has `repeats` equal records and one other record.
fn service(repeats: usize) -> Simulator {
    let lines = [vec![RECORD; repeats], vec![OTHER]].concat().join("\n");
    let recording = ionos_activitylog_sim::Recording::read(lines.as_bytes(), Some(7)).unwrap();
    world(NOW).recording(recording).build()
}

async fn export_all(root: &Path, repeats: usize, fail_points: FailPoints) -> ContractExport {
    let simulator = service(repeats);
    let recount = exporter(&simulator, root, NOW).recount(repeats > 1).fail_points(fail_points);
    export(&recount, &simulator, days()).await.unwrap()
}

#[tokio::test]
async fn equal_late_records_are_in_parts_with_different_names() {
    let root = tempfile::tempdir().unwrap();
    for repeats in 1..=5 {
        let before = files(root.path());
        let done = export_all(root.path(), repeats, FailPoints::default()).await;
        assert_eq!(done.events, if repeats == 1 { 2 } else { 1 }, "{repeats} equal records");
        let simulator = service(repeats);
        assert_eq!(lines(&simulator, root.path()).iter().filter(|line| *line == RECORD).count(), repeats);
        let after = files(root.path());
        for (name, bytes) in before.iter().filter(|(name, _)| name.contains("ndjson")) {
            assert_eq!(after.get(name), Some(bytes), "{name} was written again");
        }
        assert_whole(root.path());
        // The archive and the service have the same number of events now.
        let unchanged = export_all(root.path(), repeats, FailPoints::default()).await;
        assert_eq!((unchanged.events, unchanged.gaps), (0, Vec::new()));
    }
}

#[tokio::test]
async fn an_equal_late_record_in_another_compression_gets_a_part_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    for (repeats, compression) in [(1, Compression::Zstd), (2, Compression::Zstd), (3, Compression::None)] {
        let simulator = service(repeats);
        let recount = exporter(&simulator, root.path(), NOW).recount(repeats > 1).compression(compression);
        let _ = export(&recount, &simulator, days()).await.unwrap();
    }
    assert_eq!(lines(&service(3), root.path()).iter().filter(|line| *line == RECORD).count(), 3);
    assert_whole(root.path());
}
