//! The output on a terminal: widths, colours, progress, and protection against control sequences in the log.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::support::program::{ialog, run};
use crate::support::pty::{Pty, TerminalStreams, screen_text};

/// Runs the program with standard output on a terminal. Returns the written text.
fn on_terminal(columns: u16, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    watched(TerminalStreams::Stdout, columns, settings, arguments)
}

fn watched(what: TerminalStreams, columns: u16, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = ialog(Path::new("/"), arguments);
    command.env("IALOG_TEST_WORLD", "hostile").env("TZ", "UTC").env("TERM", "xterm").envs(settings.iter().copied());
    let (written, code) = Pty::start(command, what, columns).read();
    assert_eq!(code, Some(0), "{written}");
    written
}

/// The screen text without colours. Panics on any other control sequence.
fn plain(text: &str) -> String {
    let left = screen_text(text);
    assert!(!left.contains('\t'), "{left:?}");
    let parts = left.split('\u{1b}').enumerate();
    let text = parts.map(|(place, part)| match place {
        0 => part,
        _ => part.split_once('m').unwrap().1,
    });
    text.collect()
}

const QUERY: [&str; 3] = ["query", "--last", "5h"];

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    // On a terminal, each wide character takes two columns, and a combining accent takes none.
    let width = |line: &str| -> usize {
        let wide = |char: &char| ('\u{2e80}'..'\u{a000}').contains(char);
        let marks = line.chars().filter(|char| *char == '\u{301}').count();
        line.chars().count() + line.chars().filter(wide).count() - marks
    };
    for columns in [40, 80, 100, 160] {
        let shown = plain(&on_terminal(columns, &[], &QUERY));
        assert_eq!(shown.lines().count(), 5, "{shown}");
        for line in shown.lines() {
            assert!(width(line) <= columns.into(), "{columns} columns: {line}");
        }
    }
}

#[test]
fn an_operation_fits_the_terminal_and_has_its_colours() {
    for columns in [40, 80] {
        let shown = on_terminal(columns, &[], &["trace", "r-1"]);
        assert!(shown.contains("\u{1b}[1;31mFAILED\u{1b}[0m 31.900 s"), "{shown:?}");
        let shown = plain(&shown);
        for line in shown.lines() {
            // Wide characters take two columns.
            let wide = line.chars().filter(|char| ('\u{2e80}'..'\u{a000}').contains(char));
            assert!(line.chars().count() + wide.count() <= columns.into(), "{columns} columns: {line}");
        }
    }
}

#[test]
fn a_terminal_gets_colours_unless_they_are_disabled() {
    let coloured = |settings: &[(&str, &str)]| on_terminal(80, settings, &QUERY).contains('\u{1b}');
    assert!(coloured(&[]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
    assert!(coloured(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]));
}

#[test]
fn no_control_sequence_of_the_log_reaches_the_terminal_in_any_format() {
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
fn a_closed_output_pipe_is_not_an_error() {
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
        // Standard error contains only the range, not the summary.
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    }
}

/// Every status line that was drawn, in order.
fn status_lines(written: &str) -> Vec<&str> {
    let lines = written.split("\r\u{1b}[2K");
    lines.filter(|line| line.contains(" %")).collect()
}

/// In the world `stormy`, waits take no real time but advance the virtual clock, so the status line shows a rate.
#[test]
fn progress_is_shown_only_if_both_streams_are_a_terminal() {
    let stormy = [("IALOG_TEST_WORLD", "stormy")];
    let shown = |what, columns, more: &[&str]| {
        let query = ["query", "--from", "2025-08-01", "--contract", "all"];
        let arguments: Vec<&str> = query.iter().chain(more).copied().collect();
        watched(what, columns, &stormy, &arguments)
    };
    for (columns, parts) in [(200, &[" events/s, ", " requests, ", " x 429, "][..]), (80, &[" events/s, "]), (40, &[])]
    {
        let written = shown(TerminalStreams::Both, columns, &["--count"]);
        let drawn = status_lines(&written);
        assert!(!drawn.is_empty(), "{written:?}");
        for line in &drawn {
            assert!(line.chars().count() < columns.into(), "{columns} columns: {line}");
        }
        for part in [" %, ", " events, ", " left"].iter().chain(parts) {
            assert!(drawn.iter().any(|line| line.contains(part)), "{drawn:?}");
        }
        // The status line is erased at the end.
        let counted = screen_text(&written);
        assert_eq!(counted.lines().count(), 3, "{counted}");
    }
    // The status line does not change the data, even if the data ends in the middle of a line.
    for form in ["ndjson", "json"] {
        let more = ["-o", form];
        let alone = shown(TerminalStreams::Stdout, 80, &more);
        let both = screen_text(&shown(TerminalStreams::Both, 80, &more));
        let data = screen_text(&alone);
        assert!(data.lines().count() > 1000 && both.contains(&data), "{form}");
    }
    for (what, more) in [
        (TerminalStreams::Stdout, &["--count"][..]),
        (TerminalStreams::Both, &["--count", "-q"]),
        (TerminalStreams::Both, &["--count", "-v"]),
    ] {
        assert!(status_lines(&shown(what, 80, more)).is_empty(), "{more:?}");
    }
}

#[test]
fn output_for_programs_is_the_same_on_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [&[&str]; 6] = [
        &["completion", "bash"],
        &["completion", "zsh"],
        &["completion", "fish"],
        &["completion", "powershell"],
        &["schema", "flat"],
        &["man", "query"],
    ];
    for arguments in cases {
        let piped = run(ialog(folder.path(), arguments));
        let command = ialog(folder.path(), arguments);
        let (written, code) = Pty::start(command, TerminalStreams::Both, 60).read();
        assert_eq!((piped.code, code), (Some(0), Some(0)), "{arguments:?}");
        assert!(written.replace("\r\n", "\n") == piped.stdout, "{arguments:?}");
    }
}

#[test]
fn the_simulator_prints_how_to_use_it_and_runs_until_ctrl_c() {
    let command = ialog(Path::new("/"), &["sim", "--port", "0", "--now", "2026-11-20"]);
    let pty = Pty::start(command, TerminalStreams::Both, 80);
    let (url, export) = (pty.line(), pty.line());
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(export.contains(&format!("IONOS_API_URL={url}")), "{export}");
    pty.interrupt();
    let (rest, code) = pty.read();
    assert_eq!((rest.as_str(), code), ("", Some(0)));
}
