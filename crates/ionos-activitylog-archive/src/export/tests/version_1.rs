//! An archive of version 0.1.0, whose manifests have version 1, is verified, queried and continued.

use super::*;
use crate::manifest::RangeProof;
use crate::read::ArchiveReader;

/// A copy of the fixture: six hours of each of two days, 55 events, one part per day.
fn archive_of_version_1() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let root = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive-0.1.0"), root.path());
    root
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The simulator of the fixture's log, at a later time.
fn simulator() -> Simulator {
    let now = parse_time("2026-11-24T00:00:00Z");
    Simulator::builder().clock(move || now).build()
}

fn continuing(simulator: &Simulator, root: &Path) -> Exporter {
    exporter(simulator, root, "2026-11-24T00:00:00Z").api("demo")
}

#[test]
fn an_archive_of_version_1_is_verified() {
    let root = archive_of_version_1();
    assert_whole(root.path());
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.parts, report.events, report.chains[0].days), (2, 55, 2));
}

#[test]
fn an_archive_of_version_1_is_queried() {
    let root = archive_of_version_1();
    let reader = ArchiveReader::open(&Archive::new(root.path()), None, None).unwrap();
    assert_eq!(reader.incomplete_ranges(), []);
    assert_eq!(reader.map(Result::unwrap).count(), 55);
}

#[tokio::test]
async fn an_archive_of_version_1_is_continued_and_its_manifests_stay() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let folder = folder(&simulator, root.path());
    let before = files(root.path());
    let requested = range("2026-11-20T18:00:00Z", "2026-11-23T00:00:00Z");
    let done = export(&continuing(&simulator, root.path()), &simulator, requested).await.unwrap();
    assert_eq!(done.gaps, []);
    let after = files(root.path());
    assert!(before.iter().all(|(name, bytes)| after.get(name) == Some(bytes)), "no file of version 1 changes");
    let import = std::fs::read_to_string(folder.manifest(1)).unwrap();
    let import: crate::manifest::ImportedManifests = serde_json::from_str(&import).unwrap();
    let listed: Vec<String> = import.manifests.iter().map(|link| link.date.to_string()).collect();
    assert_eq!((listed.join(" ").as_str(), import.unlinked.len()), ("2026-11-20 2026-11-21", 0));
    let written: Vec<String> =
        (2..=3).map(|number| Manifest::read(&folder.manifest(number)).unwrap().0.date.to_string()).collect();
    assert_eq!(written, ["2026-11-21", "2026-11-22"]);
    let manifests = manifests(&simulator, root.path());
    let proofs = |day: usize| -> Vec<_> { manifests[day].ranges.iter().map(|range| range.proof).collect() };
    let matching = Some(RangeProof::EventsMatchTotal);
    assert_eq!((proofs(0), proofs(1), proofs(2)), (vec![None], vec![None, matching], vec![matching]));
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, requested));
    assert_whole(root.path());

    let again = export(&continuing(&simulator, root.path()), &simulator, requested).await.unwrap();
    assert!(again.nothing_to_do);
    // Manifests of version 1 have no totals of ranges. A recount uses the totals of their parts instead.
    let recount = continuing(&simulator, root.path()).recount(true);
    let recounted = export(&recount, &simulator, requested).await.unwrap();
    assert_eq!((recounted.events, recounted.late), (0, 0));
    assert_eq!(files(root.path()), after);
}

#[tokio::test]
async fn a_range_between_the_days_of_version_1_and_a_later_export_is_reported() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let later = range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
    let done = export(&continuing(&simulator, root.path()), &simulator, later).await.unwrap();
    assert_eq!(done.gaps, []);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.chains[0].unarchived, range("2026-11-21T06:00:00Z", "2026-11-22T00:00:00Z").into());
    assert_eq!((report.is_intact(), report.is_complete(), report.has_all_events()), (true, true, false));
}

/// Edits a manifest of version 1.
fn edit(root: &Path, day: &str, from: &str, to: &str) {
    let path = folder(&simulator(), root).manifest_of_version_1(date(day));
    let text = std::fs::read_to_string(&path).unwrap();
    let edited = text.replacen(from, to, 1);
    assert_ne!(edited, text, "{from}");
    std::fs::write(&path, edited).unwrap();
}

#[tokio::test]
async fn a_modified_manifest_of_version_1_is_found_and_not_continued() {
    for (from, to) in [
        ("\"count\": 36", "\"count\": 35"),
        ("\"verified\": true", "\"verified\": false"),
        ("\"counted\": true", "\"counted\": true,\n      \"proof\": \"events-match-total\""),
        ("demo", "other"),
    ] {
        let root = archive_of_version_1();
        let simulator = simulator();
        edit(root.path(), "2026-11-20", from, to);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(!report.is_intact(), "{from}");
        let more = range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
        assert!(export(&continuing(&simulator, root.path()), &simulator, more).await.is_err(), "{from}");
    }
}

#[tokio::test]
async fn an_unlinked_manifest_of_version_1_is_reported_and_never_counts_as_proven() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let folder = folder(&simulator, root.path());
    // Edit the manifest of the first day. It stays valid by itself, but the manifest of the second day no longer
    // contains its digest: the second day is unlinked. Then edit the state as if an export of 0.1.0 had been
    // interrupted before it linked the second day again.
    edit(root.path(), "2026-11-20", "\"version\": \"0.1.0\"", "\"version\": \"0.1.1\"");
    let state = folder.path().join("_state.json");
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.contains("\"relink\": null"));
    std::fs::write(&state, text.replace("\"relink\": null", "\"relink\": \"2026-11-20\"")).unwrap();
    let verify = |kept: bool| {
        let archive = Archive::new(root.path());
        let mut report = verify_archive(&archive, None).unwrap();
        if kept {
            let head = report.chains[0].head().unwrap().sha256;
            report.compare_heads(&archive, &[head]);
        }
        report
    };
    let second = date("2026-11-21");
    for _ in 0..2 {
        let report = verify(false);
        assert_eq!((report.findings.len(), report.is_complete()), (0, false));
        assert_eq!(report.chains[0].unlinked_days, [second]);
        assert_eq!(
            verify(true).findings.len(),
            1,
            "a head that was kept elsewhere does not prove the days before an unlinked day"
        );
        // The export adds the list of imported manifests to the chain. This list names the unlinked day permanently.
        let more = range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
        let _ = export(&continuing(&simulator, root.path()), &simulator, more).await.unwrap();
    }
}

#[tokio::test]
async fn a_manifest_of_version_1_that_the_chain_does_not_list_is_found() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let folder = folder(&simulator, root.path());
    let more = range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
    let _ = export(&continuing(&simulator, root.path()), &simulator, more).await.unwrap();
    let added = folder.manifest_of_version_1(date("2026-11-22"));
    std::fs::copy(folder.manifest_of_version_1(date("2026-11-20")), &added).unwrap();
    assert!(!verify_archive(&Archive::new(root.path()), None).unwrap().is_intact());
    std::fs::remove_file(&added).unwrap();
    assert_whole(root.path());
    // A listed manifest that is removed or changed is found, too.
    edit(root.path(), "2026-11-21", "\"version\": \"0.1.0\"", "\"version\": \"0.1.1\"");
    assert!(!verify_archive(&Archive::new(root.path()), None).unwrap().is_intact());
    std::fs::remove_file(folder.manifest_of_version_1(date("2026-11-21"))).unwrap();
    assert!(!verify_archive(&Archive::new(root.path()), None).unwrap().is_intact());
}
