//! An export fails if a file exceeds a size limit (which stands for a full disk), or if another process removes a file
//! of the export. The error is one sentence with the file and the remedy. Afterwards the same command completes the
//! export with the same bytes as an export without errors.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use ionos_activitylog_archive::internal::FailPoint;

use crate::support::exports::{
    RANGES, archive_files, assert_sound, demo_contract, export_to_archive, export_to_file, scratch_folder,
    undisturbed_archive, undisturbed_file,
};
use crate::support::in_process::run_in_process;
use crate::support::program::{Printed, ialog, names, run, without_privilege};

const TOO_LARGE: &str = "File too large (os error 27): raise the file size limit (`ulimit -f`, or that of the file \
     system), then run the same command again; ";

/// The command with a limit of `blocks` blocks of 512 bytes per file. A write beyond the limit raises SIGXFSZ, which
/// ends a process that does not handle the signal.
fn with_file_size_limit(command: &Command, blocks: u64) -> Command {
    let mut limited = Command::new("/bin/sh");
    let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    limited.args(["-c", &script]).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    limited
}

#[test]
fn an_export_to_an_archive_resumes_after_a_file_size_limit() {
    let expected = undisturbed_archive();
    let resumes = format!("{TOO_LARGE}the export then continues after the archived events");
    let mut refused = Vec::new();
    for blocks in [0, 1, 2, 3, 4, 6, 8, 1_000] {
        let folder = scratch_folder();
        let command = export_to_archive(folder.path(), RANGES[0], "calm", None);
        let printed = run(with_file_size_limit(&command, blocks));
        assert_sound(folder.path(), "after a full disk");
        if printed.code != Some(0) {
            refused.push(blocks);
            assert_eq!(printed.code, Some(1), "{blocks} blocks: {}", printed.stderr);
            for contract in [33_586_252, 48_454_223] {
                let file = format!("contract {contract}: audit/contract={contract}/");
                let says = |line: &str| line.starts_with(&file) && line.ends_with(&resumes);
                assert!(printed.stderr.lines().any(says), "{}", printed.stderr);
            }
        }
        for range in RANGES {
            let again = run(export_to_archive(folder.path(), range, "calm", None));
            assert_eq!(again.code, Some(0), "{blocks} blocks: {}", again.stderr);
        }
        assert_eq!(archive_files(&folder.path().join("audit")), expected, "{blocks} blocks");
    }
    assert!(refused.len() > 3 && !refused.contains(&1_000), "refused: {refused:?}");
}

#[test]
fn an_export_to_a_file_resumes_after_a_file_size_limit() {
    // The limits are fractions of the uncompressed size, because the checkpoint of a compressed file holds uncompressed
    // lines.
    let whole = undisturbed_file("a.ndjson", "narrow").len() as u64 / 512;
    for name in ["a.ndjson", "a.ndjson.zst"] {
        let expected = undisturbed_file(name, "narrow");
        let mut kept_some = 0;
        for blocks in [0, whole / 4, whole / 2, whole * 3 / 4] {
            let folder = scratch_folder();
            let command = export_to_file(folder.path(), name, "narrow", None);
            let printed = run(with_file_size_limit(&command, blocks));
            let said = format!("error: {name} cannot be written: {TOO_LARGE}");
            assert_eq!(printed.code, Some(1), "{blocks} blocks: {}", printed.stderr);
            assert!(printed.stderr.starts_with(&said), "{}", printed.stderr);
            let kept = printed.stderr.split("continues after the ").nth(1);
            let kept = kept.map(|kept| kept.split(" that are stored").next().unwrap());
            assert_eq!(names(folder.path()).is_empty(), kept.is_none());
            let end = match kept {
                Some(kept) => format!("{TOO_LARGE}the export then continues after the {kept} that are stored\n"),
                None => format!("{TOO_LARGE}nothing was stored, so the export then starts over\n"),
            };
            assert!(printed.stderr.ends_with(&end), "{}", printed.stderr);

            let again = run(export_to_file(folder.path(), name, "narrow", None));
            assert_eq!(again.code, Some(0), "{}", again.stderr);
            let going_on = again.stderr.starts_with("resuming");
            assert_eq!(going_on, kept.is_some(), "{}", again.stderr);
            if let Some(kept) = kept {
                kept_some += 1;
                let said = format!(" ({kept} already written)\n");
                assert!(again.stderr.contains(&said), "{}", again.stderr);
            }
            assert!(fs::read(folder.path().join(name)).unwrap() == expected);
            assert_eq!(names(folder.path()), [name]);
        }
        assert!(kept_some > 0, "{name}: {kept_some} exports kept progress");
    }
}

