//! Finds the members of objects and the elements of lists in JSON text that a reader has already validated. Values are
//! slices of the text. There is no recursion, so no nesting is too deep.
//!
//! Text that is not JSON never causes a panic or an endless loop, but the result is unspecified.

use std::borrow::Cow;

use memchr::memchr2;

use super::string::{decode_to_bytes, unquote};
use super::swar::{first_match, repeat, zero_bytes};

/// Whether the byte is whitespace between tokens of JSON.
pub(super) fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The key of a member as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    /// The key with its quotes.
    pub(super) text: &'a str,
    /// The key without its quotes.
    unquoted: &'a str,
    /// Whether the key contains an escape. Checked once, because a key is compared with several names.
    has_escape: bool,
}

impl<'a> Key<'a> {
    /// Whether the decoded key equals `name`.
    #[inline]
    pub(crate) fn is_named(&self, name: &str) -> bool {
        *self.decode() == *name.as_bytes()
    }

    /// The decoded key without its quotes.
    #[inline]
    pub(crate) fn decode(self) -> Cow<'a, [u8]> {
        if self.has_escape { decode_to_bytes(self.text) } else { Cow::Borrowed(self.unquoted.as_bytes()) }
    }
}

/// The members of an object in the order of the text. Empty if the value is not an object.
pub(crate) fn members(object: &str) -> Members<'_> {
    Members(ScanCursor::inside(object, b'{'))
}

/// The elements of a list. Empty if the value is not a list.
pub(crate) fn elements(list: &str) -> Elements<'_> {
    Elements(ScanCursor::inside(list, b'['))
}

/// The values of the named members of an object. If a key occurs twice, the value of its last member counts, as in most
/// JSON readers. All values are `None` if `object` is not an object.
pub(crate) fn get_many<'a, const N: usize>(object: &'a str, keys: [&str; N]) -> [Option<&'a str>; N] {
    let mut values = [None; N];
    for (key, value) in members(object) {
        if let Some((slot, _)) = values.iter_mut().zip(keys).find(|(_, name)| key.is_named(name)) {
            *slot = Some(value);
        }
    }
    values
}

/// See [`members`].
pub(crate) struct Members<'a>(ScanCursor<'a>);

/// See [`elements`].
pub(crate) struct Elements<'a>(ScanCursor<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Key<'a>, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.skip_if(b',');
        let key = self.0.key()?;
        self.0.skip_if(b':');
        Some((key, self.0.value()?))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.skip_if(b',');
        self.0.value()
    }
}

/// A position between two characters of the text.
struct ScanCursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> ScanCursor<'a> {
    /// The position after the opening bracket, or at the end of the text if the text does not begin with that bracket.
    fn inside(text: &'a str, open: u8) -> Self {
        let is_open = text.as_bytes().first() == Some(&open);
        let at = if is_open { 1 } else { text.len() };
        Self { text, at }
    }

    /// Moves to the next token and returns its first byte.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if !is_whitespace(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    #[inline]
    fn skip_if(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }

    /// The key that begins here. `None` at the end of the object.
    #[inline]
    fn key(&mut self) -> Option<Key<'a>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        let first = quote_or_backslash(bytes, start + 1);
        let plain_end = first.filter(|at| bytes.get(*at) == Some(&b'"'));
        self.at = plain_end.map_or_else(|| end_of_string(bytes, start), |quote| quote + 1);
        let text = self.text.get(start..self.at)?;
        Some(Key { text, unquoted: unquote(text), has_escape: plain_end.is_none() })
    }

    /// The value that begins here. `None` at the end of the object or list.
    #[inline]
    fn value(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        self.at = end_of_value(self.text.as_bytes(), start);
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }
}

/// The position after the value that begins at `start`; `start` if no value begins there.
fn end_of_value(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(b'"') => end_of_string(text, start),
        Some(b'{' | b'[') => end_of_brackets(text, start),
        Some(_) => end_of_word(text, start),
        None => start,
    }
}

/// The position after the object or list that begins at `start`.
fn end_of_brackets(text: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => at = end_of_string(text, at - 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The position after the number, `true`, `false` or `null` that begins at `start`.
fn end_of_word(text: &[u8], start: usize) -> usize {
    let is_end = |byte: &u8| is_whitespace(*byte) || matches!(byte, b',' | b':' | b'}' | b']');
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// The position after the string whose opening quote is at `start`.
#[inline]
pub(super) fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = quote_or_backslash(text, at) {
        if text.get(found) == Some(&b'"') {
            return found + 1;
        }
        // Skips the escaped character, which may be a quote.
        at = found + 2;
    }
    text.len()
}

/// Number of 8-byte words to search before [`memchr2`] is called. Most strings of a record end within these words, and
/// a call of [`memchr2`] takes as long as the search of three words.
const WORDS: usize = 4;

/// The position of the first quote or backslash from `at` on.
#[inline]
fn quote_or_backslash(text: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..WORDS {
        let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\'));
        if found != 0 {
            return Some(at + first_match(found));
        }
        at += 8;
    }
    let offset = memchr2(b'"', b'\\', text.get(at..)?)?;
    Some(at + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_in_the_order_of_the_text() {
        let object = r#"{ "a" : 1.10 ,"b":"x\"}\\","c":[1,{"d":[]}] , "\u0065" : null,"":{},"a":-0e+1}"#;
        let found: Vec<_> = members(object).map(|(key, value)| (key.text, value)).collect();
        assert_eq!(
            found,
            [
                (r#""a""#, "1.10"),
                (r#""b""#, r#""x\"}\\""#),
                (r#""c""#, r#"[1,{"d":[]}]"#),
                (r#""\u0065""#, "null"),
                (r#""""#, "{}"),
                (r#""a""#, "-0e+1"),
            ]
        );
        assert!(members(object).any(|(key, _)| key.is_named("e")));
        let found: Vec<_> = elements("[ [] , {} ,true,\n\"]\"\t, 1 ]").collect();
        assert_eq!(found, ["[]", "{}", "true", "\"]\"", "1"]);
        for value in ["", "{}", "[]", "1", "\"{\"", "null", "{", "["] {
            assert_eq!(members(value).count(), 0, "{value}");
            assert_eq!(elements(value).count(), 0, "{value}");
        }
    }

    #[test]
    fn if_a_key_occurs_twice_the_last_member_counts() {
        let object = r#"{"a":1,"b":{"a":2},"\u0061":[3],"c":4}"#;
        assert_eq!(get_many(object, ["b", "a", "d"]), [Some(r#"{"a":2}"#), Some("[3]"), None]);
        assert_eq!(get_many("[1]", ["a"]), [None]);
    }

    #[test]
    fn scanning_text_that_is_not_json_neither_panics_nor_hangs() {
        for text in ["{\"a", "{\"a\\", "[1,,2", "{\"a\":}", "{,:]", "[}", "[\"ü\\", "{1:2}", "[:]"] {
            members(text).for_each(drop);
            elements(text).for_each(drop);
            get_many(text, ["a"]);
        }
    }
}
