//! If an archive has no usable state, or has a run log that cannot be read, nothing shows which manifest was the last.
//! So no command calls such an archive complete.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::exports::{demo_contract, entries_below, scratch_folder};
use crate::support::program::{Printed, ialog, run, run_in_world, without_privilege};

/// The commands that read an archive: without a range, and with a range that lies within the archive.
const READERS: [&[&str]; 7] = [
    &["cat", "audit"],
    &["cat", "audit", "--from", "2026-11-19", "--to", "2026-11-19"],
    &["convert", "audit", "--out", "all.csv", "--overwrite"],
    &["query", "--archive", "audit", "--from", "2026-11-19", "--count"],
    &["stats", "--archive", "audit", "--from", "2026-11-19"],
    &["trace", "4711", "--archive", "audit", "--from", "2026-11-19"],
    &["show", "00000000-0000-4000-8000-000000000000", "--archive", "audit", "--from", "2026-11-19"],
];

const STATES: [&str; 2] = ["_state.json", "_state.prev.json"];

/// Exports two days to an archive. The second day is not over yet. Returns the folder of the contract.
fn exported(folder: &Path) -> PathBuf {
    let printed = run_in_world(folder, "single", &["export", "--out", "audit", "--from", "2026-11-19"]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let contract = folder.join(format!("audit/contract={}", demo_contract()));
    assert!(contract.join("_manifests/open.json").exists());
    contract
}

fn assert_unknown_end(folder: &Path, when: &str) {
    assert_unknown_end_for(folder, when, |command| command);
}

/// Like [`assert_unknown_end`], but changes each command by `prepare` before the command runs.
fn assert_unknown_end_for(folder: &Path, when: &str, prepare: impl Fn(Command) -> Command) {
    let expected = format!(
        "the end of the archive of contract {} is unknown, because its state is missing or damaged, or its state or \
         run log cannot be read: run `ialog verify` to see which files are missing or cannot be read; `ialog state \
         rebuild` recreates a state that is missing or damaged\n",
        demo_contract()
    );
    for arguments in READERS {
        let printed = run(prepare(ialog(folder, arguments)));
        assert_eq!(printed.code, Some(3), "{when}, {arguments:?}: {}", printed.stderr);
        assert!(printed.stderr.ends_with(&expected), "{when}, {arguments:?}: {}", printed.stderr);
    }
}

/// Whether a test of unreadable files must be skipped, because the commands can read any file. Prints the reason.
fn must_skip(folder: &Path) -> bool {
    let reads_any_file = without_privilege(&ialog(folder, &["verify", "audit"])).is_none();
    if reads_any_file {
        eprintln!("SKIPPED: root reads any file, and setpriv (util-linux) is missing");
    }
    reads_any_file
}

/// Checks that no reader reports an unknown end. `trace` and `show` exit with 1, because the ids in [`READERS`] do not
/// exist.
fn assert_known_end(folder: &Path, when: &str) {
    for arguments in READERS {
        let printed: Printed = run(ialog(folder, arguments));
        let expected = if matches!(arguments[0], "trace" | "show") { 1 } else { 0 };
        assert_eq!(printed.code, Some(expected), "{when}, {arguments:?}: {}", printed.stderr);
        assert!(!printed.stderr.contains("is unknown"), "{when}, {arguments:?}: {}", printed.stderr);
    }
}

#[test]
fn an_archive_that_lost_its_state_and_the_manifest_of_its_open_day_is_not_complete() {
    let folder = scratch_folder();
    let contract = exported(folder.path());
    assert_known_end(folder.path(), "before");
    fs::remove_file(contract.join("_manifests/open.json")).unwrap();
    for state in STATES {
        let _ = fs::remove_file(contract.join(state));
    }
    assert_unknown_end(folder.path(), "open.json and state removed");
    // The parts of the open day are still there and show that a manifest is missing. So `state rebuild` fails: a new
    // state would hide the loss.
    let rebuilt = run(ialog(folder.path(), &["state", "rebuild", "audit"]));
    assert_ne!(rebuilt.code, Some(0), "{}", rebuilt.stderr);
    assert!(rebuilt.stderr.contains("date=2026-11-20/part-"), "{}", rebuilt.stderr);
    assert!(!contract.join(STATES[0]).exists());
    let verified = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(verified.code, Some(6), "{}", verified.stderr);
}

/// Only the run log shows that the archive had an open day.
#[test]
fn an_archive_that_lost_its_state_and_all_files_of_its_open_day_is_not_complete() {
    let folder = scratch_folder();
    let contract = exported(folder.path());
    let before = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(before.code, Some(0), "{}", before.stderr);
    fs::remove_file(contract.join("_manifests/open.json")).unwrap();
    fs::remove_dir_all(contract.join("date=2026-11-20")).unwrap();
    for state in STATES {
        let _ = fs::remove_file(contract.join(state));
    }
    let verified = || {
        let verified = run(ialog(folder.path(), &["verify", "audit"]));
        assert_eq!(verified.code, Some(3), "{}", verified.stderr);
        let expected = format!(
            "note: contract={}/_runs.ndjson says that an export read up to 2026-11-20T11:59:50Z, but the manifests end at \
             2026-11-20T00:00:00Z: the manifest of an open day is missing\n",
            demo_contract()
        );
        assert!(
            verified.stderr.contains(&expected) && verified.stderr.contains("\nINCOMPLETE: "),
            "{}",
            verified.stderr
        );
    };
    verified();
    let rebuilt = run(ialog(folder.path(), &["state", "rebuild", "audit"]));
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.stderr);
    verified();
    let expected = format!(
        "the end of the archive of contract {} is missing: an earlier export archived events up to ",
        demo_contract()
    );
    for arguments in READERS {
        let printed = run(ialog(folder.path(), arguments));
        // The range of the second command ends where the manifests end.
        let is_missing = !arguments.contains(&"--to");
        assert_eq!(printed.code, Some(if is_missing { 3 } else { 0 }), "{arguments:?}: {}", printed.stderr);
        assert_eq!(printed.stderr.contains(&expected), is_missing, "{arguments:?}: {}", printed.stderr);
    }
    exported(folder.path());
    assert_known_end(folder.path(), "exported again");
    let after = run(ialog(folder.path(), &["verify", "audit"]));
    assert_eq!(after.code, Some(0), "{}", after.stderr);
}

