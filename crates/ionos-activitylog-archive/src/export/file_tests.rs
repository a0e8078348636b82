use std::fs;
use std::path::Path;

use futures_util::{StreamExt, stream};
use ionos_activitylog::{Client, Event, PageSize};
use ionos_activitylog_sim::Simulator;

use super::*;
use crate::encode::{Compression, Format};
use crate::layout::names;

fn day() -> (Simulator, DateRange) {
    let range = DateRange::day("2026-11-20".parse().unwrap(), &Utc).unwrap();
    (Simulator::builder().clock(move || range.end()).build(), range)
}

fn target(folder: &Path, name: &str) -> FileTarget {
    FileTarget::new(folder.join(name)).unwrap()
}

fn spec(simulator: &Simulator, range: DateRange, target: &FileTarget) -> ExportSpec {
    ExportSpec::new("simulator", simulator.contracts()[0].into(), range, target)
}

/// Windows of one hour each, so that the export has many windows.
fn windows(
    simulator: &Simulator,
    rest: Option<DateRange>,
) -> impl Stream<Item = Result<Window, ionos_activitylog::Error>> {
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    let contract = simulator.contracts()[0];
    let hours = rest.map(|rest| rest.windows(chrono::TimeDelta::hours(1)).unwrap());
    stream::iter(hours.into_iter().flatten())
        .flat_map(move |hour| client.events(contract.into(), hour).page_size(PageSize::new(100).unwrap()).windows())
}

/// An export that saves a checkpoint after every window.
fn open(simulator: &Simulator, range: DateRange, target: &FileTarget) -> FileExport {
    let spec = spec(simulator, range, target);
    let mut export = FileExport::open(target, spec, false).unwrap();
    if let Some(file) = &mut export.file {
        file.checkpoint_limit.windows = 1;
    }
    export
}

/// Runs an export whose windows end too early. The export leaves a partial file with a checkpoint.
async fn interrupt(simulator: &Simulator, range: DateRange, target: &FileTarget) {
    let export = open(simulator, range, target);
    let first = windows(simulator, export.remaining_range()).take(3);
    assert!(export.write(first, |_| ()).await.is_err(), "the windows end too early");
}

async fn whole(simulator: &Simulator, range: DateRange, target: &FileTarget) -> ExportStats {
    let export = FileExport::open(target, spec(simulator, range, target), false).unwrap();
    let windows = windows(simulator, export.remaining_range());
    let export = export.write(windows, |_| ()).await.unwrap();
    export.commit().unwrap()
}

