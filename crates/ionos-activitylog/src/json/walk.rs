//! A walk through text that nobody has read yet. What is passed is known to be JSON; whatever is not as it was expected
//! ends the walk, and why is for a reader of the whole text to say.

use serde_json::value::RawValue;

use super::hole::contents;
use super::scan::is_blank;
use super::shape::{Known, Shapes};

/// A place between two tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Where a text begins.
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes the members of an object; `value` passes the value of each. Keys are given as they are written, and one
    /// that has a backslash ends the walk.
    pub(crate) fn members(&mut self, mut value: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.pass(b'{')?;
        if self.pass(b'}').is_some() {
            return Some(());
        }
        loop {
            self.pass(b'"')?;
            let end = contents(self.text.as_bytes(), self.at)?.end;
            let key = self.text.get(self.at..end)?;
            if key.contains('\\') {
                return None;
            }
            self.at = end + 1;
            self.pass(b':')?;
            value(self, key)?;
            if self.pass(b',').is_none() {
                return self.pass(b'}');
            }
        }
    }

    /// Passes the elements of a list; `value` passes each.
    pub(crate) fn elements(&mut self, mut value: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.pass(b'[')?;
        if self.pass(b']').is_some() {
            return Some(());
        }
        loop {
            value(self)?;
            if self.pass(b',').is_none() {
                return self.pass(b']');
            }
        }
    }

    /// Passes any value.
    pub(crate) fn value(&mut self) -> Option<&'a RawValue> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
    }

    /// Passes a value of a shape that is known; gives what is wanted of it.
    #[inline]
    pub(crate) fn known<const N: usize>(&mut self, shapes: &Shapes<N>) -> Option<Known<'a, N>> {
        self.blank();
        let known = shapes.read(self.text, self.at)?;
        self.at = known.end;
        Some(known)
    }

    /// Whether nothing comes any more.
    pub(crate) fn ends(mut self) -> bool {
        self.blank();
        self.at == self.text.len()
    }

    /// Passes white space and this byte, if it comes next.
    fn pass(&mut self, byte: u8) -> Option<()> {
        self.blank();
        let next = self.text.as_bytes().get(self.at)?;
        (*next == byte).then(|| self.at += 1)
    }

    fn blank(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| is_blank(**byte)).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members and elements on the way to the innermost ones, and whether the walk came to the end.
    fn walked(text: &str) -> (Vec<&str>, bool) {
        let (mut walk, mut met) = (Walk::of(text), Vec::new());
        let passed = walk.members(|walk, key| {
            met.push(key);
            if key != "list" {
                return walk.value().map(|value| met.push(value.get()));
            }
            walk.elements(|walk| walk.value().map(|value| met.push(value.get())))
        });
        (met, passed.is_some() && walk.ends())
    }

    #[test]
    fn a_walk_meets_every_member_and_element() {
        let all = r#" { "a" : {"b":[1]} , "list" : [ 1.10 , "x" ,[]] , "list":[],"":null } "#;
        let met = ["a", r#"{"b":[1]}"#, "list", "1.10", r#""x""#, "[]", "list", "", "null"];
        assert_eq!(walked(all), (met.to_vec(), true));
        assert_eq!(walked("{}"), (vec![], true));
    }

    #[test]
    fn what_is_not_json_or_not_expected_ends_the_walk() {
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
            assert!(!walked(text).1, "{text}");
        }
    }
}
