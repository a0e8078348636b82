//! Kills an export to an archive at many points and runs it again. The archive must have the same bytes as that of an
//! uninterrupted export.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use ionos_activitylog_archive::internal::FailPoint;

use crate::support::exports::{
    RANGES, archive_files, assert_sound, export_to_archive, random_numbers, scratch_folder, undisturbed_archive,
};
use crate::support::program::{Printed, run};

/// Runs an export that may be killed. Returns whether it was killed.
fn is_killed(command: Command, when: &str) -> bool {
    let mut command = command;
    let output = command.output().unwrap();
    let killed = output.status.signal() == Some(9);
    let printed = Printed::from(output);
    assert!(killed || printed.code == Some(0), "{when}: {:?} {}", printed.code, printed.stderr);
    killed
}

#[test]
fn an_export_killed_at_any_step_ends_in_the_same_bytes() {
    let expected = undisturbed_archive();
    let mut passed = BTreeSet::new();
    for step in FailPoint::ARCHIVE_EXPORT {
        for before in [0, 3] {
            let folder = scratch_folder();
            let kill = format!("{step}:{before}");
            for range in RANGES {
                // The first export leaves a part that no manifest names yet. The next export removes this part.
                if step == FailPoint::LeftoverRemoved {
                    let first = export_to_archive(folder.path(), range, "calm", Some("part-written:1"));
                    is_killed(first, &kill);
                }
                if is_killed(export_to_archive(folder.path(), range, "calm", Some(&kill)), &kill) {
                    passed.insert(step.name());
                    assert_sound(folder.path(), &kill);
                    let again = run(export_to_archive(folder.path(), range, "calm", None));
                    assert_eq!(again.code, Some(0), "{kill}: {}", again.stderr);
                }
            }
            assert_sound(folder.path(), &kill);
            assert_eq!(archive_files(&folder.path().join("audit")), expected, "{kill}");
        }
    }
    let all: BTreeSet<&str> = FailPoint::ARCHIVE_EXPORT.iter().map(|step| step.name()).collect();
    assert_eq!(passed, all, "an export was killed at every step");
}

/// Kills exports at random points until `kills` kills have happened. Each archive is completed before the next begins.
fn kill_at_random(world: &str, kills: usize, seed: u64) {
    let expected = undisturbed_archive();
    let mut numbers = random_numbers(seed);
    let mut next = |below: u64| numbers.next().unwrap() % below;
    let mut killed = 0;
    while killed < kills {
        let folder = scratch_folder();
        for range in RANGES {
            loop {
                // Each attempt has a new random point. Sooner or later an export ends before it reaches its point.
                let kill = match next(8) {
                    0 => format!("request:{}", next(6)),
                    _ => format!("step:{}", next(110)),
                };
                let when = format!("{world} {kill} after {killed} kills");
                if !is_killed(export_to_archive(folder.path(), range, world, Some(&kill)), &when) {
                    break;
                }
                killed += 1;
                assert_sound(folder.path(), &when);
            }
        }
        assert_sound(folder.path(), world);
        assert_eq!(archive_files(&folder.path().join("audit")), expected, "{world}");
    }
}

#[test]
fn an_export_killed_at_200_random_points_ends_in_the_same_bytes() {
    kill_at_random("calm", 200, 1);
}

#[test]
fn an_export_killed_while_the_service_fails_ends_in_the_same_bytes() {
    kill_at_random("stormy", 60, 2);
}

/// A recount or reread finds late events of both contracts on many days, and also reads days for the first time.
#[test]
fn a_recount_or_reread_killed_at_random_points_ends_in_the_same_bytes() {
    let (archived, range) = (("2026-10-21", "2026-11-02"), ("2026-10-19", "2026-11-03"));
    for (flag, seed) in [("--recount", 3), ("--reread", 4)] {
        let search = |folder: &Path, kill: Option<&str>| {
            let mut command = export_to_archive(folder, range, "late", kill);
            command.arg(flag);
            command
        };
        let archived_early = || {
            let folder = scratch_folder();
            let printed = run(export_to_archive(folder.path(), archived, "early", None));
            assert_eq!(printed.code, Some(0), "{}", printed.stderr);
            folder
        };
        let undisturbed = archived_early();
        let printed = run(search(undisturbed.path(), None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        assert!(printed.stderr.contains("not archived before, added"), "{}", printed.stderr);
        let expected = archive_files(&undisturbed.path().join("audit"));
        let mut numbers = random_numbers(seed);
        let mut next = |below: u64| numbers.next().unwrap() % below;
        let mut killed = 0;
        while killed < 25 {
            let folder = archived_early();
            // Each attempt has a new random point. Sooner or later an export ends before it reaches its point.
            loop {
                let kill = match next(4) {
                    0 => format!("request:{}", next(120)),
                    _ => format!("step:{}", next(600)),
                };
                let when = format!("{flag} {kill} after {killed} kills");
                if !is_killed(search(folder.path(), Some(&kill)), &when) {
                    break;
                }
                killed += 1;
                assert_sound(folder.path(), &when);
                // A plain export of the archived days has nothing to read. The next search must still find all late
                // events.
                if next(3) == 0 {
                    let plain = run(export_to_archive(folder.path(), archived, "late", None));
                    assert_eq!(plain.code, Some(0), "{when}: {}", plain.stderr);
                }
            }
            assert_sound(folder.path(), flag);
            assert!(archive_files(&folder.path().join("audit")) == expected, "{flag} after {killed} kills");
        }
    }
}

/// The kill comes from another process, so it can hit any instruction and not only a fail point.
#[test]
fn an_export_killed_by_another_process_ends_in_the_same_bytes() {
    let expected = undisturbed_archive();
    for files_before in 0..10 {
        let folder = scratch_folder();
        let root = folder.path().join("audit");
        for range in RANGES {
            let mut command = export_to_archive(folder.path(), range, "calm", None);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            while child.try_wait().unwrap().is_none() && count_files(&root) < files_before {
                std::thread::yield_now();
            }
            let _ = child.kill();
            child.wait().unwrap();
            assert_sound(folder.path(), "killed from outside");
            let again = run(export_to_archive(folder.path(), range, "calm", None));
            assert_eq!(again.code, Some(0), "{}", again.stderr);
        }
        assert_eq!(archive_files(&root), expected);
    }
}

/// Number of files below a folder while an export changes them.
fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => count_files(&path),
            _ => 1,
        })
        .sum()
}
