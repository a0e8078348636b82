//! `cargo xtask dist`: whoever installs the command line by hand wants one file with all that belongs to it — the program,
//! its manual pages, completions for the shells, and the licences of everything that was linked into it. Once cargo has
//! fetched the crates, this needs no network, and neither does what it makes.

mod licences;
mod pack;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use licences::third_party;

/// Shells, and what each calls the file of completions for a program.
const SHELLS: [(&str, &str); 4] =
    [("bash", "ialog.bash"), ("zsh", "_ialog"), ("fish", "ialog.fish"), ("powershell", "_ialog.ps1")];

/// Where a program runs without any library of the machine.
const STATIC: &str = "x86_64-unknown-linux-musl";

/// Builds the program, for this machine and, where its target is installed, as a static one, and packs each.
pub fn run(root: &Path) -> Result<()> {
    let out = root.join("target/dist");
    let here = cargo::host(root)?;
    let program = build(root, &here)?;
    let page = pack(root, &program, &here, &out)?;
    println!("{}", page.display());
    match cannot_be_static(root)? {
        Some(reason) => println!("no {STATIC}: {reason}"),
        None if here == STATIC => {}
        None => {
            // Manual pages and completions are the same, and come from the program that surely runs here.
            let page = pack(root, &build(root, STATIC)?, STATIC, &out)?;
            println!("{}", page.display());
        }
    }
    Ok(())
}

/// Packs a program for a target with all that belongs to it, and says where. The same program gives the same bytes.
///
/// Fails where the program does not run here.
pub fn pack(root: &Path, program: &Path, target: &str, out: &Path) -> Result<PathBuf> {
    let folder = tempfile::tempdir()?;
    let name = format!("ialog-{}-{target}", version(program)?);
    let whole = folder.path().join(&name);
    let man = whole.join("man");
    let completions = whole.join("completions");
    for folder in [&man, &completions] {
        fs::create_dir_all(folder)?;
    }
    let man = man.to_str().context("a path that is not UTF-8")?;
    printed(program, &["man", "--out", man])?;
    for (shell, file) in SHELLS {
        fs::write(completions.join(file), printed(program, &["completion", shell])?)?;
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
        fs::copy(root.join(file), whole.join(file)).with_context(|| format!("{file} cannot be copied"))?;
    }
    fs::write(whole.join("THIRD-PARTY.txt"), third_party(root, target)?)?;
    fs::copy(program, whole.join("ialog"))?;
    fs::create_dir_all(out)?;
    let archive = out.join(format!("{name}.tar.gz"));
    pack::folder(folder.path(), &archive)?;
    Ok(archive)
}

fn build(root: &Path, target: &str) -> Result<PathBuf> {
    let what = ["build", "--release", "--locked", "--package", "ialog"];
    cargo::run(root, &[&what[..], &["--target", target]].concat(), &[])?;
    Ok(cargo::target_folder(root)?.join(target).join("release/ialog"))
}

/// Why no static program can be built here, if it cannot.
fn cannot_be_static(root: &Path) -> Result<Option<String>> {
    if !cargo::has_target(root, STATIC)? {
        let how = format!("the target is not installed (rustup target add {STATIC})");
        return Ok(Some(how));
    }
    let compiler = Command::new("musl-gcc").arg("--version").output();
    Ok(match compiler {
        Ok(_) => None,
        Err(_) => Some("its C compiler musl-gcc is not installed (musl-tools)".to_owned()),
    })
}

/// The version that a program prints.
fn version(program: &Path) -> Result<String> {
    let said = printed(program, &["--version"])?;
    let version = said.split_whitespace().nth(1);
    version.map(str::to_owned).with_context(|| format!("{} says {said:?} of its version", program.display()))
}

fn printed(program: &Path, arguments: &[&str]) -> Result<String> {
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
