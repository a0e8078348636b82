//! `cargo xtask dist`: packs the command line into one file, with manual pages, shell completions and the licences of
//! all linked crates, for users who install it by hand. Needs no network once cargo has fetched the crates.

mod licences;
mod tarball;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use licences::third_party_licences;

/// Shells, each with the name of the file in which the shell looks for the completions of `ialog`.
const SHELLS: [(&str, &str); 4] =
    [("bash", "ialog.bash"), ("zsh", "_ialog"), ("fish", "ialog.fish"), ("powershell", "_ialog.ps1")];

/// Target of programs that need no library of the system.
const STATIC_TARGET: &str = "x86_64-unknown-linux-musl";

/// Builds and packs the program for this machine. If this machine can build a static program, builds and packs the
/// static program, too.
pub fn run(root: &Path) -> Result<()> {
    let out = root.join("target/dist");
    let here = cargo::host_target(root)?;
    let program = build(root, &here)?;
    let archive = pack(root, &program, &here, &out)?;
    println!("{}", archive.display());
    match reason_against_static(root)? {
        Some(reason) => println!("no {STATIC_TARGET}: {reason}"),
        None if here == STATIC_TARGET => {}
        None => {
            // `pack` runs the program to print the manual pages. This is possible for the static program, too, because
            // it runs on any Linux of the same architecture.
            let archive = pack(root, &build(root, STATIC_TARGET)?, STATIC_TARGET, &out)?;
            println!("{}", archive.display());
        }
    }
    Ok(())
}

/// Packs a program for a target. Returns the path of the archive. The same files always give the same archive.
///
/// Fails if the program does not run on this machine, because the program itself prints its manual pages and
/// completions.
pub fn pack(root: &Path, program: &Path, target: &str, out: &Path) -> Result<PathBuf> {
    let folder = tempfile::tempdir()?;
    let name = format!("ialog-{}-{target}", version(program)?);
    let package = folder.path().join(&name);
    let man = package.join("man");
    let completions = package.join("completions");
    for folder in [&man, &completions] {
        fs::create_dir_all(folder)?;
    }
    let man = man.to_str().context("the path of the temporary folder is not UTF-8")?;
    stdout_of(program, &["man", "--out", man])?;
    for (shell, file) in SHELLS {
        fs::write(completions.join(file), stdout_of(program, &["completion", shell])?)?;
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
        fs::copy(root.join(file), package.join(file)).with_context(|| format!("{file} cannot be copied"))?;
    }
    fs::write(package.join("THIRD-PARTY.txt"), third_party_licences(root, target)?)?;
    fs::copy(program, package.join("ialog"))?;
    fs::create_dir_all(out)?;
    let archive = out.join(format!("{name}.tar.gz"));
    tarball::pack_folder(folder.path(), &archive)?;
    Ok(archive)
}

fn build(root: &Path, target: &str) -> Result<PathBuf> {
    let build = ["build", "--release", "--locked", "--package", "ialog"];
    cargo::run(root, &[&build[..], &["--target", target]].concat(), &[])?;
    Ok(cargo::target_folder(root)?.join(target).join("release/ialog"))
}

/// The reason why this machine cannot build a static program; `None` if the machine can build one.
fn reason_against_static(root: &Path) -> Result<Option<String>> {
    if !cargo::has_target(root, STATIC_TARGET)? {
        let how = format!("the target is not installed (rustup target add {STATIC_TARGET})");
        return Ok(Some(how));
    }
    let compiler = Command::new("musl-gcc").arg("--version").output();
    Ok(match compiler {
        Ok(_) => None,
        Err(_) => Some("its C compiler musl-gcc is not installed (musl-tools)".to_owned()),
    })
}

/// The version in the output of `--version`.
fn version(program: &Path) -> Result<String> {
    let output = stdout_of(program, &["--version"])?;
    let version = output.split_whitespace().nth(1);
    version
        .map(str::to_owned)
        .with_context(|| format!("{} --version printed {output:?}, which has no version", program.display()))
}

fn stdout_of(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    if !output.status.success() {
        bail!(
            "{} {} failed: {}",
            program.display(),
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
