//! Durable files: a file under its final name is complete and survives a loss of power.
//!
//! [`AtomicFile`] writes a file under a temporary name and renames it once it is complete. `ResumableFile` does the
//! same for a file that takes hours to write, with a checkpoint from which another process can continue.
//! `sidecar_paths` names the partial file and the checkpoint, and replaces the checkpoint. `folder` creates and syncs
//! folders, and `json_file` checks the schema of a JSON file. `regular_file` opens only regular files and limits how
//! much is read; `permissions` protects files from other users. `fail_point` names each step at which tests kill the
//! process.

mod atomic_file;
mod fail_point;
pub(crate) mod folder;
pub(crate) mod json_file;
pub(crate) mod permissions;
pub(crate) mod regular_file;
mod resumable_file;
mod sidecar_paths;

pub use atomic_file::AtomicFile;
pub(crate) use atomic_file::{ArchiveFileKind, is_leftover};
pub use fail_point::{FailPoint, FailPoints};
pub(crate) use resumable_file::ResumableFile;
