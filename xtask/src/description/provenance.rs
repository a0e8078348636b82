//! Checks the origin of the API description. PROVENANCE.toml records the author and a checksum of the description. The
//! checksum shows whether the description was changed later.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::workspace::{PROVENANCE, VENDOR};

/// The author of the description.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum DescriptionKind {
    /// Written by this project from public sources. May be edited; codegen updates the checksum.
    Transcription,
    /// The vendor's own file. An edit is an error.
    Vendor,
}

#[derive(Deserialize)]
struct ProvenanceRecord {
    kind: DescriptionKind,
    info_version: String,
    date: String,
    sha256: String,
    source: Vec<ProvenanceSource>,
}

#[derive(Deserialize)]
struct ProvenanceSource {
    name: String,
    url: String,
}

/// The contents that PROVENANCE.toml should have for the current description.
pub struct Provenance {
    /// The text of PROVENANCE.toml with the checksum of the current description.
    pub text: String,
}

impl Provenance {
    /// Reads PROVENANCE.toml and checks it against the description.
    pub fn read(root: &Path, vendor: &[u8], document: &Value) -> Result<Self> {
        let path = root.join(PROVENANCE);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::check(&text, vendor, document)
    }

    /// Checks the text of PROVENANCE.toml against the description.
    pub fn check(text: &str, vendor: &[u8], document: &Value) -> Result<Self> {
        let record: ProvenanceRecord = toml::from_str(text).with_context(|| format!("in {PROVENANCE}"))?;
        check_record(&record)?;

        let version = document["info"]["version"].as_str().unwrap_or_default();
        if version != record.info_version {
            bail!(
                "{VENDOR} has info.version {version:?}, but {PROVENANCE} has {:?}: review the change and set info_version",
                record.info_version
            );
        }
        let sha256 = sha256_hex(vendor);
        if record.kind == DescriptionKind::Vendor && sha256 != record.sha256 {
            bail!(
                "{VENDOR} differs from the vendor's file in {PROVENANCE} (sha256 {}, now {sha256}): \
                 put adaptations into openapi/overlay/, or run `cargo xtask spec import FILE --source URL --date DAY`",
                record.sha256
            );
        }
        Ok(Self { text: with_values(text, &[("sha256", &sha256)])? })
    }
}

fn check_record(record: &ProvenanceRecord) -> Result<()> {
    let date = record.date.as_bytes();
    if date.len() != 10 || date[4] != b'-' || date[7] != b'-' {
        bail!("{PROVENANCE}: date {:?} is not a date in the form YYYY-MM-DD", record.date);
    }
    if record.source.is_empty() {
        bail!("{PROVENANCE} has no [[source]]: add the origin of the file");
    }
    for source in &record.source {
        if source.name.is_empty() || !source.url.starts_with("https://") {
            bail!("{PROVENANCE}: source {:?} needs a name and an https URL", source.name);
        }
    }
    Ok(())
}

/// Replaces top-level string values in the text of PROVENANCE.toml; comments and layout stay.
pub fn with_values(text: &str, values: &[(&str, &str)]) -> Result<String> {
    let mut document: toml_edit::DocumentMut = text.parse().with_context(|| format!("in {PROVENANCE}"))?;
    for (key, value) in values {
        if document.get(key).and_then(toml_edit::Item::as_str) != Some(*value) {
            document[key] = toml_edit::value(*value);
        }
    }
    Ok(document.to_string())
}

/// The SHA-256 of the bytes as lower-case hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
