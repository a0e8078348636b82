mod extra_lines;
mod forged;
mod online;
mod unarchived;
mod unproven_end;

pub(crate) use forged::{copy, manifests_of, write_chain};

use std::fs;
use std::path::Path;

use ionos_activitylog_sim::Simulator;

use super::*;
use crate::digest::Digest;
use crate::encode::Compression;
use crate::export::tests::{NOW, days, export, exporter, folder, parts, world};
use crate::manifest::{Manifest, RangeProof, ReadRange};

/// Exports three days to the folder. Each day has one part.
async fn archived(root: &Path, compression: Compression) -> Simulator {
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root, NOW).compression(compression);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    simulator
}

fn part_path(simulator: &Simulator, root: &Path, day: usize) -> PathBuf {
    let (date, part) = parts(simulator, root)[day].clone();
    folder(simulator, root).day(date).join(part.file.to_string())
}

/// The file, the line and the problem of each finding. The file has a short name: for example, `02/part` is a part of
/// the second day, and `00000001.json` is the first manifest.
fn found(root: &Path) -> Vec<(String, Option<u64>, Problem)> {
    let report = verify_archive(&Archive::new(root), None).unwrap();
    let short = |file: &Path| {
        let text = file.display().to_string();
        let (_, inside) = text.split_once('/').unwrap();
        let inside = inside.trim_start_matches("date=2026-11-").trim_start_matches("_manifests/");
        inside.split('-').next().unwrap().to_owned()
    };
    let findings = report.findings.iter();
    findings.map(|finding| (short(&finding.file), finding.line, finding.problem)).collect()
}

fn finding(file: &str, line: Option<u64>, problem: Problem) -> (String, Option<u64>, Problem) {
    (file.to_owned(), line, problem)
}

#[tokio::test]
async fn a_flipped_bit_is_found_anywhere_in_a_part() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), compression).await;
        let path = part_path(&simulator, root.path(), 1);
        let bytes = fs::read(&path).unwrap();
        let step = (bytes.len() / 60).max(1);
        for place in (0..bytes.len()).step_by(step) {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            fs::write(&path, flipped).unwrap();
            let found = found(root.path());
            assert!(found.contains(&finding("02/part", None, Problem::Changed)), "{compression:?} {place}: {found:?}");
            assert!(found.iter().all(|(file, ..)| file == "02/part"), "{found:?}");
        }
        fs::write(&path, &bytes).unwrap();
        assert_eq!(found(root.path()), []);
    }
}

type Change = fn(&mut Vec<String>);

/// Edits the lines of a part.
fn edit(path: &Path, change: impl FnOnce(&mut Vec<String>)) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn changed_lines_are_found() {
    let cases: [(Change, &str); 6] = [
        (|lines| drop(lines.remove(3)), "; it has 28 events, the manifest says 29"),
        (|lines| lines[4] = "{".to_owned(), "; line 5: the record is not JSON"),
        (|lines| lines.insert(6, lines[5].clone()), "; line 7: event "),
        (|lines| lines.swap(1, 2), "; line 3: out of order"),
        (|lines| lines[0] = lines[0].replace("2026-11-02T", "2026-11-01T"), "; line 1: the event has the time "),
        (
            |lines| lines[3] = lines[3].replace("DONE", "GONE").replace("\"POST\"", "\"GET\""),
            "; its lines were changed",
        ),
    ];
    for (change, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::None).await;
        edit(&part_path(&simulator, root.path(), 1), change);
        assert_eq!(found(root.path()), [finding("02/part", None, Problem::Changed)], "{expected}");
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert!(report.findings[0].detail.contains(expected), "{expected}: {}", report.findings[0]);
    }
}

#[tokio::test]
async fn the_finding_of_a_recompressed_part_says_that_its_lines_are_unchanged() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let path = part_path(&simulator, root.path(), 1);
    let lines = zstd::decode_all(fs::File::open(&path).unwrap()).unwrap();
    fs::write(&path, zstd::encode_all(lines.as_slice(), 19).unwrap()).unwrap();
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.findings.len(), 1);
    assert!(report.findings[0].detail.ends_with("; its lines are unchanged"), "{}", report.findings[0]);
}

