//! The environment of a command: a context with its streams, the handling of signals, and the hints that say how to
//! continue after an interruption.

pub(crate) mod blocking;
pub(crate) mod context;
pub(crate) mod interrupt;
pub(crate) mod resume;
pub(crate) mod signals;
