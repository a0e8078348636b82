//! Reads JSON text as slices, without decoding it into a tree. Records may contain duplicate keys, lone surrogates,
//! numbers of 400 digits and any depth of nesting; a tree would reject, merge or round some of these.
//!
//! [`OnePass`] reads text that is not validated yet. All other functions expect text that a JSON reader has accepted:
//! for other text the result is unspecified, but these functions never panic.

mod canonical;
mod lexer;
mod one_pass;
mod pointer;
mod scan;
mod string;
mod string_marks;
mod swar;

pub(crate) use canonical::to_canonical;
pub(crate) use one_pass::OnePass;
pub(crate) use pointer::resolve_pointer;
pub(crate) use scan::{elements, get_many, members};
pub(crate) use string::{decode, decode_escapes, is_valid_unicode};

use std::borrow::Cow;

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonType {
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

impl JsonType {
    /// The type of a value, recognized by its first character.
    pub(crate) fn from_text(value: &str) -> Self {
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

/// The decoded text of a string, or the digits of a number as they are written. `None` for any other value.
pub(crate) fn scalar_text(value: &str) -> Option<Cow<'_, str>> {
    match JsonType::from_text(value) {
        JsonType::Text => Some(decode(value)),
        JsonType::Number => Some(Cow::Borrowed(value)),
        _ => None,
    }
}
