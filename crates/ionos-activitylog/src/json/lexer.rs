//! Finds the end of a string and of a number in text that is not validated yet. Returns an end only if the token is
//! valid JSON (RFC 8259, sections 6 and 7), as `serde_json` reads it.

use super::swar::{control_bytes, first_match, repeat, zero_bytes};

/// The position of the closing quote of the string whose contents begin at `at`. `None` if they are not a valid string.
#[inline]
pub(super) fn end_of_string_contents(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let end = quote_escape_or_control(text, at)?;
        match text.get(end)? {
            b'"' => return Some(end),
            b'\\' => at = end_of_escape(text, end)?,
            _ => return None,
        }
    }
}

/// As [`end_of_string_contents`], but `None` also if the string has escapes.
#[inline]
pub(super) fn end_of_plain_string(text: &[u8], at: usize) -> Option<usize> {
    quote_escape_or_control(text, at).filter(|end| text.get(*end) == Some(&b'"'))
}

/// The position after the escape that begins at `at`.
#[inline]
fn end_of_escape(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' => {
            let digits = text.get(at + 2..at + 6)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 6)
        }
        _ => None,
    }
}

/// The position after the number that begins at `at`. `None` if no valid number begins there.
#[inline]
pub(super) fn end_of_number(text: &[u8], at: usize) -> Option<usize> {
    let at = at + usize::from(text.get(at) == Some(&b'-'));
    let mut at = match text.get(at) {
        // JSON allows no leading zeros.
        Some(b'0') => at + 1,
        _ => end_of_digits(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = end_of_digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let has_sign = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = end_of_digits(text, at + 1 + usize::from(has_sign))?;
    }
    Some(at)
}

/// The position after a run of at least one digit.
fn end_of_digits(text: &[u8], at: usize) -> Option<usize> {
    let digits = text.get(at..)?.iter();
    let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// The position of the first quote, backslash or control character from `at` on.
#[inline]
fn quote_escape_or_control(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = text.get(at..)?.first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\')) | control_bytes(word);
        if found != 0 {
            return Some(at + first_match(found));
        }
        at += 8;
    }
    quote_escape_or_control_at_end(text, at)
}

/// As [`quote_escape_or_control`], for the last bytes of the text.
#[cold]
fn quote_escape_or_control_at_end(text: &[u8], at: usize) -> Option<usize> {
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..b' ');
    let offset = text.get(at..)?.iter().position(is_special)?;
    Some(at + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_json(text: &str) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    }

    proptest! {
        #[test]
        fn a_string_ends_at_its_first_quote_that_makes_it_valid_json(
            contents in r#"([ -~ü\x{0}-\x{20}\x{7f}]|\\["\\/bfnrtu0-9a-fx]|\\u[0-9a-fA-F]{4}){0,40}"#,
            suffix in r#"["\\a,}]{0,9}"#,
        ) {
            let text = format!("{contents}\"{suffix}");
            match end_of_string_contents(text.as_bytes(), 0) {
                Some(end) => {
                    let string = format!("\"{}\"", &text[..end]);
                    prop_assert!(is_json(&string), "{string}");
                }
                None => {
                    for (end, _) in text.match_indices('"') {
                        let string = format!("\"{}\"", &text[..end]);
                        prop_assert!(!is_json(&string), "{string}");
                    }
                }
            }
        }

        #[test]
        fn a_number_ends_where_json_says(text in "[-+]?[0-9]{0,3}[.]?[0-9]{0,2}[eE]?[-+]?[0-9]{0,2}[,}]?") {
            let end = end_of_number(text.as_bytes(), 0);
            if let Some(end) = end {
                prop_assert!(is_json(&text[..end]), "{text} {end}");
            }
            let number = text.trim_end_matches([',', '}']);
            prop_assert_eq!(is_json(number), end == Some(number.len()), "{}", text);
        }
    }
}
