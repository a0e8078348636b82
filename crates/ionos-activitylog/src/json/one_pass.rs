//! Validates JSON text and finds the requested members in one pass, without recursion and without decoding.
//!
//! [`OnePass`] reads only the common case. It returns `None` for an escaped key in [`OnePass::object`], for more than
//! 64 levels of nesting in a value, and for text that is not JSON. The caller then asks `serde_json`, which decides
//! whether the text is JSON. The invariant: if this reader accepts a text, `serde_json` also accepts the text, with the
//! same value.

use serde_json::value::RawValue;

use super::lexer::{end_of_escape, end_of_number};
use super::scan::is_whitespace;
use super::string_marks::StringMarks;

/// Maximum nesting depth of a value that [`OnePass::skip_value`] reads: 64, the number of bits of its stack.
const MAX_DEPTH: u32 = u64::BITS;

/// A position between two tokens of a text. The text after the position is not validated yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnePass<'a> {
    text: &'a str,
    at: usize,
    marks: StringMarks,
}

impl<'a> OnePass<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, marks: StringMarks::new(text.as_bytes()) }
    }

    /// Reads an object. `on_member` gets each key without its quotes and must read the value that follows.
    #[inline]
    pub(crate) fn object(&mut self, mut on_member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.expect(b'}').is_some() {
            return Some(());
        }
        loop {
            let key = self.key()?;
            on_member(self, key)?;
            if self.ends(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads a list. `on_element` must read one element.
    #[inline]
    pub(crate) fn list(&mut self, mut on_element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.expect(b']').is_some() {
            return Some(());
        }
        loop {
            on_element(self)?;
            if self.ends(b']')? {
                return Some(());
            }
        }
    }

    /// Reads a value of any type and returns its text.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let start = *self;
        self.skip_value()?;
        self.text_since(&start)
    }

    /// Reads a value of any type.
    pub(crate) fn skip_value(&mut self) -> Option<()> {
        let text = self.text.as_bytes();
        // Local variables stay in registers, which saves a third of the time.
        let (mut at, mut marks) = (self.at, self.marks);
        // One bit for each open bracket, the innermost in the lowest bit: 1 for an object, 0 for a list.
        let (mut open, mut depth) = (0_u64, 0);
        loop {
            let (byte, next) = next_token(text, at)?;
            at = match byte {
                b'"' => after_string(text, &mut marks, next)?,
                b'{' | b'[' => {
                    let is_object = byte == b'{';
                    match after(text, next, if is_object { b'}' } else { b']' }) {
                        Some(at) => at,
                        None => {
                            if depth == MAX_DEPTH {
                                return None;
                            }
                            (open, depth) = (open << 1 | u64::from(is_object), depth + 1);
                            at = if is_object { after_key(text, &mut marks, next)? } else { next };
                            continue;
                        }
                    }
                }
                b'-' | b'0'..=b'9' => end_of_number(text, next - 1)?,
                b't' => after_literal(text, next - 1, "true")?,
                b'f' => after_literal(text, next - 1, "false")?,
                _ => after_literal(text, next - 1, "null")?,
            };
            // A value ends here. The closing brackets after the value end the enclosing lists and objects.
            loop {
                if depth == 0 {
                    (self.at, self.marks) = (at, marks);
                    return Some(());
                }
                let (byte, next) = next_token(text, at)?;
                at = next;
                match (byte, open & 1) {
                    (b',', 0) => break,
                    (b',', _) => {
                        at = after_key(text, &mut marks, at)?;
                        break;
                    }
                    (b']', 0) | (b'}', 1) => (open, depth) = (open >> 1, depth - 1),
                    _ => return None,
                }
            }
        }
    }

    /// Reads a value of any type with `serde_json`, which also accepts values that [`OnePass::value`] does not.
    pub(crate) fn value_by_serde(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value.get())
    }

    /// The first byte of the next token.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        next_token(self.text.as_bytes(), self.at).map(|(byte, _)| byte)
    }

    /// The text from an earlier position to this one, without the whitespace around it.
    pub(crate) fn text_since(&self, start: &Self) -> Option<&'a str> {
        let (_, first) = next_token(self.text.as_bytes(), start.at)?;
        self.text.get(first - 1..self.at)
    }

    /// Whether only whitespace follows.
    pub(crate) fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    /// Reads a key without escapes and the colon after it; returns the key without its quotes.
    #[inline]
    fn key(&mut self) -> Option<&'a [u8]> {
        let text = self.text.as_bytes();
        let start = after(text, self.at, b'"')?;
        let end = self.marks.pass_first(text, start)?;
        if text.get(end) != Some(&b'"') {
            return None;
        }
        self.at = after(text, end + 1, b':')?;
        text.get(start..end)
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.at = after(self.text.as_bytes(), self.at, byte)?;
        Some(())
    }

    /// Reads the comma or the closing bracket after a member or an element. Returns whether it was the bracket.
    #[inline]
    fn ends(&mut self, bracket: u8) -> Option<bool> {
        let (byte, next) = next_token(self.text.as_bytes(), self.at)?;
        self.at = next;
        (byte == b',' || byte == bracket).then_some(byte == bracket)
    }
}

