//! How long the first build takes for somebody who adds the library to a program: everything from nothing, optimised.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::table::Row;
use crate::cargo;

/// Builds into a folder of its own, which is removed afterwards. What cargo has downloaded stays.
pub(super) fn measure(root: &Path) -> Result<Row> {
    // A download is no part of the build.
    cargo::run(root, &["fetch", "--quiet"], &[])?;
    let folder = tempfile::tempdir()?;
    let target = folder.path().to_str().context("the temporary folder has a name that is not UTF-8")?;
    let package = ["build", "--quiet", "--release", "--package", "ionos-activitylog"];
    let begin = Instant::now();
    cargo::run(root, &[&package[..], &["--target-dir", target]].concat(), &[])?;
    Ok(Row::told("cold release build of the facade", begin.elapsed().as_secs_f64(), "s"))
}
