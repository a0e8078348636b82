//! Times, dates and numbers of contracts are texts in every file of an archive, always written in one way: two archives
//! of the same events must be the same to the byte.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serializer};

use crate::Error;

/// A time in UTC as every file has it: with as many digits of a second as it needs.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// For `#[serde(with = …)]`: what displays itself and is read back.
pub(crate) mod shown {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
    {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// For `#[serde(with = …)]`: the same, or none.
pub(crate) mod shown_or_none {
    use super::{Deserialize, Deserializer, Display, FromStr, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        let value = text.map(|text| text.parse()).transpose();
        value.map_err(serde::de::Error::custom)
    }
}

/// For `#[serde(with = …)]`: a time.
pub(crate) mod instant {
    use super::{DateTime, Deserialize, Deserializer, Serializer, Utc};

    pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::time(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }

    pub(super) fn read(text: &str) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(text);
        time.map(|time| time.to_utc()).map_err(|_| format!("{text:?} is not a time as RFC 3339 has it"))
    }
}

/// For `#[serde(with = …)]`: a time, or none.
pub(crate) mod instant_or_none {
    use super::{DateTime, Deserialize, Deserializer, Serializer, Utc};

    pub(crate) fn serialize<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&super::time(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let time = text.as_deref().map(super::instant::read).transpose();
        time.map_err(serde::de::Error::custom)
    }
}

/// A file of this project as JSON for people and programs: members in their fixed order, a line end at its end.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    // What is written here are structures with texts as keys, which always can be.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Fails when a file is of another form than the one that is known here, before anything else of it is read.
pub(crate) fn check_schema(bytes: &[u8], known: &str, path: &Path) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Form {
        schema: String,
    }
    let damaged = |detail: String| Error::damaged(path.to_path_buf(), detail);
    let form: Form = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if form.schema == known {
        return Ok(());
    }
    let (kind, _) = known.split_once('/').unwrap_or((known, ""));
    match form.schema.split_once('/') {
        Some((other, _)) if other == kind => {
            Err(Error::Newer { path: path.to_path_buf(), found: form.schema, known: known.to_owned() })
        }
        _ => Err(damaged(format!("it has the form {:?}", form.schema))),
    }
}
