//! Keeps the audit trail of a contract on disk. A file that exists is whole: it is written under another name,
//! made durable, and only then takes its own; every line of it is a record's bytes as the service sent them.
//!
//! The way of an event through this crate: pages -> [`ndjson::line`] -> [`FileTarget`]'s compression ->
//! [`atomic_file`](AtomicFile) -> the file's own name. [`export_file`] walks it.
//!
//! Deliberately absent so far: parts, manifests, state and verification of an archive of many days.

mod atomic_file;
mod checkpoint;
mod compression;
mod digest;
mod durable;
mod engine;
mod error;
mod export;
mod file_writer;
mod format;
mod layout;
mod manifest;
pub mod ndjson;
mod part;
mod partial;
mod reader;
mod schema;
mod state;
mod steps;
mod target;
mod text;
mod verify;

pub use atomic_file::AtomicFile;
pub use checkpoint::{CHECKPOINT_SCHEMA, FileCheckpoint, Reading};
pub use compression::{Compression, FRAME_BYTES};
pub use digest::Digest;
pub use engine::{
    ContractExport, ContractPlan, Exporter, Progress, RUN_SCHEMA, Rebuilt, Run, SETTLE,
    rebuild_state,
};
pub use error::Error;
pub use export::{Export, Exported, FileExport};
pub use file_writer::FileWriter;
pub use format::{FLAT_SCHEMA, FlatResource, FlatRow, Format, cell};
pub use layout::{Archive, ContractFolder, MANIFEST, PartName};
pub use manifest::{
    Counts, Covered, DESCRIPTION_SHA256, DESCRIPTION_VERSION, ID_RULE, KnownGap, MANIFEST_SCHEMA,
    Manifest, Part, Previous, Tool,
};
pub use reader::{ArchiveReader, Archived};
pub use schema::Document;
pub use state::{Certainty, Identity, OpenGap, STATE_SCHEMA, State, Stretch, Writer};
pub use steps::{Step, Steps};
pub use target::FileTarget;
pub use verify::{Chain, Finding, Problem, Report, WHAT_IT_PROVES, verify_archive, verify_totals};
