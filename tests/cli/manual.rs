//! Man pages: one per command and topic, reproducible.

use std::fs;
use std::path::Path;

use crate::support::program::{ialog, names, run};
use crate::support::snapshot;

#[test]
fn the_page_of_a_command_matches_its_snapshot() {
    let printed = run(ialog(Path::new("/"), &["man", "contracts"]));
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    snapshot::check("cli", "man__contracts", &printed.stdout);
}

#[test]
fn the_page_of_a_topic_matches_its_snapshot() {
    let printed = run(ialog(Path::new("/"), &["man", "exit-codes"]));
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    snapshot::check("cli", "man__exit-codes", &printed.stdout);
}

#[test]
fn every_command_and_topic_has_a_reproducible_page() {
    let folder = tempfile::tempdir().unwrap();
    for place in ["a", "b"] {
        let printed = run(ialog(folder.path(), &["man", "--out", place]));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
    let (one, other) = (folder.path().join("a"), folder.path().join("b"));
    assert_eq!(names(&one), ["man1", "man7"]);
    for (section, some) in [
        ("1", &["ialog.1", "ialog-query.1", "ialog-state-rebuild.1"][..]),
        ("7", &["ialog-times.7", "ialog-exit-codes.7"]),
    ] {
        let place = format!("man{section}");
        let pages = names(&one.join(&place));
        assert_eq!(pages, names(&other.join(&place)));
        for page in &pages {
            let text = fs::read_to_string(one.join(&place).join(page)).unwrap();
            let again = fs::read_to_string(other.join(&place).join(page)).unwrap();
            assert_eq!(text, again);
            let name = page.strip_suffix(&format!(".{section}")).unwrap();
            let title = format!(".TH {name} {section}");
            assert!(text.contains(&title), "{page}\n{text}");
        }
        for page in some {
            assert!(pages.contains(&(*page).to_owned()), "{pages:?}");
        }
        assert!(!pages.iter().any(|page| page.contains("complete.")), "{pages:?}");
    }
    // `man PAGE` prints the same text that `man --out` writes to a file.
    for (typed, written) in
        [(&["man", "state", "rebuild"][..], "man1/ialog-state-rebuild.1"), (&["man", "times"], "man7/ialog-times.7")]
    {
        let printed = run(ialog(folder.path(), typed));
        let written = fs::read_to_string(one.join(written)).unwrap();
        assert_eq!(printed.stdout, written);
    }
}

#[cfg(unix)]
#[test]
fn a_page_with_a_hard_link_is_replaced_and_the_other_name_keeps_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("man/man1/ialog.1");
    let topic = folder.path().join("man/man7/ialog-times.7");
    for path in [&page, &topic] {
        let victim = path.with_extension("victim");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&victim, "content").unwrap();
        fs::hard_link(&victim, path).unwrap();
    }
    let printed = run(ialog(folder.path(), &["man", "--out", "man"]));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    for path in [&page, &topic] {
        assert_eq!(fs::read(path.with_extension("victim")).unwrap(), b"content");
        assert!(fs::read_to_string(path).unwrap().contains(".TH ialog"));
    }
}
