//! A record is JSON that somebody else wrote: keys twice, half a character, a number of 400 digits, nesting without
//! end. Decoding it into a tree fails on some of these, merges others, and costs far more than the record itself. So
//! nothing is decoded: values are slices of the text, and each is looked at where it lies.
//!
//! What is here takes text that a JSON reader has already accepted, which every [`crate::Event`] is made from. Of other
//! text it makes less than there is, and never a panic. Only `shape`, `hole` and `walk` take any text: they are such a
//! reader.

mod canonical;
mod hole;
mod pointer;
mod scan;
mod shape;
mod text;
mod walk;
mod word;

pub(crate) use canonical::canonical;
pub(crate) use pointer::at;
pub(crate) use scan::{Cursor, elements, members};
pub(crate) use shape::{Shapes, SharedShapes};
pub(crate) use text::{decoded, is_whole};
pub(crate) use walk::Walk;

use std::borrow::Cow;

/// The types of JSON, as messages call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

impl Kind {
    /// Goes by the first character, which decides in JSON.
    pub(crate) fn of(value: &str) -> Self {
        match value.as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::List,
            Some(b'"') => Self::Text,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }
}

/// The values of the named members of an object, found in one pass; of a key that occurs twice the last counts, as it
/// does for most readers of JSON. What is no object has no members.
pub(crate) fn pick<'a, const N: usize>(object: &'a str, keys: [&str; N]) -> [Option<&'a str>; N] {
    members(object).pick(keys)
}

/// What a value says in words or digits: the contents of a string, or a number exactly as it was written. None for
/// anything else.
pub(crate) fn scalar(value: &str) -> Option<Cow<'_, str>> {
    match Kind::of(value) {
        Kind::Text => Some(decoded(value)),
        Kind::Number => Some(Cow::Borrowed(value)),
        _ => None,
    }
}
