//! The count of a range decides whether reading it is complete, and engines behind such logs give it in several
//! shapes: a number, a string, or an object that says "at least so many". A count taken for exact when it is only
//! a lower bound loses the rest; a count that cannot be read must not lose the page it came with.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Scalar;

/// How many events a range holds, in the shape in which the service said it. Reading takes any JSON value.
#[derive(Clone)]
pub struct Total(Box<RawValue>);

#[derive(Deserialize)]
struct Relation {
    value: Scalar,
    #[serde(default)]
    relation: Option<String>,
}

impl Total {
    /// The count; none when it is neither a number, nor digits in a string, nor an object with such a `value`.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match self.relation() {
            Some(object) => object.value.as_u64(),
            None => serde_json::from_str::<Scalar>(self.0.get()).ok()?.as_u64(),
        }
    }

    /// Whether the service said that the count is exact: always, except for an object with another relation than "eq".
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.relation().is_none_or(|object| object.relation.as_deref().is_none_or(|r| r == "eq"))
    }

    /// The value as it came.
    #[must_use]
    pub fn json(&self) -> &str {
        self.0.get()
    }

    fn relation(&self) -> Option<Relation> {
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
            "description": "How many events a range holds: a number, digits in a string, or value and relation.",
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
    fn every_shape_is_read_and_kept() {
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
