//! Stores the activity log of IONOS Cloud contracts on disk, in single files or in an archive. A file under its final
//! name is complete and durable. In NDJSON and JSON, a record has the bytes that the service sent. If the record has
//! line breaks, the white space between its tokens is removed, see [`ndjson`].
//!
//! [`FileExport`] writes one file: windows -> [`Format`] -> frames of a [`Compression`] -> partial file -> final name.
//! An interrupted export continues from the [`FileCheckpoint`] of the partial file.
//!
//! An [`Archive`] has a folder per contract and day, and a chain of [`Manifest`]s per contract. The manifests list the
//! content of these folders. An [`Exporter`] adds what is missing, [`verify_archive`] finds changed, missing and added
//! files, and an [`ArchiveReader`] returns the events in order of time, for example for an [`EventFileWriter`].
//! [`Document`] has the JSON Schemas of the documents that this crate writes.
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
//!             Err(error) => println!("{contract}: {error}: {}", error.hint()),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Defaults and limits
//!
//! | what | value | reason |
//! |---|---|---|
//! | age of the newest events that an export reads | [`SETTLE_DELAY`], 10 s | younger events may not be in the log yet |
//! | number of events from which a part ends at the next full hour; at midnight UTC, a part always ends | 100 000 | a killed export repeats little work |
//! | delay before a gap is read again | 1 min; each further delay is twice as long, up to 1 day | reading a permanent gap wastes requests |
//! | minimum age at which a range can be marked as recounted or sealed | 24 h after its end | later events are rare |
//! | size of a manifest or state file | at most 64 MiB | more than any day or contract needs |
//! | number of bytes that are read of a decompressed part | at most 1 more than its manifest states | a file that was replaced cannot fill the memory |
//! | size from which a frame of a compressed file ends after the current event | [`FRAME_BYTES`], 1 MiB | a checkpoint contains the incomplete frame; two or three frames are in memory |
//! | times at which the state is written | at the start and the end of an export, after each gap, and otherwise at most once per second | each write waits for the disk |
//! | finished parts that wait for the disk | at most 3 | each holds a file open |
//! | distance between checkpoints of a file export | 16 MiB or 50 requests, whichever comes first | each checkpoint waits for the disk |
//! | contracts exported at once | 4 | each contract reads one window at a time; a single contract reads 4 windows at a time |

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
mod sum;
mod verify;

pub use digest::Digest;
pub use encode::{Compression, FLAT_SCHEMA, FRAME_BYTES, FlatResource, FlatRow, Format, escape_cell, ndjson};
pub use error::Error;
pub use export::{
    CHECKPOINT_SCHEMA, ContractExport, ContractPlan, EventFileWriter, ExportProgress, ExportSpec, ExportStats,
    Exporter, FileCheckpoint, FileExport, FileTarget, FinishedExport, RUN_SCHEMA, RunRecord, SETTLE_DELAY,
};
pub use fs::AtomicFile;
pub use layout::{Archive, ContractFolder, PartName};
pub use lock_owner::LockOwner;
pub use manifest::{
    DESCRIPTION_SHA256, DESCRIPTION_VERSION, EventCounts, ID_RULE, IMPORT_SCHEMA, ImportedManifests, KeptRecords,
    KnownGap, MANIFEST_SCHEMA, Manifest, ManifestLink, OPEN_SCHEMA, OpenManifests, Part, RangeProof, ReadRange, Tool,
};
pub use read::{ArchiveReader, ArchivedEvent};
pub use schema::Document;
pub use state::{
    ArchiveIdentity, Certainty, CoverageEntry, OpenGap, RebuiltState, STATE_SCHEMA, State, UncomparedRange,
    rebuild_state,
};
pub use verify::{
    ChainChecks, ComparedTotals, Finding, ManifestChain, Problem, ReportedFinding, TotalsReport, UnarchivedRange,
    VERIFICATION_SCHEMA, VerificationDocument, VerifiedContract, VerifiedDay, VerifyReport, WHAT_IT_PROVES,
    verify_archive, verify_archive_with_progress, verify_totals,
};

/// Items for the command line and the tests of this workspace. Not part of the API: any item may change or go away in a
/// patch release.
#[doc(hidden)]
pub mod internal {
    use std::path::Path;

    use crate::{Error, FileCheckpoint, Manifest, OpenManifests, State};

    pub use crate::export::settle::{clock_warning, is_held_back_by_clock, service_time, settled_range, too_recent};
    pub use crate::fs::regular_file::open_to_overwrite;
    pub use crate::fs::{FailPoint, FailPoints};

    /// Reads the bytes of a manifest.
    pub fn parse_manifest(bytes: &[u8]) -> Result<Manifest, Error> {
        Manifest::from_bytes(bytes, Path::new("manifest"))
    }

    /// Reads the bytes of the file of open manifests.
    pub fn parse_open_manifests(bytes: &[u8]) -> Result<OpenManifests, Error> {
        OpenManifests::from_bytes(bytes, Path::new("open manifests"))
    }

    /// Reads the bytes of a state file.
    pub fn parse_state(bytes: &[u8]) -> Result<State, Error> {
        State::from_bytes(bytes, Path::new("state"))
    }

    /// The bytes of a state file.
    pub fn state_to_bytes(state: &State) -> Vec<u8> {
        crate::fs::json_file::to_pretty(state)
    }

    /// Reads the bytes of the checkpoint beside a partial file.
    pub fn parse_checkpoint(bytes: &[u8]) -> Result<FileCheckpoint, Error> {
        FileCheckpoint::from_bytes(bytes, Path::new("checkpoint"))
    }

    /// The bytes of the checkpoint beside a partial file.
    pub fn checkpoint_to_bytes(checkpoint: &FileCheckpoint) -> Vec<u8> {
        checkpoint.to_bytes()
    }
}
