//! Secrets in a request are where somebody put them: in a header, in a member of the body, in the address, in a text
//! that is JSON itself. So every value is gone through, and goes if its name says that it is secret or it looks like a
//! secret. Everything else stays as it was written: nothing is decoded into numbers or reordered.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::is_secret_name;
use crate::auth::REDACTED;
use crate::json::{self, JsonType};

/// Nobody nests a request deeper; what is there is not looked into, and not shown.
const DEEPEST: usize = 32;

/// JSON text without secrets, and without white space between tokens. `known` takes secrets that are known out of a text.
pub(super) fn json(value: &str, known: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(value.len());
    Redactor { known }.value(value, 0, &mut out);
    out
}

struct Redactor<'a> {
    known: &'a dyn Fn(&str) -> String,
}

impl Redactor<'_> {
    fn value(&self, value: &str, depth: usize, out: &mut String) {
        let value = value.trim();
        match JsonType::of(value) {
            JsonType::Object | JsonType::List if depth == DEEPEST => write_text(REDACTED, out),
            JsonType::Object => self.object(value, depth, out),
            JsonType::List => {
                let elements: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
                out.push('[');
                for (place, element) in elements.into_iter().enumerate() {
                    separate(place, out);
                    self.value(element.get(), depth + 1, out);
                }
                out.push(']');
            }
            JsonType::Text => write_text(&self.text(&json::decode(value), depth), out),
            JsonType::Number | JsonType::Boolean | JsonType::Null => out.push_str(value),
        }
    }

    fn object(&self, object: &str, depth: usize, out: &mut String) {
        let members = serde_json::from_str(object).map_or_else(|_| Vec::new(), |Members(all)| all);
        // `{"name": "DB_PASSWORD", "value": "…"}`: the name is a value here.
        let named_secret = members.iter().any(|(key, value)| {
            let text = json::scalar_text(value.get());
            matches!(key.as_str(), "name" | "key") && text.is_some_and(|text| is_secret_name(&text))
        });
        out.push('{');
        for (place, (key, value)) in members.into_iter().enumerate() {
            separate(place, out);
            write_text(&(self.known)(&key), out);
            out.push(':');
            let empty = matches!(value.get(), "null" | "\"\"" | "[]" | "{}");
            let secret = is_secret_name(&key) || (named_secret && key == "value");
            // What was sent is looked into where it can be.
            let opaque = key == "body" && !is_structured(&json::decode(value.get()));
            if !empty && (secret || opaque && JsonType::of(value.get()) == JsonType::Text) {
                write_text(REDACTED, out);
            } else {
                self.value(value.get(), depth + 1, out);
            }
        }
        out.push('}');
    }

    /// A text that is JSON itself is gone through as such.
    fn text(&self, text: &str, depth: usize) -> String {
        if is_structured(text) {
            let mut inner = String::with_capacity(text.len());
            self.value(text, depth + 1, &mut inner);
            return inner;
        }
        if text.contains("PRIVATE KEY-----") {
            return REDACTED.to_owned();
        }
        (self.known)(&without_credentials(text))
    }
}

/// Whether a text is an object or a list of JSON.
fn is_structured(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The text without what follows the name of a scheme of authentication, JSON Web Tokens, passwords in addresses and
/// secret parameters.
fn without_credentials(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut secret_follows = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let space = piece.get(word.len()..).unwrap_or_default();
        // Every such token begins with `{"` in base64.
        let is_token = word.contains("eyJ") && word.contains('.');
        if !word.is_empty() && (secret_follows || is_token) {
            out.push_str(REDACTED);
        } else {
            out.push_str(&without_parameters(&without_user(word)));
        }
        if !word.is_empty() {
            let schemes = ["basic", "bearer"];
            let is_scheme = schemes.iter().any(|one| word.eq_ignore_ascii_case(one));
            secret_follows = is_scheme || word.strip_suffix([':', '=']).is_some_and(is_secret_name);
        }
        out.push_str(space);
    }
    out
}

/// An address without the user name and password before its host.
fn without_user(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(end);
    match place.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{REDACTED}@{host}{path}"),
        None => word.to_owned(),
    }
}

/// An address, a form or a piece of JSON without the values of secret parameters.
fn without_parameters(word: &str) -> String {
    const BETWEEN: [char; 9] = ['?', '&', '#', ';', ',', '{', '}', '[', ']'];
    let pieces = word.split_inclusive(BETWEEN).map(|piece| {
        let bare = piece.trim_end_matches(BETWEEN);
        let sign = bare.find(['=', ':']).unwrap_or(bare.len());
        let (name, value) = bare.split_at(sign);
        if value.len() > 1 && is_secret_name(name) {
            let sign = value.get(..1).unwrap_or_default();
            let end = piece.get(bare.len()..).unwrap_or_default();
            return format!("{name}{sign}{REDACTED}{end}");
        }
        piece.to_owned()
    });
    pieces.collect()
}

fn separate(place: usize, out: &mut String) {
    if place > 0 {
        out.push(',');
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

/// The members of an object in their order, also those that occur twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        json(value, &|text| text.replace("planted-known", REDACTED))
    }

    #[test]
    fn secrets_go_wherever_they_are_and_the_rest_stays_as_it_is() {
        let cases = [
            (
                r#"{ "b" : 1.10, "a": [1e400, true, null, "x"], "b": {} }"#,
                r#"{"b":1.10,"a":[1e400,true,null,"x"],"b":{}}"#,
            ),
            (
                r#"{"Authorization":"planted","cookie":["planted"],"token":{"planted":1},"pin":"1"}"#,
                r#"{"Authorization":"[redacted]","cookie":"[redacted]","token":"[redacted]","pin":"1"}"#,
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
            assert_eq!(shown(value), expected);
            assert!(serde_json::from_str::<Value>(&expected.replace("1e400", "1")).is_ok());
        }
    }

    #[test]
    fn what_is_nested_without_end_is_not_looked_into() {
        let deep = format!("{}\"planted\"{}", "[".repeat(100_000), "]".repeat(100_000));
        let expected = format!("{}\"[redacted]\"{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert_eq!(shown(&deep), expected);
        let in_texts =
            (0..50).fold(
                "{\"a\":1}".to_owned(),
                |inner, depth| {
                    if depth > 8 { inner } else { Value::from(vec![inner]).to_string() }
                },
            );
        assert!(shown(&in_texts).contains('a'));
    }
}
