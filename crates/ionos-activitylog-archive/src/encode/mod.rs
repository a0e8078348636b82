//! Turns events into bytes: the formats and compressions of files, and the texts that JSON files use.
//!
//! The same events always give the same bytes.

mod cell;
mod compression;
mod flat;
mod format;
pub mod ndjson;
pub(crate) mod text;

pub use cell::escape_cell;
pub use compression::{Compression, FRAME_BYTES};
pub(crate) use compression::{FrameWriter, decompress};
pub use flat::{FLAT_SCHEMA, FlatResource, FlatRow};
pub(crate) use format::EventEncoder;
pub use format::Format;