#[test]
fn output_beyond_a_file_size_limit_is_an_error_with_a_message() {
    let folder = scratch_folder();
    let archive = export_to_archive(folder.path(), RANGES[0], "calm", None);
    assert_eq!(run(archive).code, Some(0));
    for arguments in [
        &["query", "--demo", "--last", "7d", "-o", "csv", "--quiet"][..],
        &["cat", "audit", "--quiet"],
        &["schema", "verification"],
        &["man", "query"],
    ] {
        let mut command = with_file_size_limit(&ialog(folder.path(), arguments), 1);
        command.stdout(fs::File::create(folder.path().join("out")).unwrap());
        let printed = run(command);
        let said = "error: cannot write to standard output (File too large (os error 27)): write to a place with free \
                    space and write permission\n";
        assert_eq!((printed.code, &*printed.stderr), (Some(1), said), "{arguments:?}");
    }
    let command = with_file_size_limit(&ialog(folder.path(), &["convert", "audit", "--out", "a.ndjson", "--quiet"]), 1);
    let printed = run(command);
    assert_eq!(printed.code, Some(1), "{}", printed.stderr);
    let said = format!("error: a.ndjson cannot be written: {}\n", TOO_LARGE.trim_end_matches("; "));
    assert_eq!(printed.stderr, said);
    assert_eq!(names(folder.path()), ["audit", "out"]);
}

#[test]
fn a_target_that_cannot_be_created_is_refused() {
    let folder = scratch_folder();
    fs::write(folder.path().join("file"), "").unwrap();
    symlink("/dev/full", folder.path().join("full.ndjson")).unwrap();
    let contract = demo_contract();
    let no_folder = "cannot be created: Not a directory (os error 20): choose another name";
    for (out, said) in [
        ("file/a.ndjson", format!("file/a.ndjson {no_folder}")),
        ("full.ndjson", "full.ndjson is not a regular file and cannot be replaced: choose another name".to_owned()),
        ("file", "file is a file, not the folder of an archive: choose another name".to_owned()),
        ("file/audit", format!("file/audit/contract={contract} {no_folder}")),
        ("/dev/full", "/dev/full is a file, not the folder of an archive: choose another name".to_owned()),
    ] {
        let printed = run(export_to_file(folder.path(), out, "calm", None));
        let last = printed.stderr.lines().next_back();
        assert_eq!((printed.code, last), (Some(2), Some(&*format!("error: {said}"))));
    }
    assert_eq!(names(folder.path()), ["file", "full.ndjson"]);
}

/// The test uses `/sys`, because `/sys` refuses new files even to root. In any other folder, root may create files even
/// without write permission.
#[cfg(target_os = "linux")]
#[test]
fn the_error_names_a_read_only_folder() {
    let folder = scratch_folder();
    for out in ["/sys/a.ndjson", "/sys/audit"] {
        let printed = run(export_to_file(folder.path(), out, "calm", None));
        let last = printed.stderr.lines().next_back().unwrap();
        let said = "error: cannot write to the folder /sys (";
        let help = "): change its permissions, or choose another folder";
        assert!(last.starts_with(said) && last.ends_with(help), "{last}");
        assert_eq!(printed.code, Some(2));
    }
}

/// Exports three days to an archive. Calls `then` with the folder of the second day when that day passes the step `at`.
/// The days pass each step in order, so the second passage of a step is that of the second day.
fn export_with_action(root: &Path, at: FailPoint, then: impl Fn(PathBuf) + Send + Sync + 'static) -> Printed {
    let contract = demo_contract();
    let day = root.join(format!("contract={contract}/date=2026-11-02"));
    let passed = Mutex::new(0);
    let out = root.to_str().unwrap();
    let mut arguments = vec!["export", "--contract", &contract, "--out", out];
    arguments.extend(["--from", "2026-11-01", "--to", "2026-11-03"]);
    run_in_process(&arguments, move |step, _| {
        if step != at {
            return;
        }
        let mut passed = passed.lock().unwrap();
        *passed += 1;
        if *passed == 2 {
            then(day.clone());
        }
    })
}

