//! Scripts in the form of terminal sessions. Each file of `scripts/` is one script and runs from top to bottom in its
//! own folder:
//!
//! ```text
//! # the subject of the script
//! $ TZ=Europe/Berlin ialog query --last 2h
//! > a line of standard output
//! ! a line of standard error
//! = 3
//! $ TERMINAL=80 ialog query --last 2h
//! | a line that stays on the screen, if both streams are connected to a terminal with 80 columns
//! ```
//!
//! The folder contains `config.yaml` and `contracts.txt` and is called `/work` in the output. Environment variables
//! stand before the program, and `TOUCH` creates an empty file. Words with spaces are in single quotes. A line with `=`
//! has the exit code of the command; there is no such line if the exit code is 0. The account and the time are those of
//! the simulated world `calm` unless `IALOG_TEST_WORLD` names another world. `␛` stands for the escape character. Host
//! and process id of a lock owner are replaced by fixed values, because they differ between runs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::program::{COMMANDS, ialog, run};
use crate::support::pty::{Pty, TerminalStreams, screen_text};
use xtask::workspace;

fn scripts() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace::root().join("tests/cli/scripts")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|ending| ending == "txt")).collect();
    paths.sort();
    paths
}

/// Splits a line into words and removes the quotes.
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

/// A line with `N` in place of the numbers of events and requests. In the world `narrow`, and if an interrupted export
/// is resumed, these numbers depend on the order in which answers arrive.
fn without_numbers(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let is_counted = |index: usize| {
        let next = words.get(index + 1).copied().unwrap_or_default();
        ["events", "events);", "requests,", "requests"].contains(&next)
    };
    let shown = words.iter().enumerate().map(|(index, word)| {
        let number = word.trim_start_matches('(');
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && is_counted(index) { word.replace(number, "N") } else { (*word).to_owned() }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A line with fixed values in place of the host and the process id of a lock owner.
fn without_lock_owner(line: &str) -> String {
    let writer = line.split_once(r#","host":""#).and_then(|(begin, rest)| {
        let (_, rest) = rest.split_once(r#","since":"#)?;
        Some(format!(r#"{begin},"host":"...","pid":0,"since":{rest}"#))
    });
    writer.unwrap_or_else(|| line.to_owned())
}

/// Runs a command line. Returns its output in the form of a script.
fn play(line: &str, folder: &Path) -> String {
    let words = words(line);
    let program = words.iter().position(|word| word == "ialog");
    let program = program.unwrap_or_else(|| panic!("no program in {line}"));
    let arguments: Vec<&str> = words[program + 1..].iter().map(String::as_str).collect();
    let mut command = ialog(folder, &arguments);
    command
        .env("IALOG_TEST_WORLD", "calm")
        .env("TZ", "UTC")
        .env("TERM", "xterm")
        .env("XDG_CACHE_HOME", folder.join("cache"));
    let mut terminal = None;
    for setting in &words[..program] {
        let (name, value) = setting.split_once('=').unwrap();
        match name {
            "TERMINAL" => terminal = Some(value.parse().unwrap()),
            "TOUCH" => fs::write(folder.join(value), "").unwrap(),
            _ => drop(command.env(name, value)),
        }
    }
    let (printed, code) = match terminal {
        Some(columns) => {
            let (written, code) = Pty::start(command, TerminalStreams::Both, columns).read();
            (vec![('|', screen_text(&written))], code)
        }
        None => {
            let printed = run(command);
            let streams = vec![('>', printed.stdout), ('!', printed.stderr)];
            (streams, printed.code)
        }
    };
    let mut out = String::new();
    for (sign, text) in printed {
        let is_resumed = line.contains("WORLD=narrow") || text.contains("resuming an interrupted export");
        for shown in text.lines() {
            let shown = shown.replace('\u{1b}', "␛");
            let shown = without_lock_owner(&shown.replace(folder.to_str().unwrap(), "/work"));
            let shown = if is_resumed { without_numbers(&shown) } else { shown };
            writeln!(out, "{}", format!("{sign} {shown}").trim_end()).unwrap();
        }
    }
    match code {
        Some(0) => {}
        code => writeln!(out, "= {}", code.unwrap()).unwrap(),
    }
    out
}

/// Runs a script. Returns the script with the actual output.
fn rerun(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("config.yaml", include_str!("scripts/config.yaml")),
        ("contracts.txt", include_str!("scripts/contracts.list")),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        // The program warns if a file contains a token and other users can open the file.
        #[cfg(unix)]
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut out = String::new();
    for line in script.lines() {
        if line.starts_with(['>', '!', '|', '=']) {
            continue;
        }
        writeln!(out, "{line}").unwrap();
        if let Some(command) = line.strip_prefix("$ ") {
            out += &play(command, folder.path());
        }
    }
    out
}

#[test]
fn every_script_prints_the_output_that_it_lists() {
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
            difference.unified_diff().header(&format!("tests/cli/scripts/{name}"), "actual output")
        ));
    }
    assert!(
        changed.is_empty(),
        "{}\nreview the difference, and accept it with: INSTA_UPDATE=always cargo test -p workspace-tests",
        changed.join("\n")
    );
}

/// `ialog help exit-codes` promises that, with JSON output, each line on standard error is a JSON object.
#[test]
fn every_message_is_an_object_if_the_output_is_json() {
    let mut messages = 0;
    for path in scripts() {
        let script = fs::read_to_string(&path).unwrap();
        let mut json = false;
        for line in script.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                let form = |word: &String| ["json", "ndjson"].contains(&word.as_str());
                let words = words(command);
                let mut pairs = words.iter().zip(words.iter().skip(1));
                json = pairs.any(|(flag, word)| (flag == "--output" || flag == "-o" || flag == "-qo") && form(word));
            }
            let Some(line) = line.strip_prefix("! ").filter(|_| json) else {
                continue;
            };
            let object: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{path:?}: {line}"));
            assert!(object["error"].is_object() || object["note"].is_string());
            messages += 1;
        }
    }
    assert!(messages > 50, "only {messages} messages");
}

