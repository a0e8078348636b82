//! `cargo xtask bench`: "fast" and "light" are claims that rot unless they are measured. Absolute times say more about
//! the machine than about the code, so what has a limit is a ratio within one run, or a count.
//!
//! The programs that measure are the package `workspace-benches`: this one stays quick to build.

mod archive;
mod cold_build;
mod crates;
mod facade;
pub(crate) mod program;
mod query;
mod reading;
mod simulator;
pub(crate) mod table;

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;

use table::Row;

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// The library: its own share of the work, how many crates it brings along, how long it takes to build
    Facade,
    /// The simulator: the time for a page of ten million events, bytes a second over loopback, memory
    Sim,
    /// Reading completely: compared with the least that any program does, and with the loop that most would write
    Reading,
    /// The archive: what it costs, compared with the least that any program does, and how fast it is verified
    Archive,
    /// The command line: how fast it finds something in an archive of a million events
    Query,
}

/// Measures, prints a table, and fails when a limit is missed. No suite means all of them. `cold` adds what takes
/// minutes.
pub fn run(root: &Path, suites: &[Suite], cold: bool) -> Result<()> {
    let suites = match suites {
        [] => Suite::value_variants(),
        _ => suites,
    };
    let mut rows = Vec::new();
    for suite in suites {
        rows.extend(match suite {
            Suite::Facade => facade_rows(root, cold)?,
            Suite::Sim => simulator::measure(root)?,
            Suite::Reading => reading::measure(root)?,
            Suite::Archive => archive::measure(root)?,
            Suite::Query => query::measure(root)?,
        });
    }
    judge(&rows)
}

/// Prints a table, and fails when a limit is missed.
pub(crate) fn judge(rows: &[Row]) -> Result<()> {
    print!("{}", table::render(rows));
    let missed = rows.iter().filter(|row| row.missed()).count();
    if missed > 0 {
        bail!("limits missed: {missed}");
    }
    Ok(())
}

fn facade_rows(root: &Path, cold: bool) -> Result<Vec<Row>> {
    let mut rows = facade::measure(root)?;
    rows.extend(crates::count(root)?);
    if cold {
        rows.push(cold_build::measure(root)?);
    }
    Ok(rows)
}
