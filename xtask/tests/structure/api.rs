//! The public API of each published crate as snapshots, so that each change of the API is seen in review. `ialog` has
//! no snapshot, because programs must not use its library.

use std::path::Path;

use xtask::public_api::api_texts;
use xtask::structure::SourceTree;
use xtask::workspace;

use crate::snapshot;

/// Compares the API of a crate with `tests/snapshots/api/<name>__*.snap`.
fn check(name: &str, folder: &str) {
    let entry = Path::new("crates").join(folder).join("src/lib.rs");
    let tree = SourceTree::read(&workspace::root(), &entry).unwrap();
    let texts = api_texts(&tree);
    assert!(!texts.is_empty(), "{folder} has no public items");
    for text in texts {
        snapshot::check("api", &format!("{name}__{}", text.name), &text.text);
    }
}

#[test]
fn the_api_of_the_client() {
    check("client", "ionos-activitylog-client");
}

#[test]
fn the_api_of_the_facade() {
    check("facade", "ionos-activitylog");
}

#[test]
fn the_api_of_the_archive() {
    check("archive", "ionos-activitylog-archive");
}

#[test]
fn the_api_of_the_simulator() {
    check("sim", "ionos-activitylog-sim");
}
