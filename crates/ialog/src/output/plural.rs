//! Numbers with their noun.

/// A number of things in words.
pub(crate) fn format_count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
