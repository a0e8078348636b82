//! The API description. The vendor's file is never edited; every adaptation is an overlay beside it.

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

/// The vendor's description with its provenance, before any overlay.
pub struct Description {
    /// The document as the vendor's file has it.
    pub document: Value,
    /// The origin of the vendor's file, checked against the bytes of the file.
    pub provenance: Provenance,
}

impl Description {
    /// Reads the vendor's file and checks it against its provenance.
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
