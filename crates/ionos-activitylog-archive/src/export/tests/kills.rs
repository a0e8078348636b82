//! Tests that an export continues after a kill between two writes, and that it keeps files of other programs in the
//! places where it removes leftovers.

use std::path::PathBuf;

use super::*;
use crate::verify::Problem;

/// Copies the archive as a kill would leave it, when the export reaches the fail point `step` for the first time.
fn killed_at(step: FailPoint, root: &Path, copy: PathBuf) -> FailPoints {
    let root = root.to_path_buf();
    let once = std::sync::Once::new();
    FailPoints::new(move |reached| {
        if reached == step {
            once.call_once(|| crate::verify::tests::copy(&root, &copy));
        }
    })
}

/// The first export reads a day until noon. The second export, on the next day, reads the rest and closes the day. A
/// kill ends the second export before this export has removed the day from the open manifests.
#[tokio::test]
async fn a_day_that_was_open_is_closed_once_even_if_the_closing_export_is_killed() {
    let today = range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
    let tomorrow = "2026-11-21T12:00:00Z";
    let steps = [FailPoint::ManifestWritten, FailPoint::ManifestNamed, FailPoint::DayClosed, FailPoint::StateNamed];
    for step in steps {
        let (root, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let simulator = world(NOW).build();
        let _ = export(&exporter(&simulator, root.path(), NOW), &simulator, today).await.unwrap();
        assert!(folder(&simulator, root.path()).open_manifests().exists());
        let later = world(tomorrow).build();
        let fail_points = killed_at(step, root.path(), killed.path().join("audit"));
        let closing = exporter(&later, root.path(), tomorrow).fail_points(fail_points);
        let _ = export(&closing, &later, today).await.unwrap();
        assert_whole(root.path());

        let copy = killed.path().join("audit");
        let report = verify_archive(&Archive::new(&copy), None).unwrap();
        assert_eq!((report.findings.as_slice(), report.is_complete()), (&[][..], false), "{step}");
        let _ = export(&exporter(&later, &copy, tomorrow), &later, today).await.unwrap();
        assert_eq!(files(&copy), files(root.path()), "{step}");
        assert_whole(&copy);
    }
}

#[tokio::test]
async fn a_folder_with_the_name_of_a_leftover_is_foreign_and_stops_no_export() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let first = range("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z");
    let _ = export(&exporter, &simulator, first).await.unwrap();
    let folder = folder(&simulator, root.path());
    let day = folder.day("2026-11-01".parse().unwrap());
    let foreign = [
        folder.path().join(".state.x.partial"),
        folder.manifests().join(".manifest.x.partial"),
        day.join(".part.x.partial"),
        // The manifest of the day covers this range, so a file of this name would stop the export.
        day.join("part-20261101T000000Z-20261102T000000Z-0123456789abcdef.ndjson"),
        day.join("kept-0123456789abcdef.bin"),
    ];
    for path in &foreign {
        std::fs::create_dir(path).unwrap();
    }
    // If the state says that the last export was not finished, the next export also removes files that no manifest
    // names.
    let mut state = State::read(&folder).unwrap().0.unwrap();
    (state.open, state.open_since) = (true, Some(state.updated));
    crate::state::write(&folder, &state, &FailPoints::default()).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let report = verify_archive(&Archive::new(root.path()), None).unwrap();
    let problems: Vec<Problem> = report.findings.iter().map(|finding| finding.problem).collect();
    assert_eq!(problems, [Problem::Foreign; 5], "{:?}", report.findings);
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

/// A link may lead to files of other programs, even if these files are named like leftovers.
#[cfg(unix)]
#[tokio::test]
async fn leftovers_behind_a_link_are_not_removed() {
    let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let simulator = world(NOW).build();
    let exporter = exporter(&simulator, root.path(), NOW);
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    let folder = folder(&simulator, root.path());
    let names = [".part.x.partial", "part-20261105T000000Z-20261106T000000Z-0123456789abcdef.ndjson"];
    for name in names {
        std::fs::write(elsewhere.path().join(name), "theirs").unwrap();
    }
    std::os::unix::fs::symlink(elsewhere.path(), folder.day("2026-11-05".parse().unwrap())).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join(names[0]), folder.path().join(".part.y.partial")).unwrap();
    let mut state = State::read(&folder).unwrap().0.unwrap();
    (state.open, state.open_since) = (true, Some(state.updated));
    crate::state::write(&folder, &state, &FailPoints::default()).unwrap();
    let _ = export(&exporter, &simulator, days()).await.unwrap();
    for name in names {
        assert!(elsewhere.path().join(name).exists(), "{name}");
    }
    // An export does not write to a day whose folder is a link, either.
    let refused = export(&exporter, &simulator, range("2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z")).await;
    assert!(matches!(refused, Err(Error::Create { .. })), "{refused:?}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 2);
}

/// An export appends to the run log in place. If the run log were a hard link, the append would change another file.
#[cfg(unix)]
#[tokio::test]
async fn a_run_log_that_is_a_hard_link_is_not_written() {
    let root = tempfile::tempdir().unwrap();
    let simulator = world(NOW).build();
    let folder = folder(&simulator, root.path());
    std::fs::create_dir_all(folder.path()).unwrap();
    let victim = root.path().join("victim");
    std::fs::write(&victim, "content").unwrap();
    std::fs::hard_link(&victim, folder.path().join("_runs.ndjson")).unwrap();
    let refused = export(&exporter(&simulator, root.path(), NOW), &simulator, days()).await.unwrap_err();
    assert!(refused.to_string().contains("hard link"), "{refused}");
    assert_eq!(std::fs::read(&victim).unwrap(), b"content");
}
