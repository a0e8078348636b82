//! `cargo xtask bench`: runs the programs of `workspace-benches` and compares their results with limits. Absolute times
//! depend on the machine, so most limits apply to a ratio of two values of the same run, or to a count.

mod archive;
mod cold_build;
mod crates;
mod facade;
pub(crate) mod program;
mod query;
mod reading;
mod sim;
pub(crate) mod table;

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;

use table::BenchRow;

/// A group of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BenchSuite {
    /// Overhead of the library, number of its dependencies and, with --cold, its build time
    Facade,
    /// Simulator with ten million events: time per page, throughput over loopback, memory
    Sim,
    /// Verified reading, compared with copying the same bytes and with a simple loop that requests page after page
    Reading,
    /// Exports to an archive, compared with copying the same bytes, and their verification
    Archive,
    /// Queries of the command line on an archive of a million events
    Query,
}

/// Measures, prints a table, and fails if a limit is missed. If `suites` is empty, all suites are measured. `cold` adds
/// a build from scratch, which takes minutes.
pub fn run(root: &Path, suites: &[BenchSuite], cold: bool) -> Result<()> {
    let suites = match suites {
        [] => BenchSuite::value_variants(),
        _ => suites,
    };
    let mut rows = Vec::new();
    for suite in suites {
        rows.extend(match suite {
            BenchSuite::Facade => facade_rows(root, cold)?,
            BenchSuite::Sim => sim::measure(root)?,
            BenchSuite::Reading => reading::measure(root)?,
            BenchSuite::Archive => archive::measure(root)?,
            BenchSuite::Query => query::measure(root)?,
        });
    }
    print_and_check(&rows)
}

/// Prints a table, and fails if a limit is missed.
pub(crate) fn print_and_check(rows: &[BenchRow]) -> Result<()> {
    print!("{}", table::render(rows));
    let missed = rows.iter().filter(|row| row.is_missed()).count();
    if missed > 0 {
        bail!("{missed} limits missed; see the rows marked MISSED above");
    }
    Ok(())
}

fn facade_rows(root: &Path, cold: bool) -> Result<Vec<BenchRow>> {
    let mut rows = facade::measure(root)?;
    rows.extend(crates::count(root)?);
    if cold {
        rows.push(cold_build::measure(root)?);
    }
    Ok(rows)
}
