//! The whole line as a user has it: one command, and the audit trail is on disk, equal to what the service holds.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog_sim::Simulator;

use crate::program::{Sim, ialog, names, run};

const FROM: &str = "2026-03-01";
const TO: &str = "2026-03-07";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What the simulated service holds for a range, newest first, as it serves it.
fn truth(start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<String> {
    let simulator = Simulator::builder().clock(move || end).build();
    let mut records = simulator.records(simulator.contracts()[0], start, end);
    records.reverse();
    records
}

fn week() -> Vec<String> {
    let records = truth(at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
    assert!(records.len() > 1_000, "more than one page");
    records
}

fn demo(folder: &Path, out: &str) -> Command {
    ialog(
        folder,
        &["export", "--demo", "--from", FROM, "--to", TO, "--out", out],
    )
}

#[test]
fn a_demo_export_holds_every_event_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(demo(folder.path(), "demo.ndjson"));
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (Some(0), ""),
        "{}",
        printed.stderr
    );
    let records = week();
    let written = fs::read_to_string(folder.path().join("demo.ndjson")).unwrap();
    assert!(written.lines().eq(&records), "the lines are the records");
    assert_eq!(names(folder.path()), ["demo.ndjson"]);

    let contract = Simulator::builder().build().contracts()[0];
    let pages = records.len().div_ceil(1_000);
    let start = format!(
        "contract {contract}, 2026-03-01T00:00:00Z .. 2026-03-08T00:00:00Z: {} events in {pages} pages, ",
        records.len()
    );
    assert!(printed.stderr.starts_with(&start), "{}", printed.stderr);
    assert!(
        printed.stderr.ends_with(" s, written to demo.ndjson\n"),
        "{}",
        printed.stderr
    );
    assert_eq!(printed.stderr.lines().count(), 1, "{}", printed.stderr);
}

#[test]
fn the_last_days_end_at_the_resolved_time() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(ialog(
        folder.path(),
        &["export", "--demo", "--last", "7d", "--out", "demo.ndjson"],
    ));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let range = printed
        .stderr
        .split(", ")
        .nth(1)
        .unwrap()
        .split(": ")
        .next()
        .unwrap();
    let (start, end) = range.split_once(" .. ").unwrap();
    assert_eq!(at(end) - at(start), TimeDelta::days(7));
    let written = fs::read_to_string(folder.path().join("demo.ndjson")).unwrap();
    assert!(written.lines().eq(&truth(at(start), at(end))));
}

#[test]
fn over_loopback_the_bytes_are_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(demo(folder.path(), "demo.ndjson")).code, Some(0));
    let export = |sim: &Sim, out: &str| {
        let mut command = ialog(
            folder.path(),
            &["export", "--from", FROM, "--to", TO, "--out", out],
        );
        command
            .env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN)
            .env("IONOS_API_URL", &sim.url);
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        fs::read(folder.path().join(out)).unwrap()
    };
    let same = export(&Sim::start(folder.path(), &[]), "same.ndjson");
    let other = export(&Sim::start(folder.path(), &["--seed", "2"]), "other.ndjson");
    assert_eq!(same, fs::read(folder.path().join("demo.ndjson")).unwrap());
    assert_ne!(same, other);
}

#[test]
fn compressed_files_hold_the_same_lines_and_are_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    for name in [
        "demo.ndjson",
        "demo.ndjson.gz",
        "again.ndjson.gz",
        "demo.ndjson.zst",
        "again.ndjson.zst",
    ] {
        assert_eq!(run(demo(folder.path(), name)).code, Some(0));
    }
    let plain = read("demo.ndjson");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&read("demo.ndjson.gz")[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain);
    assert_eq!(
        zstd::decode_all(&read("demo.ndjson.zst")[..]).unwrap(),
        plain
    );
    assert_eq!(read("demo.ndjson.gz"), read("again.ndjson.gz"));
    assert_eq!(read("demo.ndjson.zst"), read("again.ndjson.zst"));
}

#[test]
fn the_contracts_of_the_account_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(ialog(folder.path(), &["contracts", "--demo"]));
    let contract = Simulator::builder().build().contracts()[0];
    assert_eq!(
        (printed.code, printed.stdout, printed.stderr),
        (Some(0), format!("{contract}\n"), String::new())
    );
}

