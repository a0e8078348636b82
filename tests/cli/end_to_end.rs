//! Runs `ialog export` and compares the exported file with the log of the simulated service.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::Event;
use ionos_activitylog_sim::Simulator;

use crate::support::program::{ialog, names, run, start_simulator};
use xtask::simulator_process::SimulatorProcess;

const FROM: &str = "2026-03-01";
const TO: &str = "2026-03-07";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The records of the simulated service in a range, sorted by time and then by id.
fn expected_records(start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<String> {
    let simulator = Simulator::builder().clock(move || end).build();
    let mut records: Vec<String> = simulator.records(simulator.contracts()[0], start, end).collect();
    records.sort_by_key(|record| {
        let event = Event::from_json(record.clone()).unwrap();
        (event.time(), event.id())
    });
    records
}

fn week() -> Vec<String> {
    let records = expected_records(at("2026-03-01T00:00:00Z"), at("2026-03-08T00:00:00Z"));
    assert!(records.len() > 1_000, "more than one page");
    records
}

fn demo(folder: &Path, out: &str) -> Command {
    ialog(folder, &["export", "--demo", "--from", FROM, "--to", TO, "--out", out])
}

#[test]
fn a_demo_export_holds_every_event_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(demo(folder.path(), "demo.ndjson"));
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(0), ""), "{}", printed.stderr);
    let records = week();
    let written = fs::read_to_string(folder.path().join("demo.ndjson")).unwrap();
    assert!(written.lines().eq(&records), "every line is a record");
    assert_eq!(names(folder.path()), ["demo.ndjson"]);

    let contract = Simulator::builder().build().contracts()[0];
    // One further request checks whether the service returns the events at exactly the start of the range. Eight
    // further requests count the events in parts of the range.
    let requests = records.len().div_ceil(1_000) + 9;
    let start = format!(
        "contract {contract}, 2026-03-01T00:00:00Z .. 2026-03-08T00:00:00Z: {} events in {requests} requests, ",
        records.len()
    );
    assert!(printed.stderr.starts_with(&start), "{}", printed.stderr);
    assert!(printed.stderr.ends_with(" s, written to demo.ndjson\n"), "{}", printed.stderr);
    assert_eq!(printed.stderr.lines().count(), 1, "{}", printed.stderr);
}

#[test]
fn a_relative_range_ends_at_the_resolved_time() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(ialog(folder.path(), &["export", "--demo", "--last", "7d", "--out", "demo.ndjson"]));
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    let range = printed.stderr.split(", ").nth(1).unwrap().split(": ").next().unwrap();
    let (start, end) = range.split_once(" .. ").unwrap();
    assert_eq!(at(end) - at(start), TimeDelta::days(7));
    let written = fs::read_to_string(folder.path().join("demo.ndjson")).unwrap();
    assert!(written.lines().eq(&expected_records(at(start), at(end))));
}

#[test]
fn an_export_to_a_file_excludes_events_that_may_not_have_settled() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let export = |more: &[&str]| {
        let mut command = ialog(folder.path(), &["export", "--overwrite", "--out", "new.ndjson"]);
        command.args(more).env("IONOS_TOKEN", &sim.token).env("IONOS_API_URL", &sim.url);
        run(command)
    };
    for (more, excluded) in [(&["--last", "1d"][..], 10), (&["--last", "1d", "--settle", "2m"], 120)] {
        let printed = export(more);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        let range = printed.stderr.split([',', '\u{20}']).collect::<Vec<_>>();
        let arrow = range.iter().position(|word| *word == "..").unwrap();
        let end = range[arrow + 1].trim_end_matches(':');
        assert_eq!(at(end) - at(range[arrow - 1]), TimeDelta::days(1) - TimeDelta::seconds(excluded));
    }
    let printed = export(&["--last", "1m", "--settle", "5m"]);
    assert_eq!(printed.code, Some(2));
    assert!(printed.stderr.contains(" is newer than 300 s, so the log may still be incomplete"), "{}", printed.stderr);
}