#[tokio::test]
async fn missing_extra_and_swapped_parts_are_found() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let (first, second) = (part_path(&simulator, root.path(), 0), part_path(&simulator, root.path(), 1));
    let (one, other) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());

    fs::remove_file(&first).unwrap();
    assert_eq!(found(root.path()), [finding("01/part", None, Problem::Missing)]);

    fs::write(&first, &other).unwrap();
    fs::write(&second, &one).unwrap();
    let changed = |day| finding(day, None, Problem::Changed);
    assert_eq!(found(root.path()), [changed("01/part"), changed("02/part")]);

    fs::write(&first, &one).unwrap();
    fs::write(&second, &other).unwrap();
    assert_eq!(found(root.path()), []);
    fs::copy(&first, second.with_file_name(first.file_name().unwrap())).unwrap();
    assert_eq!(found(root.path()), [finding("02/part", None, Problem::Extra)]);
    fs::remove_file(second.with_file_name(first.file_name().unwrap())).unwrap();
    fs::write(folder(&simulator, root.path()).path().join("warnings.txt"), "").unwrap();
    assert_eq!(found(root.path()), [finding("warnings.txt", None, Problem::Foreign)]);
}

#[tokio::test]
async fn an_edited_manifest_is_found_even_if_its_sums_and_digest_are_recomputed() {
    for number in 1..=3 {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::Zstd).await;
        let folder = folder(&simulator, root.path());
        let path = folder.manifest(number);
        let name = format!("0000000{number}.json");

        // A manual edit of one value.
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"verified\": true", "\"verified\": false", 1)).unwrap();
        let by_hand = found(root.path());
        assert!(by_hand.contains(&finding(&name, None, Problem::Changed)), "{by_hand:?}");

        // A consistent edit: a part and its file are removed, and the sums and the digest are recomputed.
        fs::write(&path, &text).unwrap();
        forge(&folder, number);
        assert_eq!(found(root.path()), [finding(&name, None, Problem::Chain)]);
    }
}

/// Removes a part and its file from a day, and recomputes the manifest.
fn forge(folder: &crate::layout::ContractFolder, number: u64) {
    let path = folder.manifest(number);
    let (mut manifest, _) = Manifest::read(&path).unwrap();
    let part = manifest.parts.remove(0);
    manifest.ranges[0].total = Some(0);
    manifest.recompute();
    fs::write(&path, manifest.to_bytes()).unwrap();
    fs::remove_file(folder.day(manifest.date).join(part.file.to_string())).unwrap();
}

#[tokio::test]
async fn no_edit_of_the_state_file_disables_a_check() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let (state, _) = crate::state::State::read(&folder).unwrap();
    let mut state = state.unwrap();
    forge(&folder, 1);
    let chain = finding("00000001.json", None, Problem::Chain);
    let stray = folder.day("2026-11-02".parse().unwrap());
    let stray = stray.join("part-20261102T000000Z-20261103T000000Z-0123456789abcdef.ndjson.zst");
    fs::write(stray, "").unwrap();
    for open in [false, true] {
        (state.open, state.open_since) = (open, Some(state.updated).filter(|_| open));
        state.coverage.clear();
        crate::state::write(&folder, &state, &crate::fs::FailPoints::default()).unwrap();
        let mut expected = vec![chain.clone()];
        // A killed export leaves the state open. So if a closed state lacks ranges of the manifests, it was edited.
        expected.extend((!open).then(|| finding("_state.json", None, Problem::Changed)));
        expected.push(finding("02/part", None, Problem::Extra));
        assert_eq!(found(root.path()), expected, "open: {open}");
    }
}

