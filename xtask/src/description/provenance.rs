//! A description is worth what its origin is worth, so the origin is recorded and checked: who wrote the file,
//! and that the file is still the one that was recorded.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::workspace::{PROVENANCE, VENDOR};

/// Who wrote the file.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Written by this project from public sources: ours to correct, and the checksum follows.
    Transcription,
    /// The vendor's own bytes: an edit is an error.
    Vendor,
}

#[derive(Deserialize)]
struct Record {
    kind: Kind,
    info_version: String,
    date: String,
    sha256: String,
    source: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    name: String,
    url: String,
}

/// The text that PROVENANCE.toml should have for the file as it is.
pub struct Provenance {
    /// The contents with the checksum of the file as it is.
    pub text: String,
}

impl Provenance {
    /// Reads the record and holds it against the file.
    pub fn read(root: &Path, vendor: &[u8], document: &Value) -> Result<Self> {
        let path = root.join(PROVENANCE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::check(&text, vendor, document)
    }

    /// Holds a record's text against the file that it is about.
    pub fn check(text: &str, vendor: &[u8], document: &Value) -> Result<Self> {
        let record: Record = toml::from_str(text).with_context(|| format!("in {PROVENANCE}"))?;
        check_record(&record)?;

        let version = document["info"]["version"].as_str().unwrap_or_default();
        if version != record.info_version {
            bail!(
                "{VENDOR} says info.version {version:?} and {PROVENANCE} says {:?}: review what changed and set info_version",
                record.info_version
            );
        }
        let sha256 = sha256_hex(vendor);
        if record.kind == Kind::Vendor && sha256 != record.sha256 {
            bail!(
                "{VENDOR} is no longer the vendor's file that {PROVENANCE} records (sha256 {}, now {sha256}): \
                 put adaptations into openapi/overlay/, or take in a new file with `cargo xtask spec import FILE --source URL --date DAY`",
                record.sha256
            );
        }
        Ok(Self { text: with_values(text, &[("sha256", &sha256)])? })
    }
}

fn check_record(record: &Record) -> Result<()> {
    let date = record.date.as_bytes();
    if date.len() != 10 || date[4] != b'-' || date[7] != b'-' {
        bail!("{PROVENANCE}: date {:?} is not a day written YYYY-MM-DD", record.date);
    }
    if record.source.is_empty() {
        bail!("{PROVENANCE} names no [[source]]: say where the file comes from");
    }
    for source in &record.source {
        if source.name.is_empty() || !source.url.starts_with("https://") {
            bail!("{PROVENANCE}: source {:?} needs a name and an https url", source.name);
        }
    }
    Ok(())
}

/// The record's text with top-level string values replaced; comments and layout stay.
pub fn with_values(text: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut document: toml_edit::DocumentMut = text.parse().with_context(|| format!("in {PROVENANCE}"))?;
    for (key, value) in values {
        if document.get(key).and_then(toml_edit::Item::as_str) != Some(*value) {
            document[key] = toml_edit::value(*value);
        }
    }
    Ok(document.to_string())
}

/// The SHA-256 of some bytes, in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