/// The first byte of the next token, and the position after that byte.
#[inline(always)]
fn next_token(text: &[u8], at: usize) -> Option<(u8, usize)> {
    match *text.get(at)? {
        0..=b' ' => next_token_after_whitespace(text, at),
        byte => Some((byte, at + 1)),
    }
}

/// Does the same as [`next_token`], for text with whitespace before the token.
#[cold]
fn next_token_after_whitespace(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let at = at + text.get(at..)?.iter().position(|byte| !is_whitespace(*byte))?;
    Some((*text.get(at)?, at + 1))
}

/// The position after the first byte of the next token. `None` if this byte is not `byte`.
#[inline(always)]
fn after(text: &[u8], at: usize, byte: u8) -> Option<usize> {
    let (found, next) = next_token(text, at)?;
    (found == byte).then_some(next)
}

/// The position after the string whose contents begin at `at`.
#[inline(always)]
fn after_string(text: &[u8], marks: &mut StringMarks, mut at: usize) -> Option<usize> {
    loop {
        let mark = marks.pass_first(text, at)?;
        match text.get(mark)? {
            b'"' => return Some(mark + 1),
            b'\\' => at = end_of_escape(text, mark)?,
            _ => return None,
        }
    }
}

/// The position after the next key and its colon. The key may have escapes.
#[inline(always)]
fn after_key(text: &[u8], marks: &mut StringMarks, at: usize) -> Option<usize> {
    let contents = after(text, at, b'"')?;
    let end = after_string(text, marks, contents)?;
    after(text, end, b':')
}