#[tokio::test]
async fn the_last_manifest_is_compared_with_a_kept_digest() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let (folder, archive) = (folder(&simulator, root.path()), Archive::new(root.path()));
    let verified = |kept: &[Digest]| {
        let mut report = verify_archive(&archive, None).unwrap();
        report.compare_heads(&archive, kept);
        report
    };
    let kept = verified(&[]).chains[0].head().unwrap().sha256;
    let report = verified(&[kept]);
    assert_eq!((report.findings.as_slice(), report.chains[0].after_kept()), (&[][..], &[][..]));
    // The digest of an earlier manifest proves the chain up to that manifest.
    let second = Digest::sha256(&fs::read(folder.manifest(2)).unwrap());
    let report = verified(&[second]);
    let after: Vec<Option<u64>> = report.chains[0].after_kept().iter().map(|link| link.number).collect();
    assert_eq!((report.findings.as_slice(), after.as_slice()), (&[][..], &[Some(3)][..]));
    let too_many = verified(&[kept, Digest::sha256(b"")]).findings;
    assert_eq!((too_many.len(), too_many[0].problem), (1, Problem::Chain));

    // If the state and the run log are removed too, only the kept digest shows that the manifest was forged.
    forge(&folder, 3);
    for name in ["_state.json", "_state.prev.json"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    assert_eq!(found(root.path()), [finding("_runs.ndjson", None, Problem::Changed)]);
    fs::remove_file(folder.path().join("_runs.ndjson")).unwrap();
    let report = verify_archive(&archive, None).unwrap();
    assert_eq!(report.findings, []);
    let findings = verified(&[kept]).findings;
    assert_eq!((findings.len(), findings[0].problem), (1, Problem::Chain));
    assert!(findings[0].file.ends_with("_manifests/00000003.json"), "{}", findings[0]);
}

#[tokio::test]
async fn a_file_in_place_of_a_day_is_reported_and_the_other_days_are_checked() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let folder = folder(&simulator, root.path());
    let day = folder.day("2026-11-02".parse().unwrap());
    fs::remove_dir_all(&day).unwrap();
    fs::write(&day, "").unwrap();
    fs::create_dir(folder.path().join("date=2026-11-9")).unwrap();
    let found = found(root.path());
    assert!(found.contains(&finding("02", None, Problem::Foreign)), "{found:?}");
    assert!(found.contains(&finding("9", None, Problem::Foreign)), "{found:?}");
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    assert_eq!(report.parts, 2);
}

#[tokio::test]
async fn a_missing_day_is_found() {
    for day in 1..=3 {
        let root = tempfile::tempdir().unwrap();
        let simulator = archived(root.path(), Compression::Zstd).await;
        let date = chrono::NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        fs::remove_dir_all(folder(&simulator, root.path()).day(date)).unwrap();
        let found = found(root.path());
        let missing = finding(&format!("0{day}/part"), None, Problem::Missing);
        assert!(found.contains(&missing), "{found:?}");
    }
}

#[tokio::test]
async fn the_report_contains_the_head_of_the_chain() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    let last = folder(&simulator, root.path()).manifest(3);
    let head = report.chains[0].head().unwrap();
    assert_eq!(head.sha256, Digest::sha256(&fs::read(last).unwrap()));
    assert!(report.chains[0].to_string().contains(&head.sha256.to_string()));
    assert_eq!((report.parts, report.chains[0].days), (3, 3));
    let error = verify_archive(&Archive::new(root.path().join("contract=1")), None).unwrap_err();
    assert!(matches!(error, Error::Open { .. } | Error::NoArchive { .. }));
}

