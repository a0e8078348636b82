//! Exports of simulated accounts that tests interrupt, kill or starve of disk space, and the undisturbed result that each
//! must end in.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ionos_activitylog_archive::{Archive, verify_archive};
use ionos_activitylog_sim::Simulator;

use super::program::{ialog, run};

/// Later days first, so that the chain has to be linked anew.
pub const RANGES: [(&str, &str); 2] = [("2026-11-03", "2026-11-04"), ("2026-11-01", "2026-11-02")];

/// An export in a simulated world.
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

/// A folder in memory, where there is one: what a killed process leaves does not depend on the disk, and waiting for
/// the disk would be most of the time.
pub fn scratch_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Every file that depends on the events alone.
pub fn archive_files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if !name.contains("/_state") && !name.ends_with("/_runs.ndjson") {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

/// What an export leaves that nobody disturbed.
pub fn undisturbed_archive() -> BTreeMap<String, Vec<u8>> {
    let folder = scratch_folder();
    for range in RANGES {
        let printed = run(export_to_archive(folder.path(), range, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    archive_files(&folder.path().join("audit"))
}

/// Whatever happened, nothing in the archive contradicts anything else.
pub fn assert_sound(folder: &Path, when: &str) {
    let archive = Archive::new(folder.join("audit"));
    if archive.contracts().is_ok_and(|contracts| !contracts.is_empty()) {
        let report = verify_archive(&archive, None).unwrap();
        assert!(report.is_intact(), "{when}: {:?}", report.findings);
    }
}

/// A sequence that looks random and is the same each time.
pub fn random_numbers(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(state >> 33)
    })
}

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

pub fn demo_contract() -> String {
    Simulator::builder().build().contracts()[0].to_string()
}

/// What an export leaves that nobody disturbed.
pub fn undisturbed_file(name: &str, world: &str) -> Vec<u8> {
    let folder = scratch_folder();
    let printed = run(export_to_file(folder.path(), name, world, None));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    fs::read(folder.path().join(name)).unwrap()
}
