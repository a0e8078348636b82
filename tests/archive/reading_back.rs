//! `ialog cat` and `ialog convert` read an archive back without network access.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use ionos_activitylog::{Event, Filter};
use ionos_activitylog_sim::Simulator;

use crate::support::demo_archive::{archive, at, simulator};
use crate::support::program::{ialog, names, run, run_in_world};

/// A simulator, and a folder with an archive `a` of the days `from` to `to` (both inclusive).
async fn archived(from: &str, to: &str) -> (Simulator, tempfile::TempDir) {
    let (simulator, folder) = (simulator(), tempfile::tempdir().unwrap());
    archive(&simulator, &folder.path().join("a"), from, to).await;
    (simulator, folder)
}

/// The simulator's records of the days `from` (inclusive) to `to` (exclusive), sorted by time and then by id.
fn expected_events(simulator: &Simulator, from: &str, to: &str) -> Vec<Event> {
    let (start, end) = (at(&format!("{from}T00:00:00Z")), at(&format!("{to}T00:00:00Z")));
    let mut events: Vec<Event> = simulator
        .records(simulator.contracts()[0], start, end)
        .map(|record| Event::from_json(record).unwrap())
        .collect();
    events.sort_by_key(|event| (event.time(), event.id()));
    events
}

#[tokio::test]
async fn cat_prints_the_records_of_a_range_that_match_the_filter() {
    let (simulator, folder) = archived("2026-11-17", "2026-11-19").await;
    let range = ["--from", "2026-11-18", "--to", "2026-11-19"];

    let mut command = ialog(folder.path(), &["cat", "a"]);
    command.args(range);
    let printed = run(command);
    let shown = "2026-11-18T00:00:00Z .. 2026-11-20T00:00:00Z, archive a\n";
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), shown));
    let all = expected_events(&simulator, "2026-11-18", "2026-11-20");
    assert!(printed.stdout.lines().eq(all.iter().map(Event::raw)));

    let filter = Filter::parse(["outcome=failure", "method=POST"]).unwrap();
    let mut command = ialog(folder.path(), &["cat", "a", "outcome=failure", "method=POST"]);
    command.args(range);
    let printed = run(command);
    let some: Vec<&str> = all.iter().filter(|event| filter.matches(event)).map(Event::raw).collect();
    assert!(!some.is_empty() && printed.stdout.lines().eq(some.iter().copied()));
    let counts = format!("{shown}{} of {} events match\n", some.len(), all.len());
    assert_eq!((printed.code, printed.stderr), (Some(0), counts));
}