#[tokio::test]
async fn totals_of_the_service_are_compared() {
    let root = tempfile::tempdir().unwrap();
    let simulator = archived(root.path(), Compression::Zstd).await;
    let client = |simulator: &Simulator| {
        ionos_activitylog::Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap()
    };
    let archive = Archive::new(root.path());
    let compared = async |simulator: &Simulator| {
        let client = client(simulator);
        verify_totals(&archive, None, &client, client.api_address(), |_, _| {}).await.unwrap()
    };
    let same = compared(&simulator).await;
    assert_eq!(same.report, VerifyReport::default());
    assert_eq!((same.compared(), same.equal, same.more_events), (3, 3, 0));
    // One more event on the second day.
    let noon = "2026-11-02T12:00:00Z".parse().unwrap();
    let more = world(NOW).burst(noon, chrono::TimeDelta::milliseconds(1), 1).build();
    let more = compared(&more).await;
    let findings = &more.report.findings;
    let problems: Vec<Problem> = findings.iter().map(|one| one.problem).collect();
    assert_eq!(problems, [Problem::Total]);
    assert!(findings[0].to_string().contains("date=2026-11-02"));
    assert_eq!((more.compared(), more.equal, more.more_events), (3, 2, 1));
    let date = "2026-11-02".parse().unwrap();
    assert_eq!(more.more, [(simulator.contracts()[0].into(), vec![date])]);
    // An event that the service no longer returns is a warning, not a finding.
    let twice = world(NOW)
        .behavior(ionos_activitylog_sim::Behavior {
            late_events: ionos_activitylog_sim::LateEvents::new(
                ionos_activitylog_sim::Share::new(0.2).unwrap(),
                chrono::TimeDelta::days(30),
            )
            .unwrap(),
            ..Default::default()
        })
        .build();
    let fewer = compared(&twice).await;
    let warnings = &fewer.report.warnings;
    assert_eq!(fewer.report.findings, []);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].ends_with("the service removed events, or the archive has events that the service never had"));
    assert_eq!((fewer.compared(), fewer.fewer, fewer.more_events), (3, 3, 0));
}

#[test]
fn equal_records_without_time_and_id_are_not_duplicates() {
    use crate::part::{PartFile, PartMeta};
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::new(root.path());
    let contract: ContractNumber = 7.into();
    let folder = archive.contract(&contract);
    let date = "2026-11-20".parse().unwrap();
    let day = folder.day(date);
    fs::create_dir_all(&day).unwrap();
    let range = ionos_activitylog::DateRange::day(date, &chrono::Utc).unwrap();
    let write = |records: &[&str]| {
        let fail_points = crate::fs::FailPoints::default();
        let mut file = PartFile::begin(&day, Compression::None, &fail_points).unwrap();
        for record in records {
            let event = ionos_activitylog::Event::from_json((*record).to_owned()).unwrap();
            file.add(&event, (event.time(), event.id())).unwrap();
        }
        let meta = PartMeta { range, verified: true, counted: true, late: false };
        let part = file.finish(meta, |_| false).unwrap();
        let mut manifest = Manifest::new("https://api.example.com", contract.clone(), date);
        manifest.ranges = vec![ReadRange::verified(range, part.total, Some(RangeProof::EventsMatchTotal))];
        manifest.parts = vec![part];
        manifest.recompute();
        manifest.number = Some(1);
        fs::create_dir_all(folder.manifests()).unwrap();
        fs::write(folder.manifest(1), manifest.to_bytes()).unwrap();
        let path = day.join(manifest.parts[0].file.to_string());
        let problems: Vec<Problem> = found(root.path()).iter().map(|one| one.2).collect();
        fs::remove_file(path).unwrap();
        problems
    };
    let (one, other) = (r#"{"meta":{"a":1}}"#, r#"{"meta":{"a":2}}"#);
    let timed = r#"{"meta":{"time":"2026-11-20T10:00:00Z"}}"#;
    assert_eq!(write(&[one, one, other, other, other]), []);
    assert_eq!(write(&[timed, one, one]), []);
    // Equal records without a time may be apart, because they may come from two windows.
    assert_eq!(write(&[one, other, one]), []);
    // Records with a time are sorted, so equal ones are adjacent. If two equal records are apart, the same record was
    // archived twice.
    let later = r#"{"meta":{"time":"2026-11-20T11:00:00Z"}}"#;
    assert_eq!(write(&[timed, later, timed]), [Problem::Duplicate, Problem::Order]);
}
