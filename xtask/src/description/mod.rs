//! The API description: a transcription of the vendor's documentation, or the vendor's own file. Adaptations for the
//! generator are overlays beside the description.

pub mod changes;
pub mod lint;
pub mod overlay;
pub mod provenance;
pub mod raw;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace;
use provenance::Provenance;

/// The API description before any overlay, with its provenance.
pub struct Description {
    /// The content of the file, before any overlay.
    pub document: Value,
    /// The origin of the file, checked against the bytes of the file.
    pub provenance: Provenance,
}

impl Description {
    /// Reads the file of the description, and checks the file against its provenance.
    pub fn read(root: &Path) -> Result<Self> {
        let path = root.join(workspace::VENDOR);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let document = parse(&bytes).with_context(|| format!("in {}", workspace::VENDOR))?;
        let provenance = Provenance::read(root, &bytes, &document)?;
        Ok(Self { document, provenance })
    }
}

/// Parses a description in YAML or JSON (which is YAML too) and keeps the order of its members.
pub fn parse(bytes: &[u8]) -> Result<Value> {
    yaml_serde::from_slice(bytes).context("not a valid YAML or JSON document")
}
