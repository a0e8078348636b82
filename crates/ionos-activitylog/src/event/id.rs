//! Identifies events independently of how they were read: pages may be read twice and windows may overlap. Most records
//! have a UUID; the others are identified by a hash of their content.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::json::{self, JsonType};
use crate::{Error, ErrorKind};

/// Number of bytes of a UUID, and number of bytes of a SHA-256 that an id keeps: 128 bits make collisions practically
/// impossible.
const BYTES: usize = 16;
/// Maximum length of a usable `@uuid` in bytes: four times the length of a UUID as text.
const MAX_NAME_BYTES: usize = 144;
/// Positions of the hyphens in a UUID as text.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Position of the first hex digit of each byte in a UUID as text.
const DIGIT_PAIRS: [usize; BYTES] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
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

/// The id of an event, unique within a contract.
///
/// If the record's `@uuid` is a usable string (valid Unicode, not blank, without control characters, at most 144
/// bytes), the text of the id is `u:` and this string, with case and spaces unchanged. Otherwise the text is `h:` and
/// the first 32 hex digits of [`Event::fingerprint`](crate::Event::fingerprint). Two records with the same `u:` id may
/// differ in content, because the service may amend a record.
///
/// Ids are ordered like their text.
#[derive(Clone, PartialEq, Eq)]
pub struct EventId(EventIdForm);

#[derive(Clone, PartialEq, Eq)]
enum EventIdForm {
    Hash([u8; BYTES]),
    /// A UUID in lower case with hyphens, as bytes. The bytes take a third of the memory that the text would take.
    Uuid([u8; BYTES]),
    /// Any other name. Never the text of a UUID in lower case with hyphens, so that equal ids have one form.
    Name(Box<str>),
}

impl EventId {
    /// The id from the JSON value of `@uuid`. `None` if the value is not usable.
    pub(super) fn from_uuid(value: &str) -> Option<Self> {
        if JsonType::from_text(value) != JsonType::Text || !json::is_valid_unicode(value) {
            return None;
        }
        Self::from_name(&json::decode(value))
    }

    /// The id from the fingerprint of a record.
    pub(super) fn from_fingerprint(fingerprint: [u8; 32]) -> Self {
        let mut first = [0; BYTES];
        first.iter_mut().zip(fingerprint).for_each(|(to, from)| *to = from);
        Self(EventIdForm::Hash(first))
    }

    /// Whether the id is a hash of the content (`h:…`), because the record has no usable `@uuid`. If such an id occurs
    /// several times and no page was read twice, it stands for several events with the same content.
    #[must_use]
    pub fn is_of_content(&self) -> bool {
        matches!(self.0, EventIdForm::Hash(_))
    }

    fn from_name(name: &str) -> Option<Self> {
        if let Some(bytes) = parse_uuid(name) {
            return Some(Self(EventIdForm::Uuid(bytes)));
        }
        let usable = name.len() <= MAX_NAME_BYTES && !name.trim().is_empty() && !name.contains(char::is_control);
        usable.then(|| Self(EventIdForm::Name(name.into())))
    }
}

/// Hashes the bytes of an id and one byte for its form. The derived implementation hashes 16 bytes more, and a reading
/// hashes each id.
impl Hash for EventId {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let (form, bytes) = match &self.0 {
            EventIdForm::Hash(bytes) => (0, &bytes[..]),
            EventIdForm::Uuid(bytes) => (1, &bytes[..]),
            EventIdForm::Name(name) => (2, name.as_bytes()),
        };
        hasher.write_u8(form);
        hasher.write(bytes);
    }
}

impl FromStr for EventId {
    type Err = Error;

    /// Parses the text that [`fmt::Display`] writes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let id = match text.split_once(':') {
            Some(("u", name)) => Self::from_name(name),
            Some(("h", digits)) if digits.len() == 2 * BYTES => {
                parse_hex(digits.bytes()).map(|bytes| Self(EventIdForm::Hash(bytes)))
            }
            _ => None,
        };
        id.ok_or_else(|| {
            Error::new(ErrorKind::Configuration, format!("{text:?} is not an event id"))
                .with_hint("an event id is \"u:\" and a UUID, or \"h:\" and 32 lower-case hex digits")
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            EventIdForm::Hash(bytes) => {
                f.write_str("h:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            EventIdForm::Uuid(bytes) => {
                f.write_str("u:")?;
                bytes.iter().enumerate().try_for_each(|(index, byte)| {
                    let hyphen = matches!(index, 4 | 6 | 8 | 10);
                    write!(f, "{}{byte:02x}", if hyphen { "-" } else { "" })
                })
            }
            EventIdForm::Name(name) => write!(f, "u:{name}"),
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
            // The texts of two hashes, or of two UUIDs, have the order of their bytes.
            (EventIdForm::Hash(one), EventIdForm::Hash(other)) | (EventIdForm::Uuid(one), EventIdForm::Uuid(other)) => {
                one.cmp(other)
            }
            (EventIdForm::Name(one), EventIdForm::Name(other)) => one.cmp(other),
            (EventIdForm::Hash(_), _) => Ordering::Less,
            (_, EventIdForm::Hash(_)) => Ordering::Greater,
            // Rare, because the events of a contract usually have ids of one form.
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Parses a UUID in lower case with hyphens. Runs for every event, so each digit is parsed with a single table lookup.
fn parse_uuid(name: &str) -> Option<[u8; BYTES]> {
    let name: &[u8; 36] = name.as_bytes().try_into().ok()?;
    if HYPHENS.iter().any(|index| name[*index] != b'-') {
        return None;
    }
    let (mut bytes, mut digits) = ([0; BYTES], 0);
    for (byte, index) in bytes.iter_mut().zip(DIGIT_PAIRS) {
        let high = DIGITS[usize::from(name[index])];
        let low = DIGITS[usize::from(name[index + 1])];
        *byte = high << 4 | low;
        digits |= high | low;
    }
    (digits < 16).then_some(bytes)
}

/// Parses lower-case hex digits, two for each byte.
fn parse_hex(mut digits: impl Iterator<Item = u8>) -> Option<[u8; BYTES]> {
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
    fn a_usable_uuid_is_the_id() {
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
    fn without_a_usable_uuid_the_id_is_a_hash_of_the_content() {
        let long = format!(r#"{{"@uuid":"{}"}}"#, "x".repeat(MAX_NAME_BYTES + 1));
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
        // `sha256sum` prints these digits, and further ones, for the record `{}`.
        assert_eq!(id(" {} "), "h:44136fa355b3678a1146ad16f7e8649e");
    }

    #[test]
    fn ids_are_ordered_like_their_text() {
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
    fn a_text_that_is_not_an_event_id_is_an_error() {
        for text in ["", "u:", "u: ", "h:", "h:44136FA355B3678A1146AD16F7E8649E", "x:1", "u:a\n"] {
            let error = text.parse::<EventId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
        }
    }
}
