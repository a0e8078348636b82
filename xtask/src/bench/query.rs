//! Measures the speed of `ialog query` on an archive of a million events. `ialog export` creates the archive from a
//! simulator.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::program::middle;
use super::table::BenchRow;
use crate::cargo;
use crate::simulator_process::SimulatorProcess;

/// Minimum number of events per second to which a query applies its filter.
const MIN_EVENTS_PER_SECOND: f64 = 500_000.0;

/// Average number of events per day of the simulated log.
const EVENTS_PER_DAY: &str = "5000";
const NOW: &str = "2026-11-20T12:00:00Z";
const FROM: &str = "2026-05-01";
const TO: &str = "2026-11-17";

/// Number of runs of each query. The result is the median of their speeds.
const ROUNDS: usize = 5;

pub(super) fn measure(root: &Path) -> Result<Vec<BenchRow>> {
    let program = cargo::build_release(root, "ialog")?;
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("archive");
    let archive = archive.to_str().context("the path of the archive is not UTF-8")?;
    {
        let flags = ["--events-per-day", EVENTS_PER_DAY, "--now", NOW];
        let simulator = SimulatorProcess::start(Command::new(&program), &flags)?;
        let export = ["export", "--from", FROM, "--to", TO, "--out", archive];
        let output = Command::new(&program)
            .args(export)
            .env("IONOS_API_URL", &simulator.url)
            .env("IONOS_TOKEN", &simulator.token)
            .output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the export failed: {stderr}");
    }
    let count = ["--count", "--no-fold", "user=ci@example.com"];
    let count_of_operations = ["--count", "user=ci@example.com"];
    let table = ["--failed", "--mutations", "--limit", "20"];
    let (events, speed) = run_query(&program, archive, &count)?;
    let name = format!("query --count --no-fold user=... of {events} archived events");
    let mut rows = vec![BenchRow::at_least(name, speed, "events/s", MIN_EVENTS_PER_SECOND).with_decimals(0)];
    // These queries also read the operation id of each event. Their speed is shown, but it has no limit.
    for (name, query) in [
        ("query --count user=..., operations", &count_of_operations[..]),
        ("query --failed --mutations, a table of operations", &table),
    ] {
        let (_, speed) = run_query(&program, archive, query)?;
        rows.push(BenchRow::unlimited(name, speed, "events/s").with_decimals(0));
    }
    Ok(rows)
}

/// Runs a query several times. Returns the number of events to which the query applied its filter, and the median speed
/// in events per second.
fn run_query(program: &Path, archive: &str, query: &[&str]) -> Result<(u64, f64)> {
    let mut events = 0;
    let mut speeds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let output = Command::new(program).args(["query", "--archive", archive]).args(query).output()?;
        let seconds = start.elapsed().as_secs_f64();
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the query failed: {stderr}");
        events = filtered_events(&stderr).with_context(|| format!("no number of events in {stderr:?}"))?;
        speeds.push(events as f64 / seconds);
    }
    Ok((events, middle(speeds)))
}

/// The number of events to which the filter was applied. In "160460 of 1007438 events match" and in "46389 of 311399
/// operations match (160460 of 1007438 events)", this number is 1007438.
fn filtered_events(stderr: &str) -> Option<u64> {
    let words: Vec<&str> = stderr.split_whitespace().collect();
    words.windows(3).find_map(|words| match words {
        ["of", number, events] if events.starts_with("events") => number.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_filtered_events_is_read_from_the_summary() {
        for (stderr, events) in [
            ("all times, archive a\n1 of 23 events match\n", Some(23)),
            ("5 of 23 events match, folded into 4 operations, showing 2 of 4\n", Some(23)),
            ("all times, archive a\n2 of 4 operations match (5 of 23 events)\n", Some(23)),
            ("23 events\n", None),
        ] {
            assert_eq!(filtered_events(stderr), events, "{stderr}");
        }
    }
}