fn export_undisturbed_days(root: &Path) {
    let printed = export_with_action(root, FailPoint::RunNoted, |_| {});
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
}

#[test]
fn a_file_that_cannot_be_read_is_not_called_damaged() {
    let folder = scratch_folder();
    let printed = run(export_to_archive(folder.path(), RANGES[0], "calm", None));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let contract = folder.path().join(format!("audit/contract={}", demo_contract()));
    let part = fs::read_dir(contract.join("date=2026-11-03")).unwrap().next().unwrap().unwrap().path();
    for path in [contract.join("_manifests/00000001.json"), part] {
        let mode = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let name = path.strip_prefix(folder.path().join("audit")).unwrap().display().to_string();
        for (arguments, code) in [(&["verify", "audit"][..], 1), (&["cat", "audit", "-q"], 2)] {
            let Some(command) = without_privilege(&ialog(folder.path(), arguments)) else {
                eprintln!("SKIPPED: root reads any file, and setpriv (util-linux) is missing");
                return;
            };
            let printed = run(command);
            assert_eq!(printed.code, Some(code), "{name}, {arguments:?}: {}{}", printed.stdout, printed.stderr);
            let said = printed.stdout + &printed.stderr;
            assert!(said.contains(&name) && said.contains("cannot be read: Permission denied"), "{said}");
            assert!(!said.contains("changed") && !said.contains("modified"), "{said}");
        }
        fs::set_permissions(&path, mode).unwrap();
    }
    assert_eq!(run(ialog(folder.path(), &["verify", "audit"])).code, Some(0));
}

#[test]
fn a_day_that_is_removed_before_it_is_committed_is_read_again() {
    let calm = scratch_folder();
    export_undisturbed_days(calm.path());
    for step in [FailPoint::PartBegun, FailPoint::PartSynced, FailPoint::PartNamed] {
        let folder = scratch_folder();
        let printed = export_with_action(folder.path(), step, |day| fs::remove_dir_all(day).unwrap());
        assert_eq!(printed.code, Some(1), "{step}: {}", printed.stderr);
        let said = "No such file or directory (os error 2): check whether another program removes files there, then run the \
                    same command again; the export then continues after the archived events\n";
        assert!(printed.stderr.ends_with(said), "{step}: {}", printed.stderr);
        assert!(printed.stderr.contains("/date=2026-11-02/part-"), "{step}");
        export_undisturbed_days(folder.path());
        assert_eq!(archive_files(folder.path()), archive_files(calm.path()), "{step}");
    }
}

/// The test removes the temporary file of a manifest or of the state, so this file cannot be renamed to its final name.
/// The export fails as it would on a full disk. The archive keeps the manifests and the state that were written before.
/// They lack the latest event, range or day.
#[test]
fn the_next_export_writes_a_manifest_or_state_that_could_not_be_written() {
    let calm = scratch_folder();
    export_undisturbed_days(calm.path());
    let contract = demo_contract();
    let mut failed = 0;
    for (step, prefix) in [(FailPoint::ManifestWritten, ".manifest."), (FailPoint::StateWritten, ".state.")] {
        for passage in 1..=7 {
            let folder = scratch_folder();
            let root = folder.path().join(format!("contract={contract}"));
            let passed = Mutex::new(0);
            let out = folder.path().to_str().unwrap();
            let arguments =
                ["export", "--contract", &contract, "--out", out, "--from", "2026-11-01", "--to", "2026-11-03"];
            let printed = run_in_process(&arguments, move |reached, _| {
                let mut passed = passed.lock().unwrap();
                *passed += i32::from(reached == step);
                if reached == step && *passed == passage {
                    for folder in [root.clone(), root.join("_manifests")].into_iter().filter(|folder| folder.exists()) {
                        for name in names(&folder).into_iter().filter(|name| name.starts_with(prefix)) {
                            fs::remove_file(folder.join(name)).unwrap();
                        }
                    }
                }
            });
            if printed.code == Some(0) {
                continue;
            }
            failed += 1;
            assert_eq!(printed.code, Some(1), "{step}, passage {passage}: {}", printed.stderr);
            export_undisturbed_days(folder.path());
            assert!(archive_files(folder.path()) == archive_files(calm.path()), "{step}, passage {passage}");
        }
    }
    assert!(failed >= 5, "{failed} exports failed");
}

