//! What the program says to whom, as scripts that read like a session at a terminal. Each file of `cli/` is one, run from
//! top to bottom in a folder of its own:
//!
//! ```text
//! # what this is about
//! $ TZ=Europe/Berlin ialog query --last 2h
//! > a line of standard output
//! ! a line of standard error
//! = 3
//! ```
//!
//! The folder holds `config.yaml` and `contracts.txt`, and is called `/work` in the output. Settings stand before the program, words with spaces are in single quotes, and `= 0` is left out. The account and the
//! time are those of the simulated world `calm` unless `IALOG_TEST_WORLD` says otherwise; there is no terminal. `␛` in
//! the output is the beginning of an escape sequence.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{ialog, run};
use xtask::workspace;

fn scripts() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace::root().join("tests/cli")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "txt"))
        .collect();
    paths.sort();
    paths
}

/// The words of a line, quotes taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut begun) = (false, false);
    for char in line.chars() {
        match char {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted && !begun => {}
            ' ' if !quoted => {
                words.push(String::new());
                begun = false;
            }
            char => {
                words.last_mut().unwrap().push(char);
                begun = true;
            }
        }
    }
    assert!(!quoted, "an open quote in {line}");
    if !begun {
        words.pop();
    }
    words
}

/// What the line prints, in the form of a script.
fn played(line: &str, folder: &Path) -> String {
    let words = words(line);
    let program = words.iter().position(|word| word == "ialog");
    let program = program.unwrap_or_else(|| panic!("no program in {line}"));
    let arguments: Vec<&str> = words[program + 1..].iter().map(String::as_str).collect();
    let mut command = ialog(folder, &arguments);
    command
        .env("IALOG_TEST_WORLD", "calm")
        .env("TZ", "UTC")
        .env("XDG_CACHE_HOME", folder.join("cache"));
    for setting in &words[..program] {
        let (name, value) = setting.split_once('=').unwrap();
        command.env(name, value);
    }
    let printed = run(command);
    let mut out = String::new();
    for (sign, text) in [('>', &printed.stdout), ('!', &printed.stderr)] {
        for line in text.lines() {
            let line = line.replace('\u{1b}', "␛");
            let line = line.replace(folder.to_str().unwrap(), "/work");
            writeln!(out, "{}", format!("{sign} {line}").trim_end()).unwrap();
        }
    }
    match printed.code {
        Some(0) => {}
        code => writeln!(out, "= {}", code.unwrap()).unwrap(),
    }
    out
}

/// The script as it is when it is run.
fn rerun(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("config.yaml", include_str!("cli/config.yaml")),
        ("contracts.txt", include_str!("cli/contracts.list")),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut out = String::new();
    for line in script.lines() {
        if line.starts_with(['>', '!', '=']) {
            continue;
        }
        writeln!(out, "{line}").unwrap();
        if let Some(command) = line.strip_prefix("$ ") {
            out += &played(command, folder.path());
        }
    }
    out
}

#[test]
fn every_script_plays_as_it_is_written() {
    let update = std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    let mut changed = Vec::new();
    for path in scripts() {
        let script = fs::read_to_string(&path).unwrap();
        let again = rerun(&script);
        if again == script {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if update {
            fs::write(&path, again).unwrap();
            continue;
        }
        let difference = similar::TextDiff::from_lines(&script, &again);
        changed.push(format!(
            "{}",
            difference
                .unified_diff()
                .header(&format!("tests/cli/{name}"), "as it plays now")
        ));
    }
    assert!(
        changed.is_empty(),
        "{}\nread the difference, and take it over with: INSTA_UPDATE=always cargo test -p workspace-tests",
        changed.join("\n")
    );
}

#[test]
fn no_script_is_longer_than_a_reviewer_reads() {
    for path in scripts() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 120, "{} has {lines} lines", path.display());
    }
}

#[test]
fn every_command_that_looks_at_events_has_a_script() {
    let played: BTreeSet<String> = scripts()
        .iter()
        .flat_map(|path| {
            let script = fs::read_to_string(path).unwrap();
            let lines = script.lines().filter_map(|line| line.strip_prefix("$ "));
            let commands = lines.filter_map(|line| {
                words(line)
                    .into_iter()
                    .skip_while(|word| word != "ialog")
                    .nth(1)
            });
            commands.collect::<Vec<_>>()
        })
        .collect();
    for command in [
        "contracts",
        "query",
        "show",
        "trace",
        "stats",
        "whoami",
        "doctor",
        "help",
    ] {
        assert!(played.contains(command), "{command}");
    }
}
