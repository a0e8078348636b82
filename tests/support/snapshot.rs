//! Snapshots. Each snapshot holds one small item, because a long snapshot would not be read in a review. Every folder
//! of `tests/snapshots` is an area of the product. `api` holds the public items of the crates, `codegen` the generated
//! code, `archive` outlines of the schemas, `cli` output of the program, and `library` errors, requests and spans.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::workspace;

/// Maximum number of lines of a snapshot.
const MAX_LINES: usize = 120;

/// The root folder of all snapshots.
fn root() -> PathBuf {
    workspace::root().join("tests/snapshots")
}

/// Compares `contents` with `tests/snapshots/<area>/<name>.snap`.
pub fn check(area: &str, name: &str, contents: &str) {
    insta::with_settings!({
        snapshot_path => root().join(area), prepend_module_to_snapshot => false, omit_expression => true
    }, {
        insta::assert_snapshot!(name, contents);
    });
}

/// Every snapshot of every area, with its path.
pub fn all() -> Vec<(PathBuf, String)> {
    let areas = fs::read_dir(root()).unwrap().map(|area| area.unwrap().path());
    let files = areas.flat_map(|area| fs::read_dir(area).unwrap().map(|file| file.unwrap().path()));
    files.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn a_snapshot_is_short_enough_to_review() {
    let snapshots = all();
    assert!(snapshots.len() > 30, "only {} snapshots", snapshots.len());
    for (path, text) in snapshots {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn no_snapshot_contains_a_path_of_this_machine() {
    let root = workspace::root();
    assert_ne!(root, Path::new("/"), "every text contains this path");
    for (path, text) in all() {
        assert!(!text.contains(&*root.to_string_lossy()), "{}", path.display());
    }
}
