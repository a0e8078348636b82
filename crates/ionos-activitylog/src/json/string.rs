//! Decodes JSON strings and writes them in canonical form. JSON allows strings that are not valid Unicode: an escape
//! may name a lone surrogate. The canonical form keeps lone surrogates, so that two different strings never become
//! equal. [`decode`] replaces each lone surrogate by U+FFFD.

use std::borrow::Cow;
use std::str::Chars;

use memchr::memchr;

/// A decoded character of a string.
#[derive(Clone, Copy)]
enum StringUnit {
    Char(char),
    LoneSurrogate(u16),
}

/// Decodes the contents of a string.
struct StringUnits<'a>(Chars<'a>);

impl Iterator for StringUnits<'_> {
    type Item = StringUnit;

    fn next(&mut self) -> Option<StringUnit> {
        let char = self.0.next()?;
        if char != '\\' {
            return Some(StringUnit::Char(char));
        }
        Some(StringUnit::Char(match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return Some(self.unicode_escape()),
            other => other,
        }))
    }
}

impl StringUnits<'_> {
    /// Decodes the digits after `\u`. Also decodes the escape that follows if the two escapes form a surrogate pair.
    fn unicode_escape(&mut self) -> StringUnit {
        let first = hex_digits(&mut self.0);
        let mut ahead = self.0.clone();
        if let Some(char) = char::from_u32(first.into()) {
            return StringUnit::Char(char);
        }
        if (ahead.next(), ahead.next()) == (Some('\\'), Some('u')) {
            let pair = [first, hex_digits(&mut ahead)];
            if let Some(Ok(char)) = char::decode_utf16(pair).next() {
                self.0 = ahead;
                return StringUnit::Char(char);
            }
        }
        StringUnit::LoneSurrogate(first)
    }
}

/// The number that the next four hex digits stand for.
fn hex_digits(chars: &mut Chars<'_>) -> u16 {
    let digits = chars.by_ref().take(4);
    digits.fold(0, |number, digit| (number << 4) | digit.to_digit(16).unwrap_or_default() as u16)
}

/// The string without its quotes.
pub(super) fn unquote(string: &str) -> &str {
    let unquoted = string.strip_prefix('"').unwrap_or(string);
    unquoted.strip_suffix('"').unwrap_or(unquoted)
}

/// The decoded string. A lone surrogate becomes U+FFFD.
pub(crate) fn decode(string: &str) -> Cow<'_, str> {
    decode_escapes(unquote(string))
}

/// The text with all escapes of its strings decoded; borrowed if it has none. The text is either the contents of a
/// string, or any other JSON text, in which only strings have escapes. A lone surrogate becomes U+FFFD.
pub(crate) fn decode_escapes(text: &str) -> Cow<'_, str> {
    if memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let chars = StringUnits(text.chars()).map(|unit| match unit {
        StringUnit::Char(char) => char,
        StringUnit::LoneSurrogate(_) => char::REPLACEMENT_CHARACTER,
    });
    Cow::Owned(chars.collect())
}

/// Whether the decoded string is valid Unicode, which means that it contains no lone surrogate.
pub(crate) fn is_valid_unicode(string: &str) -> bool {
    let unquoted = unquote(string);
    let mut rest = unquoted.as_bytes();
    while let Some(backslash) = memchr(b'\\', rest) {
        // Only a \u escape can name a surrogate.
        if rest.get(backslash + 1) == Some(&b'u') {
            return !StringUnits(unquoted.chars()).any(|unit| matches!(unit, StringUnit::LoneSurrogate(_)));
        }
        rest = rest.get(backslash + 2..).unwrap_or_default();
    }
    true
}

/// The decoded string as UTF-8. A lone surrogate is encoded in three bytes, as in WTF-8. So the order of two strings by
/// bytes is their order by code points.
pub(super) fn decode_to_bytes(string: &str) -> Cow<'_, [u8]> {
    let unquoted = unquote(string);
    if !unquoted.contains('\\') {
        return Cow::Borrowed(unquoted.as_bytes());
    }
    let mut bytes = Vec::with_capacity(unquoted.len());
    for unit in StringUnits(unquoted.chars()) {
        match unit {
            StringUnit::Char(char) => {
                bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            }
            StringUnit::LoneSurrogate(unit) => {
                bytes.extend([0xe0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8])
            }
        }
    }
    Cow::Owned(bytes)
}

/// Writes a string as RFC 8785, section 3.2.2.2, prescribes: escapes only quotes, backslashes and control characters. A
/// control character gets its short form, such as `\n`, or else lower-case hex digits. A lone surrogate, which the RFC
/// forbids, is written as an escape.
pub(super) fn write_canonical(string: &str, out: &mut String) {
    // Without an escape, the string contains neither a quote nor a control character.
    if !string.contains('\\') {
        out.push_str(string);
        return;
    }
    out.push('"');
    for unit in StringUnits(unquote(string).chars()) {
        match unit {
            StringUnit::Char('"') => out.push_str("\\\""),
            StringUnit::Char('\\') => out.push_str("\\\\"),
            StringUnit::Char('\u{8}') => out.push_str("\\b"),
            StringUnit::Char('\u{c}') => out.push_str("\\f"),
            StringUnit::Char('\n') => out.push_str("\\n"),
            StringUnit::Char('\r') => out.push_str("\\r"),
            StringUnit::Char('\t') => out.push_str("\\t"),
            StringUnit::Char(char) if char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            StringUnit::Char(char) => out.push(char),
            StringUnit::LoneSurrogate(unit) => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_string_decodes_equally_and_has_one_canonical_form() {
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
        for (string, decoded, canonical) in cases {
            assert_eq!(decode(string), decoded);
            assert_eq!(is_valid_unicode(string), !decoded.contains('\u{fffd}'));
            let mut out = String::new();
            write_canonical(string, &mut out);
            assert_eq!(out, canonical);
            if is_valid_unicode(string) {
                assert_eq!(serde_json::from_str::<String>(string).unwrap(), decoded);
                assert_eq!(*decode_to_bytes(string), *decoded.as_bytes());
            }
        }
    }

    #[test]
    fn escapes_are_decoded_in_any_json_text() {
        for (text, expected) in [
            (r#"{"a":["\"\\","x\ty"],"\u00e4":1}"#, "{\"a\":[\"\"\\\",\"x\ty\"],\"ä\":1}"),
            (r#"["\ud83d","\ude00"]"#, "[\"\u{fffd}\",\"\u{fffd}\"]"),
        ] {
            assert_eq!(decode_escapes(text), expected);
        }
        assert!(matches!(decode_escapes(r#"{"a":"ä"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn decoded_bytes_are_ordered_by_code_point() {
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
        let bytes: Vec<_> = ordered.iter().map(|string| decode_to_bytes(string)).collect();
        assert!(bytes.is_sorted(), "{bytes:?}");
    }
}
