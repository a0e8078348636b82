//! `cargo xtask spec`: compares a file with the current API description, imports a file and records its origin, or
//! prints the API description with overlays other than those of code generation.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::description::overlay::OverlayFile;
use crate::description::provenance::{Provenance, sha256_hex, with_values};
use crate::description::{Description, changes, parse};
use crate::workspace::{PROVENANCE, VENDOR};

/// Prints the differences between a file and the current description, member by member.
pub fn diff(root: &Path, file: &Path) -> Result<()> {
    let ours = parse(&read(&root.join(VENDOR))?).with_context(|| format!("in {VENDOR}"))?;
    let theirs = parse(&read(file)?).with_context(|| format!("in {}", file.display()))?;
    let changes = changes::compare(&ours, &theirs);
    for change in &changes {
        println!("{change}");
    }
    println!("{} differences from {VENDOR}", changes.len());
    Ok(())
}

/// Replaces the current description by the vendor's file, byte for byte, and records its origin.
pub fn import(root: &Path, file: &Path, source: &str, date: &str) -> Result<()> {
    let bytes = read(file)?;
    let document = parse(&bytes).with_context(|| format!("in {}", file.display()))?;
    let openapi = document["openapi"].as_str().unwrap_or_default();
    if !openapi.starts_with("3.0.") {
        bail!("{} has openapi {openapi:?}; the generator supports only 3.0", file.display());
    }
    let version = document["info"]["version"].as_str().unwrap_or_default();
    let record = fs::read_to_string(root.join(PROVENANCE))?;
    let mut record: toml_edit::DocumentMut = with_values(
        &record,
        &[("kind", "vendor"), ("info_version", version), ("date", date), ("sha256", &sha256_hex(&bytes))],
    )?
    .parse()?;
    let mut origin = toml_edit::Table::new();
    origin["name"] = toml_edit::value("The vendor's own file");
    origin["url"] = toml_edit::value(source);
    let mut sources = toml_edit::ArrayOfTables::new();
    sources.push(origin);
    record["source"] = toml_edit::Item::ArrayOfTables(sources);
    // These tables say how certain the statements of a transcribed API description are, so they do not apply to the
    // vendor's own file.
    for rating in ["certain", "likely", "uncertain"] {
        record.remove(rating);
    }
    let record = record.to_string();
    Provenance::check(&record, &bytes, &document)?;
    fs::write(root.join(VENDOR), &bytes)?;
    fs::write(root.join(PROVENANCE), record)?;
    println!("imported {VENDOR}; run `cargo xtask codegen` next");
    Ok(())
}

/// The current description as JSON. Only the given overlays are applied, in their order; the overlays of code
/// generation are not applied.
pub fn apply_overlays(root: &Path, overlays: &[PathBuf]) -> Result<String> {
    let mut document = Description::read(root)?.document;
    for path in overlays {
        OverlayFile::read(path)?.apply(&mut document)?;
    }
    Ok(format!("{document:#}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
