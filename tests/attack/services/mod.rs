//! Hostile services: each answers in its own way, from bytes that are not HTTP to pages that contradict themselves. A
//! command must end by itself with the exit code of its case, show neither the token nor a control character, and leave
//! no incomplete file under its final name. If a service sends all events, the command loses none of them.
#![cfg(unix)]

mod bodies;
mod contracts;
mod pages;
mod protocol;
mod statuses;

use std::fs;
use std::io::{self, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use ionos_activitylog::internal::is_unsafe_for_terminal;
use ionos_activitylog_archive::{Archive, ArchiveReader, verify_archive};
use serde_json::value::RawValue;

use crate::support::exports::{files_below, scratch_folder};
use crate::support::hostile_server::{
    HostileService, LOG_EVENTS, LOG_START, ReceivedRequest, log_start, ok, record, serve,
};
use crate::support::program::{ialog, prepared_by_shell};
use crate::support::scripted::TOKEN;

/// Maximum time of a command. A command that runs longer counts as one that does not end.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Number of commands that run at once. It is larger than the usual number of processors, because many commands only
/// wait: for an answer, or for their next attempt.
const THREADS: usize = 24;

/// Number of commands that run at once in the heavy cases, which take much memory and processor time.
const HEAVY_THREADS: usize = 3;

/// Maximum address space of a command in KiB: 200 MiB for an export, which is also the limit in `xtask/src/soak.rs`,
/// plus 100 MiB for answers of the largest size. The program itself and the stacks of its threads take less than 60 MiB
/// of the sum.
const MEMORY_LIMIT_KIB: u64 = (200 + 100) * 1024;

/// The events that a command must return.
#[derive(Clone, Copy, PartialEq)]
enum ExpectedEvents {
    /// Not checked, because the service does not send all events of the log.
    Any,
    /// Each event of the log exactly once, byte for byte.
    All,
}

/// A hostile service and the expected results of the commands.
struct ServiceCase {
    name: String,
    service: Arc<HostileService>,
    code: i32,
    /// A second accepted exit code, for example if the result depends on which of two answers arrives first.
    other_code: Option<i32>,
    events: ExpectedEvents,
    /// Range of the commands, in seconds from the start of the log.
    seconds: usize,
    /// Whether the service sends a lot of data. If so, only the export to an archive runs, with the limit
    /// [`MEMORY_LIMIT_KIB`].
    is_heavy: bool,
    /// The value of `--contract`.
    contract: &'static str,
    attempts: &'static str,
    timeout: &'static str,
}

/// The commands of each case. `audit` is the folder of an archive.
const COMMANDS: [&[&str]; 3] = [
    &["query", "-o", "ndjson", "--no-fold"],
    &["export", "--out", "new.ndjson"],
    &["export", "--format", "ndjson", "--out", "audit"],
];

/// A service that answers each request with the result of `answer`.
fn each(name: &str, code: i32, answer: impl Fn(&ReceivedRequest) -> Vec<u8> + Send + Sync + 'static) -> ServiceCase {
    stream(name, code, move |request, connection| connection.write_all(&answer(request)))
}

/// A service that answers each request with the same bytes.
fn same(name: &str, code: i32, answer: impl Into<Vec<u8>>) -> ServiceCase {
    let answer = answer.into();
    stream(name, code, move |_, connection| connection.write_all(&answer))
}

/// A service that answers each request with the same page, status 200.
fn same_page(name: &str, code: i32, body: impl AsRef<[u8]>) -> ServiceCase {
    same(name, code, ok(body))
}

/// A service that answers each request with status 200 and the result of `body`.
fn each_page<B: AsRef<[u8]>>(
    name: &str,
    code: i32,
    body: impl Fn(&ReceivedRequest) -> B + Send + Sync + 'static,
) -> ServiceCase {
    each(name, code, move |request| ok(body(request)))
}

/// A service that answers each request by calling `write` with the connection.
fn stream(
    name: &str,
    code: i32,
    write: impl Fn(&ReceivedRequest, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> ServiceCase {
    ServiceCase {
        name: name.to_owned(),
        service: Arc::new(HostileService::Answering(Box::new(write))),
        code,
        other_code: None,
        events: ExpectedEvents::Any,
        seconds: LOG_EVENTS + 2,
        is_heavy: false,
        contract: "7",
        attempts: "1",
        timeout: "20s",
    }
}

impl ServiceCase {
    /// Expects all events of the log.
    fn with_all_events(self) -> Self {
        Self { events: ExpectedEvents::All, ..self }
    }

    /// Reads a range of one second, which cannot be split. The service contradicts itself in every range, so a longer
    /// range would be split again and again.
    fn one_second(self) -> Self {
        Self { seconds: 1, ..self }
    }

    /// Runs only the export to an archive, with limited memory.
    fn heavy(self) -> Self {
        Self { is_heavy: true, ..self }
    }

    /// Sets a short time limit, because a call to this service ends only at its time limit.
    fn times_out(self) -> Self {
        Self { timeout: "1s", ..self }
    }

    fn contract(self, contract: &'static str) -> Self {
        Self { contract, ..self }
    }

    /// Sets the number of attempts, for a service that fails before it succeeds.
    fn attempts(self, attempts: &'static str) -> Self {
        Self { attempts, ..self }
    }
}

/// The same command with limited address space. The command gets a single arena of malloc, because each further arena
/// reserves 64 MiB.
fn with_limited_memory(command: &Command) -> Command {
    prepared_by_shell(&format!("export MALLOC_ARENA_MAX=1; ulimit -v {MEMORY_LIMIT_KIB}"), command)
}

/// Runs a command for at most [`TIME_LIMIT`]. Returns its output, or `None` if the command does not end by itself.
fn run_bounded(mut command: Command) -> Option<Output> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = rustix::process::Pid::from_child(&child);
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    match ended.recv_timeout(TIME_LIMIT) {
        Ok(output) => Some(output),
        Err(_) => {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            None
        }
    }
}

/// Checks that a text contains each of the first `count` records of the log exactly once. Returns the problems.
fn missing_events(place: &str, text: &str, count: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let counts = (0..count).map(record).map(|record| lines.iter().filter(|line| **line == record).count());
    let counts: Vec<usize> = counts.collect();
    if counts.iter().all(|count| *count == 1) {
        return Vec::new();
    }
    vec![format!("{place}: expected each event once, found {counts:?} times")]
}

/// Checks the exit code, the output and the files of a command that ended. Returns the problems.
fn check_output(output: &Output, codes: [Option<i32>; 2], folder: &Path) -> Vec<String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let mut wrong = Vec::new();
    if output.status.code().is_none() || !codes.contains(&output.status.code()) {
        let start: String = stderr.chars().take(600).collect();
        wrong.push(format!("{}, expected one of {codes:?}: {start}", output.status));
    }
    if str::from_utf8(&output.stderr).is_err() || stderr.contains("panicked") {
        wrong.push(format!("stderr: {stderr:?}"));
    }
    if let Some(found) = stderr.chars().find(|char| is_unsafe_for_terminal(*char) && *char != '\n') {
        wrong.push(format!("stderr contains {found:?}: {stderr:?}"));
    }
    let outputs = [("stdout".to_owned(), output.stdout.clone()), ("stderr".to_owned(), output.stderr.clone())];
    for (name, bytes) in outputs.into_iter().chain(files_below(folder)) {
        if String::from_utf8_lossy(&bytes).contains(TOKEN) {
            wrong.push(format!("{name} contains the token"));
        }
    }
    wrong
}

/// Runs a command against a service of its own. Returns the problems.
fn attack(case: &ServiceCase, arguments: &[&str]) -> Vec<String> {
    let url = serve(case.service.clone());
    let folder = scratch_folder();
    let end = (log_start() + TimeDelta::seconds(case.seconds as i64)).to_rfc3339();
    let mut command = match case.is_heavy {
        true => with_limited_memory(&ialog(folder.path(), arguments)),
        false => ialog(folder.path(), arguments),
    };
    command
        .args(["--contract", case.contract, "--attempts", case.attempts, "--timeout", case.timeout])
        .args(["--from", LOG_START, "--to", &end])
        .env("IONOS_API_URL", &url)
        .env("IONOS_TOKEN", TOKEN);
    let context = format!("{}: {}", case.name, arguments.join(" "));
    let Some(output) = run_bounded(command) else {
        return vec![format!("{context} does not end")];
    };
    let expected = match case.events {
        ExpectedEvents::Any => None,
        ExpectedEvents::All => Some(case.seconds.min(LOG_EVENTS)),
    };
    let mut wrong = check_output(&output, [Some(case.code), case.other_code], folder.path());
    wrong.extend(match (arguments[0], expected) {
        ("query", Some(count)) => missing_events("stdout", &String::from_utf8_lossy(&output.stdout), count),
        ("query", None) => Vec::new(),
        _ if arguments.contains(&"audit") => check_archive(folder.path(), expected),
        // If events are missing, an export to a file fails. The failed export keeps its partial file for the next run,
        // and writes no final file.
        _ => check_file(folder.path(), expected.filter(|_| case.code == 0)),
    });
    wrong.into_iter().map(|text| format!("{context}: {text}")).collect()
}

/// Checks that `new.ndjson`, if it exists, has only whole lines. If `expected` is set, the file must exist and have the
/// first `expected` events of the log. Returns the problems.
fn check_file(folder: &Path, expected: Option<usize>) -> Vec<String> {
    let text = match fs::read_to_string(folder.join("new.ndjson")) {
        Ok(text) => text,
        Err(error) => return expected.map(|_| format!("new.ndjson: {error}")).into_iter().collect(),
    };
    let is_json = |line: &str| serde_json::from_str::<&RawValue>(line).is_ok();
    let mut wrong = Vec::new();
    if !text.lines().all(is_json) || !(text.is_empty() || text.ends_with('\n')) {
        wrong.push("new.ndjson has a line that is not whole".to_owned());
    }
    wrong.extend(expected.map(|count| missing_events("new.ndjson", &text, count)).unwrap_or_default());
    wrong
}

/// Checks that the archive, if it exists, matches its manifests. If `expected` is set, the archive must exist and have
/// the first `expected` events of the log. Returns the problems.
fn check_archive(folder: &Path, expected: Option<usize>) -> Vec<String> {
    let archive = Archive::new(folder.join("audit"));
    if archive.contracts().unwrap_or_default().is_empty() {
        return expected.map(|_| "there is no archive".to_owned()).into_iter().collect();
    }
    let report = verify_archive(&archive, None).unwrap();
    if !report.is_intact() {
        return vec![format!("the archive is damaged: {:?}", report.findings)];
    }
    let Some(count) = expected else { return Vec::new() };
    let read = ArchiveReader::open(&archive, None, None).unwrap();
    let lines: Vec<String> = read.map(|event| event.unwrap().event.raw().to_owned()).collect();
    missing_events("the archive", &lines.join("\n"), count)
}

/// Returns the heavy cases of all modules if `heavy` is set, and all other cases otherwise. A heavy case needs much
/// memory or time. The modules whose cases take longest come first.
fn cases(heavy: bool) -> Vec<ServiceCase> {
    let groups = [pages::cases(), protocol::cases(), bodies::cases(), statuses::cases(), contracts::cases()];
    groups.into_iter().flatten().filter(|case| case.is_heavy == heavy).collect()
}

/// Runs the commands of the cases on several threads. Fails with a list of all problems.
fn attack_all(cases: &[ServiceCase], commands: &[&'static [&'static str]], threads: usize) {
    let jobs = cases.iter().flat_map(|case| commands.iter().map(move |arguments| (case, *arguments)));
    let (queue, wrong) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((case, arguments)) = { queue.lock().unwrap().next() } {
                    let found = attack(case, arguments);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_ends_correctly_whatever_a_service_answers() {
    let cases = cases(false);
    assert!(cases.len() >= 130, "only {} cases", cases.len());
    attack_all(&cases, &COMMANDS, THREADS);
}

#[test]
fn no_service_makes_an_export_exceed_its_memory_limit() {
    let cases = cases(true);
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    attack_all(&cases, &COMMANDS[2..], HEAVY_THREADS);
}
