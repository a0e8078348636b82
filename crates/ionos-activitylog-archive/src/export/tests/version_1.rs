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
async fn an_archive_of_version_1_is_continued_and_only_changed_manifests_become_version_2() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let first = folder(&simulator, root.path()).manifest(date("2026-11-20"));
    let before = std::fs::read(&first).unwrap();
    let requested = range("2026-11-20T18:00:00Z", "2026-11-23T00:00:00Z");
    let done = export(&continuing(&simulator, root.path()), &simulator, requested).await.unwrap();
    assert_eq!(done.gaps, []);
    assert_eq!(std::fs::read(&first).unwrap(), before);
    let manifests = manifests(&simulator, root.path());
    let schemas: Vec<&str> = manifests.iter().map(|manifest| manifest.schema.as_str()).collect();
    assert_eq!(schemas, ["ialog.manifest/1", "ialog.manifest/2", "ialog.manifest/2"]);
    let proofs = |day: usize| -> Vec<_> { manifests[day].ranges.iter().map(|range| range.proof).collect() };
    let matching = Some(RangeProof::EventsMatchTotal);
    assert_eq!((proofs(0), proofs(1), proofs(2)), (vec![None], vec![None, matching], vec![matching]));
    assert_eq!(lines(&simulator, root.path()), truth(&simulator, requested));
    assert_whole(root.path());

    let again = export(&continuing(&simulator, root.path()), &simulator, requested).await.unwrap();
    assert!(again.nothing_to_do);
}

#[tokio::test]
async fn exporting_an_earlier_day_relinks_the_manifests_and_keeps_their_version() {
    let root = archive_of_version_1();
    let simulator = simulator();
    let earlier = range("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z");
    let _ = export(&continuing(&simulator, root.path()), &simulator, earlier).await.unwrap();
    let manifests = manifests(&simulator, root.path());
    let schemas: Vec<&str> = manifests.iter().map(|manifest| manifest.schema.as_str()).collect();
    assert_eq!(schemas, ["ialog.manifest/2", "ialog.manifest/1", "ialog.manifest/1"]);
    assert_whole(root.path());
}

#[tokio::test]
async fn a_modified_manifest_of_version_1_is_found_and_not_continued() {
    let edits = [
        ("\"count\": 36", "\"count\": 35"),
        ("\"verified\": true", "\"verified\": false"),
        ("\"counted\": true", "\"counted\": true,\n      \"proof\": \"events-match-total\""),
        ("demo", "other"),
    ];
    for (from, to) in edits {
        let root = archive_of_version_1();
        let simulator = simulator();
        let manifest = folder(&simulator, root.path()).manifest(date("2026-11-20"));
        let text = std::fs::read_to_string(&manifest).unwrap();
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        std::fs::write(&manifest, edited).unwrap();
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(!report.is_intact(), "{from}");
        let more = range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z");
        assert!(export(&continuing(&simulator, root.path()), &simulator, more).await.is_err(), "{from}");
    }
}
