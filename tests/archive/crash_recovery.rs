//! An export to an archive that is killed at any instant and started again leaves the same bytes as an undisturbed one.
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

/// Runs an export that may be killed; says whether it was.
fn is_killed(command: Command, when: &str) -> bool {
    let mut command = command;
    let output = command.output().unwrap();
    let killed = output.status.signal() == Some(9);
    let printed = Printed::from(output);
    assert!(killed || printed.code == Some(0), "{when}: {:?} {}", printed.code, printed.stderr);
    killed
}

#[test]
fn killed_at_every_step_it_is_the_same_in_the_end() {
    let expected = undisturbed_archive();
    let mut passed = BTreeSet::new();
    for step in FailPoint::ARCHIVE_EXPORT {
        for before in [0, 3] {
            let folder = scratch_folder();
            let kill = format!("{step}:{before}");
            for range in RANGES {
                // A part that was named and not noted yet is what there is to remove.
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
    assert_eq!(passed, all, "there was a kill at each");
}

/// Kills exports at random points until there were so many kills, each archive until it is done.
fn kill_at_random(world: &str, kills: usize, seed: u64) {
    let expected = undisturbed_archive();
    let mut numbers = random_numbers(seed);
    let mut next = |below: u64| numbers.next().unwrap() % below;
    let mut killed = 0;
    while killed < kills {
        let folder = scratch_folder();
        for range in RANGES {
            loop {
                // Ever later, so that it ends.
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
fn killed_at_two_hundred_random_points_it_is_the_same_in_the_end() {
    kill_at_random("calm", 200, 1);
}

#[test]
fn killed_at_random_points_in_a_storm_it_is_the_same_in_the_end() {
    kill_at_random("stormy", 60, 2);
}

/// The system decides where the process is then, and not the process.
#[test]
fn killed_from_outside_it_is_the_same_in_the_end() {
    let expected = undisturbed_archive();
    for files_before in 0..10 {
        let folder = scratch_folder();
        let root = folder.path().join("audit");
        for range in RANGES {
            let mut command = export_to_archive(folder.path(), range, "calm", None);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            while child.try_wait().unwrap().is_none() && count(&root) < files_before {
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

/// How many files there are, as far as one can say while they come and go.
fn count(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => count(&path),
            _ => 1,
        })
        .sum()
}