#[test]
fn an_export_over_loopback_has_the_same_bytes_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(demo(folder.path(), "demo.ndjson")).code, Some(0));
    let export = |sim: &SimulatorProcess, out: &str| {
        let mut command = ialog(folder.path(), &["export", "--from", FROM, "--to", TO, "--out", out]);
        command.env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN).env("IONOS_API_URL", &sim.url);
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        fs::read(folder.path().join(out)).unwrap()
    };
    let same = export(&start_simulator(folder.path(), &[]), "same.ndjson");
    let other = export(&start_simulator(folder.path(), &["--seed", "2"]), "other.ndjson");
    assert_eq!(same, fs::read(folder.path().join("demo.ndjson")).unwrap());
    assert_ne!(same, other);
}

#[test]
fn compressed_files_hold_the_same_lines_and_are_reproducible() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    for name in ["demo.ndjson", "demo.ndjson.gz", "again.ndjson.gz", "demo.ndjson.zst", "again.ndjson.zst"] {
        assert_eq!(run(demo(folder.path(), name)).code, Some(0));
    }
    let plain = read("demo.ndjson");
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(&read("demo.ndjson.gz")[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert_eq!(zstd::decode_all(&read("demo.ndjson.zst")[..]).unwrap(), plain);
    assert_eq!(read("demo.ndjson.gz"), read("again.ndjson.gz"));
    assert_eq!(read("demo.ndjson.zst"), read("again.ndjson.zst"));
}

#[test]
fn the_contracts_of_the_account_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(ialog(folder.path(), &["contracts", "--demo"]));
    let contract = Simulator::builder().build().contracts()[0];
    assert_eq!((printed.code, printed.stdout, printed.stderr), (Some(0), format!("{contract}\n"), String::new()));
}

#[test]
fn the_demo_and_the_simulator_work_without_root_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let contracts = |arguments: &[&str]| {
        let mut command = ialog(folder.path(), &["contracts"]);
        command.args(arguments).env("SSL_CERT_FILE", "missing").env("SSL_CERT_DIR", "missing");
        command.env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN).env("IONOS_API_URL", &sim.url);
        let printed = run(command);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        printed.stdout
    };
    assert_eq!(contracts(&["--demo"]), contracts(&[]));
}

#[test]
fn overwrite_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demo.ndjson"), "old").unwrap();
    let mut command = demo(folder.path(), "demo.ndjson");
    command.arg("--overwrite");
    assert_eq!(run(command).code, Some(0));
    assert!(fs::read_to_string(folder.path().join("demo.ndjson")).unwrap().lines().eq(&week()));
}

#[test]
fn show_prints_every_record_of_an_event_that_the_service_changed() {
    let folder = tempfile::tempdir().unwrap();
    let record = |uuid: u32, status: &str, time: &str| {
        format!(
            r#"{{"@uuid":"00000000-0000-4000-8000-{uuid:012}","meta":{{"time":"{time}"}},"event":{{"status":"{status}"}}}}"#
        )
    };
    let (noon, later) = ("2026-11-20T12:00:00Z", "2026-11-20T12:00:01Z");
    let records =
        [record(7, "QUEUED", noon), record(8, "DONE", noon), record(7, "FAILED", noon), record(9, "DONE", later)];
    fs::write(folder.path().join("log.ndjson"), records.join("\n")).unwrap();
    let flags = ["--events", "log.ndjson", "--contract", "7", "--now", "2026-11-21T00:00:00Z", "--still"];
    let sim = start_simulator(folder.path(), &flags);
    let show = |uuid: u32, output: &str| {
        let id = format!("00000000-0000-4000-8000-{uuid:012}");
        let mut command = ialog(
            folder.path(),
            &["show", &id, "--contract", "7", "--from", "2026-11-20", "--to", "2026-11-20", "-o", output],
        );
        command.env("IONOS_TOKEN", ionos_activitylog_sim::DEFAULT_TOKEN).env("IONOS_API_URL", &sim.url);
        run(command)
    };
    let printed = show(7, "ndjson");
    let mut lines: Vec<&str> = printed.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, [&*records[2], &*records[0]], "{}", printed.stderr);
    let said = "2 records have this ID, because the service changed the event";
    assert!(printed.code == Some(0) && printed.stderr.contains(said), "{}", printed.stderr);
    let printed = show(7, "fields");
    assert!(printed.stdout.contains("QUEUED") && printed.stdout.contains("FAILED"), "{}", printed.stdout);
    let printed = show(8, "ndjson");
    assert_eq!(printed.stdout, records[1].clone() + "\n");
    assert!(!printed.stderr.contains("records have"), "{}", printed.stderr);
}
