//! Where a value ends, and what an object or a list is made of. No recursion, so no depth is too deep.

use memchr::memchr2;

use super::text::{decoded_bytes, inner, is_whole};
use super::word::{every, first, zeros};

/// White space between the tokens of JSON.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// A member's key as it was written, with its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(super) text: &'a str,
    /// The same without quotes.
    inner: &'a str,
    /// Whether some of it is spelled with a backslash. A key is compared with several names, and looked through once.
    escaped: bool,
}

impl Key<'_> {
    /// Whether it says the same as `name`, however it is spelled.
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        self.inner == name || (self.escaped && *decoded_bytes(self.text) == *name.as_bytes())
    }
}

/// The members of an object, in the order in which they were written; none for what is no object.
pub(crate) fn members(object: &str) -> Members<'_> {
    Members(Cursor::inside(object, b'{'))
}

/// The elements of a list; none for what is no list.
pub(crate) fn elements(list: &str) -> Elements<'_> {
    Elements(Cursor::inside(list, b'['))
}

pub(crate) struct Members<'a>(Cursor<'a>);

pub(crate) struct Elements<'a>(Cursor<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Key<'a>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.next_key()?;
        Some((key, self.value()?))
    }
}

impl<'a> Members<'a> {
    /// The key of the next member; its value comes next.
    pub(crate) fn next_key(&mut self) -> Option<Key<'a>> {
        self.0.next_key()
    }

    /// The value of the key that came last.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        self.0.value()
    }

    /// The same, and in the same pass what [`pick`](super::pick) finds in it.
    pub(crate) fn value_and_pick<const N: usize>(
        &mut self,
        keys: [&str; N],
    ) -> Option<(&'a str, [Option<&'a str>; N])> {
        if self.0.peek()? != b'{' {
            return Some((self.0.value()?, [None; N]));
        }
        let Cursor { text, at: start } = self.0;
        let mut members = Members(Cursor { text, at: start + 1 });
        let found = members.pick(keys);
        self.0 = members.0;
        self.0.pass(b'}');
        Some((text.get(start..self.0.at)?, found))
    }

    /// The values of the named members; of a key that occurs twice, the last counts.
    pub(super) fn pick<const N: usize>(&mut self, keys: [&str; N]) -> [Option<&'a str>; N] {
        let mut found = [None; N];
        for (key, value) in self {
            let place = keys.iter().position(|wanted| key.is(wanted));
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = Some(value);
            }
        }
        found
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.pass(b',');
        self.0.value()
    }
}

/// A place in the text, always between two characters. Whoever wants to know several things of a value walks through it
/// once with a cursor of their own.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Where a text begins.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Behind the opening bracket, or at the end where there is none.
    fn inside(text: &'a str, open: u8) -> Self {
        let opens = text.as_bytes().first() == Some(&open);
        let at = if opens { 1 } else { text.len() };
        Self { text, at }
    }

    /// Goes on to what comes next, behind white space; gives its first byte.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if !is_blank(byte) {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Passes this byte, if it comes next.
    #[inline]
    pub(crate) fn pass(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }

    /// The key that begins here; none at the end of what surrounds it.
    fn key(&mut self) -> Option<Key<'a>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let bytes = self.text.as_bytes();
        let first = quote_or_backslash(bytes, start + 1);
        let plain = first.filter(|at| bytes.get(*at) == Some(&b'"'));
        self.at = plain.map_or_else(|| end_of_string(bytes, start), |quote| quote + 1);
        let text = self.text.get(start..self.at)?;
        Some(Key { text, inner: inner(text), escaped: plain.is_none() })
    }

    /// The key of the next member of the object around; none at its end. Its value comes next.
    #[inline]
    pub(crate) fn next_key(&mut self) -> Option<Key<'a>> {
        self.pass(b',');
        let key = self.key()?;
        self.pass(b':');
        Some(key)
    }

    /// Passes the key that begins here and what is between it and its value, if it is this one, written without a
    /// backslash. That is known without a look for its end.
    #[inline]
    pub(crate) fn pass_key(&mut self, name: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let rest = rest.strip_prefix(b"\"");
        let rest = rest.and_then(|rest| rest.strip_prefix(name.as_bytes()));
        let is = rest.is_some_and(|rest| rest.first() == Some(&b'"'));
        if is {
            self.at += name.len() + 2;
            self.pass(b':');
        }
        is
    }

    /// Passes the string that comes next; says whether it is text: see [`is_whole`].
    #[inline]
    pub(crate) fn pass_whole_text(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        match quote_or_backslash(bytes, self.at + 1) {
            Some(end) if bytes.get(end) == Some(&b'"') => {
                self.at = end + 1;
                true
            }
            _ => self.value().is_some_and(is_whole),
        }
    }

    /// The first byte of the next element of the list around; none at its end. The element comes next.
    pub(crate) fn next_element(&mut self) -> Option<u8> {
        self.pass(b',');
        self.peek().filter(|byte| *byte != b']')
    }

    /// The value that begins here; none at the end of what surrounds it.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        self.at = end_of_value(self.text.as_bytes(), start);
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }
}

