//! Reading events, from the service or from an archive.
//!
//! [`rows::Rows`] is the one way to read. The command drives it and does the rest:
//!
//! ```text
//! Rows (read, filter) -> fold -> sort and limit -> output
//! ```

pub(crate) mod archive_rows;
pub(crate) mod fold;
pub(crate) mod opened_archive;
pub(crate) mod read_summary;
pub(crate) mod rows;
pub(crate) mod service_rows;
pub(crate) mod sort_and_limit;
pub(crate) mod suggestions;
