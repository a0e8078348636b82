//! The environment of a command: its context with streams, signals, and hints for continuing after an interruption.

pub(crate) mod blocking;
pub(crate) mod context;
pub(crate) mod interrupt;
pub(crate) mod resume;
pub(crate) mod signals;
