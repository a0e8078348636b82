//! Exports the whole log to an archive, with eleven processes that run one after another. Each of the first ten
//! processes aborts in the middle of the export, and the process after it resumes the export. The eleventh process
//! completes the export.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::internal::{FailPoint, FailPoints};
use ionos_activitylog_archive::{Archive, ArchiveReader, Exporter, verify_archive};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use workspace_benches::measure::{Stopwatch, peak_mebibytes};
use workspace_benches::runtimes;
use workspace_benches::server::SERVE;

use crate::digest::SetDigest;
use crate::log;

/// Second argument of a process that exports.
pub(crate) const EXPORT: &str = "export";

/// Number of times that the export is killed.
const KILLS: u64 = 10;

/// Length in days of the range that is exported twice. The range has more than a million events.
const REPEATED_DAYS: i64 = 10;

/// An export of all events that was killed and resumed.
pub(crate) struct KilledExport {
    /// Wall-clock time of all its processes in seconds.
    pub(crate) seconds: f64,
    /// Highest peak memory of its processes in MiB; 0 if the system does not report it.
    pub(crate) peak_mebibytes: f64,
}

/// The result of an exporting process.
struct ExportExit {
    peak_mebibytes: f64,
    is_complete: bool,
}

/// Exports all events with several processes. All but the last are killed, and each later process resumes the export.
/// Fails unless the archive is intact and holds exactly the records of `expected`.
pub(crate) fn run(address: &str, expected: SetDigest) -> Result<KilledExport> {
    let folder = tempfile::tempdir()?;
    let stopwatch = Stopwatch::start();
    let mut peak = 0.0_f64;
    for kill in 1..=KILLS {
        // The step number differs from kill to kill, so that the kills hit different kinds of fail points.
        let exit = run_process(address, folder.path(), Some(200 + 13 * kill))?;
        peak = peak.max(exit.peak_mebibytes);
        ensure!(!exit.is_complete, "the export was complete before it was killed {kill} times");
    }
    let exit = run_process(address, folder.path(), None)?;
    ensure!(exit.is_complete, "the export did not end");
    let seconds = stopwatch.elapsed().wall.as_secs_f64();
    let archive = Archive::new(folder.path());
    let report = verify_archive(&archive, None)?;
    ensure!(report.findings.is_empty(), "{:?}", report.findings.first());
    ensure!(digest(&archive)? == expected, "the archive does not hold the events of the log");
    Ok(KilledExport { seconds, peak_mebibytes: peak.max(exit.peak_mebibytes) })
}

/// Exports the same days to two archives, with the clock at 1 day and at 31 days after the end of the log. Fails unless
/// both archives have the same files with the same content. Returns the number of events of one archive.
pub(crate) fn compare_repeated(address: &str) -> Result<u64> {
    let range = DateRange::new(log::start(), log::start() + TimeDelta::days(REPEATED_DAYS))?;
    let (first, second) = (tempfile::tempdir()?, tempfile::tempdir()?);
    export_range(address, first.path(), range, log::end(), FailPoints::default())?;
    export_range(address, second.path(), range, log::end() + TimeDelta::days(30), FailPoints::default())?;
    let files = archive_files(first.path())?;
    ensure!(files == archive_files(second.path())?, "the two archives have different files");
    for file in &files {
        ensure!(
            fs::read(first.path().join(file))? == fs::read(second.path().join(file))?,
            "{} differs",
            file.display()
        );
    }
    Ok(verify_archive(&Archive::new(second.path()), None)?.events)
}

/// Runs an export in a process of its own. If `last_step` is a number, the process kills itself at the fail point with
/// this number, counted from 1; otherwise the process runs to its end.
fn run_process(address: &str, folder: &Path, last_step: Option<u64>) -> Result<ExportExit> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([SERVE, EXPORT, address]).arg(folder);
    command.args(last_step.map(|step| step.to_string()));
    let output = command.stderr(Stdio::inherit()).output()?;
    let printed = String::from_utf8(output.stdout)?;
    let peak_mebibytes = printed.trim().parse().context("the export printed no peak memory")?;
    if last_step.is_none() && !output.status.success() {
        bail!("the export failed");
    }
    Ok(ExportExit { peak_mebibytes, is_complete: output.status.success() })
}

/// Main function of the exporting process. Arguments: address, folder and, optionally, the step at which the process
/// kills itself.
pub(crate) fn export(arguments: &[String]) -> Result<()> {
    let [address, folder, last_step @ ..] = arguments else {
        bail!("usage: {SERVE} {EXPORT} ADDRESS FOLDER [LAST_STEP]");
    };
    let last_step: Option<u64> = last_step.first().map(|step| step.parse()).transpose()?;
    let passed = AtomicU64::new(0);
    let steps = FailPoints::new(move |_: FailPoint| {
        if Some(passed.fetch_add(1, Ordering::Relaxed) + 1) == last_step {
            print_peak();
            std::process::abort();
        }
    });
    let range = DateRange::new(log::start(), log::end())?;
    export_range(address, Path::new(folder), range, log::end(), steps)?;
    print_peak();
    Ok(())
}

fn print_peak() {
    println!("{}", peak_mebibytes(std::process::id()).unwrap_or_default());
}

/// Exports a range, with the clock at one day after `time`.
fn export_range(address: &str, folder: &Path, range: DateRange, time: DateTime<Utc>, steps: FailPoints) -> Result<()> {
    let client = Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN);
    let client = runtimes::lend_threads(client).build()?;
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::starting_at(time + TimeDelta::days(1)));
    let exporter = Exporter::new(client, Archive::new(folder)).clock(clock).fail_points(steps);
    let contract = ContractNumber::from(log::contract());
    let runtime = runtimes::multi_threaded()?;
    for (_, export) in runtime.block_on(exporter.run(&[contract], range, std::future::pending())) {
        let gaps = export?.gaps;
        ensure!(gaps.is_empty(), "{gaps:?}");
    }
    Ok(())
}

fn digest(archive: &Archive) -> Result<SetDigest> {
    let mut digest = SetDigest::default();
    for event in ArchiveReader::open(archive, None, None)? {
        digest.add(event?.event.raw());
    }
    Ok(digest)
}

/// The sorted files of an archive, without `_state*` files and the run log, which differ from run to run.
pub(crate) fn archive_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if !name.starts_with("_state") && !name.starts_with("_runs") {
                files.push(entry.path().strip_prefix(root)?.to_path_buf());
            }
        }
    }
    files.sort();
    Ok(files)
}
