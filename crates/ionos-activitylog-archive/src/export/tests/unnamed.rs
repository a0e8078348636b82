//! An unnamed file is an event file that no manifest names. An export removes an unnamed file only if an interrupted
//! export has left the file. Any other unnamed file can be evidence, or the only copy of events whose manifests were
//! lost.

use super::*;
use crate::ArchiveReader;
use crate::verify::tests::copy;

const PART: &str = "part-20261105T000000Z-20261106T000000Z-0123456789abcdef.ndjson";

fn set_open(simulator: &Simulator, root: &Path, is_open: bool) {
    let folder = folder(simulator, root);
    let mut state = State::read(&folder).unwrap().0.unwrap();
    state.open = is_open;
    state.open_since = Some(state.updated).filter(|_| is_open);
    crate::state::write(&folder, &state, &FailPoints::default()).unwrap();
}

#[tokio::test]
async fn an_export_fails_and_keeps_the_file_if_verify_reports_the_file() {
    let whole_day = "20261102T000000Z-20261103T000000Z-0123456789abcdef.ndjson";
    // Day, name, and whether an interrupted export can have left the file.
    for (day, name, can_be_left) in [
        ("2026-11-02", format!("part-{whole_day}"), false),
        ("2026-11-02", format!("late-{whole_day}"), true),
        ("2026-11-02", "kept-0123456789abcdef.bin".to_owned(), true),
        ("2026-11-05", PART.to_owned(), true),
    ] {
        for is_open in [false, true] {
            let root = tempfile::tempdir().unwrap();
            let simulator = world(NOW).build();
            let exporter = exporter(&simulator, root.path(), NOW);
            let _ = export(&exporter, &simulator, days()).await.unwrap();
            set_open(&simulator, root.path(), is_open);
            let path = folder(&simulator, root.path()).day(day.parse().unwrap()).join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "{\"evidence\":1}\n").unwrap();
            let before = files(root.path());
            let is_finding = !verify_archive(&Archive::new(root.path()), None).unwrap().is_intact();
            assert_eq!(is_finding, !(is_open && can_be_left), "{name}, open: {is_open}");
            let more = range("2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z");
            let exported = export(&exporter, &simulator, more).await;
            if is_finding {
                let error = exported.unwrap_err();
                assert!(matches!(error, Error::UnnamedFiles { .. }), "{name}, open: {is_open}: {error}");
                assert!(error.to_string().contains(&name) && error.hint().contains("evidence"), "{error}");
                assert_eq!(files(root.path()), before, "{name}, open: {is_open}");
            } else {
                let removed = "removed 1 file that an interrupted export had left".to_owned();
                assert_eq!(exported.unwrap().warnings, [removed], "{name}");
                assert!(!path.exists(), "{name}");
                assert_whole(root.path());
            }
        }
    }
}

/// Without a state, nothing shows that an export was interrupted.
#[tokio::test]
async fn a_missing_state_does_not_count_as_an_interrupted_export() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let folder = folder(&simulator, root.path());
    let path = folder.day("2026-11-05".parse().unwrap()).join(PART);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "{}\n").unwrap();
    for name in ["_state.json", "_state.prev.json"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    let refused = export(&exporter, &simulator, days()).await;
    assert!(matches!(refused, Err(Error::UnnamedFiles { .. })), "{refused:?}");
    // Follow the hint.
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_dir(path.parent().unwrap()).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    assert_whole(root.path());
}

/// The manifests and the state are restored from an older copy, and the service no longer has the newer events.
#[tokio::test]
async fn a_partial_restore_does_not_lose_the_newer_parts() {
    let root = tempfile::tempdir().unwrap();
    let (audit, old) = (root.path().join("audit"), root.path().join("old"));
    let simulator = world(NOW).build();
    let exporter_at = |now: &str| exporter(&simulator, &audit, now);
    let _ = export(&exporter_at(NOW), &simulator, days()).await.unwrap();
    copy(&audit, &old);
    let more = range("2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z");
    let _ = export(&exporter_at(NOW), &simulator, more).await.unwrap();
    let whole = part_files(&audit);

    let (present, older) = (folder(&simulator, &audit), folder(&simulator, &old));
    let newer = root.path().join("newer");
    copy(&audit, &newer);
    std::fs::remove_dir_all(present.manifests()).unwrap();
    copy(&older.manifests(), &present.manifests());
    for name in ["_state.json", "_state.prev.json"] {
        std::fs::copy(older.path().join(name), present.path().join(name)).unwrap();
    }
    let behavior = Behavior { retention: Some(TimeDelta::days(2)), ..Behavior::default() };
    let forgetful = world(NOW).behavior(behavior).build();
    let refused = export(&exporter(&forgetful, &audit, NOW), &forgetful, more).await.unwrap_err();
    assert!(matches!(refused, Error::UnnamedFiles { .. }), "{refused}");
    assert!(refused.to_string().contains("1 other file"), "{refused}");
    assert_eq!(part_files(&audit), whole);

    // Follow the hint: restore the manifests.
    copy(&folder(&simulator, &newer).manifests(), &present.manifests());
    for name in ["_state.json", "_state.prev.json"] {
        std::fs::copy(folder(&simulator, &newer).path().join(name), present.path().join(name)).unwrap();
    }
    assert_whole(&audit);
    let archive = Archive::new(&audit);
    assert_eq!(ArchiveReader::open(&archive, None, None).unwrap().count(), truth(&simulator, more).len());
}
