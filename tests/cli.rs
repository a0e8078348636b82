//! Each help text is a snapshot.

use crate::program::{ialog, run};
use crate::snapshot;

#[test]
fn each_help_text() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[&str]); 15] = [
        ("ialog", &["--help"]),
        ("contracts", &["contracts", "--help"]),
        ("query", &["query", "--help"]),
        ("show", &["show", "--help"]),
        ("stats", &["stats", "--help"]),
        ("export", &["export", "--help"]),
        ("verify", &["verify", "--help"]),
        ("cat", &["cat", "--help"]),
        ("convert", &["convert", "--help"]),
        ("state", &["state", "--help"]),
        ("state_show", &["state", "show", "--help"]),
        ("state_rebuild", &["state", "rebuild", "--help"]),
        ("whoami", &["whoami", "--help"]),
        ("schema", &["schema", "--help"]),
        ("sim", &["sim", "--help"]),
    ];
    for (name, arguments) in cases {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        snapshot::check(&format!("help__{name}"), &printed.stdout);
    }
}

#[test]
fn the_top_help_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let top = run(ialog(folder.path(), &["--help"])).stdout;
    let section = top
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let commands: Vec<&str> = section
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        commands,
        [
            "contracts",
            "query",
            "show",
            "stats",
            "export",
            "verify",
            "cat",
            "convert",
            "state",
            "whoami",
            "schema",
            "sim",
            "help"
        ],
        "each needs its snapshot above"
    );
}
