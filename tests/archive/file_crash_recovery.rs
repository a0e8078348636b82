//! Kills an export to one file at many points and runs it again. The file must have the same bytes as that of an
//! uninterrupted export.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;

use ionos_activitylog_archive::internal::FailPoint;

use crate::support::exports::{export_to_file, random_numbers, scratch_folder, undisturbed_file};
use crate::support::program::{names, run};

/// Kills an export at a point and runs it again. Returns whether the first run reached the point.
fn kill_and_resume(name: &str, world: &str, kill: &str, expected: &[u8]) -> bool {
    let folder = scratch_folder();
    let output = export_to_file(folder.path(), name, world, Some(kill)).output().unwrap();
    let was_killed = output.status.signal() == Some(9);
    assert!(was_killed || output.status.success(), "{kill}");
    let had_its_name = folder.path().join(name).exists();
    let printed = run(export_to_file(folder.path(), name, world, None));
    let code = if had_its_name { 2 } else { 0 };
    assert_eq!(printed.code, Some(code), "{kill}: {}", printed.stderr);
    // An export of such a small file writes no checkpoint. So nothing shows that a complete file is the result of this
    // export, and the second run does not replace the file.
    assert_eq!(printed.stderr.contains("a file under its final name is complete"), had_its_name, "{}", printed.stderr);
    assert!(fs::read(folder.path().join(name)).unwrap() == expected, "{name}, {kill}: other bytes");
    assert_eq!(names(folder.path()), [name], "{kill}");
    was_killed
}

#[test]
fn a_file_export_killed_at_any_step_ends_in_the_same_bytes() {
    for name in ["a.ndjson.zst", "a.csv"] {
        let expected = undisturbed_file(name, "calm");
        for step in FailPoint::FILE_EXPORT {
            // An export of such a small file writes no checkpoint. The test below covers files with checkpoints.
            let passed =
                !matches!(step, FailPoint::FileSynced | FailPoint::CheckpointWritten | FailPoint::CheckpointNamed);
            let kill = format!("{step}:0");
            assert_eq!(kill_and_resume(name, "calm", &kill, &expected), passed, "{kill}");
        }
        for before in 0..3 {
            kill_and_resume(name, "stormy", &format!("request:{before}"), &expected);
        }
    }
}

#[test]
fn the_next_export_reports_that_the_file_of_a_killed_export_is_complete() {
    for name in ["a.ndjson", "a.csv"] {
        let expected = undisturbed_file(name, "narrow");
        let kill = format!("{}:0", FailPoint::FileNamed);
        let killed = |folder: &std::path::Path| {
            let output = export_to_file(folder, name, "narrow", Some(&kill)).output().unwrap();
            assert_eq!(output.status.signal(), Some(9));
            assert_eq!(names(folder).len(), 2, "the file and its checkpoint");
        };
        let folder = scratch_folder();
        killed(folder.path());
        let again = run(export_to_file(folder.path(), name, "narrow", None));
        // Only a checkpoint that covers the whole range shows that this export wrote the file. The time at which the
        // answers arrive decides whether the last checkpoint covers the whole range.
        let (code, said) = match again.stderr.contains("is complete: an earlier run of this export was killed") {
            true => (Some(0), "is complete: an earlier run"),
            false => (Some(2), "a file under its final name is complete"),
        };
        assert_eq!(again.code, code, "{}", again.stderr);
        assert!(again.stderr.contains(said), "{}", again.stderr);
        assert!(fs::read(folder.path().join(name)).unwrap() == expected);
        assert_eq!(names(folder.path()), [name]);

        // A different file with the same name is not mistaken for the result of the export.
        let folder = scratch_folder();
        killed(folder.path());
        fs::write(folder.path().join(name), "other").unwrap();
        let again = run(export_to_file(folder.path(), name, "narrow", None));
        assert_eq!(again.code, Some(2), "{}", again.stderr);
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"other");
    }
}

/// In the world `narrow`, each event takes one request and a checkpoint is written after every 50 events, so most kills
/// hit between two checkpoints.
#[test]
fn a_file_export_killed_at_200_random_points_ends_in_the_same_bytes() {
    const NAMES: [&str; 4] = ["a.ndjson", "a.ndjson.zst", "a.csv.gz", "a.json"];
    let expected = NAMES.map(|name| undisturbed_file(name, "narrow"));
    let mut numbers = random_numbers(3);
    let mut next = |below: u64| numbers.next().unwrap() % below;
    let (mut killed, mut gone_on) = (0, 0);
    while killed < 200 {
        for (name, expected) in NAMES.iter().zip(&expected) {
            let folder = scratch_folder();
            loop {
                let kill = match next(2) {
                    0 => format!("request:{}", next(200)),
                    _ => format!("step:{}", next(40)),
                };
                let output = export_to_file(folder.path(), name, "narrow", Some(&kill)).output();
                let output = output.unwrap();
                let said = String::from_utf8(output.stderr).unwrap();
                gone_on += u32::from(said.starts_with("resuming"));
                if output.status.signal() != Some(9) {
                    assert!(output.status.success(), "{name}, {kill}: {said}");
                    break;
                }
                killed += 1;
                if folder.path().join(name).exists() {
                    // The file is complete. The next export removes the leftovers beside it.
                    let again = run(export_to_file(folder.path(), name, "narrow", None));
                    assert!(matches!(again.code, Some(0 | 2)), "{name}, {kill}: {}", again.stderr);
                    assert!(again.stderr.contains("is complete"), "{name}, {kill}: {}", again.stderr);
                    break;
                }
            }
            let written = fs::read(folder.path().join(name)).unwrap();
            assert!(written == *expected, "{name}: other bytes after {killed} kills");
            assert_eq!(names(folder.path()), [*name]);
        }
    }
    assert!(gone_on > 50, "only {gone_on} exports were resumed after {killed} kills");
}
