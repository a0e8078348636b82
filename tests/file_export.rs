//! An export to one file survives its process too: killed and started again, it ends in the same bytes.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use ionos_activitylog_archive::Step;

use crate::program::{ialog, names, run};

fn export(folder: &Path, name: &str, world: &str, kill: Option<&str>) -> Command {
    let mut command = ialog(folder, &["export", "--attempts", "20", "--out", name]);
    command
        .args([
            "--contract",
            &contract(),
            "--from",
            "2026-11-01",
            "--to",
            "2026-11-04",
        ])
        .env("IALOG_TEST_WORLD", world);
    if let Some(kill) = kill {
        command.env("IALOG_TEST_KILL", kill);
    }
    command
}

fn contract() -> String {
    ionos_activitylog_sim::Simulator::builder()
        .build()
        .contracts()[0]
        .to_string()
}

/// Kills an export at a point and starts it again; says whether it came to that point.
fn killed(name: &str, world: &str, kill: &str, expected: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let output = export(folder.path(), name, world, Some(kill))
        .output()
        .unwrap();
    let was_killed = output.status.signal() == Some(9);
    assert!(was_killed || output.status.success(), "{kill}");
    let had_its_name = folder.path().join(name).exists();
    let printed = run(export(folder.path(), name, world, None));
    let code = if had_its_name { 2 } else { 0 };
    assert_eq!(printed.code, Some(code), "{kill}: {}", printed.stderr);
    assert!(
        fs::read(folder.path().join(name)).unwrap() == expected,
        "{name}, {kill}: other bytes"
    );
    assert_eq!(names(folder.path()), [name], "{kill}");
    was_killed
}

#[test]
fn killed_anywhere_it_is_the_same_in_the_end() {
    for name in ["a.ndjson.zst", "a.csv"] {
        let folder = tempfile::tempdir().unwrap();
        let printed = run(export(folder.path(), name, "calm", None));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        let expected = fs::read(folder.path().join(name)).unwrap();
        for step in Step::OF_FILE {
            // So small a file has no checkpoint, which is seen to where every window has one.
            let passed = !matches!(
                step,
                Step::FileSynced | Step::CheckpointWritten | Step::CheckpointNamed
            );
            let kill = format!("{step}:0");
            assert_eq!(killed(name, "calm", &kill, &expected), passed, "{kill}");
        }
        for before in 0..3 {
            killed(name, "stormy", &format!("request:{before}"), &expected);
        }
    }
}
