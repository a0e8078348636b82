//! JSON Schemas of the documents that this crate writes, generated from the types of these documents.

use std::fmt;
use std::str::FromStr;

use ionos_activitylog::Event;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::encode::{FLAT_SCHEMA, FlatRow};
use crate::export::{CHECKPOINT_SCHEMA, FileCheckpoint, RUN_SCHEMA, RunRecord};
use crate::manifest::{IMPORT_SCHEMA, ImportedManifests, MANIFEST_SCHEMA, Manifest, OPEN_SCHEMA, OpenManifests};
use crate::state::{STATE_SCHEMA, State};
use crate::verify::{VERIFICATION_SCHEMA, VerificationDocument};

/// A kind of document that this crate writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// `event`: a record, as on each line of `.ndjson`.
    Event,
    /// `events`: a whole `.json` file.
    Events,
    /// `flat`: a row of `.csv`, see [`FlatRow`]. In CSV, null is an empty cell and `resources` is one cell of JSON.
    Flat,
    /// `manifest`: `_manifests/NUMBER.json` of a contract.
    Manifest,
    /// `open-manifests`: `_manifests/open.json` of a contract.
    OpenManifests,
    /// `import`: `_manifests/00000001.json` of a contract in an archive that version 0.1.0 began.
    Import,
    /// `verification`: the report of `ialog verify -o json`.
    Verification,
    /// `state`: `_state.json` of a contract.
    State,
    /// `run`: a line of `_runs.ndjson` of a contract.
    Run,
    /// `checkpoint`: the checkpoint beside an interrupted file export.
    Checkpoint,
}

impl Document {
    /// All kinds of documents.
    pub const ALL: [Self; 10] = [
        Self::Event,
        Self::Events,
        Self::Flat,
        Self::Manifest,
        Self::OpenManifests,
        Self::Import,
        Self::Verification,
        Self::State,
        Self::Run,
        Self::Checkpoint,
    ];

    /// Name of the document, such as `manifest`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Events => "events",
            Self::Flat => "flat",
            Self::Manifest => "manifest",
            Self::OpenManifests => "open-manifests",
            Self::Import => "import",
            Self::Verification => "verification",
            Self::State => "state",
            Self::Run => "run",
            Self::Checkpoint => "checkpoint",
        }
    }

    /// Schema and version of the document, such as `ialog.manifest/2`. `None` for a document without a version.
    #[must_use]
    pub fn version(self) -> Option<&'static str> {
        match self {
            Self::Event | Self::Events => None,
            Self::Flat => Some(FLAT_SCHEMA),
            Self::Manifest => Some(MANIFEST_SCHEMA),
            Self::OpenManifests => Some(OPEN_SCHEMA),
            Self::Import => Some(IMPORT_SCHEMA),
            Self::Verification => Some(VERIFICATION_SCHEMA),
            Self::State => Some(STATE_SCHEMA),
            Self::Run => Some(RUN_SCHEMA),
            Self::Checkpoint => Some(CHECKPOINT_SCHEMA),
        }
    }

    /// JSON Schema (draft 2020-12) of the document. The title of the schema is the version of the document, or the name
    /// of a document without a version.
    #[must_use]
    pub fn schema(self) -> Schema {
        let mut schema = match self {
            Self::Event => schema_of::<Event>(),
            Self::Events => schema_of::<Vec<Event>>(),
            Self::Flat => schema_of::<FlatRow<'static>>(),
            Self::Manifest => schema_of::<Manifest>(),
            Self::OpenManifests => schema_of::<OpenManifests>(),
            Self::Import => schema_of::<ImportedManifests>(),
            Self::Verification => schema_of::<VerificationDocument>(),
            Self::State => schema_of::<State>(),
            Self::Run => schema_of::<RunRecord>(),
            Self::Checkpoint => schema_of::<FileCheckpoint>(),
        };
        let title = self.version().unwrap_or(self.as_str());
        schema.insert("title".to_owned(), title.into());
        schema
    }
}

/// The schema of written documents. It is stricter than a schema of the documents that readers accept.
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Document {
    type Err = String;

    /// Parses the name of a document.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("unknown schema {text:?}: use one of {known}")
        })
    }
}