/// The place behind the value that begins at `start`; `start` itself where none does.
fn end_of_value(text: &[u8], start: usize) -> usize {
    match text.get(start) {
        Some(b'"') => end_of_string(text, start),
        Some(b'{' | b'[') => end_of_nested(text, start),
        Some(_) => end_of_word(text, start),
        None => start,
    }
}

/// The place behind the object or list that begins at `start`.
fn end_of_nested(text: &[u8], start: usize) -> usize {
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

/// The place behind a number, `true`, `false` or `null`.
fn end_of_word(text: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b':' | b'}' | b']');
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().position(ends).unwrap_or(rest.len())
}

/// The place behind the string whose opening quote is at `start`.
#[inline]
pub(super) fn end_of_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = quote_or_backslash(text, at) {
        if text.get(found) == Some(&b'"') {
            return found + 1;
        }
        // Whatever was escaped is not the end.
        at = found + 2;
    }
    text.len()
}

/// Words that are looked through before [`memchr2`] is called. Most strings of a record end sooner, and a call costs as
/// much as three words do.
const WORDS: usize = 4;

/// The place of the first quote or backslash from `at` on.
#[inline]
fn quote_or_backslash(text: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..WORDS {
        let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk) else {
            break;
        };
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ every(b'"')) | zeros(word ^ every(b'\\'));
        if found != 0 {
            return Some(at + first(found));
        }
        at += 8;
    }
    let ahead = memchr2(b'"', b'\\', text.get(at..)?)?;
    Some(at + ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_come_as_they_were_written() {
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
        assert!(members(object).any(|(key, _)| key.is("e")));
        let found: Vec<_> = elements("[ [] , {} ,true,\n\"]\"\t, 1 ]").collect();
        assert_eq!(found, ["[]", "{}", "true", "\"]\"", "1"]);
        let mut members = members(r#"{"x": {"a":1, "b":{"a":2},"a":[3]} ,"y":[{"a":4}],"z":5}"#);
        for (key, value, picked) in
            [("x", r#"{"a":1, "b":{"a":2},"a":[3]}"#, Some("[3]")), ("y", r#"[{"a":4}]"#, None), ("z", "5", None)]
        {
            assert!(members.next_key().unwrap().is(key));
            assert_eq!(members.value_and_pick(["a"]), Some((value, [picked])));
        }
        assert!(members.next_key().is_none());
        for neither in ["", "{}", "[]", "1", "\"{\"", "null", "{", "["] {
            assert_eq!(super::members(neither).count(), 0, "{neither}");
            assert_eq!(elements(neither).count(), 0, "{neither}");
        }
    }

    #[test]
    fn what_is_no_json_ends_early_and_never_hangs() {
        for text in ["{\"a", "{\"a\\", "[1,,2", "{\"a\":}", "{,:]", "[}", "[\"ü\\", "{1:2}", "[:]"] {
            members(text).for_each(drop);
            let mut members = members(text);
            while members.next_key().is_some() {
                members.value_and_pick(["a"]);
            }
            elements(text).for_each(drop);
        }
    }
}
