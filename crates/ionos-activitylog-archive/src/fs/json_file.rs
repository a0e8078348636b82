//! Reads and writes the JSON files of an archive. Each file names its schema and version, which are checked before any
//! other member is read.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Formats a file for people and programs: members in the order of the struct, and a line break at the end of the file.
pub(crate) fn to_pretty(value: &impl serde::Serialize) -> Vec<u8> {
    // Never fails for the structs of this crate: their keys are strings.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The schema and version that a file names.
pub(crate) fn schema_of(bytes: &[u8]) -> Result<String, serde_json::Error> {
    #[derive(Deserialize)]
    struct SchemaHeader {
        schema: String,
    }
    serde_json::from_slice(bytes).map(|header: SchemaHeader| header.schema)
}

/// Parses a file whose schema is one of `known`, ordered from the oldest to the latest version.
///
/// Fails with [`Error::UnsupportedVersion`] for another version of the same schema, and with [`Error::Damaged`] if the
/// text is not JSON, names another schema, or does not fit the type `T`.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], known: &[&str], path: &Path) -> Result<T, Error> {
    let damaged = |detail: String| Error::damaged(path.to_path_buf(), detail);
    let actual = schema_of(bytes).map_err(|error| damaged(error.to_string()))?;
    if !known.contains(&actual.as_str()) {
        let latest = known.last().copied().unwrap_or_default();
        let name_of = |schema: &str| schema.split_once('/').map(|(name, _)| name.to_owned());
        return Err(if name_of(&actual).is_some() && name_of(&actual) == name_of(latest) {
            Error::UnsupportedVersion { path: path.to_path_buf(), actual, expected: known.join(" and ") }
        } else {
            damaged(format!("its format is {actual:?}"))
        });
    }
    serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Counter {
        count: u32,
    }

    fn parse_counter(text: &str) -> Result<Counter, Error> {
        parse(text.as_bytes(), &["counter/1", "counter/2"], Path::new("c.json"))
    }

    #[test]
    fn every_known_version_is_read() {
        for version in ["1", "2"] {
            let text = format!(r#"{{"schema":"counter/{version}","count":3}}"#);
            assert_eq!(parse_counter(&text).unwrap(), Counter { count: 3 });
        }
    }

    #[test]
    fn the_version_is_checked_before_other_members() {
        let error = parse_counter(r#"{"schema":"counter/3","everything":"else"}"#).unwrap_err();
        assert_eq!(error.to_string(), "c.json has the format counter/3; this version reads counter/1 and counter/2");
    }

    #[test]
    fn any_other_content_is_damaged() {
        for text in ["", "{", "{}", r#"{"schema":"other/1"}"#, r#"{"schema":"counter/1"}"#] {
            assert!(matches!(parse_counter(text), Err(Error::Damaged { .. })), "{text}");
        }
    }
}
