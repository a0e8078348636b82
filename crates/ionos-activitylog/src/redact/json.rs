//! Removes secrets from JSON of unknown structure, such as a request that the Cloud API returns. A secret is found by
//! the name of its member, by the name in a pair such as `{"name": "DB_PASSWORD", "value": "..."}`, by its value if the
//! value is known, or by its form. Strings that contain JSON are searched in the same way. Everything else keeps its
//! value: no number is decoded and no member is reordered.

use std::fmt;

use ionos_activitylog_client::redact::{REDACTED, is_secret_name, redact_credentials};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{self, JsonType};

/// Minimum depth at which objects and lists are replaced without inspection. JSON in a string is one level deeper than
/// the string. Requests are not nested this deeply.
const MAX_DEPTH: usize = 32;

/// The JSON text without secrets, and without white space between tokens. `redact_known` removes known secrets from a
/// text.
pub(crate) fn redact_json(json: &str, redact_known: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(json.len());
    JsonRedactor { redact_known }.write_value(json, 0, &mut out);
    out
}

struct JsonRedactor<'a> {
    redact_known: &'a dyn Fn(&str) -> String,
}

impl JsonRedactor<'_> {
    fn write_value(&self, value: &str, depth: usize, out: &mut String) {
        let value = value.trim();
        match JsonType::from_text(value) {
            JsonType::Object | JsonType::List if depth >= MAX_DEPTH => write_string(REDACTED, out),
            JsonType::Object => self.write_object(value, depth, out),
            JsonType::List => {
                let elements: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
                out.push('[');
                for (index, element) in elements.into_iter().enumerate() {
                    write_separator(index, out);
                    self.write_value(element.get(), depth + 1, out);
                }
                out.push(']');
            }
            JsonType::Text => write_string(&self.redact_string(&json::decode(value), depth), out),
            JsonType::Number | JsonType::Boolean | JsonType::Null => out.push_str(value),
        }
    }

    fn write_object(&self, object: &str, depth: usize, out: &mut String) {
        let members = serde_json::from_str(object).map_or_else(|_| Vec::new(), |OrderedMembers(all)| all);
        // In `{"name": "DB_PASSWORD", "value": "..."}`, the name of the secret is the value of the member `name`.
        let has_secret_name = members.iter().any(|(key, value)| {
            let text = json::scalar_text(value.get());
            matches!(key.as_str(), "name" | "key") && text.is_some_and(|text| is_secret_name(&text))
        });
        out.push('{');
        for (index, (key, value)) in members.into_iter().enumerate() {
            write_separator(index, out);
            write_string(&(self.redact_known)(&key), out);
            out.push(':');
            let is_empty = matches!(value.get(), "null" | "\"\"" | "[]" | "{}");
            let is_secret = is_secret_name(&key) || (has_secret_name && key == "value");
            // A body is inspected if it is JSON, and replaced if it is not.
            let is_opaque_body = key == "body"
                && JsonType::from_text(value.get()) == JsonType::Text
                && !is_structured(&json::decode(value.get()));
            if !is_empty && (is_secret || is_opaque_body) {
                write_string(REDACTED, out);
            } else {
                self.write_value(value.get(), depth + 1, out);
            }
        }
        out.push('}');
    }

    /// Redacts a string. A string that contains a JSON object or list is redacted as JSON.
    fn redact_string(&self, text: &str, depth: usize) -> String {
        if is_structured(text) {
            let mut inner = String::with_capacity(text.len());
            self.write_value(text, depth + 1, &mut inner);
            return inner;
        }
        (self.redact_known)(&redact_credentials(text))
    }
}

