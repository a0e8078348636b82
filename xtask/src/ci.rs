//! `cargo xtask ci`: what a pull request has to pass, the same here as on any other machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::codegen;

/// Where the snapshots are.
const SNAPSHOTS: &str = "tests/snapshots";

/// Runs every check in order and stops at the first that fails.
pub fn run(root: &Path) -> Result<()> {
    step("formatting", "cargo fmt --all", || {
        cargo(root, &["fmt", "--all", "--check"], &[])
    })?;
    step(
        "clippy",
        "cargo clippy --workspace --all-targets --all-features",
        || {
            let args = [
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "--deny",
                "warnings",
            ];
            cargo(root, &args, &[])
        },
    )?;
    step("generated code", "cargo xtask codegen", || {
        codegen::check(root)
    })?;
    step("tests", "cargo test --workspace --all-features", || {
        tests(root)
    })?;
    step(
        "documentation",
        "cargo doc --workspace --no-deps --all-features",
        || {
            let args = ["doc", "--workspace", "--no-deps", "--all-features"];
            cargo(root, &args, &[("RUSTDOCFLAGS", "--deny warnings")])
        },
    )?;
    println!("ci: all checks passed");
    Ok(())
}

fn step(name: &str, mend: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("ci: {name}");
    check().with_context(|| format!("ci: {name} failed; look into it with `{mend}`"))
}

fn cargo(root: &Path, args: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(args)
        .current_dir(root)
        .envs(environment.iter().copied());
    let status = command
        .status()
        .with_context(|| format!("cannot start cargo {}", args.join(" ")))?;
    if !status.success() {
        bail!("cargo {} ended with {status}", args.join(" "));
    }
    Ok(())
}

/// All tests, with snapshots read-only; afterwards every snapshot must have been looked at by a test.
fn tests(root: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let references = folder.path().join("snapshots-seen");
    let list = references
        .to_str()
        .context("the temporary folder has a name that is not UTF-8")?;
    let environment = [
        ("INSTA_UPDATE", "no"),
        ("INSTA_SNAPSHOT_REFERENCES_FILE", list),
    ];
    cargo(
        root,
        &["test", "--workspace", "--all-features"],
        &environment,
    )?;

    let seen: BTreeSet<PathBuf> = fs::read_to_string(&references)
        .context("the tests looked at no snapshot")?
        .lines()
        .map(|line| fs::canonicalize(line).unwrap_or_else(|_| PathBuf::from(line)))
        .collect();
    let snapshots = root.join(SNAPSHOTS);
    for entry in
        fs::read_dir(&snapshots).with_context(|| format!("cannot read {}", snapshots.display()))?
    {
        let path = fs::canonicalize(entry?.path())?;
        if path.extension().is_some_and(|e| e == "snap") && !seen.contains(&path) {
            bail!("no test looks at {}: delete it", path.display());
        }
    }
    Ok(())
}
