//! Validates JSON text and finds the requested members in one pass, without recursion and without decoding.
//!
//! [`OnePass`] takes the common case only. It returns `None` for escaped keys, for more than 64 levels of nesting and
//! for text that is not JSON. The caller then asks `serde_json`, which decides whether the text is JSON. The invariant:
//! any text that this reader accepts, `serde_json` accepts with the same value.

use serde_json::value::RawValue;

use super::lexer::{end_of_number, end_of_plain_string, end_of_string_contents};
use super::scan::is_whitespace;

/// Maximum levels of objects and lists inside a value that [`OnePass::value`] skips: the bits of its stack.
const MAX_DEPTH: u32 = u64::BITS;

/// A position between two tokens of text that is not validated yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnePass<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> OnePass<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Reads an object. `on_member` gets each key without its quotes and must read the value that follows.
    #[inline]
    pub(crate) fn object(&mut self, mut on_member: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.skip_if(b'}') {
            return Some(());
        }
        loop {
            let key = self.key()?;
            on_member(self, key)?;
            if !self.skip_if(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Reads a list. `on_element` must read one element.
    #[inline]
    pub(crate) fn list(&mut self, mut on_element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.skip_if(b']') {
            return Some(());
        }
        loop {
            on_element(self)?;
            if !self.skip_if(b',') {
                return self.expect(b']');
            }
        }
    }

    /// Reads a value of any type and returns its text.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        // One bit for each open bracket, the innermost in the lowest bit: 1 for an object, 0 for a list.
        let (mut open, mut depth) = (0_u64, 0);
        loop {
            let byte = self.peek()?;
            match byte {
                b'"' => self.skip_string()?,
                b'-' | b'0'..=b'9' => self.at = end_of_number(self.text.as_bytes(), self.at)?,
                b'{' | b'[' => {
                    self.at += 1;
                    let is_object = byte == b'{';
                    if !self.skip_if(if is_object { b'}' } else { b']' }) {
                        if depth == MAX_DEPTH {
                            return None;
                        }
                        (open, depth) = (open << 1 | u64::from(is_object), depth + 1);
                        if is_object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                _ => self.literal("null")?,
            }
            // A value ends here. Closing brackets that follow end the enclosing lists and objects.
            loop {
                if depth == 0 {
                    return self.text.get(start..self.at);
                }
                let in_object = open & 1 == 1;
                if self.skip_if(b',') {
                    if in_object {
                        self.skip_key()?;
                    }
                    break;
                }
                self.expect(if in_object { b'}' } else { b']' })?;
                (open, depth) = (open >> 1, depth - 1);
            }
        }
    }

    /// Reads a value of any type with `serde_json`, which takes also what [`OnePass::value`] does not.
    pub(crate) fn value_by_serde(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value.get())
    }

    /// The first byte of the next token.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        match *self.text.as_bytes().get(self.at)? {
            0..=b' ' => self.peek_after_whitespace(),
            byte => Some(byte),
        }
    }

    /// As [`OnePass::peek`], for text with whitespace between tokens.
    #[cold]
    fn peek_after_whitespace(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().position(|byte| !is_whitespace(*byte))?;
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text from an earlier position to this one, without the whitespace around it.
    pub(crate) fn text_since(&self, start: &Self) -> Option<&'a str> {
        self.text.get(start.at..self.at)
    }

    /// Whether only whitespace follows.
    pub(crate) fn is_at_end(mut self) -> bool {
        self.peek().is_none()
    }

    /// Reads a key without escapes and the colon after it; returns the key without its quotes.
    #[inline]
    fn key(&mut self) -> Option<&'a str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let end = end_of_plain_string(self.text.as_bytes(), start)?;
        self.at = end + 1;
        self.expect(b':')?;
        self.text.get(start..end)
    }

    /// Reads a key that may have escapes, and the colon after it.
    #[inline]
    fn skip_key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.skip_string()?;
        self.expect(b':')
    }

    /// Reads the string whose opening quote is here.
    #[inline]
    fn skip_string(&mut self) -> Option<()> {
        self.at = end_of_string_contents(self.text.as_bytes(), self.at + 1)? + 1;
        Some(())
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        let is_here = self.text.as_bytes().get(self.at..)?.starts_with(literal.as_bytes());
        is_here.then(|| self.at += literal.len())
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_if(byte).then_some(())
    }

    #[inline]
    fn skip_if(&mut self, byte: u8) -> bool {
        let is_here = self.peek() == Some(byte);
        self.at += usize::from(is_here);
        is_here
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The keys and values of an object, with the elements of its member `list` one by one, if all of the text was
    /// read.
    fn read_object(text: &str) -> Option<Vec<&str>> {
        let (mut cursor, mut found) = (OnePass::new(text), Vec::new());
        cursor.object(|cursor, key| {
            found.push(key);
            match key {
                "list" => cursor.list(|cursor| cursor.value().map(|value| found.push(value))),
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
    fn takes_64_levels_and_leaves_deeper_nesting_to_serde() {
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
    fn takes_values_that_a_tree_could_not_hold() {
        let digits = "9".repeat(400);
        for value in [&digits, "1e400", "-0.0", r#""\ud800\udc00 \udc00\/""#, r#"{"a":1,"a":{"\u0061":[]}}"#, "[[],{}]"]
        {
            assert_eq!(read_value(&format!(" {value}\n")), Some(value));
        }
    }

    /// JSON text with pieces of it removed, and pieces of JSON put in their place.
    fn mutated_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            r#""([ -~ü]|\\u[0-9a-f]{4}){0,12}""#,
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
        fn a_value_is_read_exactly_if_serde_json_reads_it(text in mutated_json()) {
            prop_assert_eq!(read_value(&text), read_value_by_serde(&text), "{}", text);
        }

        #[test]
        fn any_text_is_read_as_serde_json_reads_it(text in "\\PC{0,20}|[\"\\\\ ,:{}\\[\\]a01eu.-]{0,12}") {
            prop_assert_eq!(read_value(&text), read_value_by_serde(&text), "{}", text);
        }
    }
}