/// The position after `literal`. `None` if `literal` is not at `at`.
fn after_literal(text: &[u8], at: usize, literal: &str) -> Option<usize> {
    text.get(at..)?.starts_with(literal.as_bytes()).then_some(at + literal.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The keys and values of an object. The value of the key `list` is split into its elements. `None` if a part of
    /// the text was not read.
    fn read_object(text: &str) -> Option<Vec<&str>> {
        let (mut cursor, mut found) = (OnePass::new(text), Vec::new());
        cursor.object(|cursor, key| {
            found.push(str::from_utf8(key).unwrap());
            match key {
                b"list" => cursor.list(|cursor| cursor.value().map(|value| found.push(value))),
                _ => cursor.value().map(|value| found.push(value)),
            }
        })?;
        cursor.is_at_end().then_some(found)
    }

    fn read_value(text: &str) -> Option<&str> {
        let mut cursor = OnePass::new(text);
        let value = cursor.value()?;
        cursor.is_at_end().then_some(value)
    }

    fn read_value_by_serde(text: &str) -> Option<&str> {
        serde_json::from_str::<&RawValue>(text).map(RawValue::get).ok()
    }

    #[test]
    fn reads_every_member_and_element() {
        let text = r#" { "a" : {"b":[1]} , "list" : [ 1.10 , "x" ,[]] , "list":[],"":null } "#;
        let found = ["a", r#"{"b":[1]}"#, "list", "1.10", r#""x""#, "[]", "list", "", "null"];
        assert_eq!(read_object(text), Some(found.to_vec()));
        assert_eq!(read_object("{}"), Some(vec![]));
    }

    #[test]
    fn rejects_text_that_is_not_json_and_escaped_keys() {
        for text in [
            "",
            "{",
            "[]",
            "{} {}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"list":[1,]}"#,
            r#"{"list":[1 2]}"#,
            r#"{"list":1}"#,
            r#"{"a":01}"#,
            r#"{"a":tru}"#,
            r#"{a:1}"#,
            r#"{"\u0061":1}"#,
            "{\"a\n\":1}",
            r#"{"a":1}}"#,
        ] {
            assert_eq!(read_object(text), None, "{text}");
        }
    }

    #[test]
    fn reads_64_levels_and_leaves_deeper_nesting_to_serde() {
        let nested = |levels: usize| format!("{}1{}", r#"{"a":["#.repeat(levels / 2), "]}".repeat(levels / 2));
        assert_eq!(read_value(&nested(64)), Some(nested(64).as_str()));
        for levels in [66, 200_000] {
            let text = nested(levels);
            assert_eq!(read_value(&text), None);
            let mut cursor = OnePass::new(&text);
            assert!(cursor.value_by_serde() == Some(&text) && cursor.is_at_end());
        }
    }

    #[test]
    fn reads_values_that_the_value_type_of_serde_json_cannot_hold() {
        let digits = "9".repeat(400);
        for value in [&digits, "1e400", "-0.0", r#""\ud800\udc00 \udc00\/""#, r#"{"a":1,"a":{"\u0061":[]}}"#, "[[],{}]"]
        {
            assert_eq!(read_value(&format!(" {value}\n")), Some(value));
        }
    }

    /// JSON text in which a few characters may be replaced by a piece of JSON.
    fn mutated_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            r#""([ -~ü]|\\u[0-9a-f]{4}){0,12}""#,
            r#""[ a-zü]{40,140}(\\["n])?[ a-z]{0,70}""#,
            "-?(0|[1-9][0-9]{0,20})([.][0-9])?([eE][-+]?[0-9])?",
            "true|false|null",
        ];
        let json = leaf.prop_recursive(4, 24, 4, |inner| {
            let member = (r#""([a-c]|\\u0061){0,9}""#, "[ \n]{0,1}", inner.clone())
                .prop_map(|(key, space, value)| format!("{key}{space}:{space}{value}"));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(|list| format!("[{}]", list.join(" ,"))),
                prop::collection::vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(", "))),
            ]
        });
        let piece = prop_oneof![r#"["\\ ,:{}\[\]a01eu.\n-]{0,3}"#, Just("null".to_owned()), Just("[{}]".to_owned())];
        (json, prop::option::of((any::<prop::sample::Index>(), 0..4_usize, piece))).prop_map(|(json, change)| {
            let Some((at, removed, piece)) = change else { return json };
            let chars: Vec<char> = json.chars().collect();
            let at = at.index(chars.len() + 1);
            let rest = chars.iter().skip(at + removed);
            chars.iter().take(at).copied().chain(piece.chars()).chain(rest.copied()).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_value_is_read_if_and_only_if_serde_json_reads_it(text in mutated_json()) {
            prop_assert_eq!(read_value(&text), read_value_by_serde(&text), "{}", text);
        }

        #[test]
        fn any_text_is_read_as_serde_json_reads_it(text in "\\PC{0,20}|[\"\\\\ ,:{}\\[\\]a01eu.-]{0,12}") {
            prop_assert_eq!(read_value(&text), read_value_by_serde(&text), "{}", text);
        }
    }
}
