//! Ctrl-C ends a command at any time and leaves no incomplete file under its final name. If the interrupted command has
//! kept events, the next run does not read these events again.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ionos_activitylog_archive::internal::FailPoint;

use crate::support::in_process::run_in_process;
use crate::support::program::{Printed, ialog, names, run};

/// Sends a signal to a process and waits until the process has ended. Returns its exit code and standard error.
fn end(child: Child, signal: &str) -> (Option<i32>, String) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Starts an export from a service that accepts the request and never answers. Returns the waiting export and the open
/// connection.
fn waiting_export(folder: &Path, out: &str) -> (Child, TcpStream) {
    waiting_command(folder, &["export", "--out", out])
}

/// Starts any command against a service that accepts the request and never answers. Returns the waiting command and the
/// open connection.
fn waiting_command(folder: &Path, arguments: &[&str]) -> (Child, TcpStream) {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let mut command = ialog(folder, arguments);
    // The range is so old that the command does not have to request the time of the service.
    command.args(["--contract", "1", "--from", "2026-03-01", "--to", "2026-03-01"]);
    command.env("IONOS_TOKEN", "t").env("IONOS_API_URL", url).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (mut request, _) = service.accept().unwrap();
    request.read_exact(&mut [0; 16]).unwrap();
    (child, request)
}

const INTERRUPTED: &str = "error: interrupted: nothing was kept; run the same command again to start over\n";

#[test]
fn an_export_interrupted_while_it_waits_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _connection) = waiting_export(folder.path(), "a.ndjson");
    assert_eq!(names(folder.path()).len(), 1, "only the partial file exists");

    assert_eq!(end(child, "-INT"), (Some(130), INTERRUPTED.to_owned()));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn an_export_interrupted_while_it_writes_keeps_its_progress_and_prints_how_to_resume() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let folder = tempfile::tempdir().unwrap();
        // Half a year, so that the export is far from done when the first events are on disk.
        let mut command = ialog(folder.path(), &["export", "--demo", "--from", "2026-03-01", "--to", "2026-08-31"]);
        let child = command.args(["--out", "a.ndjson"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let partial = folder.path().join(".a.ndjson.partial");
        while !fs::metadata(&partial).is_ok_and(|it| it.len() > 0) {
            std::thread::yield_now();
        }
        let (ended, said) = end(child, signal);
        assert_eq!(ended, Some(code), "{said}");
        let (kept, again) = said
            .strip_prefix("error: interrupted: progress kept (")
            .unwrap()
            .split_once(" events); resume with `ialog ")
            .unwrap();
        assert!(kept.parse::<u64>().unwrap() > 0);
        let again: Vec<&str> = again.strip_suffix("`\n").unwrap().split(' ').collect();
        assert_eq!(names(folder.path()), [".a.ndjson.checkpoint.json", ".a.ndjson.partial"]);
        if signal != "-INT" {
            continue;
        }
        let printed = run(ialog(folder.path(), &again));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        let going_on = format!("resuming an interrupted export ({kept} events already written)\n");
        assert!(printed.stderr.starts_with(&going_on), "{}", printed.stderr);
        assert_eq!(names(folder.path()), ["a.ndjson"]);

        let undisturbed = tempfile::tempdir().unwrap();
        let printed = run(ialog(undisturbed.path(), &again));
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        assert!(
            fs::read(folder.path().join("a.ndjson")).unwrap() == fs::read(undisturbed.path().join("a.ndjson")).unwrap(),
            "the resumed export has not written the same bytes"
        );
    }
}

const STOPPED: &str = "error: interrupted: the events read so far are archived; run the same command again to resume\n";

#[test]
fn an_archive_export_interrupted_while_it_waits_ends_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _connection) = waiting_export(folder.path(), "audit");
    let (code, said) = end(child, "-INT");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.ends_with(STOPPED), "{said}");
    let contract = folder.path().join("audit/contract=1");
    let left = names(&contract);
    assert_eq!(left, ["_runs.ndjson", "_state.json", "_state.lock", "_state.prev.json"]);
}

