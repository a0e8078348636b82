//! The manual: a page for each command, the same each time.

use std::fs;
use std::path::Path;

use crate::program::{ialog, names, run};
use crate::snapshot;

#[test]
fn a_page_is_a_snapshot() {
    let printed = run(ialog(Path::new("/"), &["man", "contracts"]));
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    snapshot::check("man__contracts", &printed.stdout);
}

#[test]
fn every_command_has_a_page_that_never_changes() {
    let folder = tempfile::tempdir().unwrap();
    for place in ["a", "b"] {
        let printed = run(ialog(folder.path(), &["man", "--out", place]));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    let (one, other) = (folder.path().join("a"), folder.path().join("b"));
    let pages = names(&one);
    assert_eq!(pages, names(&other));
    for page in &pages {
        let text = fs::read_to_string(one.join(page)).unwrap();
        assert_eq!(text, fs::read_to_string(other.join(page)).unwrap());
        let name = page.strip_suffix(".1").unwrap();
        assert!(text.contains(&format!(".TH {name} 1")), "{page}\n{text}");
    }
    for page in ["ialog.1", "ialog-query.1", "ialog-state-rebuild.1"] {
        assert!(pages.contains(&page.to_owned()), "{pages:?}");
    }
    assert!(
        !pages.iter().any(|page| page.contains("complete.")),
        "{pages:?}"
    );
    // What is printed is what is written.
    let printed = run(ialog(folder.path(), &["man", "state", "rebuild"]));
    let written = fs::read_to_string(one.join("ialog-state-rebuild.1")).unwrap();
    assert_eq!(printed.stdout, written);
}
