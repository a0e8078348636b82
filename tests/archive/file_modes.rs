//! Permissions of every file and folder that an export leaves, under two umasks. The export either completes or is
//! killed at one of its steps. Only the owner and the group of a complete file may read it. Only the owner may read
//! incomplete files, states, locks and checkpoints.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use ionos_activitylog_archive::internal::FailPoint;

use crate::support::exports::{RANGES, entries_below, export_to_archive, export_to_file, scratch_folder};
use crate::support::program::prepared_by_shell;

/// The usual umask, and one that forbids nothing.
const UMASKS: [&str; 2] = ["022", "000"];

/// The permissions that a file or folder may have.
fn allowed_modes(path: &Path) -> &'static [u32] {
    let name = path.file_name().unwrap().to_string_lossy();
    if path.is_dir() {
        return &[0o750];
    }
    // A temporary file may have either mode: it gets its final permissions when it is complete, and its final name
    // later, after it is synced.
    if name.starts_with(".part.") || name.starts_with(".manifest.") {
        return &[0o600, 0o640];
    }
    let is_private = name.starts_with("_state") || name.ends_with(".partial") || name.contains(".checkpoint.");
    if is_private { &[0o600] } else { &[0o640] }
}

/// Checks all files and folders. Returns the suffix and the permissions of each, such as `partial 600`.
fn check_modes(folder: &Path, when: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for path in entries_below(folder) {
        let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
        let name = path.strip_prefix(folder).unwrap().display().to_string();
        assert!(allowed_modes(&path).contains(&mode), "{when}: {name} has the permissions {mode:o}");
        seen.push(format!("{} {mode:o}", name.rsplit('.').next().unwrap_or_default()));
    }
    seen
}

/// Runs a command that may be killed.
fn run_or_kill(command: &Command, umask: &str, when: &str) {
    let output = prepared_by_shell(&format!("umask {umask}"), command).output().unwrap();
    let ended = output.status.signal() == Some(9) || output.status.success();
    assert!(ended, "{when}: {} {}", output.status, String::from_utf8_lossy(&output.stderr));
}

#[test]
fn no_file_of_an_archive_is_readable_for_others() {
    for umask in UMASKS {
        let mut seen = Vec::new();
        for step in FailPoint::ARCHIVE_EXPORT {
            let folder = scratch_folder();
            for range in RANGES {
                let when = format!("umask {umask}, killed at {step}");
                let kill = format!("{step}:2");
                run_or_kill(&export_to_archive(folder.path(), range, "calm", Some(&kill)), umask, &when);
                seen.extend(check_modes(folder.path(), &when));
                run_or_kill(&export_to_archive(folder.path(), range, "calm", None), umask, &when);
                seen.extend(check_modes(folder.path(), &when));
            }
        }
        for expected in ["partial 600", "lock 600", "json 600", "json 640", "ndjson 640", "zst 640"] {
            assert!(seen.iter().any(|one| one == expected), "umask {umask}: no file has suffix and mode {expected}");
        }
    }
}

#[test]
fn no_file_of_a_file_export_is_readable_for_others() {
    for umask in UMASKS {
        let mut seen = Vec::new();
        for step in FailPoint::FILE_EXPORT {
            for (name, before) in [("a.ndjson.zst", 0), ("a.csv", 1)] {
                let folder = scratch_folder();
                let when = format!("umask {umask}, {name} killed at {step}");
                let kill = format!("{step}:{before}");
                run_or_kill(&export_to_file(folder.path(), name, "narrow", Some(&kill)), umask, &when);
                seen.extend(check_modes(folder.path(), &when));
                if !folder.path().join(name).exists() {
                    run_or_kill(&export_to_file(folder.path(), name, "narrow", None), umask, &when);
                    seen.extend(check_modes(folder.path(), &when));
                }
            }
        }
        for expected in ["partial 600", "json 600", "next 600", "zst 640", "csv 640"] {
            assert!(seen.iter().any(|one| one == expected), "umask {umask}: no file has suffix and mode {expected}");
        }
    }
}

/// A umask may be stricter than the permissions that an export sets. The files then have only the permissions that both
/// allow.
#[test]
fn a_stricter_umask_is_kept() {
    let folder = scratch_folder();
    run_or_kill(&export_to_archive(folder.path(), RANGES[0], "calm", None), "077", "umask 077");
    run_or_kill(&export_to_file(folder.path(), "a.csv", "calm", None), "077", "umask 077");
    for path in entries_below(folder.path()) {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}
