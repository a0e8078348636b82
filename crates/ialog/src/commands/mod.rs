//! One module for each command.

mod archived;
pub(crate) mod cat;
pub(crate) mod contracts;
pub(crate) mod convert;
pub(crate) mod export;
pub(crate) mod schema;
pub(crate) mod sim;

/// A number and what it counts.
fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
