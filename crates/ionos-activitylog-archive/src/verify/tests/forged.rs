//! Tests that a change is found even if the person who edited the archive knows the format and has corrected the
//! digests and sums of the edited data.

use std::collections::BTreeMap;

use ionos_activitylog_sim::fault::{Fault, Faults, Trigger};

use super::*;
use crate::export::tests::range;
use crate::fs::FailPoints;
use crate::layout::ContractFolder;
use crate::manifest::{OpenManifests, Part};
use crate::state::State;

/// The manifests of the chain, in order of their numbers.
pub(crate) fn manifests_of(folder: &ContractFolder) -> Vec<Manifest> {
    let numbers = names(&folder.manifests()).unwrap().into_iter().filter_map(|name| manifest_number(&name));
    numbers.map(|number| Manifest::read(&folder.manifest(number)).unwrap().0).collect()
}

/// Writes a chain of these manifests, each linked to the one before, and a state that names the last of them. Removes
/// the run log, because it names the manifests that were in the chain before.
pub(crate) fn write_chain(folder: &ContractFolder, manifests: &[Manifest], is_open: bool) {
    let mut previous: Option<ManifestLink> = None;
    for (number, manifest) in (1..).zip(manifests) {
        let mut manifest = manifest.clone();
        (manifest.number, manifest.previous) = (Some(number), previous);
        manifest.recompute();
        let bytes = manifest.to_bytes();
        fs::write(folder.manifest(number), &bytes).unwrap();
        previous = Some(ManifestLink { number: Some(number), date: manifest.date, sha256: Digest::sha256(&bytes) });
    }
    edit_state(folder, |state| (state.open, state.head) = (is_open, previous));
    let _ = fs::remove_file(folder.path().join(crate::layout::RUN_LOG));
}

fn edit_state(folder: &ContractFolder, change: impl FnOnce(&mut State)) {
    let mut state = State::read(folder).unwrap().0.unwrap();
    change(&mut state);
    state.open_since = state.open.then_some(state.updated);
    crate::state::write(folder, &state, &FailPoints::default()).unwrap();
}

fn write_open(folder: &ContractFolder, manifests: impl IntoIterator<Item = Manifest>) {
    let outside = manifests.into_iter().map(|manifest| Manifest { number: None, previous: None, ..manifest });
    fs::write(folder.open_manifests(), OpenManifests::new(outside).to_bytes()).unwrap();
}

async fn export_again(simulator: &Simulator, root: &Path) -> Result<crate::ContractExport, Error> {
    export(&exporter(simulator, root, NOW), simulator, days()).await
}

#[tokio::test]
async fn a_manifest_that_was_added_after_the_last_export_is_found() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let mut manifests = manifests_of(&folder);
    let head = State::read(&folder).unwrap().0.unwrap().head;
    let mut added = Manifest::new(manifests[0].api.clone(), manifests[0].contract.clone(), manifests[0].date);
    added.recompute();
    manifests.extend([added.clone(), added]);
    write_chain(&folder, &manifests, false);
    edit_state(&folder, |state| state.head = head);

    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].file.ends_with("00000004.json"), "{}", report.findings[0]);
    assert!(report.findings[0].detail.starts_with("file was added, like the next manifest:"), "{}", report.findings[0]);
    assert!(matches!(export_again(&simulator, root.path()).await, Err(Error::Damaged { .. })));

    // If the state is open, the same chain is no finding, because a killed export can leave such a chain and state.
    edit_state(&folder, |state| state.open = true);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], false));
    // If the state is damaged, its previous copy is used. An export may have been interrupted after that copy was
    // written, so the added manifests are no finding, although the state in the copy is closed.
    edit_state(&folder, |state| state.open = false);
    edit_state(&folder, |_| {});
    fs::write(folder.path().join("_state.json"), "{").unwrap();
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], false));
    assert!(export_again(&simulator, root.path()).await.is_ok());
    // Without a state, only a digest that the user has kept shows where the chain must end. The report warns that the
    // state is missing.
    for name in ["_state.json", "_state.prev.json"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!((report.findings.as_slice(), report.warnings.len()), (&[][..], 1));
    assert!(report.warnings[0].contains("_state.json is missing"), "{}", report.warnings[0]);
}

