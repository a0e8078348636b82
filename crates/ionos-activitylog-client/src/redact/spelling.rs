//! The spellings of a character in a text that a service sends: as it is, in upper or lower case, escaped once or twice
//! as in JSON, HTML or a URL, or in another alphabet (URL-safe base64) or encoding (Latin-1). Characters that a
//! terminal hides may precede the character: a terminal shows the text without them, so the secret would be readable.

/// Maximum length of an escape that is cut off at the end of a text, in bytes.
const MAX_ESCAPE_BYTES: usize = 12;

/// Maximum length of an HTML character reference without `&`, in bytes. Bounds the search for its `;`.
const MAX_REFERENCE_BYTES: usize = 32;

/// Maximum number of backslashes before an escaped character. The number doubles each time that JSON is put into a JSON
/// string.
const MAX_BACKSLASHES: usize = 8;

/// The spellings of `&`, which begins an HTML character reference.
const AMPERSANDS: [&str; 5] = ["&", "%26", r"\u0026", r"\x26", "&amp;"];

/// Names of the HTML character references that are recognized even if the text ends within the reference.
const COMMON_REFERENCES: [&str; 5] = ["amp", "apos", "gt", "lt", "quot"];

/// Whether a terminal obeys or hides a character: control characters (C0, DEL and C1), marks that change the direction
/// of text, separators of lines, characters that are invisible by default, and private-use characters, which each font
/// shows differently or not at all. This is the only list of such characters.
#[must_use]
pub fn is_unsafe_for_terminal(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The meaning of one or more characters at the start of a text.
#[derive(Clone, Copy)]
enum DecodedChar {
    Char(char),
    /// An HTML character reference with a name, such as `&quot;` or `&uuml;`. There is no table of names, so the
    /// reference may stand for any character except ASCII letters and digits.
    NamedReference,
}

impl DecodedChar {
    fn may_be(self, expected: char) -> bool {
        match self {
            Self::Char(char) => is_same(expected, char),
            Self::NamedReference => !expected.is_ascii_alphanumeric(),
        }
    }

    fn is_hidden(self) -> bool {
        matches!(self, Self::Char(char) if is_unsafe_for_terminal(char))
    }
}

/// Whether `found` may stand for `expected`. True for the same character in upper or lower case, and for the same
/// base64 digit in the standard or URL-safe alphabet (`+` and `-`, `/` and `_`). U+FFFD, which replaces bytes that are
/// not UTF-8, may stand for any character that is not ASCII.
fn is_same(expected: char, found: char) -> bool {
    match found {
        '-' | '+' if matches!(expected, '-' | '+') => true,
        '_' | '/' if matches!(expected, '_' | '/') => true,
        '\u{fffd}' => !expected.is_ascii(),
        found => found == expected || found.to_lowercase().eq(expected.to_lowercase()),
    }
}

/// Whether a spelling of `expected` can begin with `first`.
pub(super) fn can_begin_spelling(expected: char, first: char) -> bool {
    matches!(first, '\\' | '%' | '&' | '+') || !first.is_ascii() && !expected.is_ascii() || is_same(expected, first)
}

/// For each possible spelling of `expected` at the start of the text, adds the text after this spelling to `rests`.
pub(super) fn rests_after<'a>(expected: char, text: &'a str, rests: &mut Vec<&'a str>) {
    rests.extend(after_latin_1(expected, text));
    let mut hidden = vec![text];
    while let Some(text) = hidden.pop() {
        let decodings = [
            literal(text),
            control_escape(text),
            json_escape(text),
            url_escape(text),
            text.strip_prefix('+').map(|rest| (DecodedChar::Char(' '), rest)),
        ];
        for (decoded, rest) in decodings.into_iter().flatten().chain(after_backslashes(text)).chain(references(text)) {
            if decoded.may_be(expected) {
                rests.push(rest);
            } else if decoded.is_hidden() {
                hidden.push(rest);
            }
        }
    }
}

/// Whether a text may end within a spelling: after any hidden characters, the text is empty or is the beginning of an
/// escape, such as `%2` or `\u00`.
pub(super) fn is_cut_spelling(text: &str) -> bool {
    let text = text.trim_start_matches(is_unsafe_for_terminal);
    let Some(first) = text.chars().next() else {
        return true;
    };
    let rest = &text[first.len_utf8()..];
    text.len() < MAX_ESCAPE_BYTES
        && match first {
            '%' => rest.len() < 2 && rest.bytes().all(|b| b.is_ascii_hexdigit()),
            '\\' => rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'u' || b == b'\\'),
            '&' => match rest.strip_prefix('#') {
                Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'x'),
                None => COMMON_REFERENCES.iter().any(|name| name.starts_with(rest)),
            },
            _ => false,
        }
}

