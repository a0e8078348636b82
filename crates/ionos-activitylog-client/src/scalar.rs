//! Reads values that one version of the service sends as a number and another version as a string. An integer type
//! would reject a page with a string. Contract numbers exceed 2^53, so a float would lose digits.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A number or a string, with its digits as the service wrote them.
///
/// ```
/// use ionos_activitylog_client::Scalar;
///
/// let number: Scalar = serde_json::from_str("9876543218374837483")?;
/// let string: Scalar = serde_json::from_str(r#""9876543218374837483""#)?;
/// assert_eq!(number.text(), string.text());
/// assert_eq!(number.as_u64(), Some(9_876_543_218_374_837_483));
/// assert_eq!(serde_json::to_string(&string)?, r#""9876543218374837483""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Scalar(Box<RawValue>);

impl Scalar {
    /// The number as the service wrote it, or the decoded string.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let json = self.0.get();
        if !json.starts_with('"') {
            return Cow::Borrowed(json);
        }
        // Deserializing has checked that the string decodes.
        serde_json::from_str(json).map_or(Cow::Borrowed(json), Cow::Owned)
    }

    /// The value as an unsigned integer. `None` if the text is empty, is not all digits, or does not fit into 64 bits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let text = self.text();
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scalar({})", self.0.get())
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        match json.get().as_bytes().first() {
            Some(b'-' | b'0'..=b'9') => Ok(Self(json)),
            Some(b'"') => {
                serde_json::from_str::<String>(json.get()).map_err(D::Error::custom)?;
                Ok(Self(json))
            }
            _ => Err(D::Error::custom("expected a number or a string")),
        }
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number, or the same number written as a string.",
            "type": ["number", "string"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept_for_both_types() {
        let cases = [
            ("0.1", "0.1", None),
            (r#""0.1""#, "0.1", None),
            ("1.10", "1.10", None),
            ("1e400", "1e400", None),
            ("2147483648", "2147483648", Some(2_147_483_648)),
            ("9007199254740993", "9007199254740993", Some(9_007_199_254_740_993)),
            (r#""00042""#, "00042", Some(42)),
            ("-1", "-1", None),
            (r#""""#, "", None),
            ("99999999999999999999", "99999999999999999999", None),
        ];
        for (json, text, number) in cases {
            let scalar: Scalar = serde_json::from_str(json).unwrap();
            assert_eq!(scalar.text(), text, "{json}");
            assert_eq!(scalar.as_u64(), number, "{json}");
            assert_eq!(serde_json::to_string(&scalar).unwrap(), json);
        }
    }

    #[test]
    fn other_types_are_rejected() {
        for json in ["true", "[]", "{}", r#""\ud800""#] {
            assert!(serde_json::from_str::<Scalar>(json).is_err(), "{json}");
        }
    }
}
