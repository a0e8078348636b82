//! Readers copy the examples of the README, docs/ and the help, so each example runs here in a shell, with a simulated
//! account. The output that the README shows is compared with the real output.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::support::program::{ialog, run};
use xtask::workspace;

fn readme() -> String {
    fs::read_to_string(workspace::root().join("README.md")).unwrap()
}

/// The code blocks of a language, without their fences.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    let begun = text.split(fence.as_str()).skip(1);
    begun.map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A shell that runs `script` in `folder` and finds the program under the name `ialog`.
fn shell(folder: &Path, script: &str) -> Command {
    let bin = folder.join(".bin");
    if !bin.exists() {
        fs::create_dir(&bin).unwrap();
        symlink(env!("CARGO_BIN_EXE_ialog-under-test"), bin.join("ialog")).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let mut command = Command::new("/bin/sh");
    command
        .args(["-euc", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", "/no-home")
        .env("TZ", "UTC")
        .env("COLUMNS", "100")
        .env("IALOG_TEST_WORLD", "single");
    command
}

/// Runs the lines in order. Fails at the first line that fails.
fn all_succeed(lines: &[&str]) {
    assert!(!lines.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for line in lines {
        let printed = run(shell(folder.path(), line));
        assert_eq!(printed.code, Some(0), "{line}\n{}", printed.stderr);
    }
}

#[test]
fn every_example_of_the_help_topics_works() {
    let folder = tempfile::tempdir().unwrap();
    for topic in ["times", "filters", "exit-codes", "environment", "schemas"] {
        let text = run(ialog(folder.path(), &["help", topic])).stdout;
        let lines: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with("ialog ")).collect();
        all_succeed(&lines);
    }
}

#[test]
fn every_example_of_a_command_works() {
    let folder = tempfile::tempdir().unwrap();
    let in_world = |script: &str| {
        let mut command = shell(folder.path(), script);
        command
            .env("IALOG_TEST_WORLD", "operations")
            // In this time zone (UTC+14), the current time is 2026-11-21 02:00, so the times of 2026-11-20 in the
            // examples are in the past.
            .env("TZ", "Pacific/Kiritimati")
            .env("COLUMNS", "400");
        run(command)
    };
    let made = in_world("ialog export --from 2025-01-01 --settle 1s --out audit");
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let mut typed = 0;
    for command in ["query", "show", "trace", "stats", "export", "verify", "cat", "convert", "whoami", "doctor"] {
        let help = in_world(&format!("ialog {command} --help")).stdout;
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        // Joins examples that continue on the next line.
        let examples = examples.replace("\\\n", "");
        for example in examples.lines().map(str::trim) {
            let printed = in_world(&example.replace("/srv/audit", "audit"));
            let expected = match command {
                "show" => 1,
                "verify" if example.contains("--head") => 6,
                // The end of the range is in the future, so the archive does not cover the whole range.
                "cat" | "convert" if example.contains("--to") => 3,
                _ => 0,
            };
            assert_eq!(printed.code, Some(expected), "{example}\n{}", printed.stderr);
            typed += 1;
        }
    }
    assert!(typed > 25, "only {typed} examples");
}

#[test]
fn every_example_of_readme_and_docs_works() {
    let deeper = ["docs/command-line.md", "docs/simulator.md"];
    let deeper = deeper.map(|file| fs::read_to_string(workspace::root().join(file)).unwrap());
    let shown = readme() + &deeper.concat();
    let lines: Vec<&str> = blocks(&shown, "sh")
        .into_iter()
        .flat_map(str::lines)
        // Examples of the simulator are tested in `simulator/`.
        .filter(|line| line.starts_with("ialog ") && !line.starts_with("ialog sim "))
        .collect();
    all_succeed(&lines);
}

#[test]
fn the_readme_shows_the_real_output() {
    let readme = readme();
    let mut again = readme.clone();
    let shown = blocks(&readme, "console");
    assert!(!shown.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for block in shown {
        let mut played = String::new();
        for line in block.lines().filter(|line| line.starts_with("$ ")) {
            // Merges both streams, as a terminal does.
            let script = format!("{{ {}; }} 2>&1", &line[2..]);
            let printed = run(shell(folder.path(), &script));
            assert_eq!(printed.code, Some(0), "{line}\n{}", printed.stdout);
            played += &format!("{line}\n{}\n", printed.stdout);
        }
        let played = played.trim_end().to_owned() + "\n";
        let played: String = played.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        again = again.replace(block, &played);
    }
    if again != readme && std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(workspace::root().join("README.md"), again).unwrap();
        return;
    }
    assert!(
        again == readme,
        "{}\nreview the difference, and accept it with: INSTA_UPDATE=always cargo test -p workspace-tests",
        similar::TextDiff::from_lines(&readme, &again).unified_diff().header("README.md", "actual output")
    );
}