#[tokio::test]
async fn numbered_manifests_are_a_finding_if_a_closed_state_names_no_last_manifest() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    edit_state(&folder, |state| state.head = None);
    assert_eq!(found(root.path()), [finding("00000001.json", None, Problem::Extra)]);
}

#[tokio::test]
async fn an_open_manifest_that_a_killed_export_cannot_leave_is_found() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let manifests = manifests_of(&folder);
    let changed = vec![finding("open.json", None, Problem::Changed)];
    let renamed = |manifest: &Manifest| {
        let mut other = manifest.clone();
        other.tool.version = "9.9.9".to_owned();
        other
    };
    let replaced = |manifest: &Manifest| {
        let mut other = manifest.clone();
        other.parts[0].bytes += 1;
        other.ranges[0].verified = false;
        other.ranges[0] = ReadRange::unverified(other.ranges[0].range().unwrap());
        other.parts[0].verified = false;
        other.parts[0].total = None;
        other.recompute();
        other
    };
    let cases: [(&str, Vec<Manifest>, bool, bool); 7] = [
        // The members of a case: its name, the manifests in `open.json`, whether the state is open, and whether a
        // killed export can leave such files. An export can be killed after it closes a manifest and before it removes
        // the manifest from `open.json`. In this case, the state is open.
        ("the last manifest", vec![manifests[2].clone()], true, true),
        ("the last two manifests", manifests[1..].to_vec(), true, true),
        ("the last manifest, closed state", vec![manifests[2].clone()], false, false),
        ("an earlier manifest", vec![manifests[0].clone()], true, false),
        ("an earlier and the last manifest", vec![manifests[0].clone(), manifests[2].clone()], true, false),
        ("the last manifest, edited", vec![renamed(&manifests[2])], true, false),
        ("the last manifest, with other values of a part", vec![replaced(&manifests[2])], true, false),
    ];
    for (name, open, is_open, is_left_by_a_kill) in cases {
        write_open(&folder, open);
        edit_state(&folder, |state| state.open = is_open);
        assert_eq!(found(root.path()), if is_left_by_a_kill { vec![] } else { changed.clone() }, "{name}");
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(!report.is_complete() || !report.is_intact(), "{name}");
        if !is_left_by_a_kill {
            let refused = export_again(&simulator, root.path()).await;
            assert!(matches!(refused, Err(Error::Damaged { .. })), "{name}: {refused:?}");
        }
    }
    write_open(&folder, [manifests[2].clone()]);
    edit_state(&folder, |state| state.open = true);
    let _ = export_again(&simulator, root.path()).await.unwrap();
    assert_eq!(found(root.path()), []);
    assert!(!folder.open_manifests().exists());
}

#[tokio::test]
async fn an_open_manifest_that_the_closed_state_does_not_know_is_found() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let first = manifests_of(&folder).remove(0);
    let mut added = Manifest::new(first.api, first.contract, "2026-11-09".parse().unwrap());
    added.ranges = vec![ReadRange::unverified(range("2026-11-09T00:00:00Z", "2026-11-09T06:00:00Z"))];
    added.recompute();
    write_open(&folder, [added]);
    assert_eq!(found(root.path()), [finding("_state.json", None, Problem::Changed)]);
    assert!(matches!(export_again(&simulator, root.path()).await, Err(Error::Damaged { .. })));
}