#[test]
fn a_removed_part_is_reported_by_the_export_that_wrote_it() {
    let folder = scratch_folder();
    let printed = export_with_action(folder.path(), FailPoint::ManifestNamed, |day| {
        for name in names(&day) {
            if name.starts_with("part-") {
                fs::remove_file(day.join(name)).unwrap();
            }
        }
    });
    assert_eq!(printed.code, Some(6), "{}", printed.stderr);
    let said = ".ndjson.zst was modified after it was written: it is missing: restore the archive from a copy, or export \
                to a new folder";
    assert!(printed.stderr.contains(said), "{}", printed.stderr);
}

#[test]
fn a_removed_partial_file_is_named_in_the_error_and_the_next_export_starts_over() {
    let contract = demo_contract();
    let export = |path: &Path, at: Option<FailPoint>| {
        let beside = path.with_file_name(".a.csv.partial");
        let out = path.to_str().unwrap();
        let mut arguments = vec!["export", "--contract", &contract, "--out", out];
        arguments.extend(["--from", "2026-11-01", "--to", "2026-11-03"]);
        run_in_process(&arguments, move |step, _| {
            if Some(step) == at {
                fs::remove_file(&beside).unwrap();
            }
        })
    };
    let (calm, folder) = (scratch_folder(), scratch_folder());
    let (whole, path) = (calm.path().join("a.csv"), folder.path().join("a.csv"));
    assert_eq!(export(&whole, None).code, Some(0));
    let printed = export(&path, Some(FailPoint::WindowRead));
    assert_eq!(printed.code, Some(1), "{}", printed.stderr);
    let said = "/.a.csv.partial cannot be written: it no longer exists: check whether another program \
                removes files there, then run the same command again; nothing was stored, so the export then starts over\n";
    assert!(printed.stderr.ends_with(said), "{}", printed.stderr);
    assert_eq!(names(folder.path()), [""; 0]);
    assert_eq!(export(&path, None).code, Some(0));
    assert!(fs::read(path).unwrap() == fs::read(whole).unwrap());
}

/// The command under strace, which makes each call of `flock` fail with `error`, as on a file system without locks.
/// `None` if strace is not installed or may not trace.
fn without_locks(command: &Command, error: &str) -> Option<Command> {
    let is_usable = Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|end| end.success());
    let mut traced = Command::new("strace");
    traced.args(["-f", "-o", "/dev/null", "-e", &format!("inject=flock:error={error}")]);
    traced.arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        traced.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    is_usable.then_some(traced)
}

#[test]
fn a_file_is_written_without_locks_only_if_the_file_system_has_none() {
    let expected = undisturbed_file("a.ndjson", "calm");
    for (error, code) in [("ENOLCK", 1), ("EOPNOTSUPP", 0), ("ENOSYS", 0)] {
        let folder = scratch_folder();
        let export = export_to_file(folder.path(), "a.ndjson", "calm", None);
        let Some(command) = without_locks(&export, error) else {
            return;
        };
        let printed = run(command);
        assert_eq!(printed.code, Some(code), "{error}: {}", printed.stderr);
        if code == 1 {
            // This error may be temporary, for example if a lock server does not answer. An export without a lock would
            // not notice a second process that writes to the same file, so the export fails.
            let said = "error: a.ndjson cannot be locked: No locks available (os error 37): use a file system with \
                        locks, or mount this one with locks enabled\n";
            assert_eq!(printed.stderr, said);
            assert!(!folder.path().join("a.ndjson").exists());
            assert_eq!(run(export).code, Some(0));
        }
        assert!(fs::read(folder.path().join("a.ndjson")).unwrap() == expected, "{error}");
        assert_eq!(names(folder.path()), ["a.ndjson"], "{error}");
    }
}
