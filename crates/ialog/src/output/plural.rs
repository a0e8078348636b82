//! Numbers with their noun.

/// A number with its noun, such as `1 event` or `3 events`. Adds an `s` for the plural.
pub(crate) fn format_count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
