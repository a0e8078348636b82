//! Finds where each hit of a page begins and ends. Only strings, brackets and commas are evaluated, so that the hits
//! can be separated even if one of them is not JSON or not UTF-8.

use std::ops::Range;

use crate::json;

/// The hits of a page as ranges of bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HitBorders {
    Found {
        /// The list with its brackets.
        list: Range<usize>,
        /// The hits without the whitespace around them.
        hits: Vec<Range<usize>>,
    },
    /// The page has more hits than allowed.
    TooMany,
}

/// Finds the list `/hits/hits`. `None` if there is no such list, if there is more than one, or if strings, brackets or
/// commas do not fit together.
pub(super) fn find_hit_borders(body: &[u8], max_hits: usize) -> Option<HitBorders> {
    let mut cursor = BorderCursor { body, at: 0 };
    let (mut found, mut has_several) = (None, false);
    cursor
        .object(|cursor, key| {
            if key != "hits" || cursor.peek() != Some(b'{') {
                return cursor.skip_value();
            }
            cursor.object(|cursor, key| {
                if key != "hits" || cursor.peek() != Some(b'[') {
                    return cursor.skip_value();
                }
                let start = cursor.at;
                let mut hits = Vec::new();
                let mut is_too_many = false;
                cursor
                    .list(|cursor| {
                        let start = cursor.at;
                        cursor.skip_value()?;
                        is_too_many = hits.len() >= max_hits;
                        hits.push(start..cursor.at);
                        (!is_too_many).then_some(())
                    })
                    .or(is_too_many.then_some(()))?;
                has_several |= found.is_some();
                found = Some(if is_too_many {
                    HitBorders::TooMany
                } else {
                    HitBorders::Found { list: start..cursor.at, hits }
                });
                (!is_too_many).then_some(())
            })
        })
        .or_else(|| (found == Some(HitBorders::TooMany)).then_some(()))?;
    let is_whole = found == Some(HitBorders::TooMany) || cursor.peek().is_none();
    found.filter(|_| is_whole && !has_several)
}

/// A position in the body of a page.
struct BorderCursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl BorderCursor<'_> {
    /// Moves to the next token and returns its first byte.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.body.get(self.at..)?;
        self.at += rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.body.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let is_next = self.peek()? == byte;
        self.at += usize::from(is_next);
        is_next.then_some(())
    }

    /// Reads an object. For each member, calls `on_member` with the decoded key; `on_member` must move past the value.
    fn object(&mut self, mut on_member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.expect(b'}').is_some() {
            return Some(());
        }
        loop {
            self.peek().filter(|byte| *byte == b'"')?;
            let start = self.at;
            self.skip_string()?;
            let key = String::from_utf8_lossy(self.body.get(start..self.at)?).into_owned();
            self.expect(b':')?;
            self.peek()?;
            on_member(self, &json::decode(&key))?;
            if self.ends(b'}')? {
                return Some(());
            }
        }
    }

    /// Reads a list. `on_element` must move past one element.
    fn list(&mut self, mut on_element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.expect(b']').is_some() {
            return Some(());
        }
        loop {
            self.peek()?;
            on_element(self)?;
            if self.ends(b']')? {
                return Some(());
            }
        }
    }

    /// Reads the comma or the closing bracket after a value. Returns whether it was the bracket.
    fn ends(&mut self, bracket: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == bracket).then_some(byte == bracket)
    }

    /// Moves past a value. Between its brackets, checks only whether strings and brackets fit together. Does not use
    /// recursion, because a record may nest deeply.
    fn skip_value(&mut self) -> Option<()> {
        let mut closing = Vec::new();
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                byte @ (b'{' | b'[') => {
                    closing.push(if byte == b'{' { b'}' } else { b']' });
                    self.at += 1;
                }
                byte @ (b'}' | b']') => {
                    if closing.pop()? != byte {
                        return None;
                    }
                    self.at += 1;
                }
                b',' | b':' if closing.is_empty() => return None,
                b',' | b':' => self.at += 1,
                _ => self.skip_word(),
            }
            if closing.is_empty() {
                return Some(());
            }
        }
    }

    fn skip_word(&mut self) {
        let is_end =
            |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']');
        let rest = self.body.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(is_end).unwrap_or(rest.len());
    }

    /// Moves past the string that begins at the current position.
    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.body.get(self.at..)?;
            let found = memchr::memchr2(b'"', b'\\', rest)?;
            let is_end = rest.get(found) == Some(&b'"');
            self.at += found + if is_end { 1 } else { 2 };
            if is_end {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(body: &str) -> Option<Vec<&str>> {
        match find_hit_borders(body.as_bytes(), 3)? {
            HitBorders::Found { hits, .. } => Some(hits.into_iter().map(|hit| &body[hit]).collect()),
            HitBorders::TooMany => None,
        }
    }

    #[test]
    fn hits_are_told_apart_by_strings_and_brackets() {
        let found = hits(r#" { "took" : [1,{}] , "hits" : { "hits" : [ {"a":"]},{"} ,NaN, [ {,} ] ] , "total":7 } } "#);
        assert_eq!(found, Some(vec![r#"{"a":"]},{"}"#, "NaN", "[ {,} ]"]));
        assert_eq!(hits(r#"{"\u0068its":{"hits":[]}}"#), Some(vec![]));
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(hits(&format!(r#"{{"hits":{{"hits":[{deep}]}}}}"#)), Some(vec![&*deep]));
    }

    #[test]
    fn text_whose_strings_brackets_or_commas_do_not_fit_together_has_no_borders() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"hits":{}}"#,
            r#"{"hits":{"hits":null}}"#,
            r#"{"hits":{"hits":[1,]}}"#,
            r#"{"hits":{"hits":[,1]}}"#,
            r#"{"hits":{"hits":[1 2]}}"#,
            r#"{"hits":{"hits":[1}]}"#,
            r#"{"hits":{"hits":["a]}}"#,
            r#"{"hits":{"hits":["a\"#,
            r#"{"hits":{"hits":[1]}} {}"#,
            r#"{"hits":{"hits":[1]}"#,
            r#"{"hits":{"hits":[1]},"hits":{"hits":[]}}"#,
            r#"{"hits":{"hits":[1],"hits":[]}}"#,
        ] {
            assert_eq!(find_hit_borders(body.as_bytes(), 3), None, "{body}");
        }
        let too_many = r#"{"hits":{"hits":[1,2,3,4]}}"#;
        assert_eq!(find_hit_borders(too_many.as_bytes(), 3), Some(HitBorders::TooMany));
    }
}
