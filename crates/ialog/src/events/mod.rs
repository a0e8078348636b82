//! Reading events from the service or from an archive.

pub(crate) mod archive;
pub(crate) mod archived;
pub(crate) mod demo;
pub(crate) mod open_archive;
pub(crate) mod service;
pub(crate) mod sort_and_limit;
pub(crate) mod source;
pub(crate) mod suggestions;