#[tokio::test]
async fn each_edit_is_reported_with_its_cause() {
    type Edit = fn(&ContractFolder, &[PathBuf]);
    let cases: [(&str, Edit, &[&str]); 13] = [
        ("part removed", |_, parts| fs::remove_file(&parts[1]).unwrap(), &["file is missing"]),
        (
            "part renamed",
            |_, parts| fs::rename(&parts[1], parts[1].with_file_name("x")).unwrap(),
            &["file was moved to contract="],
        ),
        (
            "part moved to another day",
            |_, parts| fs::rename(&parts[1], parts[0].with_file_name(parts[1].file_name().unwrap())).unwrap(),
            &["file was moved to contract="],
        ),
        ("part truncated", |_, parts| fs::write(&parts[1], "").unwrap(), &["file was changed: 0 bytes"]),
        (
            "parts swapped",
            |_, parts| {
                let (one, other) = (fs::read(&parts[0]).unwrap(), fs::read(&parts[1]).unwrap());
                fs::write(&parts[0], other).unwrap();
                fs::write(&parts[1], one).unwrap();
            },
            &["file was changed: ", "file was changed: "],
        ),
        (
            "manifests swapped",
            |folder, _| {
                let (one, other) = (folder.manifest(2), folder.manifest(3));
                let (a, b) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
                fs::write(one, b).unwrap();
                fs::write(other, a).unwrap();
            },
            &["file was changed: it is manifest 3 of the chain", "file was changed: it is manifest 2 of the chain"],
        ),
        (
            "manifest truncated",
            |folder, _| fs::write(folder.manifest(2), "{").unwrap(),
            &["file was changed: EOF while parsing"],
        ),
        (
            "manifest formatted in another way",
            |folder, _| {
                let text = fs::read_to_string(folder.manifest(2)).unwrap();
                fs::write(folder.manifest(2), text.replace("\n", " ")).unwrap();
            },
            &["file was changed: its members are not formatted as an export formats them"],
        ),
        (
            "a sum edited",
            |folder, _| {
                let text = fs::read_to_string(folder.manifest(2)).unwrap();
                fs::write(folder.manifest(2), text.replacen("\"count\": ", "\"count\": 1", 1)).unwrap();
            },
            &["file was changed: it states 1"],
        ),
        (
            "manifest in the middle removed",
            |folder, _| fs::remove_file(folder.manifest(2)).unwrap(),
            &["file is missing from the chain of manifests"],
        ),
        (
            "last manifest removed",
            |folder, _| fs::remove_file(folder.manifest(3)).unwrap(),
            &["file is missing: the last manifest of the chain was number 3"],
        ),
        (
            "all manifests removed",
            |folder, _| fs::remove_dir_all(folder.manifests()).unwrap(),
            &["file is missing, like the next 2 manifests: the last manifest of the chain was number 3"],
        ),
        (
            "day renamed",
            |folder, parts| {
                let day = parts[1].parent().unwrap();
                fs::rename(day, folder.day("2026-11-12".parse().unwrap())).unwrap();
            },
            &["file was moved to contract="],
        ),
    ];
    let original = tempfile::tempdir().unwrap();
    let simulator = archived(original.path(), Compression::Zstd).await;
    for (name, change, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        copy(original.path(), root.path());
        let parts: Vec<PathBuf> = (0..3).map(|day| part_path(&simulator, root.path(), day)).collect();
        change(&folder(&simulator, root.path()), &parts);
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        let details: Vec<&str> = report.findings.iter().map(|finding| finding.detail.as_str()).collect();
        let as_expected = details.iter().zip(expected).all(|(detail, expected)| detail.starts_with(expected));
        assert!(details.len() == expected.len() && as_expected, "{name}: {details:?}");
        assert!(report.damaged_days() <= 2, "{name}");
    }
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// Edits the times of all lines of a part, and corrects the digest of the file in the manifest.
#[tokio::test]
async fn lines_with_the_same_problem_are_counted_in_one_finding() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::None).await;
    let folder = folder(&simulator, root.path());
    let mut manifests = manifests_of(&folder);
    let path = part_path(&simulator, root.path(), 1);
    edit(&path, |lines| lines.iter_mut().for_each(|line| *line = line.replace("2026-11-02T", "2026-11-01T")));
    let part = &mut manifests[1].parts[0];
    part.sha256 = Digest::sha256(&fs::read(&path).unwrap());
    write_chain(&folder, &manifests, false);
    let problems: Vec<Problem> = found(root.path()).iter().map(|one| one.2).collect();
    assert_eq!(problems, [Problem::Changed, Problem::Time]);
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert!(report.findings[1].detail.ends_with("; the same in 28 later lines"), "{}", report.findings[1]);
}