#[test]
fn an_archive_export_interrupted_while_it_writes_ends_cleanly() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = ialog(folder.path(), &["export", "--demo", "--from", "2025-01-01", "--out", "audit"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let audit = folder.path().join("audit");
        let first = "_manifests/00000001.json";
        let begun = |audit: &std::path::Path| {
            let contracts = std::fs::read_dir(audit).into_iter().flatten().flatten();
            contracts.into_iter().any(|one| one.path().join(first).exists())
        };
        while !begun(&audit) {
            std::thread::yield_now();
        }
        let (ended, said) = end(child, signal);
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains(", stopped: ") && said.ends_with(STOPPED), "{said}");

        let archive = ionos_activitylog_archive::Archive::new(&audit);
        let report = ionos_activitylog_archive::verify_archive(&archive, None).unwrap();
        assert!(report.is_intact() && report.warnings.is_empty(), "{report:?}");
        let mut again =
            ialog(folder.path(), &["export", "--demo", "--from", "2025-01-01", "--to", "2025-01-01", "--out", "audit"]);
        let again = again.output().unwrap();
        let said = String::from_utf8(again.stderr).unwrap();
        // The day is already archived. The one request is for the comparison of totals, which the interrupted export
        // did not reach.
        assert!(said.contains(": 0 events in 1 request\n"), "{said}");
    }
}

#[test]
fn an_interrupted_export_to_an_archive_reports_the_discarded_events() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit");
    // The export stops before the part of the last half day is finished, so the events of this part are discarded.
    let mut arguments = vec!["export", "--contract", "33586252", "--out", audit.to_str().unwrap()];
    arguments.extend(["--from", "2026-11-01", "--to", "2026-11-03T12:00:00Z"]);
    let printed = run_in_process(&arguments, |step, interrupt| {
        if step == FailPoint::WindowRead {
            interrupt.ask(130);
        }
    });
    assert_eq!(printed.code, Some(130), "{}", printed.stderr);
    assert!(printed.stderr.ends_with(STOPPED), "{}", printed.stderr);
    let events = |printed: &Printed, what: &str| -> u64 {
        let line = printed.stderr.lines().find(|line| line.ends_with(what));
        let number = line.unwrap().trim().split(' ').next().unwrap();
        number.parse().unwrap()
    };
    let given_up = events(&printed, " events discarded with an unfinished part; the next export reads that part again");
    assert!(given_up > 0);
    // The next export reads the discarded events again.
    let again = run_in_process(&arguments, |_, _| ());
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let said = format!(": {given_up} events in 14 requests\n");
    assert!(again.stderr.contains(&said), "{}", again.stderr);
}

#[test]
fn an_interruption_is_reported_as_json_like_any_error() {
    let folder = tempfile::tempdir().unwrap();
    let (child, _connection) = waiting_command(folder.path(), &["query", "-qo", "json"]);
    assert_eq!(
        end(child, "-INT"),
        (
            Some(130),
            "{\"error\":{\"code\":130,\"message\":\"interrupted\",\"hint\":\"run the same command again to start over\"}}\n"
                .to_owned()
        )
    );
}

/// `cat --demo` and `convert --demo` write a temporary archive, which is removed at the end.
#[test]
fn an_interrupted_demo_leaves_no_archive() {
    for (step, before) in
        [(FailPoint::FolderMade, 0), (FailPoint::WindowRead, 0), (FailPoint::PartNamed, 3), (FailPoint::StateNamed, 1)]
    {
        for arguments in [&["cat", "--demo"][..], &["convert", "--demo", "--out", "demo.csv"]] {
            let folder = tempfile::tempdir().unwrap();
            let temporary = folder.path().join("tmp");
            fs::create_dir(&temporary).unwrap();
            let mut command = ialog(folder.path(), arguments);
            command
                .env("TMPDIR", &temporary)
                .env("IALOG_TEST_WORLD", "calm")
                .env("IALOG_TEST_INTERRUPT", format!("{}:{before}", step.name()));
            let printed = run(command);
            assert_eq!(printed.code, Some(130), "{step:?}: {}", printed.stderr);
            let last = printed.stderr.lines().last();
            let is_reported = last.is_some_and(|last| last.starts_with("error: interrupted: "));
            assert!(is_reported, "{step:?}: {}", printed.stderr);
            assert_eq!(names(&temporary), [""; 0], "{step:?}");
            assert_eq!(names(folder.path()), ["tmp"], "{step:?}");
        }
    }
}