fn literal(text: &str) -> Option<(DecodedChar, &str)> {
    let char = text.chars().next()?;
    Some((DecodedChar::Char(char), &text[char.len_utf8()..]))
}

/// The characters that backslashes at the start of the text may escape: the character after the first backslash, the
/// character after the second one, and so on. There are several, because the text may be escaped several times, as in
/// `\"` and `\\\"`. An escaped character may be a backslash itself.
fn after_backslashes(text: &str) -> impl Iterator<Item = (DecodedChar, &str)> {
    (1..=count_backslashes(text)).filter_map(|count| literal(&text[count..]))
}

fn count_backslashes(text: &str) -> usize {
    text.bytes().take(MAX_BACKSLASHES).take_while(|byte| *byte == b'\\').count()
}

/// The text after the backslashes of an escape. `None` without a backslash.
fn strip_backslashes(text: &str) -> Option<&str> {
    let count = count_backslashes(text);
    (count > 0).then(|| &text[count..])
}

/// A control character that is escaped with a letter, such as `\n`.
fn control_escape(text: &str) -> Option<(DecodedChar, &str)> {
    let rest = strip_backslashes(text)?.strip_prefix(['b', 'f', 'n', 'r', 't'])?;
    Some((DecodedChar::Char('\n'), rest))
}

/// A character that was escaped once or twice for JSON, such as `\u00e4` or `\\u00e4`.
fn json_escape(text: &str) -> Option<(DecodedChar, &str)> {
    let (first, rest) = utf_16_escape(text)?;
    if let Some(char) = char::from_u32(first.into()) {
        return Some((DecodedChar::Char(char), rest));
    }
    let (second, rest) = utf_16_escape(rest)?;
    let char = char::decode_utf16([first, second]).next()?.ok()?;
    Some((DecodedChar::Char(char), rest))
}

/// One UTF-16 unit that is escaped for JSON.
fn utf_16_escape(text: &str) -> Option<(u16, &str)> {
    let digits = strip_backslashes(text)?.strip_prefix('u')?;
    Some((u16::from_str_radix(digits.get(..4)?, 16).ok()?, digits.get(4..)?))
}

/// A character that was escaped once or twice for a URL, such as `%C3%A4` or `%25C3%25A4`.
fn url_escape(text: &str) -> Option<(DecodedChar, &str)> {
    let mut bytes = Vec::with_capacity(4);
    let mut rest = text;
    while bytes.len() < 4 {
        let (byte, after) = byte_escape(rest)?;
        bytes.push(byte);
        rest = after;
        if let Ok(decoded) = std::str::from_utf8(&bytes) {
            return Some((DecodedChar::Char(decoded.chars().next()?), rest));
        }
    }
    None
}

/// One byte that is escaped for a URL.
fn byte_escape(text: &str) -> Option<(u8, &str)> {
    let digits = text.strip_prefix('%')?;
    let is_hex = |digits: &str| digits.get(..2).is_some_and(|two| two.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // `%25` is an escaped `%`, so it may begin another escape.
    let digits = digits.strip_prefix("25").filter(|inner| is_hex(inner)).unwrap_or(digits);
    Some((u8::from_str_radix(digits.get(..2)?, 16).ok()?, digits.get(2..)?))
}

/// The possible HTML character references at the start of a text. The `&` of a reference may itself be escaped.
fn references(text: &str) -> impl Iterator<Item = (DecodedChar, &str)> {
    AMPERSANDS.into_iter().filter_map(|start| {
        let text = text.strip_prefix(start)?;
        let end = text.bytes().take(MAX_REFERENCE_BYTES).position(|byte| byte == b';')?;
        let (body, rest) = (&text[..end], &text[end + 1..]);
        let decoded = match body.strip_prefix('#') {
            Some(digits) => {
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                DecodedChar::Char(char::from_u32(code.ok()?)?)
            }
            None if !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric()) => DecodedChar::NamedReference,
            None => return None,
        };
        Some((decoded, rest))
    })
}

/// The rest of the text after the Latin-1 spelling of `expected`. This spelling has one character for each UTF-8 byte:
/// for example, `Ã¤` stands for `ä`. Such text occurs because many services decode a password as Latin-1. `None` if the
/// text does not begin with this spelling, or if `expected` is ASCII.
fn after_latin_1(expected: char, text: &str) -> Option<&str> {
    if expected.is_ascii() {
        return None;
    }
    let mut bytes = [0; 4];
    let mut bytes = expected.encode_utf8(&mut bytes).bytes();
    bytes.try_fold(text, |text, byte| text.strip_prefix(char::from(byte)))
}