#[test]
fn of_several_contracts_one_has_to_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(folder.path(), &["--contracts", "3"]);
    let export = |arguments: &[&str]| {
        let mut command = ialog(
            folder.path(),
            &["export", "--from", FROM, "--to", TO, "--out", "a.ndjson"],
        );
        command.args(arguments);
        command
            .env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN)
            .env("IONOS_API_URL", &sim.url);
        run(command)
    };
    let contracts = Simulator::builder()
        .contracts(3)
        .build()
        .contracts()
        .to_vec();
    let listed = contracts
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ");

    let printed = export(&[]);
    let expected = format!(
        "error: the token may read the log of 3 contracts, choose one with --contract: {listed}\n"
    );
    assert_eq!((printed.code, printed.stderr), (Some(2), expected));

    let printed = export(&["--contract", "1"]);
    let expected =
        format!("error: contract 1 is not among those whose log the token may read: {listed}\n");
    assert_eq!((printed.code, printed.stderr), (Some(2), expected));
    assert_eq!(names(folder.path()), [""; 0]);

    let printed = export(&["--contract", &contracts[2].to_string()]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
}

#[test]
fn a_wrong_token_is_told_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(folder.path(), &[]);
    let mut command = ialog(
        folder.path(),
        &["export", "--last", "1d", "--out", "a.ndjson"],
    );
    let printed = run({
        command
            .env("IONOS_TOKEN", "planted-4711")
            .env("IONOS_API_URL", &sim.url);
        command
    });
    assert_eq!(
        (printed.code, printed.stderr.as_str()),
        (
            Some(4),
            "error: listing the contracts failed: the service answered 401 Unauthorized: Unauthorized (code 315); \
             check that the token is complete, valid and not expired\n"
        )
    );
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn bad_input_is_refused_with_one_sentence_and_nothing_is_written() {
    const DEMO: [&str; 2] = ["export", "--demo"];
    /// Name, arguments, environment, exit code, sentence.
    type Case<'a> = (
        &'a str,
        &'a [&'a str],
        &'a [(&'a str, &'a str)],
        i32,
        &'a str,
    );
    let cases: [Case<'_>; 12] = [
        (
            "no token",
            &["export", "--last", "1d", "--out", "a.ndjson"],
            &[],
            2,
            "there is no token: set IONOS_TOKEN to a token of your account; --demo shows the program without an account",
        ),
        (
            "empty token",
            &["contracts"],
            &[("IONOS_TOKEN", " ")],
            2,
            "there is no token: set IONOS_TOKEN to a token of your account; --demo shows the program without an account",
        ),
        (
            "malformed address",
            &["contracts"],
            &[
                ("IONOS_TOKEN", "t"),
                ("IONOS_API_URL", "https://exa mple.com"),
            ],
            2,
            "the API address \"https://exa mple.com\" cannot be used: it cannot be read (invalid international domain name): \
             write it like https://api.ionos.com; --demo shows the program without an account",
        ),
        (
            "plain http",
            &["contracts"],
            &[
                ("IONOS_TOKEN", "t"),
                ("IONOS_API_URL", "http://api.ionos.com"),
            ],
            2,
            "the API address \"http://api.ionos.com\" cannot be used: it is plain http to another machine, which would show \
             the token to everyone between: use https; --demo shows the program without an account",
        ),
        (
            "from after to",
            &[
                DEMO[0],
                DEMO[1],
                "--from",
                "2026-03-08",
                "--to",
                "2026-03-07",
                "--out",
                "a.ndjson",
            ],
            &[],
            2,
            "--from 2026-03-08 is not before --to 2026-03-07: give an earlier start or a later end",
        ),
        (
            "unknown contract",
            &[
                DEMO[0],
                DEMO[1],
                "--contract",
                "1",
                "--last",
                "1d",
                "--out",
                "a.ndjson",
            ],
            &[],
            2,
            "contract 1 is not among those whose log the token may read: [contract]",
        ),
        (
            "unwritable folder",
            &[
                DEMO[0],
                DEMO[1],
                "--last",
                "1d",
                "--out",
                "missing/a.ndjson",
            ],
            &[],
            2,
            "missing/a.ndjson cannot be created: its folder does not exist: choose another name",
        ),
        (
            "existing file",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "old.ndjson"],
            &[],
            2,
            "old.ndjson exists already: choose another name, or replace it with --overwrite",
        ),
        (
            "a folder",
            &[
                DEMO[0],
                DEMO[1],
                "--last",
                "1d",
                "--overwrite",
                "--out",
                "old.ndjson.gz",
            ],
            &[],
            2,
            "old.ndjson.gz is no ordinary file, and is not replaced: choose another name",
        ),
        (
            "unknown format",
            &[DEMO[0], DEMO[1], "--last", "1d", "--out", "a.xlsx"],
            &[],
            2,
            "a.xlsx does not end in .ndjson, .ndjson.gz or .ndjson.zst, the formats that can be written: choose another name",
        ),
        (
            "future",
            &[
                DEMO[0],
                DEMO[1],
                "--from",
                "2999-01-01",
                "--out",
                "a.ndjson",
            ],
            &[],
            2,
            "--from 2999-01-01 is in the future: give a start before now",
        ),
        (
            "nobody there",
            &["contracts"],
            &[("IONOS_TOKEN", "t"), ("IONOS_API_URL", "http://[nobody]")],
            5,
            "listing the contracts failed: cannot connect to [nobody] (connection refused): \
             check the address of the API, the network and any proxy",
        ),
    ];
    let contract = Simulator::builder().build().contracts()[0].to_string();
    // Bound and given back: nobody listens there.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    for (name, arguments, environment, code, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.ndjson"), "old").unwrap();
        fs::create_dir(folder.path().join("old.ndjson.gz")).unwrap();
        let mut command = ialog(folder.path(), arguments);
        command.envs(
            environment
                .iter()
                .map(|(name, value)| (name, value.replace("[nobody]", &nobody))),
        );
        let printed = run(command);
        let expected = format!(
            "error: {}\n",
            sentence
                .replace("[contract]", &contract)
                .replace("[nobody]", &nobody)
        );
        assert_eq!(printed.stderr, expected, "{name}");
        assert_eq!(
            (printed.code, printed.stdout.as_str()),
            (Some(code), ""),
            "{name}"
        );
        assert_eq!(
            names(folder.path()),
            ["old.ndjson", "old.ndjson.gz"],
            "{name}"
        );
        assert_eq!(
            fs::read(folder.path().join("old.ndjson")).unwrap(),
            b"old",
            "{name}"
        );
    }
}

