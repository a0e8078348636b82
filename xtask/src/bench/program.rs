//! Runs a program of `workspace-benches`, built with optimisation, and reads the result that it prints as JSON.

use std::path::Path;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::cargo;

/// Runs a measuring program to its end. Returns its result, a struct of `workspace-bench-results`.
pub(crate) fn run<T: DeserializeOwned>(root: &Path, program: &str) -> Result<T> {
    run_with(root, program, &[])
}

/// Like [`run`], but with arguments for the program.
pub(crate) fn run_with<T: DeserializeOwned>(root: &Path, program: &str, arguments: &[&str]) -> Result<T> {
    let package = ["run", "--quiet", "--release", "--package", "workspace-benches"];
    let args = [&package[..], &["--bin", program, "--"], arguments].concat();
    let printed = cargo::output(root, &args)?;
    serde_json::from_str(&printed).with_context(|| format!("{program} did not print its result"))
}

/// The median of an odd number of values; NaN if there are none.
pub(super) fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
