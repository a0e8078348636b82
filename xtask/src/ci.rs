//! `cargo xtask ci`: what a pull request has to pass, the same here as on any other machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, codegen, examples};

/// Where the snapshots are.
const SNAPSHOTS: &str = "tests/snapshots";

/// What the workspace is checked with: default features, and the one that only describes types. Not all features,
/// because those of TLS exclude one another; [`FLAVOURS`] has them.
const WORKSPACE: [&str; 3] = ["--workspace", "--features", "ionos-activitylog-client/schemars"];

/// Sets of features of the facade that have to compile, each alone.
const FLAVOURS: [&str; 4] = ["", "rustls,config-file", "rustls-no-provider,tracing", "native-tls"];

/// Runs every check in order and stops at the first that fails.
pub fn run(root: &Path) -> Result<()> {
    step("formatting", "cargo fmt --all", || cargo::run(root, &["fmt", "--all", "--check"], &[]))?;
    step("clippy", "cargo clippy --workspace --all-targets", || {
        let after = ["--all-targets", "--", "--deny", "warnings"];
        cargo::run(root, &[&["clippy"], &WORKSPACE[..], &after].concat(), &[])
    })?;
    step("generated code", "cargo xtask codegen", || codegen::check(root))?;
    step("tests", "cargo test --workspace", || tests(root))?;
    step("examples", "cargo run --package ionos-activitylog --example ...", || examples::run(root))?;
    step("features", "cargo clippy -p ionos-activitylog --no-default-features --features ...", || features(root))?;
    step("documentation", "cargo doc --workspace --no-deps", || {
        let args = [&["doc", "--no-deps"], &WORKSPACE[..]].concat();
        cargo::run(root, &args, &[("RUSTDOCFLAGS", "--deny warnings")])
    })?;
    println!("ci: all checks passed");
    Ok(())
}

/// The facade with each flavour of TLS, and without any.
fn features(root: &Path) -> Result<()> {
    for features in FLAVOURS {
        if features == "native-tls" && !has_openssl() {
            println!("ci: native-tls is not checked, because this machine lacks OpenSSL's headers or pkg-config");
            continue;
        }
        let package = ["clippy", "--package", "ionos-activitylog", "--no-default-features"];
        let args = [&package[..], &["--features", features, "--", "--deny", "warnings"]].concat();
        cargo::run(root, &args, &[])?;
    }
    Ok(())
}

/// Elsewhere than on Linux the platform's TLS is not OpenSSL.
fn has_openssl() -> bool {
    !cfg!(target_os = "linux")
        || Command::new("pkg-config").args(["--exists", "openssl"]).status().is_ok_and(|status| status.success())
}

fn step(name: &str, mend: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("ci: {name}");
    check().with_context(|| format!("ci: {name} failed; look into it with `{mend}`"))
}

/// All tests, with snapshots read-only; afterwards every snapshot must have been looked at by a test.
fn tests(root: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let references = folder.path().join("snapshots-seen");
    let list = references.to_str().context("the temporary folder has a name that is not UTF-8")?;
    let environment = [("INSTA_UPDATE", "no"), ("INSTA_SNAPSHOT_REFERENCES_FILE", list)];
    cargo::run(root, &[&["test"], &WORKSPACE[..]].concat(), &environment)?;

    let seen: BTreeSet<PathBuf> = fs::read_to_string(&references)
        .context("the tests looked at no snapshot")?
        .lines()
        .map(|line| fs::canonicalize(line).unwrap_or_else(|_| PathBuf::from(line)))
        .collect();
    let unused = snapshot_files(&root.join(SNAPSHOTS))?.into_iter().find(|path| !seen.contains(path));
    match unused {
        Some(path) => bail!("no test looks at {}: delete it", path.display()),
        None => Ok(()),
    }
}

/// The canonical paths of the snapshots in a folder and the folders below it.
fn snapshot_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = fs::canonicalize(entry?.path())?;
        if path.is_dir() {
            files.extend(snapshot_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            files.push(path);
        }
    }
    Ok(files)
}