#[test]
fn a_script_is_short_enough_to_review() {
    for path in scripts() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 120, "{} has {lines} lines", path.display());
    }
}

/// A command line of a script: environment variables, command and arguments.
struct ScriptLine {
    settings: BTreeMap<String, String>,
    command: String,
    arguments: Vec<String>,
}

fn all_lines() -> Vec<ScriptLine> {
    let texts = scripts().into_iter().map(|path| fs::read_to_string(path).unwrap());
    let lines = texts.flat_map(|text| {
        let lines = text.lines().filter_map(|line| line.strip_prefix("$ "));
        lines.map(words).collect::<Vec<_>>()
    });
    let played = lines.filter_map(|mut words| {
        let program = words.iter().position(|word| word == "ialog")?;
        let mut arguments = words.split_off(program + 1).into_iter();
        let settings = words.iter().filter_map(|word| word.split_once('='));
        Some(ScriptLine {
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            command: arguments.find(|word| !word.starts_with('-'))?,
            arguments: arguments.collect(),
        })
    });
    played.collect()
}

/// Commands that show times in the chosen time zone.
const WITH_ZONES: [&str; 6] = ["query", "show", "trace", "stats", "whoami", "doctor"];
/// Commands that use colours.
const WITH_COLOURS: [&str; 5] = ["query", "trace", "stats", "whoami", "doctor"];

#[test]
fn every_command_has_a_script_for_a_pipe_and_for_a_terminal() {
    let played = all_lines();
    let has = |command: &str, what: &dyn Fn(&ScriptLine) -> bool| {
        let mut of = played.iter().filter(|one| one.command == command);
        of.any(what)
    };
    let set = |name: &'static str| move |one: &ScriptLine| one.settings.contains_key(name);
    let (on_terminal, plain) = (set("TERMINAL"), set("NO_COLOR"));
    let in_zone = |name: &'static str| {
        move |one: &ScriptLine| {
            let flag = one.arguments.iter().any(|word| word == name);
            flag || one.settings.get("TZ").is_some_and(|zone| zone == name)
        }
    };
    for command in COMMANDS {
        assert!(has(command, &|one| !on_terminal(one)), "{command} to a pipe");
        assert!(has(command, &on_terminal), "{command} on a terminal");
    }
    for command in WITH_COLOURS {
        let without = |one: &ScriptLine| on_terminal(one) && plain(one);
        let with = |one: &ScriptLine| on_terminal(one) && !plain(one);
        assert!(has(command, &without), "{command} without colours");
        assert!(has(command, &with), "{command} with colours");
    }
    for command in WITH_ZONES {
        for zone in ["Europe/Berlin", "America/New_York"] {
            assert!(has(command, &in_zone(zone)), "{command} in {zone}");
        }
    }
}
