//! Keeps a JSON value as the bytes that the service sent. Decoding a record and encoding it again would lose unknown
//! members, digits of numbers and the order of keys. So the record stays as text and the typed view is parsed on
//! demand.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One JSON value with its expected type. The value is kept byte for byte as the service sent it.
///
/// Deserializing accepts any JSON value. [`Raw::parse`] checks whether the value fits `T`.
///
/// ```
/// use ionos_activitylog_client::{Raw, types::Event};
///
/// let event: Raw<Event> = serde_json::from_str(r#"{ "new": 1.10 , "@uuid" : "a" }"#)?;
/// assert_eq!(event.get(), r#"{ "new": 1.10 , "@uuid" : "a" }"#);
/// assert_eq!(event.parse()?.uuid.as_deref(), Some("a"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Raw<T> {
    json: Box<RawValue>,
    view: PhantomData<fn() -> T>,
}

impl<T> Raw<T> {
    /// The JSON text, without whitespace around the value.
    #[must_use]
    pub fn get(&self) -> &str {
        self.json.get()
    }

    /// Returns the JSON text without copying it.
    #[must_use]
    pub fn into_json(self) -> Box<RawValue> {
        self.json
    }
}

impl<T: DeserializeOwned> Raw<T> {
    /// Parses the value as `T`.
    ///
    /// # Errors
    ///
    /// The error of `serde_json` if the value does not fit `T`. The text stays available.
    pub fn parse(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.json.get())
    }
}

impl<T> From<Box<RawValue>> for Raw<T> {
    fn from(json: Box<RawValue>) -> Self {
        Self { json, view: PhantomData }
    }
}

impl<T> Clone for Raw<T> {
    fn clone(&self) -> Self {
        self.json.clone().into()
    }
}

impl<T> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Raw").field(&self.json.get()).finish()
    }
}

impl<'de, T> Deserialize<'de> for Raw<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}

impl<T> Serialize for Raw<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

#[cfg(feature = "schemars")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Raw<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_keeps_its_bytes() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let values = [
            "1e400",
            "1234567890123456789012345",
            "1.10",
            "-0",
            "null",
            r#""\ud800 lone""#,
            r#"{"a":1,"a":2, "b" : [ ]}"#,
            "{\n  \"a\" : 1\n}",
            deep.as_str(),
        ];
        for value in values {
            let raw: Raw<crate::types::Event> = serde_json::from_str(value).unwrap();
            assert_eq!(raw.get(), value);
            assert_eq!(serde_json::to_string(&raw).unwrap(), value);
        }
    }

    #[test]
    fn a_value_that_does_not_fit_its_type_fails_only_in_parse() {
        let raw: Raw<crate::types::Event> = serde_json::from_str(r#"{"meta": 7}"#).unwrap();
        assert!(raw.parse().is_err());
        assert_eq!(raw.get(), r#"{"meta": 7}"#);
    }
}
