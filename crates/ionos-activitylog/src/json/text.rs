//! The same string can be spelled in many ways, and JSON allows strings that are no text: an escape may name half of a
//! surrogate pair. Such a half is carried along, so that no two strings become one.

use std::borrow::Cow;
use std::str::Chars;

use memchr::memchr;

/// What a string is made of.
#[derive(Clone, Copy)]
enum Piece {
    Char(char),
    /// Half of a surrogate pair whose other half is missing.
    Half(u16),
}

struct Pieces<'a>(Chars<'a>);

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let char = self.0.next()?;
        if char != '\\' {
            return Some(Piece::Char(char));
        }
        Some(Piece::Char(match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return Some(self.escaped()),
            other => other,
        }))
    }
}

impl Pieces<'_> {
    /// Behind `\u`.
    fn escaped(&mut self) -> Piece {
        let first = hex(&mut self.0);
        let mut ahead = self.0.clone();
        if let Some(char) = char::from_u32(first.into()) {
            return Piece::Char(char);
        }
        if (ahead.next(), ahead.next()) == (Some('\\'), Some('u')) {
            let pair = [first, hex(&mut ahead)];
            if let Some(Ok(char)) = char::decode_utf16(pair).next() {
                self.0 = ahead;
                return Piece::Char(char);
            }
        }
        Piece::Half(first)
    }
}

/// Four hex digits.
fn hex(chars: &mut Chars<'_>) -> u16 {
    let digits = chars.by_ref().take(4);
    digits.fold(0, |number, digit| (number << 4) | digit.to_digit(16).unwrap_or_default() as u16)
}

/// A string without its quotes.
pub(super) fn inner(string: &str) -> &str {
    let inner = string.strip_prefix('"').unwrap_or(string);
    inner.strip_suffix('"').unwrap_or(inner)
}

/// What a string says. Half a surrogate pair becomes U+FFFD.
pub(crate) fn decoded(string: &str) -> Cow<'_, str> {
    let inner = inner(string);
    if memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    let chars = Pieces(inner.chars()).map(|piece| match piece {
        Piece::Char(char) => char,
        Piece::Half(_) => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(chars.collect())
}

/// Whether a string is text: whether no half of a surrogate pair is in it.
pub(crate) fn is_whole(string: &str) -> bool {
    let inner = inner(string);
    let mut rest = inner.as_bytes();
    while let Some(backslash) = memchr(b'\\', rest) {
        // Only an escape by number can name half of a pair.
        if rest.get(backslash + 1) == Some(&b'u') {
            return !Pieces(inner.chars()).any(|piece| matches!(piece, Piece::Half(_)));
        }
        rest = rest.get(backslash + 2..).unwrap_or_default();
    }
    true
}

/// What a string says as UTF-8, and each half of a surrogate pair in the same three bytes as another character of its
/// number would have. So bytes compare as code points do.
pub(super) fn decoded_bytes(string: &str) -> Cow<'_, [u8]> {
    let inner = inner(string);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner.as_bytes());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    for piece in Pieces(inner.chars()) {
        match piece {
            Piece::Char(char) => {
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Piece::Half(half) => {
                bytes.extend([0xe0 | (half >> 12) as u8, 0x80 | (half >> 6 & 0x3f) as u8, 0x80 | (half & 0x3f) as u8])
            }
        }
    }
    Cow::Owned(bytes)
}

/// Writes a string in the one spelling of RFC 8785, 3.2.2.2: only what must be escaped is, control characters in their
/// short form or else in lower-case hex digits. Half a surrogate pair, which the RFC refuses, is written as an escape.
pub(super) fn write_canonical(string: &str, out: &mut String) {
    // Neither a quote nor a control character can be in it unescaped.
    if !string.contains('\\') {
        out.push_str(string);
        return;
    }
    out.push('"');
    for piece in Pieces(inner(string).chars()) {
        match piece {
            Piece::Char('"') => out.push_str("\\\""),
            Piece::Char('\\') => out.push_str("\\\\"),
            Piece::Char('\u{8}') => out.push_str("\\b"),
            Piece::Char('\u{c}') => out.push_str("\\f"),
            Piece::Char('\n') => out.push_str("\\n"),
            Piece::Char('\r') => out.push_str("\\r"),
            Piece::Char('\t') => out.push_str("\\t"),
            Piece::Char(char) if char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            Piece::Char(char) => out.push(char),
            Piece::Half(half) => out.push_str(&format!("\\u{half:04x}")),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_string_says_the_same_and_has_one_canonical_form() {
        let cases = [
            (r#""plain ü/""#, "plain ü/", r#""plain ü/""#),
            (r#""\u0061\/\u00FC\u00fc""#, "a/üü", r#""a/üü""#),
            (r#""\ud83d\uDE00 😀""#, "😀 😀", r#""😀 😀""#),
            (
                r#""\"\\\b\f\n\r\t\u000a\u0000\u001F""#,
                "\"\\\u{8}\u{c}\n\r\t\n\0\u{1f}",
                r#""\"\\\b\f\n\r\t\n\u0000\u001f""#,
            ),
            (
                r#""\uD800 \udc00\ud800\ud83d\ude00\ud800\u0041""#,
                "\u{fffd} \u{fffd}\u{fffd}😀\u{fffd}A",
                r#""\ud800 \udc00\ud800😀\ud800A""#,
            ),
        ];
        for (string, says, canonical) in cases {
            assert_eq!(decoded(string), says);
            assert_eq!(is_whole(string), !says.contains('\u{fffd}'));
            let mut out = String::new();
            write_canonical(string, &mut out);
            assert_eq!(out, canonical);
            if is_whole(string) {
                assert_eq!(serde_json::from_str::<String>(string).unwrap(), says);
                assert_eq!(*decoded_bytes(string), *says.as_bytes());
            }
        }
    }

    #[test]
    fn bytes_order_as_code_points_do() {
        let ordered = [
            r#""""#,
            r#""\u0000""#,
            r#""A""#,
            r#""\u00e4""#,
            r#""\ud800""#,
            r#""\udfff""#,
            r#""\uffff""#,
            r#""\ud800\udc00""#,
        ];
        let bytes: Vec<_> = ordered.iter().map(|string| decoded_bytes(string)).collect();
        assert!(bytes.is_sorted(), "{bytes:?}");
    }
}
