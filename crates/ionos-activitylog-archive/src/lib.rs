//! Keeps the audit trail of a contract on disk, in one file or in an archive. A file that exists is whole: it is written
//! under another name, made durable, and only then takes its own; but for CSV, every line of it is a record's bytes as
//! the service sent them.
//!
//! The way of an event into one file: windows -> [`Format`] -> frames of a [`Compression`] -> the file in the making,
//! with a [`FileCheckpoint`] from which an interrupted export goes on -> the file's own name. [`FileExport`] walks it.
//!
//! An [`Archive`] has a folder for each contract and day, with a [`Manifest`] that says what is in it. An [`Exporter`]
//! adds what is missing, [`verify_archive`] compares everything with what was written, and an [`ArchiveReader`] gives its
//! events back in their order, to a [`EventFileWriter`] for example. [`Document`] has the JSON Schema of all that is written.
//!
//! ```no_run
//! use ionos_activitylog::{Client, ContractNumber, DateRange, Error};
//! use ionos_activitylog_archive::{Archive, Exporter};
//!
//! async fn archive_november(client: Client, contract: ContractNumber) -> Result<(), Error> {
//!     let exporter = Exporter::new(client, Archive::new("audit"));
//!     let november = DateRange::month(2026, 11, &chrono::Utc)?;
//!     for (contract, done) in exporter.run(&[contract], november, std::future::pending()).await {
//!         match done {
//!             Ok(done) => println!("{contract}: {} events, {} gaps", done.events, done.gaps.len()),
//!             Err(error) => println!("{contract}: {error}"),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Numbers of an archive
//!
//! | what | value | why |
//! |---|---|---|
//! | newest events left to the next export | [`SETTLE_DELAY`], 10 s | they may not be in the log yet |
//! | a part ends at midnight, or at the first full hour with | 100 000 events | little is read again after a kill |
//! | a gap is tried again | after 1 min, doubled up to 1 day | a gap that stays costs requests |
//! | what was counted again is sealed | 24 h after it happened | later than that, late events are the exception |
//! | a frame of a compressed file ends behind the event with | [`FRAME_BYTES`], 1 MiB | an export goes on behind it; two or three are held in memory |
//! | the state follows the manifests after | 1 s, and at the end | it says nothing that they do not, and each costs a wait for the disk |
//! | parts that wait for the disk, at the most | 3 | each holds a file open |
//! | a checkpoint of one file after | 16 MiB or 50 requests | each costs a wait for the disk |
//! | contracts at the same time | 4 | they share the memory that one has alone |

mod digest;
mod encode;
mod error;
mod export;
mod fs;
mod layout;
mod lock_owner;
mod manifest;
mod part;
mod read;
mod schema;
mod state;
mod verify;

pub use digest::Digest;
pub use encode::{Compression, FLAT_SCHEMA, FRAME_BYTES, FlatResource, FlatRow, Format, escape_cell, ndjson};
pub use error::Error;
pub use export::{
    CHECKPOINT_SCHEMA, ContractExport, ContractPlan, EventFileWriter, ExportProgress, ExportSpec, ExportStats,
    Exporter, FileCheckpoint, FileExport, FileTarget, FinishedExport, RUN_SCHEMA, RunRecord, SETTLE_DELAY,
};
pub use fs::AtomicFile;
pub use layout::{Archive, ContractFolder, MANIFEST, PartName};
pub use lock_owner::LockOwner;
pub use manifest::{
    DESCRIPTION_SHA256, DESCRIPTION_VERSION, EventCounts, ID_RULE, KnownGap, MANIFEST_SCHEMA, Manifest, ManifestLink,
    Part, RangeProof, ReadRange, Tool,
};
pub use read::{ArchiveReader, ArchivedEvent};
pub use schema::Document;
pub use state::{ArchiveIdentity, Certainty, CoverageEntry, OpenGap, RebuiltState, STATE_SCHEMA, State, rebuild_state};
pub use verify::{
    Finding, ManifestChain, Problem, TotalsReport, VerifyReport, WHAT_IT_PROVES, verify_archive,
    verify_archive_with_progress, verify_totals,
};

/// Helpers for the tests of this workspace. Not part of the API: any item may change or go away in a patch release.
#[doc(hidden)]
pub mod internal {
    pub use crate::fs::{FailPoint, FailPoints};
}
