//! Prepares text from outside for messages: answers of the service, names, paths and values that a user typed. Such
//! text may contain escape sequences of a terminal. The invariant: no message contains a control character or a line
//! break.

use crate::defaults::SNIPPET_CHARS;

/// Replaces each control character, such as a line break or the start of an escape sequence, by a space.
///
/// [`Error::new`](super::Error::new) calls this function for every message, and `config` for every setting that it
/// shows, so that both stay on one line in a log file too. This function does not replace the escaping for a terminal,
/// on which other characters can hide or reorder text too: a program that prints to a terminal escapes in its writer.
pub(crate) fn replace_control_chars(text: &str) -> String {
    text.replace(char::is_control, " ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_left() {
        for (text, replaced, line) in [
            ("", "", ""),
            (" a  b ", " a  b ", "a b"),
            ("a\r\nb\tc", "a  b c", "a b c"),
            ("\u{1b}[2Jcleared\u{9b}31m\u{7f}", " [2Jcleared 31m ", "[2Jcleared 31m"),
            ("a\u{85}b\u{2028}c", "a b\u{2028}c", "a b c"),
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
