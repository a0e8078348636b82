//! `cargo xtask fuzz [TARGET]`: runs cargo-fuzz with a nightly toolchain, to find bytes that break a property in
//! `fuzz/checks`. A run starts from the inputs of the committed corpus. A test on stable Rust replays the same corpus.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::tools::Tool;

/// Folder of the fuzz targets, relative to the repository's root.
const FOLDER: &str = "fuzz";

/// Maximum size of an input in bytes. Longer inputs find nothing new and take more time.
const MAX_INPUT_BYTES: u32 = 32 * 1024;

/// Maximum time for one input in seconds.
const MAX_INPUT_SECONDS: u32 = 10;

/// The tools that the task needs in addition to those of the workspace.
const TOOLS: [Tool; 2] = [
    Tool {
        name: "the nightly toolchain",
        probe: &["rustup", "run", "nightly", "rustc", "--version"],
        install: "rustup toolchain install nightly --profile minimal",
    },
    Tool {
        name: "cargo-fuzz",
        probe: &["rustup", "run", "nightly", "cargo", "fuzz", "--version"],
        install: "cargo install cargo-fuzz --locked",
    },
];

/// Runs the fuzz target `name`, or all targets, for `seconds` each. Fails at the first input that breaks a property.
pub fn run(root: &Path, name: Option<&str>, seconds: u32) -> Result<()> {
    let targets = selected(target_names(root)?, name)?;
    check_tools(&TOOLS)?;
    for target in &targets {
        println!("fuzz: {target} for {seconds} s");
        let found = format!("{FOLDER}/findings/{target}");
        std::fs::create_dir_all(root.join(&found)).with_context(|| format!("cannot create {found}"))?;
        let status = Command::new("rustup")
            .args(["run", "nightly", "cargo", "fuzz", "run", "--fuzz-dir", FOLDER])
            // The workspace has no unsafe code, so a sanitizer would only take time.
            .args(["--sanitizer", "none", target, &found, &format!("{FOLDER}/corpus/{target}"), "--"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-timeout={MAX_INPUT_SECONDS}"))
            .arg(format!("-max_len={MAX_INPUT_BYTES}"))
            .args(["-rss_limit_mb=2048", "-print_final_stats=1"])
            .current_dir(root)
            .status()
            .context("cannot start rustup")?;
        ensure!(
            status.success(),
            "{target} found an input that breaks a property (the path is above). Fix the fault, and add the input to {FOLDER}/corpus/{target} \
             with a name that says what is special about the input"
        );
    }
    println!("fuzz: nothing found in {}", targets.join(", "));
    Ok(())
}

/// Fails if a tool is missing. The error names the command that installs the tool.
fn check_tools(tools: &[Tool]) -> Result<()> {
    match tools.iter().find(|tool| !tool.is_installed()) {
        Some(tool) => bail!("fuzzing needs {}, which is not installed: run `{}`", tool.name, tool.install),
        None => Ok(()),
    }
}

/// The names of all targets, sorted.
fn target_names(root: &Path) -> Result<Vec<String>> {
    let folder = root.join(FOLDER).join("fuzz_targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The target with this name, or all targets.
fn selected(names: Vec<String>, name: Option<&str>) -> Result<Vec<String>> {
    let Some(name) = name else { return Ok(names) };
    ensure!(names.iter().any(|one| one == name), "no fuzz target {name}; the targets are {}", names.join(", "));
    Ok(vec![name.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn an_unknown_target_is_refused_with_the_names_of_all_targets() {
        let names = target_names(&workspace::root()).unwrap();
        assert_eq!(selected(names.clone(), Some("page")).unwrap(), ["page"]);
        assert_eq!(selected(names.clone(), None).unwrap(), names);
        let error = selected(names, Some("nothing")).unwrap_err().to_string();
        assert!(error.starts_with("no fuzz target nothing; the targets are checkpoint, config,"), "{error}");
    }

    #[test]
    fn a_missing_tool_is_named_with_the_command_that_installs_it() {
        let missing = Tool { name: "a fuzzer", probe: &["no-such-program-anywhere"], install: "cargo install it" };
        let error = check_tools(&[missing]).unwrap_err().to_string();
        assert_eq!(error, "fuzzing needs a fuzzer, which is not installed: run `cargo install it`");
        check_tools(&[]).unwrap();
    }
}
