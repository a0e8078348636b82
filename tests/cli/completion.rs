//! Shell completion. If bash is installed, one test runs the completion script for bash. Another test compares the
//! handwritten parts of the scripts for the other shells with snapshots.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use xtask::tools::{Tool, can_check};

use crate::support::program::{Printed, ialog, run};
use crate::support::snapshot;

const BASH: Tool = Tool { name: "bash", probe: &["bash", "--version"], install: "apt-get install bash" };

fn script(shell: &str) -> String {
    let printed = run(ialog(Path::new("/"), &["completion", shell]));
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    printed.stdout
}

#[test]
fn bash_completes_commands_flags_contracts_and_profiles() {
    if !can_check("the test of completion", &BASH).unwrap() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("script"), script("bash")).unwrap();
    let config = include_str!("scripts/config.yaml");
    fs::write(folder.path().join("config.yaml"), config).unwrap();
    let listed = run({
        let mut command = ialog(folder.path(), &["contracts"]);
        command.env("XDG_CACHE_HOME", folder.path());
        command.env("IALOG_TEST_WORLD", "calm");
        command
    });
    assert_eq!(listed.code, Some(0));

    let offered = |world: &str, words: &[&str]| {
        // Calls the completion function as bash does: sets the words and the index of the current word, and passes the
        // name of the program, the current word and the previous word.
        let asks = r#"
            source ./script
            files=offered
            compopt() { [[ "$1" == +o ]] && files=; return 0; }
            COMP_WORDS=("$@")
            COMP_CWORD=$(($# - 1))
            _ialog_asking "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            [[ "${#COMPREPLY[@]}" == 0 && "${files}" ]] && COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
            printf '%s\n' "${COMPREPLY[@]}"
        "#;
        let program = ialog(folder.path(), &[]);
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", asks, "bash"])
            .arg(program.get_program())
            .args(words)
            .current_dir(folder.path())
            .env("IALOG_TEST_WORLD", world)
            .env("XDG_CACHE_HOME", folder.path())
            .env("IONOS_CONFIG_FILE", "config.yaml")
            .stdin(Stdio::null());
        let printed = Printed::from(bash.output().unwrap());
        assert_eq!(printed.stderr, "", "{words:?}");
        printed.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let both = ["all", "33586252", "48454223"];
    for words in [
        &["query", "--contract", ""][..],
        &["export", "--last", "7d", "--contract", ""],
        &["query", "--contract", "="],
        &["query", "--contract", "=", ""],
    ] {
        assert_eq!(offered("calm", words), both, "{words:?}");
    }
    assert_eq!(offered("calm", &["query", "--contract", "4"]), ["48454223"]);
    assert_eq!(offered("calm", &["query", "--contract", "=", "3"]), ["33586252"]);
    // The cached contracts belong to another API address, so only `all` is offered. The names of the profiles
    // come from the config file, so they are still offered.
    assert_eq!(offered("offline", &["query", "--contract", ""]), ["all"]);
    assert_eq!(offered("offline", &["query", "--profile", ""]), ["production", "test"]);
    // File names are offered where the program expects a file.
    for words in [
        &["query", "--archive", "con"][..],
        &["convert", "audit", "--out", "con"],
        &["verify", "con"],
        &["-q", "state", "show", "con"],
    ] {
        assert_eq!(offered("calm", words), ["config.yaml"], "{words:?}");
    }
    for (words, same) in [
        (&["query", "--last", "con"][..], "con"),
        (&["query", "--user", "con"], "con"),
        (&["query", "con"], ""),
        (&["trace", "con"], ""),
        (&["query", "--contract", "con"], ""),
        (&["query", "--profile", "con"], ""),
    ] {
        assert_eq!(offered("calm", words), [same], "{words:?}");
    }
    // Everything else is completed by the generated script.
    assert_eq!(offered("calm", &["who"]), ["whoami"]);
    assert_eq!(offered("calm", &["whoami", "--prov"]), ["--provenance"]);
    assert_eq!(offered("calm", &["completion", ""]).last().unwrap(), "powershell");
    assert!(!offered("calm", &[""]).contains(&"__complete".to_owned()));
}

#[test]
fn the_handwritten_parts_of_the_scripts_match_their_snapshots() {
    // `before`: number of handwritten lines before the first line that calls `ialog __complete`. `after`: number of
    // handwritten lines after the last such line.
    for (shell, before, after) in [("zsh", 2, 2), ("fish", 0, 1), ("powershell", 2, 9)] {
        let script = script(shell);
        let lines: Vec<&str> = script.lines().collect();
        let asks = |line: &&str| line.contains("ialog __complete");
        let first = lines.iter().position(asks).unwrap();
        let last = lines.iter().rposition(asks).unwrap();
        let by_hand = &lines[first - before..=last + after];
        snapshot::check("cli", &format!("completion__{shell}"), &by_hand.join("\n"));
    }
}

#[test]
fn zsh_completes_contracts_at_every_contract_flag() {
    let script = script("zsh");
    let flags: Vec<&str> = script.lines().filter(|line| line.contains("--contract=[")).collect();
    assert!(flags.len() > 3);
    for line in flags {
        assert!(line.contains(":_ialog_contracts'"), "{line}");
    }
}

#[test]
fn no_shell_offers_files_for_values_that_are_not_files() {
    let zsh = script("zsh");
    assert!(!zsh.contains(":_default'"), "{zsh}");
    let fish = script("fish");
    let values = |flag: &str| {
        let lines = fish.lines().filter(|line| line.contains(flag));
        let lines: Vec<&str> = lines.collect();
        assert!(!lines.is_empty(), "{flag}");
        lines
    };
    for flag in [" -l last ", " -l from ", " -l user ", " -l limit "] {
        assert!(values(flag).iter().all(|line| line.contains(" -r -f")));
    }
    for flag in [" -l archive ", " -l out "] {
        assert!(values(flag).iter().all(|line| line.contains(" -r -F")));
    }
    // The handwritten end of the script offers no files, except for commands whose arguments are files.
    let powershell = script("powershell");
    let ends = "-cnotin @('verify', 'cat', 'convert', 'state')) {\n        return ''\n    }\n    $fitting |\n";
    assert!(powershell.contains(ends), "{powershell}");
}
