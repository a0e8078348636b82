//! Starts cargo and rustc from the repository's root. Uses the cargo that started this task.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs cargo, which prints to the terminal. Fails if cargo fails.
pub fn run(root: &Path, args: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let mut command = command(root, args);
    command.envs(environment.iter().copied());
    let status = command.status().with_context(|| cannot_start(args))?;
    if !status.success() {
        bail!("cargo {} failed with {status}", args.join(" "));
    }
    Ok(())
}

/// Runs cargo and returns its standard output. Fails if cargo fails.
pub fn output(root: &Path, args: &[&str]) -> Result<String> {
    let mut command = command(root, args);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| cannot_start(args))?;
    if !output.status.success() {
        bail!("cargo {} failed with {}", args.join(" "), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("cargo {} did not print UTF-8", args.join(" ")))
}

/// Builds the program of a package with optimisation. Returns its path.
pub fn build_release(root: &Path, package: &str) -> Result<PathBuf> {
    let messages = ["build", "--quiet", "--release", "--message-format=json", "--package"];
    let printed = output(root, &[&messages[..], &[package]].concat())?;
    let mut programs = printed.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let of_package = message["target"]["name"] == package;
        let program = message["executable"].as_str().filter(|_| of_package)?;
        Some(PathBuf::from(program))
    });
    programs.next_back().with_context(|| format!("{package} has no program"))
}

/// The target triple of this machine, such as `x86_64-unknown-linux-gnu`.
pub fn host_target(root: &Path) -> Result<String> {
    let version = rustc(root, &["--version", "--verbose"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).with_context(|| format!("rustc --version --verbose names no host: {version}"))
}

/// Whether the standard library of a target is installed.
pub fn has_target(root: &Path, target: &str) -> Result<bool> {
    let libraries = rustc(root, &["--print", "target-libdir", "--target", target])?;
    Ok(Path::new(libraries.trim_end()).is_dir())
}

/// The folder of cargo's build output.
pub fn target_folder(root: &Path) -> Result<PathBuf> {
    let metadata = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let metadata: serde_json::Value = serde_json::from_str(&output(root, &metadata)?)?;
    let folder = metadata["target_directory"].as_str();
    folder.map(PathBuf::from).context("cargo metadata names no target directory")
}

fn rustc(root: &Path, args: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(args).current_dir(root).output().context("cannot start rustc")?;
    if !output.status.success() {
        bail!("rustc {} failed with {}", args.join(" "), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn command(root: &Path, args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root);
    command
}

fn cannot_start(args: &[&str]) -> String {
    format!("cannot start cargo {}", args.join(" "))
}