#[tokio::test]
async fn a_closed_output_pipe_is_not_an_error() {
    let (_, folder) = archived("2026-11-10", "2026-11-19").await;
    let mut child = ialog(folder.path(), &["cat", "a"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    let shown = b"all times, archive a\n".to_vec();
    assert_eq!((output.status.code(), output.stderr), (Some(0), shown));
}

#[tokio::test]
async fn unverified_ranges_are_reported_and_set_the_exit_code() {
    let (simulator, folder) = archived("2026-11-17", "2026-11-18").await;
    let contract = simulator.contracts()[0];
    let range = ["--from", "2026-11-18", "--to", "2026-11-19"];
    let shown = "2026-11-18T00:00:00Z .. 2026-11-20T00:00:00Z, archive a\n";
    let sentence = format!(
        "warning: the archive ends at 2026-11-19T00:00:00Z, 24 hours before the end of the range\n\
         error: incomplete, 1 gap: the archive has no verified data for contract {contract}, 2026-11-19T00:00:00Z .. \
         2026-11-20T00:00:00Z: run `ialog export` for that range to the same folder to add what is missing, or \
         use --from without --to to read up to the end of the archive\n"
    );
    let all = expected_events(&simulator, "2026-11-18", "2026-11-19");

    let mut command = ialog(folder.path(), &["cat", "a"]);
    command.args(range);
    let printed = run(command);
    assert_eq!((printed.code, &printed.stderr), (Some(3), &format!("{shown}{sentence}")));
    assert_eq!(printed.stdout.lines().count(), all.len());

    let mut command = ialog(folder.path(), &["convert", "a", "--out", "a.json"]);
    command.args(range);
    let printed = run(command);
    let said = format!("{shown}{} events written to a.json\n{sentence}", all.len());
    assert_eq!((printed.code, printed.stderr), (Some(3), said));
    let written = fs::read(folder.path().join("a.json")).unwrap();
    let written: Vec<serde_json::Value> = serde_json::from_slice(&written).unwrap();
    assert_eq!(written.len(), all.len(), "all archived events are written");
}

#[tokio::test]
async fn convert_writes_every_format_without_network() {
    let (simulator, folder) = archived("2026-11-17", "2026-11-18").await;
    let all = expected_events(&simulator, "2026-11-17", "2026-11-19");
    for name in ["a.ndjson.zst", "a.csv", "a.json.gz"] {
        let printed = run(ialog(folder.path(), &["convert", "a", "--out", name]));
        let said = format!("all times, archive a\n{} events written to {name}\n", all.len());
        assert_eq!((printed.code, printed.stderr), (Some(0), said));
    }
    let table = fs::read(folder.path().join("a.csv")).unwrap();
    let mut table = csv::Reader::from_reader(&table[..]);
    let ids: Vec<String> = table.records().map(|row| row.unwrap()[0].to_owned()).collect();
    let expected: Vec<String> = all.iter().map(|event| event.id().to_string()).collect();
    assert_eq!(ids, expected);
    let lines = zstd::decode_all(&fs::read(folder.path().join("a.ndjson.zst")).unwrap()[..]);
    let lines = String::from_utf8(lines.unwrap()).unwrap();
    assert!(lines.lines().eq(all.iter().map(Event::raw)));

    let printed = run(ialog(folder.path(), &["convert", "a", "--out", "a.csv"]));
    assert_eq!(
        (printed.code, printed.stderr.as_str()),
        (
            Some(2),
            "all times, archive a\nerror: a.csv already exists: a file under its final name is complete; choose another name, or use --overwrite to replace it\n"
        )
    );
}

#[test]
fn invalid_arguments_and_a_missing_archive_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["cat", "empty"], 2, "there is no archive in empty: use the folder that `ialog export --out` wrote to"),
        (
            &["cat", "empty", "--contract", "7"],
            2,
            "there is no archive in empty: use the folder that `ialog export --out` wrote to",
        ),
        (
            &["cat", "empty", "usr=a"],
            2,
            "unknown filter key \"usr\" (did you mean \"user\"?): the keys are type, status, method, service, \
             user, ip, outcome, mutations, resource-type, resource-id, action, text",
        ),
        (
            &["convert", "empty", "--out", "a.xlsx"],
            2,
            "a.xlsx has no supported file extension: use .ndjson, .csv or .json, optionally followed by .gz or .zst",
        ),
        (
            &["schema", "flt"],
            2,
            "invalid value \"flt\" for NAME (did you mean \"flat\"?): valid values are event, events, flat, manifest, \
             open-manifests, import, verification, state, run, checkpoint; see `ialog schema --help`",
        ),
    ];
    for (arguments, code, sentence) in cases {
        let printed = run(ialog(folder.path(), arguments));
        assert_eq!(printed.stderr, format!("error: {sentence}\n"));
        assert_eq!(printed.code, Some(code), "{arguments:?}");
        assert_eq!(names(folder.path()), ["empty"], "{arguments:?}");
    }
}

#[test]
fn damage_of_one_of_several_contracts_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let export = || {
        let day = ["--from", "2026-11-18", "--to", "2026-11-18"];
        run_in_world(folder.path(), "calm", &[&["export", "--contract", "all", "--out", "audit"], &day[..]].concat())
    };
    assert_eq!(export().code, Some(0));
    let damaged = folder.path().join("audit/contract=33586252");
    for state in ["_state.json", "_state.prev.json"] {
        fs::write(damaged.join(state), "{").unwrap();
    }
    let printed = export();
    assert_eq!(printed.code, Some(6), "{}", printed.stderr);
    let lines = printed.stderr.lines();
    let told = lines.filter(|line| line.contains("33586252")).count();
    assert_eq!(told, 1, "{}", printed.stderr);
    let end = "error: 1 of 2 contracts failed; the others are archived: see the messages above\n";
    assert!(printed.stderr.ends_with(end), "{}", printed.stderr);
}
