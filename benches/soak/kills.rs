//! Kills exports at random fail points, a hundred times for each kind of export, and resumes them until they end. The
//! files must be those of an undisturbed export, byte for byte. The seed decides all points, so a failure can be
//! repeated.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{Client, ContractNumber, DateRange, PageSize};
use ionos_activitylog_archive::internal::{FailPoint, FailPoints};
use ionos_activitylog_archive::{Archive, Error, ExportSpec, Exporter, FileExport, FileTarget, verify_archive};
use ionos_activitylog_sim::{Behavior, DEFAULT_TOKEN, DeepOffset, LOG_BEGIN, Simulator};
use workspace_bench_results::KilledExports;
use workspace_benches::measure::Stopwatch;
use workspace_benches::runtimes;
use workspace_benches::server::{SERVE, Server, serve_simulator};

/// Second argument of a process that exports and may kill itself.
pub(crate) const KILLED: &str = "killed";

/// Second argument of a server process. The third argument is the time of the service in days after the start of the
/// log.
pub(crate) const KILLS_LOG: &str = "kills-log";

/// Number of times that each kind of export is killed.
const KILLS: u64 = 100;

/// Length of the log in days.
const DAYS: i64 = 4;

/// Time of the service at which all late events have appeared, in days after the start of the log.
const COMPLETE_DAYS: i64 = 10;

/// Name of the service in archives and files. It is fixed, because the port of the server differs from run to run.
const API: &str = "soak";

/// Name of the file of an export to a single file.
const FILE: &str = "log.ndjson.zst";

/// The kinds of exports that this benchmark kills and resumes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum KillKind {
    Archive,
    /// A recount that adds late events to an archive.
    Recount,
    File,
}

impl KillKind {
    const ALL: [Self; 3] = [Self::Archive, Self::Recount, Self::File];

    fn as_str(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Recount => "recount",
            Self::File => "file",
        }
    }
}

/// Pseudorandom numbers (SplitMix64).
struct RandomNumbers(u64);

impl RandomNumbers {
    /// A number from 1 to `max`.
    fn up_to(&mut self, max: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        1 + (mixed ^ (mixed >> 31)) % max.max(1)
    }
}

/// Kills and resumes exports of each kind. Fails if the files of an export differ from those of an undisturbed export
/// of the same kind.
pub(crate) fn run(seed: u64) -> Result<Vec<KilledExports>> {
    let early = Server::start(&[KILLS_LOG, &DAYS.to_string()])?;
    let late = Server::start(&[KILLS_LOG, &COMPLETE_DAYS.to_string()])?;
    // The archive from which each recount starts. The late events are not in it.
    let archived = tempfile::tempdir()?;
    let ended = run_process(KillKind::Archive, early.address(), archived.path(), None)?;
    ensure!(ended.is_some(), "the archive for recounts was not written");
    let mut results = Vec::new();
    for kind in KillKind::ALL {
        let begin = |folder: &Path| match kind {
            KillKind::Recount => copy(archived.path(), folder),
            KillKind::Archive | KillKind::File => Ok(()),
        };
        let failed = || format!("{} with seed {seed}", kind.as_str());
        results.push(kill_often(kind, late.address(), seed, begin).with_context(failed)?);
    }
    Ok(results)
}

fn kill_often(kind: KillKind, address: &str, seed: u64, begin: impl Fn(&Path) -> Result<()>) -> Result<KilledExports> {
    let undisturbed = tempfile::tempdir()?;
    begin(undisturbed.path())?;
    let before = read_files(undisturbed.path())?;
    let steps = run_process(kind, address, undisturbed.path(), None)?.context("the undisturbed export was killed")?;
    let expected = read_files(undisturbed.path())?;
    ensure!(
        steps > 10 && expected != before,
        "the undisturbed export changed no file or has too few steps: {steps}, at least 11 expected"
    );
    let (stopwatch, mut numbers) = (Stopwatch::start(), RandomNumbers(seed));
    let (mut kills, mut exports) = (0, 0);
    while kills < KILLS {
        let folder = tempfile::tempdir()?;
        begin(folder.path())?;
        let mut points = Vec::new();
        while kills < KILLS {
            let step = numbers.up_to(steps);
            points.push(step);
            if run_process(kind, address, folder.path(), Some(step))?.is_some() {
                break;
            }
            kills += 1;
        }
        ensure!(run_process(kind, address, folder.path(), None)?.is_some(), "the last export was killed");
        exports += 1;
        compare(&expected, &read_files(folder.path())?).with_context(|| format!("killed at the steps {points:?}"))?;
        if kind != KillKind::File {
            let report = verify_archive(&Archive::new(folder.path()), None)?;
            ensure!(report.is_intact(), "killed at the steps {points:?}: {:?}", report.findings.first());
        }
    }
    let files = expected.len() as u64;
    Ok(KilledExports { kind: kind.as_str().to_owned(), kills, exports, files, seconds: stopwatch.millis() / 1e3 })
}

