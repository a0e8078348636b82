//! What the program shows on a terminal, which is a pseudo-terminal of a given width.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::program::ialog;

/// Where a program writes: its standard output alone is a terminal, or its standard error is the same one.
#[derive(Clone, Copy, PartialEq)]
enum Watched {
    Data,
    Both,
}

/// What the program writes to a terminal with so many columns, its other stream being a pipe.
fn on_terminal(columns: u16, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    watched(Watched::Data, columns, settings, arguments)
}

fn watched(what: Watched, columns: u16, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&ours, size).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut command = ialog(Path::new("/"), arguments);
    let stderr = match what {
        Watched::Data => Stdio::null(),
        Watched::Both => theirs.try_clone().unwrap().into(),
    };
    command
        .env("IALOG_TEST_WORLD", "hostile")
        .env("TZ", "UTC")
        .env("TERM", "xterm")
        .envs(settings.iter().copied())
        .stdout(theirs)
        .stderr(stderr);
    let mut child = command.spawn().unwrap();
    // The terminal ends when nobody else has it open.
    drop(command);
    let mut written = Vec::new();
    // Linux tells the end of a terminal as an error.
    let _ = File::from(ours).read_to_end(&mut written);
    assert!(child.wait().unwrap().success());
    String::from_utf8(written).unwrap()
}

/// The text without colours, if it has nothing else that a terminal obeys.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap();
        let digits = code.strip_prefix('[').unwrap();
        assert!(
            digits
                .chars()
                .all(|char| char.is_ascii_digit() || char == ';'),
            "{part:?}"
        );
        plain += rest;
    }
    let obeyed = |char: char| char.is_control() && char != '\n' && char != '\r';
    assert!(!plain.contains(obeyed), "{plain:?}");
    plain
}

const QUERY: [&str; 3] = ["query", "--last", "5h"];

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    // Each of the wide characters in this world is as wide as two.
    let width = |line: &str| -> usize {
        let wide = |char: &char| ('\u{2e80}'..'\u{a000}').contains(char);
        let marks = line.chars().filter(|char| *char == '\u{301}').count();
        line.chars().count() + line.chars().filter(wide).count() - marks
    };
    for columns in [40, 80, 100, 160] {
        let shown = plain(&on_terminal(columns, &[], &QUERY));
        assert_eq!(shown.lines().count(), 5, "{shown}");
        for line in shown.lines() {
            assert!(width(line) <= columns.into(), "{columns}: {line}");
        }
    }
}

#[test]
fn an_operation_fits_the_terminal_and_has_its_colours() {
    for columns in [40, 80] {
        let shown = on_terminal(columns, &[], &["trace", "r-1"]);
        assert!(
            shown.contains("\u{1b}[1;31mFAILED\u{1b}[0m 31.900 s"),
            "{shown:?}"
        );
        let shown = plain(&shown);
        for line in shown.lines() {
            // Wide characters are as wide as two.
            let wide = line
                .chars()
                .filter(|char| ('\u{2e80}'..'\u{a000}').contains(char));
            assert!(
                line.chars().count() + wide.count() <= columns.into(),
                "{columns}: {line}"
            );
        }
    }
}

#[test]
fn a_terminal_gets_colours_unless_it_or_somebody_wants_none() {
    let coloured = |settings: &[(&str, &str)]| on_terminal(80, settings, &QUERY).contains('\u{1b}');
    assert!(coloured(&[]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(coloured(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]));
}

#[test]
fn nothing_in_the_log_reaches_the_terminal_in_any_form() {
    let forms: [&[&str]; 8] = [
        &["-o", "wide"],
        &["-o", "ndjson"],
        &["-o", "json", "--cols", "user,detail,resource"],
        &["-o", "csv"],
        &["-o", "template", "--template", "{user} {resource} {detail}"],
        &["--list-values", "user", "-o", "json"],
        &["--list-values", "user", "-o", "csv"],
        &["--jq", ".principal.identity.username"],
    ];
    for form in forms {
        let arguments: Vec<&str> = QUERY.iter().chain(form).copied().collect();
        let shown = plain(&on_terminal(80, &[], &arguments));
        for hidden in ['\u{9b}', '\u{202e}', '\u{200b}'] {
            assert!(!shown.contains(hidden), "{form:?}");
        }
    }
    for arguments in [
        ["stats", "--last", "5h", "-o", "json"],
        ["stats", "--last", "5h", "-o", "table"],
        ["trace", "r-1", "--details", "-o", "json"],
        ["trace", "r-1", "--details", "-o", "table"],
    ] {
        plain(&on_terminal(80, &[], &arguments));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for form in [&["-o", "ndjson"][..], &["-o", "csv"], &["--fold"]] {
        let mut child = ialog(Path::new("/"), &["query", "--from", "2026-08-01"])
            .args(["--contract", "33586252"])
            .args(form)
            .env("IALOG_TEST_WORLD", "calm")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{form:?}");
        // The range, and no word on a count that nobody has seen.
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    }
}

/// Waits take no time in this world and move its clock on, so there is a rate.
#[test]
fn progress_shows_where_both_streams_are_a_terminal_and_nothing_else_is_said() {
    let stormy = [("IALOG_TEST_WORLD", "stormy")];
    let shown = |what, more: &[&str]| {
        let query = [
            "query",
            "--from",
            "2026-10-01",
            "--contract",
            "all",
            "--count",
        ];
        let arguments: Vec<&str> = query.iter().chain(more).copied().collect();
        watched(what, 160, &stormy, &arguments)
    };
    let progress = shown(Watched::Both, &[]);
    for part in [" %, ", " events/s, ", " requests, 0 x 429, ", " left"] {
        assert!(progress.contains(part), "{part}: {progress:?}");
    }
    // Taken away in the end, before the count is shown.
    let (_, rest) = progress.rsplit_once(" left").unwrap();
    assert!(rest.contains("\u{1b}[2K"), "{rest:?}");
    for (what, more) in [
        (Watched::Data, &[][..]),
        (Watched::Both, &["-q"]),
        (Watched::Both, &["-v"]),
    ] {
        assert!(!shown(what, more).contains("x 429"), "{more:?}");
    }
}
