//! Where a string or a number ends in text that nobody has read yet. Whoever passes a place here has made sure that what
//! is there is JSON, as the standard has it (RFC 8259, 6 and 7) and as `serde_json` takes it.

use super::word::{controls, every, first, zeros};

/// The contents of a string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents {
    /// The place of the closing quote.
    pub(super) end: usize,
    /// Whether some of it is spelled with the number of a character. Only so can half a surrogate pair be written, which
    /// JSON allows.
    pub(super) by_number: bool,
}

/// The contents of a string, which begin at `at`; none where that is no string.
#[inline]
pub(super) fn contents(text: &[u8], mut at: usize) -> Option<Contents> {
    let mut by_number = false;
    loop {
        let end = special(text, at)?;
        match text.get(end)? {
            b'"' => return Some(Contents { end, by_number }),
            b'\\' => at = behind_escape(text, end)?,
            _ => return None,
        }
        by_number |= at > end + 2;
    }
}

/// The place behind the escape that begins at `at`.
fn behind_escape(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => {
            let digits = text.get(at + 2..at + 6)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 6)
        }
        _ => None,
    }
}

/// The place behind the number that begins at `at`; none where none does.
#[inline]
pub(super) fn end_of_number(text: &[u8], at: usize) -> Option<usize> {
    let at = at + usize::from(text.get(at) == Some(&b'-'));
    let mut at = match text.get(at) {
        // No other digit comes behind a leading zero.
        Some(b'0') => at + 1,
        _ => behind_digits(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = behind_digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let signed = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = behind_digits(text, at + 1 + usize::from(signed))?;
    }
    Some(at)
}

/// The place behind one digit or more.
fn behind_digits(text: &[u8], at: usize) -> Option<usize> {
    let digits = text.get(at..)?.iter();
    let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// The first byte from `at` on that ends the contents of a string, or cannot be in them as it is.
#[inline]
fn special(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = text.get(at..)?.first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ every(b'"')) | zeros(word ^ every(b'\\')) | controls(word);
        if found != 0 {
            return Some(at + first(found));
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    let ahead = text.get(at..)?.iter().position(is_special)?;
    Some(at + ahead)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reads(json: &str) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok()
    }

    proptest! {
        /// What ends where, for contents of all lengths: only there is the text up to it a string.
        #[test]
        fn a_string_ends_where_json_says(
            contents in r#"([ -~ü\x{0}-\x{20}\x{7f}]|\\["\\/bfnrtu0-9a-fx]|\\u[0-9a-fA-F]{4}){0,40}"#,
            behind in r#"["\\a,}]{0,9}"#,
        ) {
            let text = format!("{contents}\"{behind}");
            match super::contents(text.as_bytes(), 0) {
                Some(Contents { end, by_number }) => {
                    let string = format!("\"{}\"", &text[..end]);
                    prop_assert!(reads(&string), "{string}");
                    let escapes = string.replace(r"\\", "");
                    prop_assert_eq!(by_number, escapes.contains(r"\u"), "{}", string);
                }
                None => {
                    for (end, _) in text.match_indices('"') {
                        let string = format!("\"{}\"", &text[..end]);
                        prop_assert!(!reads(&string), "{string}");
                    }
                }
            }
        }

        #[test]
        fn a_number_ends_where_json_says(text in "[-+]?[0-9]{0,3}[.]?[0-9]{0,2}[eE]?[-+]?[0-9]{0,2}[,}]?") {
            let end = end_of_number(text.as_bytes(), 0);
            if let Some(end) = end {
                prop_assert!(reads(&text[..end]), "{text} {end}");
            }
            let whole = text.trim_end_matches([',', '}']);
            prop_assert_eq!(reads(whole), end == Some(whole.len()), "{}", text);
        }
    }
}