#[tokio::test]
async fn a_committed_file_holds_every_event_of_the_range() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.ndjson");
    let mut seen = Vec::new();
    let export = open(&simulator, range, &target);
    assert_eq!((export.remaining_range(), export.resumed_from()), (Some(range), None));
    let windows = windows(&simulator, export.remaining_range());
    let export = export.write(windows, |exported| seen.push(exported.events));
    let export = export.await.unwrap();
    assert!(!target.path().exists());
    let exported = export.commit().unwrap();

    let mut records: Vec<String> = simulator.records(simulator.contracts()[0], range.start(), range.end()).collect();
    // In order of time, then id.
    records.sort_by_key(|record| {
        let event = Event::from_json(record.clone()).unwrap();
        (event.time(), event.id())
    });
    assert!(records.len() > 300, "the records fill several pages");
    assert!(fs::read_to_string(target.path()).unwrap().lines().eq(&records));
    assert_eq!(names(folder.path()).unwrap(), ["day.ndjson"]);
    assert_eq!(exported.events, records.len() as u64);
    assert_eq!(exported.read_to, Some(range.end()));
    assert_eq!(exported.with_issues, 0);
    assert!(exported.requests > 3 && !seen.is_empty());
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn an_export_that_fails_before_any_event_leaves_nothing_behind() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.ndjson.zst");
    let error = || "x".parse::<ionos_activitylog::ContractNumber>();
    let failing = stream::iter([Err(error().unwrap_err())]);
    let export = open(&simulator, range, &target);
    assert!(matches!(export.write(failing, |_| ()).await, Err(Error::Read { .. })));
    drop(open(&simulator, range, &target));
    assert_eq!(names(folder.path()).unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_failed_or_dropped_export_continues_from_its_checkpoint() {
    let (simulator, range) = day();
    for format in Format::ALL {
        for compression in Compression::ALL {
            let name = format!("day.{format}{}", compression.ending());
            let undisturbed = tempfile::tempdir().unwrap();
            let one = target(undisturbed.path(), &name);
            let all = whole(&simulator, range, &one).await;

            // The export is interrupted again and again, after three windows each time.
            let folder = tempfile::tempdir().unwrap();
            let target = target(folder.path(), &name);
            let mut runs = 0;
            let exported = loop {
                runs += 1;
                let mut export = open(&simulator, range, &target);
                assert_eq!(export.resumed_from().is_some(), runs > 1);
                if let Some(file) = &mut export.file {
                    // The only checkpoint is the one that is written when the export is dropped.
                    file.checkpoint_limit.windows = u64::MAX;
                }
                let some = windows(&simulator, export.remaining_range()).take(3);
                match export.write(some, |_| ()).await {
                    Ok(export) => break export.commit().unwrap(),
                    Err(error) => assert!(error.to_string().contains("ended"), "{error}"),
                }
                assert!(!target.path().exists());
            };
            assert_eq!(runs, 8, "each run reads 3 of 24 hours");
            assert_eq!(exported, all, "{name}");
            assert_eq!(fs::read(target.path()).unwrap(), fs::read(one.path()).unwrap(), "{name}");
            assert_eq!(names(folder.path()).unwrap(), [name]);
        }
    }
}

/// Copies the files that a process leaves if it is killed now.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Exports a day. For each fail point, also returns a copy of the files that a process leaves if it is killed there.
async fn files_left_at_each_fail_point(
    simulator: &Simulator,
    range: DateRange,
    one: &FileTarget,
) -> (ExportStats, Vec<(FailPoint, tempfile::TempDir)>) {
    let left = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (all, from) = (left.clone(), one.path().parent().unwrap().to_path_buf());
    let fail_points = FailPoints::new(move |step| {
        let folder = tempfile::tempdir().unwrap();
        copy(&from, folder.path());
        all.lock().unwrap().push((step, folder));
    });
    let spec = spec(simulator, range, one);
    let mut export = FileExport::open_with_failpoints(one, spec, false, &fail_points).unwrap();
    if let Some(file) = &mut export.file {
        file.checkpoint_limit.windows = 1;
    }
    let windows = windows(simulator, export.remaining_range());
    let exported = export.write(windows, |_| ()).await.unwrap();
    let exported = exported.commit().unwrap();
    let left = std::mem::take(&mut *left.lock().unwrap());
    (exported, left)
}

#[tokio::test]
async fn an_export_killed_at_any_fail_point_continues_to_the_same_bytes() {
    let (simulator, range) = day();
    for name in ["day.ndjson", "day.csv.zst", "day.json.gz"] {
        let undisturbed = tempfile::tempdir().unwrap();
        let one = target(undisturbed.path(), name);
        let (all, left) = files_left_at_each_fail_point(&simulator, range, &one).await;
        for step in FailPoint::FILE_EXPORT {
            assert!(left.iter().any(|(reached, _)| *reached == step), "{step}");
        }
        for (step, folder) in left {
            let target = target(folder.path(), name);
            let named = matches!(step, FailPoint::FileNamed | FailPoint::CheckpointRemoved);
            if named {
                let spec = spec(&simulator, range, &target);
                let again = FileExport::open(&target, spec, false);
                // A checkpoint that counts no bytes of the file cannot show that the file is complete. The checkpoint
                // of a compressed file may count none.
                match again {
                    Err(Error::AlreadyComplete { .. }) => assert_eq!(step, FailPoint::FileNamed),
                    Err(Error::AlreadyExists { .. }) => {
                        assert!(step == FailPoint::CheckpointRemoved || name != "day.ndjson", "{step} {name}");
                    }
                    other => panic!("{step} {name}: {other:?}"),
                }
            } else {
                // Append bytes, as if the killed process had written them after its last checkpoint.
                let partial = folder.path().join(format!(".{name}.partial"));
                let mut bytes = fs::read(&partial).unwrap();
                bytes.extend_from_slice(b"half of somethi");
                fs::write(&partial, bytes).unwrap();
                assert_eq!(whole(&simulator, range, &target).await, all, "{step}");
            }
            assert_eq!(fs::read(target.path()).unwrap(), fs::read(one.path()).unwrap(), "{step}");
            assert_eq!(names(folder.path()).unwrap(), [name], "{step}");
        }
    }
}

#[tokio::test]
async fn a_checkpoint_survives_an_export_that_makes_no_progress() {
    let (simulator, range) = day();
    // In all these formats, the events of an hour are too few to fill a frame.
    for name in ["day.ndjson", "day.ndjson.zst", "day.csv.gz"] {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), name);
        let export = open(&simulator, range, &target);
        let one = windows(&simulator, export.remaining_range()).take(1);
        export.write(one, |_| ()).await.unwrap_err();
        for again in 0..2 {
            let export = open(&simulator, range, &target);
            let before = export.resumed_from().map(|before| before.events);
            assert!(before.is_some_and(|events| events > 0), "{name} {again}");
        }
        whole(&simulator, range, &target).await;
        assert_eq!(names(folder.path()).unwrap(), [name]);
    }
}

