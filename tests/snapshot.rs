//! Snapshots are small, one item each, so that a reviewer reads them in a pull request.

use std::fs;
use std::path::Path;

use xtask::workspace;

/// The most lines that one snapshot may have.
const MOST_LINES: usize = 120;

/// Compares with `snapshots/<name>.snap`.
pub fn check(name: &str, contents: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, contents);
    });
}

#[test]
fn no_snapshot_is_longer_than_a_reviewer_reads() {
    let folder = workspace::root().join("tests/snapshots");
    let mut found = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
        found += 1;
    }
    assert!(found > 0);
}

#[test]
fn no_snapshot_holds_a_path_of_this_machine() {
    let root = workspace::root();
    for entry in fs::read_dir(root.join("tests/snapshots")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&*root.to_string_lossy()), "{}", path.display());
        assert_ne!(root, Path::new("/"), "the check above would find every path");
    }
}
