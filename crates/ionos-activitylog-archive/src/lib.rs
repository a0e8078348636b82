//! Keeps the audit trail of a contract on disk. A file that exists is whole: it is written under another name,
//! made durable, and only then takes its own; every line of it is a record's bytes as the service sent them.
//!
//! The way of an event through this crate: pages -> [`ndjson::line`] -> [`FileTarget`]'s compression ->
//! [`atomic_file`](AtomicFile) -> the file's own name. [`export_file`] walks it.
//!
//! Deliberately absent so far: parts, manifests, state and verification of an archive of many days.

mod atomic_file;
mod compression;
mod error;
mod export;
pub mod ndjson;
mod target;

pub use atomic_file::AtomicFile;
pub use compression::Compression;
pub use error::Error;
pub use export::{Export, Exported, export_file};
pub use target::FileTarget;
