//! A page may be read twice and windows may touch, so events must be told apart by something that does not depend on
//! how they were read. Most records bring a UUID; for the others, their content has to do.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::json::{self, Kind};
use crate::{Error, ErrorKind};

/// Bytes of a UUID, and as many of a SHA-256: 128 bits tell any number of records apart.
const BYTES: usize = 16;
/// The longest name that is taken for one, in bytes. It is four times as long as a UUID is written.
const LONGEST_NAME: usize = 144;
/// Where the text of a UUID has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Where each byte of a UUID is written, in two digits.
const PAIRS: [usize; BYTES] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/// The value of each lower-case hex digit, by its character; 255 for all other characters.
const DIGITS: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// What an event is known by, unique within a contract.
///
/// `u:` and the record's `@uuid`, exactly as written, where that is a string that can serve as a name: not blank, no
/// control characters, up to 144 bytes. Otherwise `h:` and the first 32 hex digits of
/// [`Event::fingerprint`](crate::Event::fingerprint). Two records of one `u:` id need not have the same content: one may
/// have been amended.
///
/// Ids are ordered as their texts are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventId(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Hash([u8; BYTES]),
    /// A UUID in lower case with hyphens: a third of the memory of its text.
    Uuid([u8; BYTES]),
    /// Any other name. Never the text of such a UUID, so that equal ids have one form.
    Name(Box<str>),
}

impl EventId {
    /// From the value of `@uuid`; none where it cannot serve as a name.
    pub(super) fn of_uuid(value: &str) -> Option<Self> {
        if Kind::of(value) != Kind::Text || !json::is_whole(value) {
            return None;
        }
        Self::named(&json::decoded(value))
    }

    /// From the hash of the canonical record.
    pub(super) fn of_content(fingerprint: [u8; 32]) -> Self {
        let mut first = [0; BYTES];
        first.iter_mut().zip(fingerprint).for_each(|(to, from)| *to = from);
        Self(Form::Hash(first))
    }

    /// Whether nothing but the content of the record tells it apart: it is written `h:…`, as the record brings no usable
    /// `@uuid`. Several records of such an id are several events that look the same, where a page was not read twice.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        matches!(self.0, Form::Hash(_))
    }

    fn named(name: &str) -> Option<Self> {
        if let Some(bytes) = uuid(name) {
            return Some(Self(Form::Uuid(bytes)));
        }
        let usable = name.len() <= LONGEST_NAME && !name.trim().is_empty() && !name.contains(char::is_control);
        usable.then(|| Self(Form::Name(name.into())))
    }
}

impl FromStr for EventId {
    type Err = Error;

    /// Reads what [`fmt::Display`] writes. Fails with [`ErrorKind::Configuration`] for anything else.
    fn from_str(text: &str) -> Result<Self, Error> {
        let id = match text.split_once(':') {
            Some(("u", name)) => Self::named(name),
            Some(("h", digits)) if digits.len() == 2 * BYTES => {
                hex(digits.bytes()).map(|bytes| Self(Form::Hash(bytes)))
            }
            _ => None,
        };
        id.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{text:?} is not the id of an event"))
                .with_hint("it is \"u:\" and a UUID, or \"h:\" and 32 lower-case hex digits")
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Hash(bytes) => {
                f.write_str("h:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Form::Uuid(bytes) => {
                f.write_str("u:")?;
                bytes.iter().enumerate().try_for_each(|(place, byte)| {
                    let hyphen = matches!(place, 4 | 6 | 8 | 10);
                    write!(f, "{}{byte:02x}", if hyphen { "-" } else { "" })
                })
            }
            Form::Name(name) => write!(f, "u:{name}"),
        }
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({self})")
    }
}

