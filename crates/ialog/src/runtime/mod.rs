//! What the program runs on: clock, streams, signals.

pub(crate) mod context;
pub(crate) mod interrupt;
pub(crate) mod resume;
pub(crate) mod signals;
