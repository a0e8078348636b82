//! One module for each command.

pub(crate) mod archive;
mod archived;
pub(crate) mod cat;
pub(crate) mod contracts;
pub(crate) mod convert;
pub(crate) mod export;
pub(crate) mod query;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod sim;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod verify;

/// A number of things in words.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
