//! One module for each command.

pub(crate) mod archive;
pub(crate) mod contracts;
pub(crate) mod export;
pub(crate) mod sim;
pub(crate) mod state;
pub(crate) mod verify;

/// A number of things in words.
pub(crate) fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
