//! Prepares text from outside for messages: answers of the service, names, paths and values that a user typed. Such
//! text may contain escape sequences of a terminal. The invariant: no message contains a line break, or a character
//! that a terminal obeys or hides.

use ionos_activitylog_client::redact;
use ionos_activitylog_client::redact::redact_value;

use crate::defaults::SNIPPET_CHARS;

/// Whether a terminal obeys or hides a character: see [`redact::is_unsafe_for_terminal`].
#[must_use]
pub fn is_unsafe_for_terminal(char: char) -> bool {
    redact::is_unsafe_for_terminal(char)
}

/// Replaces each character that is unsafe for a terminal, such as a line break or the start of an escape sequence, by a
/// space.
///
/// [`Error::new`](super::Error::new) calls this function for every message, and `config` calls it for every setting
/// that it shows. So messages and settings stay on one line in a log file, too. A program that prints other text to a
/// terminal escapes that text in its writer.
pub(crate) fn replace_control_chars(text: &str) -> String {
    text.replace(is_unsafe_for_terminal, " ")
}

/// Replaces runs of white space and control characters by single spaces.
pub(crate) fn one_line(text: &str) -> String {
    replace_control_chars(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first 500 characters of a text, as one line. If the text is longer, ` ...` follows.
pub(crate) fn snippet(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(SNIPPET_CHARS) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

/// A value that a user typed or set, as a [`snippet`]. `[redacted]` if the value may be a secret that was typed in the
/// wrong place.
pub(crate) fn value_snippet(value: &str) -> String {
    snippet(redact_value(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_that_a_terminal_obeys_or_hides_is_left() {
        for (text, replaced, line) in [
            ("", "", ""),
            (" a  b ", " a  b ", "a b"),
            ("a\r\nb\tc", "a  b c", "a b c"),
            ("\u{1b}[2Jcleared\u{9b}31m\u{7f}", " [2Jcleared 31m ", "[2Jcleared 31m"),
            ("a\u{85}b\u{2028}c", "a b c", "a b c"),
            ("x\u{202e}y\u{200b}z\u{2066}\u{feff}", "x y z  ", "x y z"),
            ("日本語 é Ärger e\u{301}", "日本語 é Ärger e\u{301}", "日本語 é Ärger e\u{301}"),
        ] {
            assert_eq!(replace_control_chars(text), replaced);
            assert_eq!(one_line(text), line);
        }
    }

    #[test]
    fn a_snippet_is_cut_after_500_characters() {
        let (whole, longer) = ("ü".repeat(500), "ü".repeat(501));
        assert_eq!(snippet(&whole), whole);
        assert_eq!(snippet(&longer), format!("{whole} ..."));
    }
}
