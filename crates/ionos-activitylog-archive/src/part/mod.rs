//! Writes and reads the parts of an archive: compressed NDJSON files with the events of at most one day.
//!
//! [`PartSplitter`] decides where a part ends, [`PartFile`] writes a part, and `compressor` moves compression to a
//! thread. `lines` reads a part back.

mod compressor;
mod file;
mod hashing_reader;
pub(crate) mod lines;
mod split;
mod undated;

pub(crate) use file::{PartFile, PartMeta};
pub(crate) use hashing_reader::HashingReader;
pub(crate) use split::{FinishedRange, PART_EVENTS, PartSplitter, WrittenRange, pieces, read_range_of, total_matches};
pub(crate) use undated::ArchivedUndated;
