//! Escapes characters that a terminal obeys or hides. The log holds text typed by strangers: an escape sequence in a
//! user name could repaint the screen, and an invisible character could make one name look like another.
//!
//! All standard output passes [`writer`](super::writer), which escapes everything that goes to a terminal. Layout code
//! calls [`single_line`] before that, because the layout depends on the width of the escaped text.

use std::borrow::Cow;

use ionos_activitylog::internal::is_unsafe_for_terminal;

/// The text on one line, with unsafe characters, tabs and line breaks as escapes such as `\n` or `\u{1b}`.
pub(crate) fn single_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            char if is_unsafe_for_terminal(char) => line.extend(char.escape_unicode()),
            char => line.push(char),
        }
    }
    line
}

/// Text of one or more lines, with unsafe characters as escapes such as `\u{1b}`. Line breaks and tabs stay unchanged.
pub(super) fn escape_text(text: &str) -> Cow<'_, str> {
    escape(text, |char, out| out.extend(char.escape_unicode()))
}

/// Data for programs, with unsafe characters as JSON escapes such as `\u001b`. In valid JSON, such characters occur
/// only within strings, so the escaped text has the same JSON value.
pub(super) fn escape_data(data: &str) -> Cow<'_, str> {
    escape(data, |char, out| {
        for unit in char.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    })
}

fn escape(text: &str, escape_char: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let must_escape = |char: char| is_unsafe_for_terminal(char) && !matches!(char, '\n' | '\t');
    if !text.chars().any(must_escape) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match must_escape(char) {
            true => escape_char(char, &mut escaped),
            false => escaped.push(char),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_a_terminal_obeys_or_hides_are_escaped() {
        for (text, expected) in [
            ("jane@example.com", "jane@example.com"),
            ("a\nb\tc\rd", r"a\nb\tc\rd"),
            ("\u{1b}]0;pwned\u{7}", r"\u{1b}]0;pwned\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("admin\u{202e}nimda", r"admin\u{202e}nimda"),
            ("a\u{200b}b", r"a\u{200b}b"),
            ("\u{7f}", r"\u{7f}"),
            ("a\u{e000}\u{f8ff}\u{f0000}\u{10fffd}b", r"a\u{e000}\u{f8ff}\u{f0000}\u{10fffd}b"),
            ("日本語 é Ärger", "日本語 é Ärger"),
            ("\u{f900}", "\u{f900}"),
        ] {
            assert_eq!(single_line(text), expected);
        }
        for code in 0..=0x10_ffff {
            let Some(char) = char::from_u32(code) else {
                continue;
            };
            assert!(!single_line(&char.to_string()).chars().any(char::is_control));
        }
    }

    #[test]
    fn escaped_json_has_the_same_value() {
        let json = "{\n\t\"a\": \"x\u{9b}\u{7f}\u{e0041}ä\"}";
        let escaped = escape_data(json);
        assert_eq!(escaped, "{\n\t\"a\": \"x\\u009b\\u007f\\udb40\\udc41ä\"}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&escaped), read(json));
    }
}
