//! The total number of events in a range, which shows whether all events of the range were received. Log engines send
//! the total as a number, as a string, or as an object that may mark the total as a lower bound. A lower bound does not
//! count as exact. Any other JSON value is accepted without a count, so that the page stays readable.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Scalar;

/// The total number of events in a range as the service sent it. Deserializing accepts any JSON value.
#[derive(Clone)]
pub struct Total(Box<RawValue>);

#[derive(Deserialize)]
struct TotalObject {
    value: Scalar,
    #[serde(default)]
    relation: Option<String>,
}

impl Total {
    /// The count: a whole number, or the number in a string of digits. In an object, the member `value` is the count.
    /// `None` for any other JSON value.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match self.as_object() {
            Some(object) => object.value.as_u64(),
            None => serde_json::from_str::<Scalar>(self.0.get()).ok()?.as_u64(),
        }
    }

    /// Whether the count is exact: false only for an object with a `relation` other than `eq`.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.as_object().is_none_or(|object| object.relation.as_deref().is_none_or(|r| r == "eq"))
    }

    /// The JSON text of the value.
    #[must_use]
    pub fn json(&self) -> &str {
        self.0.get()
    }

    fn as_object(&self) -> Option<TotalObject> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl fmt::Debug for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Total({})", self.0.get())
    }
}

impl<'de> Deserialize<'de> for Total {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Total {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Total".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The total number of events in a range: a number, a string of digits, or an object with value and relation.",
            "oneOf": [
                {"type": "number"},
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"value": {"type": "number"}, "relation": {"type": "string"}}
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_kept() {
        let cases = [
            ("0", Some(0), true),
            ("4294967296", Some(4_294_967_296), true),
            (r#""17""#, Some(17), true),
            (r#"{"value":10000,"relation":"gte"}"#, Some(10_000), false),
            (r#"{"value":"12","relation":"eq"}"#, Some(12), true),
            (r#"{"value":12}"#, Some(12), true),
            ("true", None, true),
            (r#"{"count":1}"#, None, true),
            (r#""many""#, None, true),
            ("1.5", None, true),
            ("-1", None, true),
        ];
        for (json, count, exact) in cases {
            let total: Total = serde_json::from_str(json).unwrap();
            assert_eq!(total.count(), count, "{json}");
            assert_eq!(total.is_exact(), exact, "{json}");
            assert_eq!(serde_json::to_string(&total).unwrap(), json);
        }
    }
}
