//! Commands that export a simulated account, for tests that kill an export or run it on a full disk. Also creates the
//! results of uninterrupted exports, with which the tests compare the results of interrupted exports.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ionos_activitylog_archive::{Archive, verify_archive};
use ionos_activitylog_sim::Simulator;

use super::program::{ialog, run};

/// Ranges of two exports to one archive. The later days come first, so that the chain is not in order of date.
pub const RANGES: [(&str, &str); 2] = [("2026-11-03", "2026-11-04"), ("2026-11-01", "2026-11-02")];

/// The command that exports a range to the archive `audit`. `world` is the name of a simulated service. If `kill` is
/// set, the command is killed at this point. `program_under_test.rs` describes the services and points.
pub fn export_to_archive(folder: &Path, (from, to): (&str, &str), world: &str, kill: Option<&str>) -> Command {
    let mut command = ialog(
        folder,
        &["export", "--contract", "all", "--attempts", "20", "--from", from, "--to", to, "--out", "audit"],
    );
    command.env("IALOG_TEST_WORLD", world);
    if let Some(kill) = kill {
        command.env("IALOG_TEST_KILL", kill);
    }
    command
}

/// A temporary folder, in memory if the machine has `/dev/shm`. Memory is sufficient, because the files that a killed
/// process leaves do not depend on the disk. On a disk, syncing would take most of the test's time.
pub fn scratch_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// The paths of all files and folders below a folder.
pub fn entries_below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

/// The contents of the files below a folder, by their paths relative to the folder.
pub fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = entries_below(root).into_iter().filter(|path| !path.is_dir());
    files.map(|path| (path.strip_prefix(root).unwrap().display().to_string(), fs::read(&path).unwrap())).collect()
}

/// The contents of the files of an archive. The states and the run log are skipped, because they differ from run to
/// run.
pub fn archive_files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(root);
    files.retain(|name, _| !name.contains("/_state") && !name.ends_with("/_runs.ndjson"));
    files
}

/// The files of an archive after two exports without interruption.
pub fn undisturbed_archive() -> BTreeMap<String, Vec<u8>> {
    let folder = scratch_folder();
    for range in RANGES {
        let printed = run(export_to_archive(folder.path(), range, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    archive_files(&folder.path().join("audit"))
}

/// Fails if verification finds damage in the archive.
pub fn assert_sound(folder: &Path, when: &str) {
    let archive = Archive::new(folder.join("audit"));
    if archive.contracts().is_ok_and(|contracts| !contracts.is_empty()) {
        let report = verify_archive(&archive, None).unwrap();
        assert!(report.is_intact(), "{when}: {:?}", report.findings);
    }
}

/// A deterministic sequence of pseudorandom numbers.
pub fn random_numbers(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(state >> 33)
    })
}

/// The command that exports four days to one file. `world` and `kill` have the same meaning as in
/// [`export_to_archive`].
pub fn export_to_file(folder: &Path, name: &str, world: &str, kill: Option<&str>) -> Command {
    let mut command = ialog(folder, &["export", "--attempts", "20", "--out", name]);
    command
        .args(["--contract", &demo_contract(), "--from", "2026-11-01", "--to", "2026-11-04"])
        .env("IALOG_TEST_WORLD", world);
    if let Some(kill) = kill {
        command.env("IALOG_TEST_KILL", kill);
    }
    command
}

/// The contract of the simulator's default account.
pub fn demo_contract() -> String {
    Simulator::builder().build().contracts()[0].to_string()
}

/// The bytes of a file after an export without interruption.
pub fn undisturbed_file(name: &str, world: &str) -> Vec<u8> {
    let folder = scratch_folder();
    let printed = run(export_to_file(folder.path(), name, world, None));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    fs::read(folder.path().join(name)).unwrap()
}
