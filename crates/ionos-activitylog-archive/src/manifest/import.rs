//! The first entry of the chain if version 0.1.0 began the archive. The entry lists the digests of the manifests that
//! version 0.1.0 wrote. These manifests stay in the folders of their days.

use std::path::Path;

use chrono::NaiveDate;
use ionos_activitylog::ContractNumber;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ManifestLink, Tool};
use crate::encode::text;
use crate::error::Error;
use crate::fs::json_file;

/// Schema and version of the list of imported manifests.
pub const IMPORT_SCHEMA: &str = "ialog.import/1";

/// The manifests of version 1 that an archive had when a later version first wrote to it. This list is number 1 of the
/// chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ImportedManifests {
    /// Schema and version of this file, [`IMPORT_SCHEMA`].
    pub schema: String,
    /// Number in the chain: 1.
    pub number: u64,
    /// Contract whose events this manifest lists.
    #[serde(with = "text::display")]
    #[schemars(with = "String")]
    pub contract: ContractNumber,
    /// The manifests, in order of their days.
    pub manifests: Vec<ManifestLink>,
    /// Those of `manifests` that do not name the digest of the previous manifest. They do not prove earlier days.
    pub unlinked: Vec<ManifestLink>,
    /// Program that wrote this file.
    pub tool: Tool,
}

impl ImportedManifests {
    /// Creates a list of `manifests`, which must be in order of their days.
    pub(crate) fn new(contract: ContractNumber, manifests: Vec<ManifestLink>, unlinked: Vec<ManifestLink>) -> Self {
        Self { schema: IMPORT_SCHEMA.to_owned(), number: 1, contract, manifests, unlinked, tool: Tool::current() }
    }

    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let import: Self = json_file::parse(bytes, &[IMPORT_SCHEMA], path)?;
        let in_order = import.manifests.is_sorted_by(|one, next| one.date < next.date);
        if import.number != 1 || import.manifests.is_empty() || !in_order {
            let detail =
                "a list of imported manifests must have number 1 and at least one day, and its days must be in order"
                    .to_owned();
            return Err(Error::damaged(path.to_path_buf(), detail));
        }
        Ok(import)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json_file::to_pretty(self)
    }

    /// The last day of the list.
    pub(crate) fn last_date(&self) -> NaiveDate {
        self.manifests.last().map(|last| last.date).unwrap_or_default()
    }
}