#[test]
fn neither_the_demo_nor_the_simulator_needs_the_machines_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(folder.path(), &[]);
    let contracts = |arguments: &[&str]| {
        let mut command = ialog(folder.path(), &["contracts"]);
        command
            .args(arguments)
            .env("SSL_CERT_FILE", "missing")
            .env("SSL_CERT_DIR", "missing");
        command
            .env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN)
            .env("IONOS_API_URL", &sim.url);
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        printed.stdout
    };
    assert_eq!(contracts(&["--demo"]), contracts(&[]));
}

#[test]
fn a_file_is_replaced_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demo.ndjson"), "old").unwrap();
    let mut command = demo(folder.path(), "demo.ndjson");
    command.arg("--overwrite");
    assert_eq!(run(command).code, Some(0));
    assert!(
        fs::read_to_string(folder.path().join("demo.ndjson"))
            .unwrap()
            .lines()
            .eq(&week())
    );
}

#[cfg(unix)]
fn interrupt(child: std::process::Child) -> (Option<i32>, String) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[cfg(unix)]
const INTERRUPTED: &str = "error: interrupted, and nothing half-written is left behind\n";

#[cfg(unix)]
#[test]
fn an_export_interrupted_while_it_waits_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // A service that takes the request and never answers.
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", service.local_addr().unwrap());
    let mut command = ialog(
        folder.path(),
        &[
            "export",
            "--contract",
            "1",
            "--last",
            "1d",
            "--out",
            "a.ndjson",
        ],
    );
    command
        .env("IONOS_TOKEN", "t")
        .env("IONOS_API_URL", url)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let (mut request, _) = service.accept().unwrap();
    request.read_exact(&mut [0; 16]).unwrap();
    assert_eq!(names(folder.path()).len(), 1, "the file in the making");

    assert_eq!(interrupt(child), (Some(130), INTERRUPTED.to_owned()));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn an_export_interrupted_while_it_writes_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    // Nearly two years, so that it is far from done when the file in the making is seen.
    let mut command = ialog(
        folder.path(),
        &[
            "export",
            "--demo",
            "--from",
            "2025-01-01",
            "--out",
            "a.ndjson",
        ],
    );
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while names(folder.path()).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(interrupt(child), (Some(130), INTERRUPTED.to_owned()));
    assert_eq!(names(folder.path()), [""; 0]);
}
