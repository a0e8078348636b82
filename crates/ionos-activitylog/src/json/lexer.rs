//! Finds the end of an escape or of a number in text that is not validated yet. Returns an end only if the escape or
//! the number is valid JSON (RFC 8259, sections 6 and 7), as `serde_json` reads it.

/// The position after the escape that begins at `at`. `None` if the escape is not valid.
#[inline]
pub(super) fn end_of_escape(text: &[u8], at: usize) -> Option<usize> {
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

/// The position after the digits that begin at `at`. `None` if no digit is there.
fn end_of_digits(text: &[u8], at: usize) -> Option<usize> {
    let digits = text.get(at..)?.iter();
    let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
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
