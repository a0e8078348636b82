//! The state of an archive shows whether the end of the chain was removed or manifests were added. No command hides
//! such a change.

use super::*;
use crate::ArchiveReader;
use crate::verify::Problem;
use crate::verify::tests::{manifests_of, write_chain};

type Edit = fn(&Simulator, &Path);

fn remove(path: impl AsRef<Path>) {
    std::fs::remove_file(path).unwrap();
}

/// Edits of an archive of three closed days and one open day. The `bool` is `true` if, after the edit, the chain lacks
/// something that the state names.
const EDITS: [(&str, bool, Edit); 4] = [
    ("the last manifest and its day are removed", true, |simulator, root| {
        let folder = folder(simulator, root);
        remove(folder.manifest(3));
        std::fs::remove_dir_all(folder.day("2026-11-19".parse().unwrap())).unwrap();
    }),
    ("the open manifests are removed", true, |simulator, root| {
        let folder = folder(simulator, root);
        remove(folder.open_manifests());
        std::fs::remove_dir_all(folder.day("2026-11-20".parse().unwrap())).unwrap();
    }),
    ("the last manifest is replaced", true, |simulator, root| {
        let path = folder(simulator, root).manifest(3);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replacen("  ", " ", 1)).unwrap();
    }),
    ("a manifest is added", false, |simulator, root| {
        let folder = folder(simulator, root);
        let mut manifests = manifests_of(&folder);
        let last = manifests.last().unwrap().clone();
        manifests.push(Manifest::new(last.api, last.contract, last.date));
        let path = folder.path().join("_state.json");
        let state = std::fs::read(&path).unwrap();
        write_chain(&folder, &manifests, false);
        std::fs::write(path, state).unwrap();
    }),
];

async fn archived(root: &Path) -> Simulator {
    let simulator = world(NOW).build();
    let range = range("2026-11-17T00:00:00Z", "2026-11-21T00:00:00Z");
    let _ = export(&exporter(&simulator, root, NOW), &simulator, range).await.unwrap();
    assert!(folder(&simulator, root).open_manifests().exists());
    simulator
}

#[tokio::test]
async fn a_state_that_contradicts_the_chain_is_not_rebuilt() {
    for (edit, _, apply) in EDITS {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path()).await;
        apply(&simulator, root.path());
        let findings = |root: &Path| verify_archive(&Archive::new(root), None).unwrap().findings;
        let before = findings(root.path());
        assert!(!before.is_empty(), "{edit}");
        let folder = folder(&simulator, root.path());
        let state = std::fs::read(folder.path().join("_state.json")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let refused = rebuild_state(&folder, &clock).unwrap_err();
        let Error::Damaged { detail, .. } = &refused else { panic!("{edit}: {refused:?}") };
        assert!(before.iter().any(|finding| finding.detail == *detail), "{edit}: {detail}, {before:?}");
        assert!(refused.hint().contains("evidence"), "{edit}");
        assert_eq!(std::fs::read(folder.path().join("_state.json")).unwrap(), state, "{edit}");
        assert_eq!(findings(root.path()), before, "{edit}");
    }
}

#[tokio::test]
async fn an_archive_whose_end_is_missing_is_not_read() {
    for (edit, is_loss, apply) in EDITS {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path()).await;
        let archive = Archive::new(root.path());
        assert!(ArchiveReader::open(&archive, None, None).is_ok());
        apply(&simulator, root.path());
        let findings = verify_archive(&archive, None).unwrap().findings;
        let opened = ArchiveReader::open(&archive, None, None);
        let contracts = [simulator.contracts()[0].into()];
        let planned = exporter(&simulator, root.path(), NOW).plan(&contracts, days()).await.remove(0).1;
        if !is_loss {
            assert!(opened.is_ok() && planned.is_ok(), "{edit}");
            continue;
        }
        let Err(Error::Damaged { detail, .. }) = opened else { panic!("{edit}") };
        assert!(findings.iter().any(|finding| finding.detail == detail), "{edit}: {detail}, {findings:?}");
        assert!(matches!(planned, Err(Error::Damaged { .. })), "{edit}");
    }
}

/// If an export was interrupted, the rebuilt state still says so. The next export needs this information to remove the
/// leftovers of the interrupted one.
#[tokio::test]
async fn an_open_state_stays_open_when_it_is_rebuilt() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path()).await;
    let folder = folder(&simulator, root.path());
    let mut state = State::read(&folder).unwrap().0.unwrap();
    (state.open, state.open_since) = (true, Some(state.updated));
    crate::state::write(&folder, &state, &FailPoints::default()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    let rebuilt = rebuild_state(&folder, &clock).unwrap().state;
    assert_eq!((rebuilt.open, rebuilt.open_since), (true, state.open_since));
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert!(report.is_intact() && !report.is_complete());
}

/// The state can be unusable for two reasons: a user who has access only as a member of the archive's Unix group may
/// not be allowed to read it, and a copy of only the parts and manifests has no state.
#[tokio::test]
async fn an_archive_without_a_usable_state_is_read() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path()).await;
    let folder = folder(&simulator, root.path());
    for content in [Some("{"), None] {
        for name in ["_state.json", "_state.prev.json"] {
            let path = folder.path().join(name);
            match content {
                Some(content) => std::fs::write(path, content).unwrap(),
                None => remove(path),
            }
        }
        let reader = ArchiveReader::open(&Archive::new(root.path()), None, None).unwrap();
        assert!(reader.count() > 0);
    }
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert!(!report.findings.iter().any(|finding| finding.problem == Problem::Missing));
}

/// The open day and the state files are removed. The chain does not show that a day is missing, but the run log does.
#[tokio::test]
async fn an_archive_without_the_end_of_its_last_run_is_incomplete_until_the_next_export() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path()).await;
    let folder = folder(&simulator, root.path());
    let (archive, contract) = (Archive::new(root.path()), folder.contract().clone());
    let end = parse_time("2026-11-20T11:59:50Z");
    // Returns whether the archive is complete, its lost end (the end of the last completed export, if the manifests end
    // earlier), and the lost ends that three readers report. The first reader reads all times, the second one a range
    // with an open end, and the third one a range with a fixed end.
    let seen = || {
        let report = verify_archive(&archive, None).unwrap();
        assert!(report.is_intact(), "{report:?}");
        let from = |from: &str| Some(range(from, "2026-11-20T12:00:00Z"));
        let open = |range| ArchiveReader::open(&archive, None, range).unwrap();
        let readers = [open(None), open(from("2026-11-19T00:00:00Z")).open_end(), open(from("2026-11-19T00:00:00Z"))];
        (report.is_complete(), report.chains[0].lost_end, readers.map(|reader| reader.lost_ends()))
    };
    assert_eq!(seen(), (true, None, [vec![], vec![], vec![]]));
    EDITS[1].2(&simulator, root.path());
    for name in ["_state.json", "_state.prev.json"] {
        remove(folder.path().join(name));
    }
    let missing = vec![(contract, end)];
    let incomplete = (false, Some(end), [missing.clone(), missing, vec![]]);
    assert_eq!(seen(), incomplete);
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
    rebuild_state(&folder, &clock).unwrap();
    assert_eq!(seen(), incomplete);
    let range = range("2026-11-17T00:00:00Z", "2026-11-21T00:00:00Z");
    let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, range).await.unwrap();
    assert_eq!(seen(), (true, None, [vec![], vec![], vec![]]));
}
