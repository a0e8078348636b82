//! The programs that measure are built optimised, run once, and print what they measured as one JSON object.

use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::cargo;

/// What a program of `workspace-benches` prints.
pub(crate) fn measured<T: DeserializeOwned>(root: &Path, program: &str) -> Result<T> {
    let package = ["run", "--quiet", "--release", "--package", "workspace-benches"];
    let args = [&package[..], &["--bin", program]].concat();
    let printed = cargo::output(root, &args)?;
    serde_json::from_str(&printed).with_context(|| format!("{program} printed something else"))
}
