//! The open manifests of a contract: those of the current day, and of days that an interrupted export has not finished.

use std::path::Path;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MANIFEST_SCHEMA, MAX_MANIFEST_BYTES, Manifest};
use crate::error::Error;
use crate::fs::{json_file, regular_file};

/// Detail of the error for open manifests that no export can have written.
pub(crate) const CONTRADICTS_CLOSED: &str = "it repeats or contradicts closed manifests; no export writes such a file";

/// Schema and version of the file of open manifests.
pub const OPEN_SCHEMA: &str = "ialog.open-manifests/1";

/// Result of comparing an open manifest with the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenManifestKind {
    /// The open manifest has content that the chain does not have.
    Addition,
    /// The open manifest equals the last manifest of its day in the chain. An export was killed after it added the
    /// manifest to the chain, and before it removed the manifest from the open manifests.
    Repetition,
    /// No export writes such a manifest: either the manifest adds nothing to the chain, or its entry for a file differs
    /// from the entry in the chain.
    Contradiction,
}

/// The manifests of a contract that may still be replaced. They are outside of the chain and prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenManifests {
    /// Schema and version of this file, [`OPEN_SCHEMA`].
    pub schema: String,
    /// One manifest for each open day, in order of the days. Each has the content that the chain does not have yet.
    pub manifests: Vec<Manifest>,
}

impl OpenManifests {
    /// The file of these manifests, which must be in order of their days.
    pub(crate) fn new(manifests: impl IntoIterator<Item = Manifest>) -> Self {
        Self { schema: OPEN_SCHEMA.to_owned(), manifests: manifests.into_iter().collect() }
    }

    /// Reads the open manifests. Empty if the file does not exist. Fails with the same errors as [`Manifest::read`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        match regular_file::read_if_exists(path, MAX_MANIFEST_BYTES)? {
            Some(bytes) => Self::from_bytes(&bytes, path),
            None => Ok(Self::new([])),
        }
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let open: Self = json_file::parse(bytes, &[OPEN_SCHEMA], path)?;
        let mut last: Option<NaiveDate> = None;
        for manifest in &open.manifests {
            let damaged = |detail: String| Error::damaged(path.to_path_buf(), format!("{}: {detail}", manifest.date));
            if manifest.schema != MANIFEST_SCHEMA {
                return Err(damaged(format!("its format is {:?}", manifest.schema)));
            }
            manifest.check().map_err(damaged)?;
            if manifest.number.is_some() || manifest.previous.is_some() {
                return Err(damaged("an open manifest has no place in the chain".to_owned()));
            }
            if last.is_some_and(|last| last >= manifest.date) {
                return Err(damaged("the days are not in order".to_owned()));
            }
            last = Some(manifest.date);
        }
        Ok(open)
    }

    /// Whether the closed manifests that are also in the file of open manifests are exactly the last ones of the chain.
    /// `repeated`: the numbers of these closed manifests. `last`: the number of the last manifest of the chain. If
    /// `last` is 5, the numbers can be 4 and 5, but not 3 and 5: an export that has added manifests to the chain
    /// rewrites the open manifests before it adds more.
    pub(crate) fn repeats_the_end(mut repeated: Vec<u64>, last: u64) -> bool {
        repeated.sort_unstable();
        repeated.iter().rev().zip((1..=last).rev()).all(|(number, expected)| *number == expected)
    }

    /// Compares an open manifest with the closed manifests of its day: with the last of them (`last`), and with their
    /// sum (`closed`).
    pub(crate) fn compare(open: &Manifest, last: Option<&Manifest>, closed: Option<&Manifest>) -> OpenManifestKind {
        if last.is_some_and(|last| last.states_the_same(open)) {
            OpenManifestKind::Repetition
        } else if closed.is_some_and(|closed| !open.adds_to(closed)) {
            OpenManifestKind::Contradiction
        } else {
            OpenManifestKind::Addition
        }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json_file::to_pretty(self)
    }
}