#[test]
fn an_archive_without_a_usable_state_is_complete_once_its_state_is_rebuilt() {
    for content in [None, Some("{"), Some("")] {
        let folder = scratch_folder();
        let contract = exported(folder.path());
        for state in STATES.map(|state| contract.join(state)) {
            match content {
                Some(content) => fs::write(state, content).unwrap(),
                None => drop(fs::remove_file(state)),
            }
        }
        let when = format!("state {content:?}");
        assert_unknown_end(folder.path(), &when);
        let rebuilt = run(ialog(folder.path(), &["state", "rebuild", "audit"]));
        assert_eq!(rebuilt.code, Some(0), "{when}: {}", rebuilt.stderr);
        assert_known_end(folder.path(), &when);
    }
}

/// Version 0.1.0 also wrote a state, so an archive of this version without a state is incomplete, too.
#[test]
fn an_archive_of_version_0_1_0_without_its_state_is_not_complete() {
    let folder = scratch_folder();
    let fixture = xtask::workspace::root().join("crates/ionos-activitylog-archive/fixtures/archive-0.1.0");
    for path in entries_below(&fixture).into_iter().filter(|path| path.is_file()) {
        let copy = folder.path().join("audit").join(path.strip_prefix(&fixture).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(path, copy).unwrap();
    }
    let read = || run(ialog(folder.path(), &["cat", "audit"]));
    let whole = read();
    assert_eq!((whole.code, whole.stdout.lines().count()), (Some(0), 55), "{}", whole.stderr);
    for state in STATES {
        fs::remove_file(folder.path().join(format!("audit/contract=33586252/{state}"))).unwrap();
    }
    let printed = read();
    assert_eq!((printed.code, printed.stdout), (Some(3), whole.stdout), "{}", printed.stderr);
    assert!(printed.stderr.contains("is unknown, because its state is missing"), "{}", printed.stderr);
}

/// The content of a file that cannot be opened might show that manifests are missing. So the archive counts as
/// incomplete.
#[test]
fn an_archive_whose_state_or_run_log_is_not_a_regular_file_is_not_complete() {
    for name in [STATES[0], "_runs.ndjson"] {
        let folder = scratch_folder();
        let path = exported(folder.path()).join(name);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert_unknown_end(folder.path(), &format!("{name} is a link"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_unknown_end(folder.path(), &format!("{name} is a folder"));
        fs::remove_dir(&path).unwrap();
        fs::rename(&elsewhere, &path).unwrap();
        assert_known_end(folder.path(), &format!("{name} is as before"));
    }
}

#[test]
fn an_archive_whose_state_or_run_log_may_not_be_read_is_not_complete() {
    let folder = scratch_folder();
    let contract = exported(folder.path());
    if must_skip(folder.path()) {
        return;
    }
    let unprivileged = |command: Command| without_privilege(&command).unwrap();
    let state = contract.join(STATES[0]);
    let closed = fs::read_to_string(&state).unwrap();
    let open = closed.replace(r#""open": false"#, r#""open": true"#);
    assert_ne!(open, closed);
    for (path, content) in [(&state, Some(&closed)), (&state, Some(&open)), (&contract.join("_runs.ndjson"), None)] {
        if let Some(content) = content {
            fs::write(path, content).unwrap();
        }
        let mode = fs::metadata(path).unwrap().permissions();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        let when = format!("{} may not be read", path.display());
        assert_unknown_end_for(folder.path(), &when, unprivileged);
        fs::set_permissions(path, mode).unwrap();
        fs::write(&state, &closed).unwrap();
        assert_known_end(folder.path(), &when);
    }
}

/// A later version of the program may have written the state. This program cannot compare such a state with the
/// manifests, so the archive counts as incomplete.
#[test]
fn an_archive_whose_state_has_an_unknown_version_is_not_complete() {
    let folder = scratch_folder();
    let state = exported(folder.path()).join(STATES[0]);
    let content = fs::read_to_string(&state).unwrap().replace("ialog.state/2", "ialog.state/3");
    fs::write(&state, content).unwrap();
    assert_unknown_end(folder.path(), "state of a later version");
}

/// The first line of an error of `ialog verify`, and the exit code.
fn verified(command: Command) -> (Option<i32>, String) {
    let printed = run(command);
    let error = printed.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    (printed.code, error.to_owned())
}

fn unproven(file: &str, reason: &str) -> String {
    let contract = demo_contract();
    format!(
        "error: the end of the archive of contract {contract} is not proven, because contract={contract}/{file} {reason}: \
         restore the file from a copy or make it readable, or give the SHA-256 of the last manifest with --head; \
         otherwise `ialog state rebuild` writes a new state, and the next export a new run log"
    )
}

#[test]
fn verify_does_not_call_an_archive_complete_that_lost_its_state_or_its_run_log() {
    for (name, content, reason) in [
        (STATES[0], None, "is missing"),
        (STATES[0], Some("garbage"), "cannot be used"),
        ("_runs.ndjson", None, "is missing"),
        ("_runs.ndjson", Some("garbage"), "has no record of the last manifest"),
    ] {
        let folder = scratch_folder();
        let contract = exported(folder.path());
        let whole = run(ialog(folder.path(), &["verify", "audit"]));
        assert_eq!(whole.code, Some(0), "{}", whole.stderr);
        let (_, rest) = whole.stderr.split_once("with SHA-256 ").unwrap();
        let head: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        let _ = fs::remove_file(contract.join(STATES[1]));
        match content {
            Some(content) => fs::write(contract.join(name), content).unwrap(),
            None => fs::remove_file(contract.join(name)).unwrap(),
        }
        let expected = (Some(3), unproven(name, reason));
        assert_eq!(verified(ialog(folder.path(), &["verify", "audit"])), expected);
        let json = run(ialog(folder.path(), &["verify", "audit", "-o", "json"]));
        let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((json.code, &report["result"]), (Some(3), &"incomplete".into()));
        assert_eq!(report["checks"].as_array().unwrap().len(), 8, "{name} {reason}");
        let with_head = run(ialog(folder.path(), &["verify", "audit", "--head", &head]));
        assert_eq!(with_head.code, Some(0), "{}", with_head.stderr);
        assert!(with_head.stderr.contains(&format!("/{name} {reason}, so the end of the chain was not compared")));
        // A rebuilt state and a further export prove the end again.
        let _ = run(ialog(folder.path(), &["state", "rebuild", "audit"]));
        exported(folder.path());
        assert_eq!(verified(ialog(folder.path(), &["verify", "audit"])), (Some(0), String::new()));
    }
}

#[test]
fn verify_does_not_call_an_archive_complete_whose_state_or_run_log_may_not_be_read() {
    let folder = scratch_folder();
    let contract = exported(folder.path());
    if must_skip(folder.path()) {
        return;
    }
    for name in [STATES[0], "_runs.ndjson"] {
        let path = contract.join(name);
        let mode = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let unprivileged = without_privilege(&ialog(folder.path(), &["verify", "audit"])).unwrap();
        let expected = (Some(3), unproven(name, "cannot be read (Permission denied (os error 13))"));
        assert_eq!(verified(unprivileged), expected);
        fs::set_permissions(&path, mode).unwrap();
    }
}
