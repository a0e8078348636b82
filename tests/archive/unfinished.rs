//! An export that was killed may leave an archive that lacks events of the exported range. So no command calls such an
//! archive complete.
#![cfg(unix)]

use std::path::Path;

use crate::support::exports::{export_to_archive, scratch_folder};
use crate::support::program::{Printed, ialog, run};

const RANGE: (&str, &str) = ("2026-11-01", "2026-11-04");

/// The commands that read a whole archive.
const READERS: [&[&str]; 5] = [
    &["cat", "audit"],
    &["convert", "audit", "--out", "all.csv"],
    &["query", "--archive", "audit", "--count"],
    &["stats", "--archive", "audit"],
    &["trace", "4711", "--archive", "audit"],
];

fn read(folder: &Path, arguments: &[&str]) -> Printed {
    let _ = std::fs::remove_file(folder.join("all.csv"));
    run(ialog(folder, arguments))
}

fn assert_incomplete(folder: &Path, kill: &str, expected: &str) {
    for arguments in READERS {
        let printed = read(folder, arguments);
        assert_eq!(printed.code, Some(3), "{kill} {arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains(expected), "{kill} {arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.contains("run the same export again"), "{kill} {arguments:?}: {}", printed.stderr);
    }
}

#[test]
fn an_archive_without_any_day_is_not_complete() {
    for kill in ["state-named:0", "request:0", "part-begun:0"] {
        let folder = scratch_folder();
        let killed = run(export_to_archive(folder.path(), RANGE, "single", Some(kill)));
        assert_eq!(killed.code, None, "{kill}: {}", killed.stderr);
        if std::fs::read_dir(folder.path().join("audit")).is_err() {
            continue;
        }
        assert_incomplete(folder.path(), kill, "the archive has no verified data for contract ");
        let verified = run(ialog(folder.path(), &["verify", "audit"]));
        assert_eq!(verified.code, Some(3), "{kill}: {}", verified.stderr);
    }
}

#[test]
fn an_archive_with_some_days_of_a_killed_export_is_not_complete_until_the_export_is_finished() {
    for kill in ["day-closed:0", "day-closed:2", "part-begun:1"] {
        let folder = scratch_folder();
        let killed = run(export_to_archive(folder.path(), RANGE, "single", Some(kill)));
        assert_eq!(killed.code, None, "{kill}: {}", killed.stderr);
        assert_incomplete(folder.path(), kill, "an export was interrupted or is running");
        // The interrupted export does not concern a range that is already archived, so a query of such a range does not
        // mention the interruption.
        let first = run(ialog(
            folder.path(),
            &[
                "query",
                "--archive",
                "audit",
                "--from",
                "2026-11-01T00:00:00Z",
                "--to",
                "2026-11-01T00:00:01Z",
                "--count",
            ],
        ));
        assert!(matches!(first.code, Some(0 | 3)), "{kill}: {}", first.stderr);
        assert!(!first.stderr.contains("was interrupted"), "{kill}: {}", first.stderr);
        let finished = run(export_to_archive(folder.path(), RANGE, "single", None));
        assert_eq!(finished.code, Some(0), "{kill}: {}", finished.stderr);
        for arguments in READERS.iter().filter(|arguments| arguments[0] != "trace") {
            let printed = read(folder.path(), arguments);
            assert_eq!(printed.code, Some(0), "{kill} {arguments:?}: {}", printed.stderr);
        }
    }
}

#[test]
fn a_selected_contract_without_any_day_is_not_complete() {
    let folder = scratch_folder();
    let killed = run(export_to_archive(folder.path(), RANGE, "single", Some("part-begun:0")));
    assert_eq!(killed.code, None, "{}", killed.stderr);
    for range in [&[][..], &["--from", "2026-11-01", "--to", "2026-11-02"]] {
        let arguments = [&["cat", "audit", "--contract", "33586252"][..], range].concat();
        let printed = run(ialog(folder.path(), &arguments));
        assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    }
    // No export has created this folder, although it has the name of a contract.
    std::fs::create_dir_all(folder.path().join("empty/contract=7")).unwrap();
    let printed = run(ialog(folder.path(), &["cat", "empty"]));
    assert_eq!(printed.code, Some(3), "{}", printed.stderr);
    let expected = "error: incomplete, 1 gap: the archive has no verified data for contract 7: ";
    assert!(printed.stderr.contains(expected), "{}", printed.stderr);
}
