//! Reading events, from the service or from an archive.
//!
//! Commands that show, count or convert events read them through [`rows::Rows`]. The command decides which of the later
//! steps follow:
//!
//! ```text
//! Rows (read, filter) -> fold -> sort and limit -> output
//! ```

pub(crate) mod archive_rows;
pub(crate) mod fold;
pub(crate) mod named_contracts;
pub(crate) mod opened_archive;
pub(crate) mod read_summary;
pub(crate) mod rows;
pub(crate) mod service_rows;
pub(crate) mod sort_and_limit;
pub(crate) mod suggestions;
pub(crate) mod versions;
