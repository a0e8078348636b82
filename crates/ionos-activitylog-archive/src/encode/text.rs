//! Text forms of times, paths and numbers in all files and messages of this crate. Each value has exactly one text
//! form, so that two archives of the same events are byte for byte equal.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use ionos_activitylog::internal::is_unsafe_for_terminal;
use serde::{Deserialize, Deserializer, Serializer};

/// A time as RFC 3339 in UTC, with 0, 3, 6 or 9 fractional digits, as few as possible.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A path as a single line. Escapes such as `\n` or `\u{1b}` replace the characters that a terminal obeys or hides.
///
/// Programs escape what they write to a terminal. The library still escapes paths itself, because a path may contain
/// line breaks, and a message of `Error` must be one line, as documented. Fields of errors contain the unchanged path.
pub(crate) fn single_line(path: &Path) -> String {
    let escape = |c: char| {
        if is_unsafe_for_terminal(c) { c.escape_default().to_string() } else { c.to_string() }
    };
    path.to_string_lossy().chars().map(escape).collect()
}

/// For `#[serde(skip_serializing_if)]`: whether a count is 0.
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// For `#[serde(with)]`: a value as its `Display` text.
pub(crate) mod display {
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

/// For `#[serde(with)]`: a time as [`time`] writes it.
pub(crate) mod instant {
    use super::{DateTime, Deserialize, Deserializer, Serializer, Utc};

    pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::time(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }

    pub(super) fn parse(text: &str) -> Result<DateTime<Utc>, String> {
        let time = DateTime::parse_from_rfc3339(text);
        time.map(|time| time.to_utc()).map_err(|_| format!("{text:?} is not an RFC 3339 time"))
    }
}

/// For `#[serde(with)]`: an optional time, written like [`instant`]. `None` is `null`.
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
        let time = text.as_deref().map(super::instant::parse).transpose();
        time.map_err(serde::de::Error::custom)
    }
}
