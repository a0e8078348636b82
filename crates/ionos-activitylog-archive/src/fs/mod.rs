//! Durable files: a file that has its name is complete and survives a loss of power.
//!
//! [`AtomicFile`] writes a file under a temporary name and renames it when it is complete. `ResumableFile` does the same for
//! a file that takes hours: it keeps a checkpoint beside the file, so that the next process continues it.

mod atomic_file;
mod fail_point;
pub(crate) mod folder;
pub(crate) mod json_file;
mod resumable_file;

pub use atomic_file::AtomicFile;
pub(crate) use atomic_file::{destination, folder_of, plain, sync_folder, sync_names};
pub use fail_point::{FailPoint, FailPoints};
pub(crate) use folder::{ArchiveFileKind, DurableFile, is_leftover};
pub(crate) use resumable_file::ResumableFile;
