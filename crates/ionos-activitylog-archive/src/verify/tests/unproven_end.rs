//! The state and the run log show where the chain must end. If one of them is missing or cannot be used, the archive
//! is not complete, because nothing in an archive can switch a check off.

use super::*;
use crate::layout::ContractFolder;

/// Number of checks in a report if all of them were made.
const ALL_CHECKS: usize = 9;

type FileEdit = fn(&Path);

fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Edits of the state or the run log, with the reason that the report then states.
const EDITS: [(&str, FileEdit, &str); 8] = [
    ("_runs.ndjson", remove, "_runs.ndjson is missing"),
    ("_runs.ndjson", |path| fs::write(path, "").unwrap(), "_runs.ndjson has no record of the last manifest"),
    (
        "_runs.ndjson",
        |path| fs::write(path, "garbage\n{}\n").unwrap(),
        "_runs.ndjson has no record of the last manifest",
    ),
    (
        "_runs.ndjson",
        |path| fs::File::create(path).unwrap().set_len(crate::layout::MAX_RUN_LOG_BYTES + 1).unwrap(),
        "_runs.ndjson is larger than 64 MiB",
    ),
    ("_state.json", remove, "_state.json is missing"),
    ("_state.json", |path| fs::write(path, "{").unwrap(), "_state.json cannot be used"),
    ("_state.json", |path| fs::write(path, r#"{"schema":"other/2"}"#).unwrap(), "_state.json cannot be used"),
    (
        "_state.json",
        |path| fs::write(path, r#"{"schema":"ialog.state/3"}"#).unwrap(),
        "_state.json has the unknown format",
    ),
];

/// An archive without the previous copy of the state.
async fn archived_without_copy(root: &Path) -> (Simulator, ContractFolder) {
    let simulator = archived(root, Compression::Zstd).await;
    let folder = folder(&simulator, root);
    remove(&folder.path().join("_state.prev.json"));
    (simulator, folder)
}

#[tokio::test]
async fn an_archive_whose_end_is_named_by_no_usable_file_is_not_complete() {
    for (name, edit, reason) in EDITS {
        let root = tempfile::tempdir().unwrap();
        let (simulator, folder) = archived_without_copy(root.path()).await;
        assert_eq!(verify_archive(&Archive::new(root.path()), None).unwrap().document(None).checks.len(), ALL_CHECKS);
        edit(&folder.path().join(name));
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], false), "{reason}");
        let chain = &report.chains[0];
        assert!(!chain.is_unfinished, "{reason}: no export was interrupted");
        assert_eq!(chain.without_evidence.len(), 1, "{reason}: {chain:?}");
        assert!(chain.without_evidence[0].contains(reason), "{chain:?}");
        assert!(report.warnings.iter().any(|warning| warning.contains(reason)), "{:?}", report.warnings);
        let document = report.document(None);
        assert_eq!((document.result, document.checks.len()), ("incomplete", ALL_CHECKS - 1), "{reason}");
        let subject = if name == "_state.json" { "the state names" } else { "the run log names" };
        assert!(document.checks.iter().all(|check| !check.contains(subject)), "{reason}: {:?}", document.checks);
        drop(simulator);
    }
}

#[tokio::test]
async fn the_digest_of_the_last_manifest_proves_the_end_without_state_and_run_log() {
    for (name, edit, reason) in EDITS {
        let root = tempfile::tempdir().unwrap();
        let (_simulator, folder) = archived_without_copy(root.path()).await;
        let archive = Archive::new(root.path());
        let links = verify_archive(&archive, None).unwrap().chains.remove(0).links;
        edit(&folder.path().join(name));
        let verified = |kept: Digest| {
            let mut report = verify_archive(&archive, None).unwrap();
            report.compare_heads(&archive, &[kept]);
            report
        };
        let report = verified(links[2].sha256);
        assert!(report.is_intact() && report.is_complete() && !report.warnings.is_empty(), "{reason}: {report:?}");
        assert_eq!(report.document(None).checks.len(), ALL_CHECKS - 1, "{reason}");
        // The digest of an earlier manifest does not show where the chain must end.
        assert!(!verified(links[1].sha256).is_complete(), "{reason}");
    }
}

#[tokio::test]
async fn the_next_export_or_a_rebuilt_state_proves_the_end_again() {
    for (name, edit, reason) in EDITS {
        if reason.contains("MiB") || reason.contains("unknown format") {
            continue;
        }
        let root = tempfile::tempdir().unwrap();
        let (simulator, folder) = archived_without_copy(root.path()).await;
        edit(&folder.path().join(name));
        if name == "_state.json" {
            let clock: std::sync::Arc<dyn ionos_activitylog::clock::Clock> =
                std::sync::Arc::new(ionos_activitylog::clock::VirtualClock::starting_at(NOW.parse().unwrap()));
            let _ = crate::rebuild_state(&folder, &clock).unwrap();
        } else {
            let again = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
            assert_eq!((again.events, again.requests), (0, 0), "{reason}");
        }
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(report.is_intact() && report.is_complete(), "{reason}: {report:?}");
        // The next export has nothing to record.
        let again = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap();
        assert!(again.nothing_to_do, "{reason}: {again:?}");
    }
}

/// The previous copy of the state is older than the last manifest, so it does not prove the end. It also does not show
/// that an export was interrupted.
#[tokio::test]
async fn the_previous_copy_of_a_damaged_state_does_not_prove_the_end() {
    for content in ["{", r#"{"schema":"other/2"}"#] {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::Zstd).await;
        let folder = folder(&simulator, root.path());
        assert!(folder.path().join("_state.prev.json").exists());
        fs::write(folder.path().join("_state.json"), content).unwrap();
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        let chain = &report.chains[0];
        assert_eq!((report.findings.as_slice(), chain.is_unfinished, report.is_complete()), (&[][..], false, false));
        assert!(chain.without_evidence[0].ends_with("_state.json cannot be used"), "{chain:?}");
        assert!(!chain.checks.state && chain.checks.run_log, "{chain:?}");
    }
}

/// Until the first export has ended, only the state shows that an export has begun.
#[tokio::test]
async fn an_archive_on_which_no_export_has_ended_is_unfinished_without_a_run_log() {
    let root = tempfile::tempdir().unwrap();
    let (_simulator, folder) = archived_without_copy(root.path()).await;
    let (state, _) = crate::state::State::read(&folder).unwrap();
    let mut state = state.unwrap();
    (state.open, state.open_since) = (true, Some(state.updated));
    crate::state::write(&folder, &state, &crate::fs::FailPoints::default()).unwrap();
    remove(&folder.path().join("_runs.ndjson"));
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    let chain = &report.chains[0];
    assert!(report.is_intact() && chain.is_unfinished && !report.is_complete(), "{report:?}");
    assert_eq!((chain.without_evidence.as_slice(), report.warnings.as_slice()), (&[][..], &[][..]));
    assert!(!chain.checks.run_log);
}

#[tokio::test]
async fn an_unusable_state_does_not_switch_off_the_comparison_with_the_run_log() {
    for (name, edit, reason) in EDITS.into_iter().filter(|(name, ..)| *name == "_state.json") {
        let root = tempfile::tempdir().unwrap();
        let (_simulator, folder) = archived_without_copy(root.path()).await;
        edit(&folder.path().join(name));
        fs::remove_file(folder.manifest(3)).unwrap();
        fs::remove_dir_all(folder.day("2026-11-03".parse().unwrap())).unwrap();
        assert_eq!(found(root.path()), [finding("_runs.ndjson", None, Problem::Changed)], "{reason}");
    }
}
