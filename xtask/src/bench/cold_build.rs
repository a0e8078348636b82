//! Measures the time of a release build of the facade and all its dependencies from scratch.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::table::BenchRow;
use crate::cargo;

/// Builds in a temporary folder. Cargo downloads the dependencies before the measurement.
pub(super) fn measure(root: &Path) -> Result<BenchRow> {
    cargo::run(root, &["fetch", "--quiet"], &[])?;
    let folder = tempfile::tempdir()?;
    let target = folder.path().to_str().context("the path of the temporary folder is not UTF-8")?;
    let package = ["build", "--quiet", "--release", "--package", "ionos-activitylog"];
    let start = Instant::now();
    cargo::run(root, &[&package[..], &["--target-dir", target]].concat(), &[])?;
    Ok(BenchRow::unlimited("cold release build of the facade", start.elapsed().as_secs_f64(), "s"))
}
