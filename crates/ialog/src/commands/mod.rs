//! One module for each command.

pub(crate) mod contracts;
pub(crate) mod export;
pub(crate) mod sim;
