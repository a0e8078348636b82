//! The whole log into an archive, by a process that is killed ten times on its way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::{Client, ContractNumber, DateRange};
use ionos_activitylog_archive::{Archive, ArchiveReader, Exporter, Step, Steps, verify_archive};
use ionos_activitylog_sim::DEFAULT_TOKEN;
use workspace_benches::{SERVE, Server, Stopwatch, peak_mebibytes, threads};

use crate::digest::SetDigest;
use crate::world;

/// With this the program exports, and kills itself.
pub(crate) const EXPORT: &str = "export";

/// How often it is killed.
const KILLS: u64 = 10;

/// Days of the log that are exported twice: more than a million events.
const TWICE: i64 = 10;

/// What an export says of itself.
pub(crate) struct Archived {
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    pub(crate) peak_mebibytes: f64,
    pub(crate) again: u64,
}

/// Exports everything, killed and begun again; compares what is archived with the log; exports a part of it once more, as
/// of a month later, and compares the files.
pub(crate) fn keep(truth: SetDigest) -> Result<Archived> {
    let server = Server::start(&[])?;
    let folder = tempfile::tempdir()?;
    let stopwatch = Stopwatch::start();
    let mut peak = 0.0_f64;
    for kill in 1..=KILLS {
        // Each at another step, which is another kind of step too.
        let survives = exporting(server.address(), folder.path(), Some(200 + 13 * kill))?;
        peak = peak.max(survives.0);
        ensure!(!survives.1, "the export ended before it was killed {kill} times");
    }
    let (last, ended) = exporting(server.address(), folder.path(), None)?;
    ensure!(ended, "the export did not end");
    let seconds = stopwatch.spent().wall.as_secs_f64();
    let archive = Archive::at(folder.path());
    let report = verify_archive(&archive, None)?;
    ensure!(report.findings.is_empty(), "{:?}", report.findings.first());
    ensure!(found(&archive)? == truth, "the archive holds other events");
    let again = again(server.address())?;
    Ok(Archived { events: truth.records, seconds, peak_mebibytes: peak.max(last), again })
}

/// Runs an export as a process: its peak in MiB, and whether it came to its end.
fn exporting(address: &str, root: &Path, steps: Option<u64>) -> Result<(f64, bool)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([SERVE, EXPORT, address]).arg(root);
    command.args(steps.map(|steps| steps.to_string()));
    let output = command.stderr(Stdio::inherit()).output()?;
    let printed = String::from_utf8(output.stdout)?;
    let peak = printed.trim().parse().context("no peak")?;
    if steps.is_none() && !output.status.success() {
        bail!("the export failed");
    }
    Ok((peak, output.status.success()))
}

/// The process that exports, and is gone after so many steps.
pub(crate) fn export(arguments: &[String]) -> Result<()> {
    let [address, root, steps @ ..] = arguments else {
        bail!("no address and no folder");
    };
    let limit: Option<u64> = steps.first().map(|steps| steps.parse()).transpose()?;
    let passed = AtomicU64::new(0);
    let steps = Steps::new(move |_: Step| {
        if Some(passed.fetch_add(1, Ordering::Relaxed) + 1) == limit {
            tell_peak();
            std::process::abort();
        }
    });
    let range = DateRange::new(world::start(), world::end())?;
    into(address, Path::new(root), range, world::end(), steps)?;
    tell_peak();
    Ok(())
}

fn tell_peak() {
    println!("{}", peak_mebibytes(std::process::id()).unwrap_or_default());
}

/// Exports a range as if it was a day after a time.
fn into(address: &str, root: &Path, range: DateRange, now: DateTime<Utc>, steps: Steps) -> Result<()> {
    let client = Client::builder().base_url(format!("http://{address}")).token(DEFAULT_TOKEN);
    let client = threads::lend(client).build()?;
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::at(now + TimeDelta::days(1)));
    let exporter = Exporter::new(client, Archive::at(root)).clock(clock).steps(steps);
    let contract = ContractNumber::from(world::contract());
    let runtime = threads::shared()?;
    let done = runtime.block_on(exporter.run(&[contract], range, std::future::pending()));
    for (_, done) in done {
        let gaps = done?.gaps;
        ensure!(gaps.is_empty(), "{gaps:?}");
    }
    Ok(())
}

fn found(archive: &Archive) -> Result<SetDigest> {
    let mut found = SetDigest::default();
    for archived in ArchiveReader::open(archive, None, None)? {
        found.add(archived?.event.raw());
    }
    Ok(found)
}

/// Two archives of the same days, one made a month later: how many events they have, if they are the same.
fn again(address: &str) -> Result<u64> {
    let range = DateRange::new(world::start(), world::start() + TimeDelta::days(TWICE))?;
    let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    into(address, one.path(), range, world::end(), Steps::default())?;
    let later = world::end() + TimeDelta::days(30);
    into(address, other.path(), range, later, Steps::default())?;
    let (ones, others) = (files(one.path())?, files(other.path())?);
    ensure!(ones == others, "the two archives have other files");
    for file in &ones {
        ensure!(fs::read(one.path().join(file))? == fs::read(other.path().join(file))?, "{} differs", file.display());
    }
    Ok(verify_archive(&Archive::at(other.path()), None)?.events)
}

/// The files of an archive, but for what is about the runs.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
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
