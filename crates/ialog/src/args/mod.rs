//! Arguments that several commands share, and errors for invalid arguments.

pub(crate) mod archive;
pub(crate) mod contracts;
pub(crate) mod events;
pub(crate) mod input_file;
pub(crate) mod output;
pub(crate) mod parse_error;
pub(crate) mod service;
pub(crate) mod time;
pub(crate) mod verbosity;
pub(crate) mod zone;