#[tokio::test]
async fn the_totals_of_a_day_are_compared_with_its_events() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let mut manifests = manifests_of(&folder);
    let total = manifests[1].ranges[0].total.unwrap();
    manifests[1].ranges[0].total = Some(total + 1);
    write_chain(&folder, &manifests, false);
    assert_eq!(found(root.path()), [finding("02", None, Problem::Count)]);
}

/// Copies the part, and sets all numbers of the copy to the largest value.
fn with_largest_numbers(part: &Part) -> Part {
    let (largest, total) = (u64::MAX, part.total.map(|_| u64::MAX));
    Part { bytes: largest, unpacked: largest, count: largest, unique: largest, total, ..part.clone() }
}

#[tokio::test]
async fn numbers_of_any_size_are_added_without_overflow() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let archive = Archive::new(root.path());
    let mut manifests = manifests_of(&folder);
    for manifest in &mut manifests {
        manifest.parts = manifest.parts.iter().map(with_largest_numbers).collect();
        manifest.ranges.iter_mut().for_each(|range| range.total = Some(u64::MAX));
    }
    // Add a second manifest for the first day, so that the numbers of two manifests are added.
    let mut late = manifests[0].clone();
    late.parts[0].late = true;
    late.parts[0].file.late = true;
    manifests.push(late);
    write_chain(&folder, &manifests, true);
    edit_state(&folder, |state| {
        state.generation = u64::MAX;
        state.coverage.iter_mut().for_each(|entry| entry.count = u64::MAX);
    });
    let report = verify_archive(&archive, None).unwrap();
    assert!(!report.is_intact());
    let reader = crate::ArchiveReader::open(&archive, None, None).unwrap();
    assert_eq!(reader.progress().1, u64::MAX);
    assert!(reader.into_iter().any(|event| event.is_err()));
    assert_eq!(crate::rebuild_state(&folder, &clock()).unwrap().state.coverage[0].count, u64::MAX);
    edit_state(&folder, |state| (state.open, state.generation) = (true, u64::MAX));
    assert!(export_again(&simulator, root.path()).await.is_err(), "the export accepted parts of another size");
    let plan = exporter(&simulator, root.path(), NOW);
    let wider = range("2026-11-01T00:00:00Z", "2026-11-06T00:00:00Z");
    assert!(plan.plan(&[simulator.contracts()[0].into()], wider).await[0].1.is_ok());
    let client = ionos_activitylog::Client::builder().token(simulator.token()).transport(simulator.transport());
    let client = client.build().unwrap();
    let totals = verify_totals(&archive, None, &client, client.api_address(), |_, _| {}).await.unwrap();
    assert_eq!(totals.fewer, 3);
    // The number in the name of a manifest can have the largest value, too.
    fs::copy(folder.manifest(1), folder.manifest(u64::MAX)).unwrap();
    assert!(!verify_archive(&archive, None).unwrap().is_intact());
}

fn clock() -> std::sync::Arc<dyn ionos_activitylog::clock::Clock> {
    std::sync::Arc::new(ionos_activitylog::clock::VirtualClock::starting_at(NOW.parse().unwrap()))
}