impl Ord for EventId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            // The texts of each of these have the same length and order as the bytes do.
            (Form::Hash(one), Form::Hash(other)) | (Form::Uuid(one), Form::Uuid(other)) => one.cmp(other),
            (Form::Name(one), Form::Name(other)) => one.cmp(other),
            (Form::Hash(_), _) => Ordering::Less,
            (_, Form::Hash(_)) => Ordering::Greater,
            // Rare: contracts name their events in one way.
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A UUID in lower case with hyphens. Every event has one to be read, so each digit is one look into a table.
fn uuid(name: &str) -> Option<[u8; BYTES]> {
    let name: &[u8; 36] = name.as_bytes().try_into().ok()?;
    if HYPHENS.iter().any(|place| name[*place] != b'-') {
        return None;
    }
    let (mut bytes, mut wrong) = ([0; BYTES], 0);
    for (byte, place) in bytes.iter_mut().zip(PAIRS) {
        let high = DIGITS[usize::from(name[place])];
        let low = DIGITS[usize::from(name[place + 1])];
        *byte = high << 4 | low;
        wrong |= high | low;
    }
    (wrong < 16).then_some(bytes)
}

/// Lower-case hex digits, two for each byte.
fn hex(mut digits: impl Iterator<Item = u8>) -> Option<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    for byte in &mut bytes {
        for _ in 0..2 {
            let value = DIGITS[usize::from(digits.next()?)];
            if value == u8::MAX {
                return None;
            }
            *byte = *byte << 4 | value;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn id(record: &str) -> String {
        Event::from_json(record).unwrap().id().to_string()
    }

    #[test]
    fn a_uuid_that_can_serve_as_a_name_is_the_id() {
        for uuid in [
            "c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
            "C1B9B1B0-7B1B-11E6-9A41-000D3A002F99",
            "c1b9b1b07b1b11e69a41000d3a002f99",
            "c1b9b1b0-7b1b-11e6-9a41-000d3a002f9g",
            "c1b9b1b-07b1b-11e6-9a41-000d3a002f99",
            "-",
            " spaces stay ",
            "ü:7",
        ] {
            let record = format!(r#"{{"meta":{{}},"\u0040uuid":"{uuid}"}}"#);
            assert_eq!(id(&record), format!("u:{uuid}"));
            assert_eq!(id(&record).parse::<EventId>().unwrap().to_string(), id(&record));
        }
    }

    #[test]
    fn without_such_a_uuid_the_content_is() {
        let long = format!(r#"{{"@uuid":"{}"}}"#, "x".repeat(LONGEST_NAME + 1));
        for record in [
            "{}",
            "null",
            r#"{"@uuid":null}"#,
            r#"{"@uuid":""}"#,
            r#"{"@uuid":" \t"}"#,
            r#"{"@uuid":7}"#,
            r#"{"@uuid":["a"]}"#,
            r#"{"@uuid":"a\u0000"}"#,
            r#"{"@uuid":"\ud800"}"#,
            r#"{"a":{"@uuid":"b"}}"#,
            &long,
        ] {
            let id = id(record);
            assert!(id.starts_with("h:") && id.len() == 34, "{record}: {id}");
            assert_eq!(id.parse::<EventId>().unwrap().to_string(), id);
        }
        // As sha256sum has it.
        assert_eq!(id(" {} "), "h:44136fa355b3678a1146ad16f7e8649e");
    }

    #[test]
    fn ids_are_ordered_as_their_texts() {
        let mut texts = [
            "u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
            "h:44136fa355b3678a1146ad16f7e8649e",
            "u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f98",
            "u:a",
            "u:zz",
            "u:D1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
            "h:f4136fa355b3678a1146ad16f7e8649e",
        ];
        let mut ids: Vec<EventId> = texts.iter().map(|text| text.parse().unwrap()).collect();
        texts.sort_unstable();
        ids.sort_unstable();
        let sorted: Vec<String> = ids.iter().map(EventId::to_string).collect();
        assert_eq!(sorted, texts);
    }

    #[test]
    fn other_text_is_no_id() {
        for text in ["", "u:", "u: ", "h:", "h:44136FA355B3678A1146AD16F7E8649E", "x:1", "u:a\n"] {
            let error = text.parse::<EventId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
        }
    }
}
