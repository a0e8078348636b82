//! The help text of every command and every topic matches its snapshot.

use crate::support::program::{COMMANDS, ialog, names, run};
use crate::support::snapshot;

#[test]
fn every_help_text_matches_its_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[&str]); 25] = [
        ("ialog", &["--help"]),
        ("contracts", &["contracts", "--help"]),
        ("query", &["query", "--help"]),
        ("show", &["show", "--help"]),
        ("trace", &["trace", "--help"]),
        ("stats", &["stats", "--help"]),
        ("export", &["export", "--help"]),
        ("verify", &["verify", "--help"]),
        ("cat", &["cat", "--help"]),
        ("convert", &["convert", "--help"]),
        ("state", &["state", "--help"]),
        ("state_show", &["state", "show", "--help"]),
        ("state_rebuild", &["state", "rebuild", "--help"]),
        ("whoami", &["whoami", "--help"]),
        ("doctor", &["doctor", "--help"]),
        ("schema", &["schema", "--help"]),
        ("sim", &["sim", "--help"]),
        ("completion", &["completion", "--help"]),
        ("man", &["man", "--help"]),
        ("help", &["help", "--help"]),
        ("topic_times", &["help", "times"]),
        ("topic_filters", &["help", "filters"]),
        ("topic_exit_codes", &["help", "exit-codes"]),
        ("topic_environment", &["help", "environment"]),
        ("topic_schemas", &["help", "schemas"]),
    ];
    for (name, arguments) in cases {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        snapshot::check("cli", &format!("help__{name}"), &printed.stdout);
    }
}

#[test]
fn a_damaged_cache_is_ignored_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("ialog");
    let profile = kept.join("profile-https---api.ionos.com.json");
    let contracts = |arguments: &[&str]| {
        let mut command = ialog(folder.path(), arguments);
        command.env("IALOG_TEST_WORLD", "calm").env("XDG_CACHE_HOME", folder.path());
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        (printed.stdout, printed.stderr)
    };
    let (listed, said) = contracts(&["contracts"]);
    assert_eq!((listed.lines().count(), said.as_str()), (2, ""));
    // So far, only the list of contracts is cached, because commands with `--demo` cache nothing.
    contracts(&["contracts", "--demo"]);
    contracts(&["doctor", "--demo", "--probe"]);
    assert_eq!(names(&kept), ["contracts-https---api.ionos.com.json"]);
    std::fs::write(&profile, "{\"version\":").unwrap();
    let (again, said) = contracts(&["contracts"]);
    assert_eq!(again, listed);
    assert_eq!(
        said,
        format!("warning: {} is damaged; ignored: `ialog doctor --probe` recreates it\n", profile.display())
    );
    assert_eq!(contracts(&["contracts", "--demo"]).1, "");
    contracts(&["doctor", "--probe"]);
    assert_eq!(contracts(&["contracts"]), (listed, String::new()));
}

#[test]
fn the_help_lists_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let top = run(ialog(folder.path(), &["--help"])).stdout;
    let section = top.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = section.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(commands, COMMANDS, "each command needs a snapshot above");
}

/// A user cannot copy a wrapped example as one line.
#[test]
fn no_example_is_wrapped_at_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |arguments: &[&str], columns: &str| -> Vec<String> {
        let mut command = ialog(folder.path(), arguments);
        command.env("COLUMNS", columns);
        let text = run(command).stdout;
        let examples = text.lines().filter(|line| line.starts_with("  ") && line.contains("ialog "));
        examples.map(str::to_owned).collect()
    };
    let topics = ["times", "filters", "exit-codes", "environment", "schemas"];
    let topics = topics.map(|topic| vec!["help", topic]);
    let commands = COMMANDS.map(|command| vec![command, "--help"]);
    let mut examples = 0;
    for arguments in topics.into_iter().chain(commands) {
        let whole: Vec<String> = lines(&arguments, "1000")
            .into_iter()
            .filter(|line| line.trim_start().starts_with("ialog ") || line.contains(" <(ialog "))
            .collect();
        let narrow = lines(&arguments, "80");
        for line in &whole {
            assert!(narrow.contains(line), "{arguments:?}: {line}");
        }
        examples += whole.len();
    }
    assert!(examples > 60, "only {examples} examples");
}
