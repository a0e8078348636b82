//! Taking in the vendor's own description: see first what it would change, then put it in place with its origin; and
//! giving it out with other overlays than those of code generation, to whoever reads it for another purpose.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::description::overlay::OverlayFile;
use crate::description::provenance::{Provenance, sha256_hex, with_values};
use crate::description::{Description, changes, parse};
use crate::workspace::{PROVENANCE, VENDOR};

/// Prints how a file differs from the description in place, member by member.
pub fn diff(root: &Path, file: &Path) -> Result<()> {
    let ours = parse(&read(&root.join(VENDOR))?).with_context(|| format!("in {VENDOR}"))?;
    let theirs = parse(&read(file)?).with_context(|| format!("in {}", file.display()))?;
    let changes = changes::between(&ours, &theirs);
    for change in &changes {
        println!("{change}");
    }
    println!("{} differences from {VENDOR}", changes.len());
    Ok(())
}

/// Puts the vendor's file in place, byte for byte, and records where it came from.
pub fn import(root: &Path, file: &Path, source: &str, date: &str) -> Result<()> {
    let bytes = read(file)?;
    let document = parse(&bytes).with_context(|| format!("in {}", file.display()))?;
    let openapi = document["openapi"].as_str().unwrap_or_default();
    if !openapi.starts_with("3.0.") {
        bail!("{} says openapi {openapi:?}, and the generator reads 3.0 only", file.display());
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
    // What was certain or likely about the transcription says nothing about the vendor's own file.
    for guess in ["certain", "likely", "uncertain"] {
        record.remove(guess);
    }
    let record = record.to_string();
    Provenance::check(&record, &bytes, &document)?;
    fs::write(root.join(VENDOR), &bytes)?;
    fs::write(root.join(PROVENANCE), record)?;
    println!("{VENDOR} is now the vendor's file; run `cargo xtask codegen` next");
    Ok(())
}

/// The description in place with the given overlays, in their order, and with no others; as JSON.
pub fn overlaid(root: &Path, overlays: &[PathBuf]) -> Result<String> {
    let mut document = Description::read(root)?.document;
    for path in overlays {
        OverlayFile::read(path)?.apply(&mut document)?;
    }
    Ok(format!("{document:#}"))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