/// Exports in a process of its own. If `last_step` is a number, the process kills itself at the fail point with this
/// number, counted from 1; otherwise the process runs to its end. Returns the number of fail points that the process
/// passed, or `None` if the process killed itself.
fn run_process(kind: KillKind, address: &str, folder: &Path, last_step: Option<u64>) -> Result<Option<u64>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([SERVE, KILLED, kind.as_str(), address]).arg(folder).args(last_step.map(|step| step.to_string()));
    let output = command.stderr(Stdio::inherit()).output()?;
    // A process that killed itself has no exit code.
    match (output.status.code(), last_step) {
        (Some(0), _) => Ok(Some(String::from_utf8(output.stdout)?.trim().parse()?)),
        (None, Some(_)) => Ok(None),
        _ => bail!("the export ended with {}", output.status),
    }
}

/// Main function of an exporting process. Arguments: kind, address, folder and, optionally, the number of the fail
/// point at which the process kills itself.
pub(crate) fn export(arguments: &[String]) -> Result<()> {
    let [kind, address, folder, last_step @ ..] = arguments else {
        bail!("usage: {SERVE} {KILLED} KIND ADDRESS FOLDER [LAST_STEP]");
    };
    let last_step: Option<u64> = last_step.first().map(|step| step.parse()).transpose()?;
    let passed = Arc::new(AtomicU64::new(0));
    let counted = passed.clone();
    let steps = FailPoints::new(move |_: FailPoint| {
        if Some(counted.fetch_add(1, Ordering::Relaxed) + 1) == last_step {
            std::process::abort();
        }
    });
    let client = Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN).build()?;
    let runtime = runtimes::single_threaded()?;
    let folder = Path::new(folder);
    match KillKind::ALL.into_iter().find(|one| one.as_str() == kind) {
        Some(KillKind::File) => runtime.block_on(export_file(client, folder, &steps))?,
        Some(kind) => runtime.block_on(export_archive(client, folder, kind == KillKind::Recount, steps))?,
        None => bail!("no kind {kind}"),
    }
    println!("{}", passed.load(Ordering::Relaxed));
    Ok(())
}

async fn export_archive(client: Client, folder: &Path, recount: bool, steps: FailPoints) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(time(COMPLETE_DAYS)));
    let exporter =
        Exporter::new(client, Archive::new(folder)).api(API).clock(clock).recount(recount).fail_points(steps);
    for (_, export) in exporter.run(&[contract()], range()?, std::future::pending()).await {
        let gaps = export?.gaps;
        ensure!(gaps.is_empty(), "{gaps:?}");
    }
    Ok(())
}

async fn export_file(client: Client, folder: &Path, steps: &FailPoints) -> Result<()> {
    let target = FileTarget::new(folder.join(FILE))?;
    let spec = ExportSpec::new(API, contract(), range()?, &target);
    let file = match FileExport::open_with_failpoints(&target, spec, false, steps) {
        // The killed export has already given the file its final name.
        Err(Error::AlreadyExists { .. }) => return Ok(()),
        opened => opened?,
    };
    // No range remains if the export was killed after its last window.
    let page_size = PageSize::new(5)?;
    let windows = stream::iter(file.remaining_range())
        .flat_map(|rest| client.events(contract(), rest).page_size(page_size).windows());
    file.write(windows, |_| ()).await?.commit()?;
    Ok(())
}

/// Serves the log in the server process. The argument is the time of the service in days after the start of the log.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let [days] = arguments else { bail!("usage: {SERVE} {KILLS_LOG} DAYS") };
    serve_simulator(simulator(days.parse()?)?, None)
}

/// A service whose log must be read in many small windows. One in ten events appears three days late.
fn simulator(days: i64) -> Result<Simulator> {
    let behavior = Behavior {
        max_limit: 5,
        window_cap: 40,
        deep_offset: DeepOffset::Refuse,
        late_events: "10%:72h".parse()?,
        ..Behavior::default()
    };
    Ok(Simulator::builder().events_per_day(200).behavior(behavior).clock(move || time(days)).build())
}

fn time(days: i64) -> DateTime<Utc> {
    LOG_BEGIN + TimeDelta::days(days)
}

fn range() -> Result<DateRange> {
    Ok(DateRange::new(LOG_BEGIN, time(DAYS))?)
}

fn contract() -> ContractNumber {
    ContractNumber::from(crate::log::contract())
}

/// The files below a folder, without the states and the run log, which differ from run to run.
fn read_files(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for path in crate::killed_export::archive_files(root)? {
        let bytes = fs::read(root.join(&path))?;
        files.insert(path, bytes);
    }
    Ok(files)
}

/// Fails with the first file that is missing, different or additional.
fn compare(expected: &BTreeMap<PathBuf, Vec<u8>>, actual: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    for path in expected.keys().chain(actual.keys()) {
        ensure!(expected.get(path) == actual.get(path), "{} is missing, different or additional", path.display());
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
