//! How fast the command line finds something in an archive of a million events: as people do it, with the program itself,
//! on an archive that it made of a simulated log.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::table::Row;
use crate::cargo;
use crate::serving::Serving;

/// The least that is filtered, in events a second.
const EVENTS_A_SECOND: f64 = 500_000.0;

/// Of the log: a contract as busy as few are.
const EVENTS_A_DAY: &str = "5000";
const NOW: &str = "2026-11-20T12:00:00Z";
const FROM: &str = "2026-05-01";
const TO: &str = "2026-11-17";

/// How often each question is asked; the middle one counts.
const ROUNDS: usize = 5;

pub(super) fn measure(root: &Path) -> Result<Vec<Row>> {
    let program = cargo::built(root, "ialog")?;
    let folder = tempfile::tempdir()?;
    let archive = folder.path().join("archive");
    let archive = archive.to_str().context("a path that is not UTF-8")?;
    {
        let flags = ["--events-per-day", EVENTS_A_DAY, "--now", NOW];
        let simulator = Serving::start(Command::new(&program), &flags)?;
        let export = ["export", "--from", FROM, "--to", TO, "--out", archive];
        let exported = Command::new(&program)
            .args(export)
            .env("IONOS_API_URL", &simulator.url)
            .env("IONOS_TOKEN", &simulator.token)
            .output()?;
        let said = String::from_utf8_lossy(&exported.stderr);
        ensure!(exported.status.success(), "the export failed: {said}");
    }
    let found = ["--count", "user=ci@example.com"];
    let shown = ["--failed", "--mutations", "--limit", "20"];
    let (events, counted) = asked(&program, archive, &found)?;
    let (_, tabled) = asked(&program, archive, &shown)?;
    Ok(vec![
        Row::at_least(
            format!("query --count user=... of {events} archived events"),
            counted,
            "events/s",
            EVENTS_A_SECOND,
        )
        .whole(),
        Row::told("query --failed --mutations, a table", tabled, "events/s").whole(),
    ])
}

/// How many events are looked at, and how many of them a second.
fn asked(program: &Path, archive: &str, question: &[&str]) -> Result<(u64, f64)> {
    let mut events = 0;
    let mut speeds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let answer = Command::new(program).args(["query", "--archive", archive]).args(question).output()?;
        let seconds = begun.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&answer.stderr);
        ensure!(answer.status.success(), "the query failed: {said}");
        events = seen(&said).with_context(|| format!("no number of events in {said:?}"))?;
        speeds.push(events as f64 / seconds);
    }
    speeds.sort_by(f64::total_cmp);
    Ok((events, speeds.get(ROUNDS / 2).copied().unwrap_or(f64::NAN)))
}

/// The number of events in "160460 of 1007438 events match".
fn seen(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains(" events match"))?;
    line.split(' ').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_events_is_what_the_filter_looked_at() {
        for (said, events) in [
            ("all times, archive a\n1 of 23 events match\n", Some(23)),
            ("5 of 23 events match, folded into 4 operations, showing 2 of 4\n", Some(23)),
            ("23 events\n", None),
        ] {
            assert_eq!(seen(said), events, "{said}");
        }
    }
}