#[tokio::test]
async fn an_interrupted_export_is_not_continued_with_another_specification() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.ndjson");
    interrupt(&simulator, range, &target).await;

    let other = DateRange::new(range.start(), range.end() - chrono::TimeDelta::hours(1)).unwrap();
    let other = spec(&simulator, other, &target);
    let error = FileExport::open(&target, other.clone(), false).unwrap_err();
    let contract = simulator.contracts()[0];
    assert!(
        error.to_string().ends_with(&format!(
            "day.ndjson has an unfinished export of contract {contract}, 2026-11-20T00:00:00Z .. \
             2026-11-21T00:00:00Z, from simulator as ndjson, not of contract {contract}, 2026-11-20T00:00:00Z .. \
             2026-11-20T23:00:00Z, from simulator as ndjson"
        )),
        "{error}"
    );
    assert!(open(&simulator, range, &target).resumed_from().is_some(), "the interrupted export stays");
    let restarted = FileExport::open(&target, other, true).unwrap();
    assert_eq!(restarted.resumed_from(), None);
    drop(restarted);
    assert_eq!(names(folder.path()).unwrap(), [""; 0], "both exports are discarded");
}

#[tokio::test]
async fn a_complete_file_without_its_final_name_needs_no_more_windows() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.csv.gz");
    let export = open(&simulator, range, &target);
    let windows = windows(&simulator, export.remaining_range());
    drop(export.write(windows, |_| ()).await.unwrap());
    let export = open(&simulator, range, &target);
    assert_eq!(export.remaining_range(), None);
    let export = export.write(stream::empty(), |_| ()).await.unwrap();
    export.commit().unwrap();
    assert_eq!(names(folder.path()).unwrap(), ["day.csv.gz"]);
}

#[tokio::test]
async fn frames_end_at_the_same_places_after_any_number_of_interruptions() {
    // A week has more than one frame.
    let range =
        DateRange::new("2026-11-14T00:00:00Z".parse().unwrap(), "2026-11-21T00:00:00Z".parse().unwrap()).unwrap();
    let simulator = Simulator::builder().clock(move || range.end()).build();
    for name in ["week.ndjson.zst", "week.json.gz"] {
        let other = tempfile::tempdir().unwrap();
        let one = target(other.path(), name);
        whole(&simulator, range, &one).await;
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), name);
        loop {
            let spec = spec(&simulator, range, &target);
            let export = FileExport::open(&target, spec, false).unwrap();
            let some = windows(&simulator, export.remaining_range()).take(50);
            if let Ok(export) = export.write(some, |_| ()).await {
                export.commit().unwrap();
                break;
            }
        }
        assert_eq!(fs::read(target.path()).unwrap(), fs::read(one.path()).unwrap());
    }
}

#[tokio::test]
async fn numbers_of_any_size_in_a_checkpoint_are_added_without_overflow() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.ndjson");
    interrupt(&simulator, range, &target).await;
    let path = folder.path().join(".day.ndjson.checkpoint.json");
    let mut checkpoint = FileCheckpoint::from_bytes(&fs::read(&path).unwrap(), &path).unwrap();
    (checkpoint.events, checkpoint.with_issues, checkpoint.requests) = (u64::MAX, u64::MAX, u64::MAX);
    checkpoint.digest = checkpoint.own_digest();
    fs::write(&path, checkpoint.to_bytes()).unwrap();
    let stats = whole(&simulator, range, &target).await;
    assert_eq!((stats.events, stats.requests), (u64::MAX, u64::MAX));
    // Unlike the other numbers, the number of bytes is checked: it must not be larger than the partial file.
    interrupt(&simulator, range, &self::target(folder.path(), "other.ndjson")).await;
    let path = folder.path().join(".other.ndjson.checkpoint.json");
    checkpoint = FileCheckpoint::from_bytes(&fs::read(&path).unwrap(), &path).unwrap();
    checkpoint.bytes = u64::MAX;
    checkpoint.digest = checkpoint.own_digest();
    fs::write(&path, checkpoint.to_bytes()).unwrap();
    let target = self::target(folder.path(), "other.ndjson");
    let refused = FileExport::open(&target, spec(&simulator, range, &target), false);
    assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_error_about_a_changed_partial_file_names_the_partial_file() {
    let (simulator, range) = day();
    let folder = tempfile::tempdir().unwrap();
    let target = target(folder.path(), "day.ndjson");
    interrupt(&simulator, range, &target).await;
    let partial = folder.path().join(".day.ndjson.partial");
    let bytes = fs::read(&partial).unwrap();
    let mut changed = bytes.clone();
    changed[0] ^= 1;
    for (content, expected) in [(&changed[..], "differ from the digest"), (&bytes[1..], "but its checkpoint counts")] {
        fs::write(&partial, content).unwrap();
        let refused = FileExport::open(&target, spec(&simulator, range, &target), false);
        let Err(Error::Damaged { path, detail, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(path, partial);
        assert!(detail.contains(expected), "{detail}");
    }
}