/// The command computes forever and never awaits, so it does not notice the first two signals; the third one ends the
/// process.
#[test]
fn the_third_ctrl_c_ends_a_command_that_does_not_respond() {
    let folder = tempfile::tempdir().unwrap();
    let endless = ["query", "--demo", "-v", "--from", "2026-03-01", "--to", "2026-03-01", "--jq", "last(repeat(1))"];
    let mut command = ialog(folder.path(), &endless);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    // Reads up to the last line that the command prints before the computation.
    let mut said = said.lines().map(Result::unwrap);
    assert!(said.any(|line| line.ends_with(" requests")));
    let id = rustix::process::Pid::from_child(&child);
    let ended = loop {
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::yield_now();
    };
    assert_eq!(ended.code(), Some(130), "{ended}");
}

/// Opens a pipe for writing as soon as the program opens it for reading. The program then waits for the first byte.
fn open_for_reader(pipe: &Path, child: &mut Child) -> fs::File {
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    loop {
        // Fails as long as no process has the pipe open for reading.
        match fs::File::options().write(true).custom_flags(nonblocking).open(pipe) {
            Ok(writer) => return writer,
            Err(_) => assert!(child.try_wait().unwrap().is_none(), "the program ended before it opened the pipe"),
        }
        std::thread::yield_now();
    }
}

/// Opening or reading a pipe may block. An argument may name a pipe by mistake or on purpose, as with `<(...)`.
#[test]
fn a_command_that_waits_for_a_pipe_ends_at_the_first_signal() {
    let file = "@pipe";
    for arguments in [
        &["verify", "audit", "--contract", file][..],
        &["cat", "audit", "--contract", file],
        &["convert", "audit", "--out", "a.csv", "--contract", file],
        &["state", "show", "audit", "--contract", file],
        &["query", "--demo", "--last", "1h", "--contract", file],
        &["export", "--demo", "--last", "1h", "--out", "a.csv", "--contract", file],
        &["stats", "--demo", "--last", "1h", "--contract", file],
        &["sim", "--faults", "pipe"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut command = ialog(folder.path(), arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let writer = open_for_reader(&pipe, &mut child);
        let (code, said) = end(child, "-INT");
        let expected = "error: interrupted: run the same command again to start over\n";
        assert_eq!((code, &*said), (Some(130), expected), "{arguments:?}");
        drop(writer);
    }
}

#[test]
fn a_list_of_contracts_is_read_from_a_pipe_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    for (name, word, code, said) in [
        ("-", "33586252\n", Some(0), ""),
        ("/dev/stdin", "33586252 # the first\n", Some(0), ""),
        ("/dev/fd/0", "33586252", Some(0), ""),
        (
            "-",
            "# none\n",
            Some(2),
            "error: --contract: - contains no contract number: add one contract number per line; see `ialog query --help`\n",
        ),
    ] {
        let list = format!("@{name}");
        let mut command = ialog(folder.path(), &["query", "--demo", "--last", "1h", "--quiet", "--contract", &list]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(word.as_bytes()).unwrap();
        let printed: (Option<i32>, String) = {
            let output = child.wait_with_output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        assert_eq!(printed, (code, said.to_owned()), "{list}");
    }
}

/// A blocked write to a full pipe does not react to signals.
#[test]
fn two_signals_end_a_command_whose_output_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let much = ["query", "--demo", "--last", "365d", "-o", "ndjson", "--no-fold"];
    let mut child = ialog(folder.path(), &much).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    // The first byte shows that the command writes. Soon after that, the pipe is full.
    output.read_exact(&mut [0]).unwrap();
    let id = rustix::process::Pid::from_child(&child);
    // The signals have different kinds, because two signals of the same kind could arrive as one signal.
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        rustix::process::kill_process(id, signal).unwrap();
    }
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(130 | 143)), "{code:?}");
    drop(output);
}
