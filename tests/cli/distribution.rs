//! Checks the distribution archive that `cargo xtask dist` builds.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use flate2::read::GzDecoder;
use xtask::{cargo, dist, workspace};

use crate::support::program::run;

#[test]
fn the_archive_is_complete_and_reproducible() {
    let (root, folder) = (workspace::root(), tempfile::tempdir().unwrap());
    // This test packs a script that runs the program, and not the program itself, because compressing the program takes
    // a minute.
    let program = folder.path().join("ialog");
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_ialog-under-test"));
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let target = cargo::host_target(&root).unwrap();
    let pack = || dist::pack(&root, &program, &target, folder.path()).unwrap();
    let archive = pack();
    let first = fs::read(&archive).unwrap();
    assert!(first == fs::read(pack()).unwrap());

    let unpacked = folder.path().join("unpacked");
    let mut tar = tar::Archive::new(GzDecoder::new(File::open(&archive).unwrap()));
    tar.unpack(&unpacked).unwrap();
    let name = archive.file_name().unwrap().to_str().unwrap();
    let whole = unpacked.join(name.strip_suffix(".tar.gz").unwrap());
    let names = |folder: &str| -> BTreeSet<String> {
        crate::support::program::names(&whole.join(folder)).into_iter().collect()
    };
    let expected = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "THIRD-PARTY.txt"];
    let expected = expected.into_iter().chain(["completions", "ialog", "man"]);
    assert_eq!(names(""), expected.map(str::to_owned).collect());
    let shells = ["_ialog", "_ialog.ps1", "ialog.bash", "ialog.fish"];
    assert_eq!(names("completions"), shells.map(str::to_owned).into());
    assert!(
        names("man/man1").is_superset(&["ialog.1", "ialog-export.1"].map(str::to_owned).into())
            && names("man/man7").contains("ialog-times.7")
    );
    // The unpacked program runs without network and account.
    let mut unpacked = Command::new(whole.join("ialog"));
    unpacked.args(["contracts", "--demo"]).env_clear();
    assert_eq!(run(unpacked).stdout, "33586252\n");
}
