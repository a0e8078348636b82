//! The API description: the vendor's file is an input that nobody edits for our convenience, and every
//! adaptation is data beside it.

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

/// The vendor's description with its provenance, before any patch.
pub struct Description {
    /// The document.
    pub document: Value,
    /// Where it came from, checked against the file's bytes.
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

/// Parses a description, YAML or JSON (which is YAML too), keeping the order of its members.
pub fn parse(bytes: &[u8]) -> Result<Value> {
    yaml_serde::from_slice(bytes).context("not a readable YAML or JSON document")
}
