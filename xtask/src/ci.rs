//! `cargo xtask ci`: all checks of a pull request, the same on every machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tools::{Tool, can_check};
use crate::{cargo, codegen, examples};

/// Folders that may contain snapshots, at any depth.
const SNAPSHOT_FOLDERS: [&str; 3] = ["crates", "tests", "xtask"];

/// Arguments that select the whole workspace with default features and `schemars`. `--all-features` is not used,
/// because it would build OpenSSL from source. Instead, a step of its own checks the sets in [`FEATURE_SETS`].
const WORKSPACE: [&str; 3] = ["--workspace", "--features", "ionos-activitylog-client/schemars"];

/// Sets of features of the facade. Each set must compile.
const FEATURE_SETS: [&str; 4] = ["", "rustls,config-file", "rustls-no-provider,tracing", NATIVE_TLS];

const NATIVE_TLS: &str = "native-tls";

/// The library that native-tls links on Linux. On other systems, native-tls uses the TLS library of the platform.
const OPENSSL: Tool = Tool {
    name: "OpenSSL with headers and pkg-config",
    probe: &["pkg-config", "--exists", "openssl"],
    install: "apt-get install libssl-dev pkg-config",
};

/// The durations of the steps so far.
#[derive(Default)]
struct StepTimes(Vec<(&'static str, Duration)>);

/// Runs every check in order and stops at the first failure. Prints the duration of each step at the end.
pub fn run(root: &Path) -> Result<()> {
    let mut times = StepTimes::default();
    let result = run_steps(root, &mut times);
    print!("{}", times.render());
    result?;
    println!("ci: all checks passed");
    Ok(())
}

fn run_steps(root: &Path, times: &mut StepTimes) -> Result<()> {
    times.step("formatting", "cargo fmt --all", || cargo::run(root, &["fmt", "--all", "--check"], &[]))?;
    times.step("clippy", "cargo clippy --workspace --all-targets", || {
        let after = ["--all-targets", "--", "--deny", "warnings"];
        cargo::run(root, &[&["clippy"], &WORKSPACE[..], &after].concat(), &[])
    })?;
    times.step("generated code", "cargo xtask codegen", || codegen::check(root))?;
    times.step("tests", "cargo test --workspace", || run_tests(root))?;
    times.step("examples", "cargo run --package ionos-activitylog --example NAME", || examples::run(root))?;
    times.step("features", "cargo clippy -p ionos-activitylog --no-default-features --features FEATURES", || {
        check_feature_sets(root)
    })?;
    times.step("documentation", "cargo doc --workspace --no-deps", || {
        let args = [&["doc", "--no-deps"], &WORKSPACE[..]].concat();
        cargo::run(root, &args, &[("RUSTDOCFLAGS", "--deny warnings")])
    })
}

impl StepTimes {
    /// Runs a check. If the check fails, the error names the command to run next, which shows the problem or fixes it.
    fn step(&mut self, name: &'static str, command: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("ci: {name}");
        let start = Instant::now();
        let result = check().with_context(|| format!("ci: {name} failed; run `{command}`"));
        self.0.push((name, start.elapsed()));
        result
    }

    /// One line per step with its duration in seconds, and one line for the sum.
    fn render(&self) -> String {
        let total = self.0.iter().map(|(_, time)| *time).sum();
        let lines = self.0.iter().copied().chain([("total", total)]);
        lines.map(|(name, time)| format!("ci: {name:<16}{:>7} s\n", time.as_secs())).collect()
    }
}

/// Checks the facade with each set of features.
fn check_feature_sets(root: &Path) -> Result<()> {
    for features in FEATURE_SETS {
        if features == NATIVE_TLS && cfg!(target_os = "linux") && !can_check("native-tls", &OPENSSL)? {
            continue;
        }
        let package = ["clippy", "--package", "ionos-activitylog", "--no-default-features"];
        let args = [&package[..], &["--features", features, "--", "--deny", "warnings"]].concat();
        cargo::run(root, &args, &[])?;
    }
    Ok(())
}

/// Runs all tests with read-only snapshots, then fails if there is a snapshot that no test compared.
fn run_tests(root: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let references = folder.path().join("compared-snapshots");
    let list = references.to_str().context("the path of the temporary folder is not UTF-8")?;
    let environment = [("INSTA_UPDATE", "no"), ("INSTA_SNAPSHOT_REFERENCES_FILE", list)];
    cargo::run(root, &[&["test"], &WORKSPACE[..]].concat(), &environment)?;

    let compared: BTreeSet<PathBuf> = fs::read_to_string(&references)
        .context("the tests compared no snapshot")?
        .lines()
        .map(|line| fs::canonicalize(line).unwrap_or_else(|_| PathBuf::from(line)))
        .collect();
    let mut snapshots = Vec::new();
    for folder in SNAPSHOT_FOLDERS {
        collect_snapshots(&root.join(folder), &mut snapshots)?;
    }
    let unused: Vec<String> = snapshots
        .into_iter()
        .filter(|path| !fs::canonicalize(path).is_ok_and(|path| compared.contains(&path)))
        .map(|path| path.strip_prefix(root).unwrap_or(&path).display().to_string())
        .collect();
    if !unused.is_empty() {
        bail!("no test compares these snapshots; delete them: git rm {}", unused.join(" "));
    }
    Ok(())
}

/// Adds the snapshots in a folder and its subfolders.
fn collect_snapshots(folder: &Path, snapshots: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect_snapshots(&path, snapshots)?;
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            snapshots.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_and_the_sum_are_listed_with_their_seconds() {
        let times = StepTimes(vec![("clippy", Duration::from_millis(61_900)), ("tests", Duration::from_secs(500))]);
        let expected = "\
ci: clippy               61 s
ci: tests               500 s
ci: total               561 s
";
        assert_eq!(times.render(), expected);
    }

    #[test]
    fn a_failing_step_names_the_command_to_run_next() {
        let mut times = StepTimes::default();
        let error = times.step("clippy", "cargo clippy", || bail!("a lint")).unwrap_err();
        assert_eq!(format!("{error:#}"), "ci: clippy failed; run `cargo clippy`: a lint");
        assert_eq!(times.0.len(), 1);
    }

    #[test]
    fn snapshots_are_found_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for name in ["a/one.snap", "a/b/two.snap", "a/b/three.rs"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let mut found = Vec::new();
        collect_snapshots(folder.path(), &mut found).unwrap();
        assert_eq!(found.len(), 2);
    }
}