/// Whether a text is a JSON object or list.
fn is_structured(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn write_separator(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// The members of an object in their order, including repeated names.
struct OrderedMembers<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for OrderedMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = OrderedMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(OrderedMembers(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(value: &str) -> String {
        redact_json(value, &|text| text.replace("planted-known", REDACTED))
    }

    #[test]
    fn secrets_are_replaced_anywhere_and_the_rest_is_unchanged() {
        let cases = [
            (
                r#"{ "b" : 1.10, "a": [1e400, true, null, "x"], "b": {} }"#,
                r#"{"b":1.10,"a":[1e400,true,null,"x"],"b":{}}"#,
            ),
            (
                r#"{"Authorization":"planted","cookie":["planted"],"token":{"planted":1},"pins":"1"}"#,
                r#"{"Authorization":"[redacted]","cookie":"[redacted]","token":"[redacted]","pins":"1"}"#,
            ),
            (
                r#"{"image\u0050assword":"planted","userData":"","sshKeys":[]}"#,
                r#"{"imagePassword":"[redacted]","userData":"","sshKeys":[]}"#,
            ),
            (
                r#"{"body":"{\"properties\":{\"imagePassword\":\"planted\",\"cores\":4}}"}"#,
                r#"{"body":"{\"properties\":{\"imagePassword\":\"[redacted]\",\"cores\":4}}"}"#,
            ),
            (r#"{"body":"password: planted"}"#, r#"{"body":"[redacted]"}"#),
            (r#"{"body":""}"#, r#"{"body":""}"#),
            (
                r#"{"body":"{\"content\":\"<a><password>planted</password></a>\"}"}"#,
                r#"{"body":"{\"content\":\"<a><password>[redacted]</password></a>\"}"}"#,
            ),
            (
                r#"{"script":"x \u003cns:Password a=\"b\">&lt;Value>planted\u003c/ns:Password>"}"#,
                r#"{"script":"x <ns:Password [redacted]>[redacted]</ns:Password>"}"#,
            ),
            (
                r#"{"env":[{"name":"DB_PASSWORD","value":"planted"},{"name":"A","value":"b"}]}"#,
                r#"{"env":[{"name":"DB_PASSWORD","value":"[redacted]"},{"name":"A","value":"b"}]}"#,
            ),
            (
                r#"{"url":"https://u:planted@a/b?limit=1&api_key=planted&x=#y","m":"sent Bearer planted , eyJplanted.e.s"}"#,
                r#"{"url":"https://[redacted]@a/b?limit=1&api_key=[redacted]&x=#y","m":"sent Bearer [redacted] , [redacted]"}"#,
            ),
            (
                r#"{"m":"sent {\"a\":{\"password\":\"planted\",\"b\":1}} with token: planted, at https://a/b:1"}"#,
                r#"{"m":"sent {\"a\":{\"password\":[redacted],\"b\":1}} with token: [redacted] at https://a/b:1"}"#,
            ),
            (
                r#"{"m":"-----BEGIN PRIVATE KEY-----planted","planted-known":"a planted-known b"}"#,
                r#"{"m":"[redacted]","[redacted]":"a [redacted] b"}"#,
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(redacted(value), expected);
            assert!(serde_json::from_str::<Value>(&expected.replace("1e400", "1")).is_ok());
        }
    }

    #[test]
    fn values_deeper_than_the_maximum_depth_are_replaced() {
        let deep = format!("{}\"planted\"{}", "[".repeat(100_000), "]".repeat(100_000));
        let expected = format!("{}\"[redacted]\"{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert_eq!(redacted(&deep), expected);
        let in_texts =
            (0..50).fold(
                "{\"a\":1}".to_owned(),
                |inner, depth| {
                    if depth > 8 { inner } else { Value::from(vec![inner]).to_string() }
                },
            );
        assert!(redacted(&in_texts).contains('a'));
    }

    #[test]
    fn json_in_a_string_cannot_exceed_the_maximum_depth() {
        for depth in [MAX_DEPTH - 1, MAX_DEPTH] {
            // The string is the innermost value, and its JSON would be nested deeply enough to exhaust the stack.
            let inner = format!("{}\"planted\"{}", "[".repeat(100_000), "]".repeat(100_000));
            let json = format!("{}{}{}", "[".repeat(depth), Value::from(inner), "]".repeat(depth));
            let redacted = redacted(&json);
            assert!(redacted.contains(REDACTED) && redacted.len() < 1_000, "depth {depth}");
        }
    }
}