/// Like the previous test, but for the manifests that version 0.1.0 wrote, for open manifests, and for a state with
/// gaps.
#[tokio::test]
async fn numbers_of_any_size_in_other_documents_are_added_without_overflow() {
    let root = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive-0.1.0");
    copy(&fixture, root.path());
    let archive = Archive::new(root.path());
    let folder = archive.contracts().unwrap().remove(0);
    for date in folder.days().unwrap() {
        let path = folder.manifest_of_version_1(date);
        let mut manifest = Manifest::read(&path).unwrap().0;
        manifest.parts = manifest.parts.iter().map(with_largest_numbers).collect();
        manifest.recompute();
        fs::write(path, manifest.to_bytes()).unwrap();
    }
    assert!(!verify_archive(&archive, None).unwrap().is_intact());

    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = super::folder(&simulator, root.path());
    let manifests = manifests_of(&folder);
    let gap = crate::KnownGap {
        from: manifests[0].ranges[0].from,
        to: manifests[0].ranges[0].to,
        reason: "overflow".to_owned(),
        seen: u64::MAX,
        total: Some(u64::MAX),
    };
    let mut open = manifests[0].clone();
    open.ranges = vec![ReadRange::unverified(gap.range().unwrap())];
    open.parts.clear();
    open.gaps = vec![gap.clone()];
    open.recompute();
    write_open(&folder, [open]);
    edit_state(&folder, |state| {
        let mut known = crate::OpenGap::new(&gap, NOW.parse().unwrap());
        known.tries = u32::MAX;
        (state.open, state.generation) = (true, u64::MAX);
        state.gaps = vec![known];
    });
    assert_eq!(found(root.path()), []);
    let faults = Faults::new().add_rule(Trigger::any(), Fault::PartialSearch).unwrap();
    let partial = world(NOW).faults(faults).build();
    let _ = export_again(&partial, root.path()).await.unwrap();
    let state = State::read(&folder).unwrap().0.unwrap();
    assert_eq!(state.generation, u64::MAX);
    let _ = export_again(&simulator, root.path()).await.unwrap();
    assert_eq!(found(root.path()), []);
}

#[tokio::test]
async fn an_unexpected_file_of_a_day_is_classified_by_its_kind() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let day = folder.day("2026-11-02".parse().unwrap());
    let ending = "20261102T000000Z-20261103T000000Z-0123456789abcdef.ndjson.zst";
    let later = "20261103T000000Z-20261104T000000Z-0123456789abcdef.ndjson.zst";
    // Each file name has the expected finding for a closed state, and the expected finding for an open state. `None`
    // means that the report has a warning and no finding. Some files are a finding only if the state is closed, because
    // an open state shows that a killed export may have left them.
    let cases: BTreeMap<String, (Option<Problem>, Option<Problem>)> = [
        (format!("part-{ending}"), (Some(Problem::Extra), Some(Problem::Extra))),
        (format!("part-{later}"), (Some(Problem::Extra), None)),
        (format!("late-{ending}"), (Some(Problem::Extra), None)),
        ("kept-0123456789abcdef.bin".to_owned(), (Some(Problem::Extra), None)),
        ("kept-0123456789abcdef.ndjson".to_owned(), (Some(Problem::Extra), None)),
        ("kept-0123.bin".to_owned(), (Some(Problem::Foreign), Some(Problem::Foreign))),
        (".part.x.partial".to_owned(), (None, None)),
        (".other.x.partial".to_owned(), (Some(Problem::Foreign), Some(Problem::Foreign))),
        ("Thumbs.db".to_owned(), (None, None)),
        ("notes".to_owned(), (Some(Problem::Foreign), Some(Problem::Foreign))),
    ]
    .into();
    for (name, (closed, open)) in cases {
        let path = day.join(&name);
        for (is_open, expected) in [(false, closed), (true, open)] {
            edit_state(&folder, |state| state.open = is_open);
            fs::write(&path, "x").unwrap();
            let report = verify_archive(&Archive::new(root.path()), None).unwrap();
            let problems: Vec<Problem> = report.findings.iter().map(|finding| finding.problem).collect();
            assert_eq!(problems, expected.into_iter().collect::<Vec<_>>(), "{name}, open: {is_open}");
            assert_eq!(report.warnings.is_empty(), expected.is_some(), "{name}: {:?}", report.warnings);
            fs::remove_file(&path).unwrap();
        }
        // A folder with one of these names is foreign, too. The only exception is `Thumbs.db`: this name is never a
        // finding, because operating systems create such files.
        fs::create_dir(&path).unwrap();
        let problems: Vec<Problem> = found(root.path()).iter().map(|one| one.2).collect();
        let expected = if name == "Thumbs.db" { vec![] } else { vec![Problem::Foreign] };
        assert_eq!(problems, expected, "{name}: a folder");
        fs::remove_dir(&path).unwrap();
    }
}
