//! Prepares the patched description for the generator: in some places, the client keeps bytes instead of decoded
//! values. Overlays mark these places:
//!
//! - A schema with `x-raw: true` and a title is moved, with all its members, to a component of that title. A reference
//!   to a wrapper component replaces the schema. In the client, the wrapper is the type `Raw`, which keeps the text and
//!   parses it as the generated type on demand.
//! - An answer with `x-bytes: true` gets a media type that the generator does not parse, so its operation returns the
//!   body as bytes.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

/// A generated type and its raw wrapper.
#[derive(Debug, PartialEq)]
pub struct RawType {
    /// Name of the wrapper component, for which the generator uses the type `Raw` of the client.
    pub wrapper: String,
    /// Name of the generated type inside the wrapper.
    pub inner: String,
}

/// Moves every schema marked `x-raw` into the components.
pub fn extract_raw_schemas(document: &mut Value) -> Result<Vec<RawType>> {
    let mut extracted = Map::new();
    extract_below(document, &mut extracted)?;
    let mut types = Vec::new();
    for (inner, schema) in extracted {
        let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
            bail!("the description has no /components/schemas for the raw type {inner}: add them in an overlay");
        };
        let wrapper = format!("Raw{inner}");
        if schemas.contains_key(&inner) || schemas.contains_key(&wrapper) {
            bail!(
                "the description already has a component {inner} or {wrapper}: give the raw schema another title in openapi/overlay/01-names.yaml"
            );
        }
        schemas.insert(inner.clone(), schema);
        schemas.insert(wrapper.clone(), json!({"type": "object"}));
        types.push(RawType { wrapper, inner });
    }
    Ok(types)
}

fn extract_below(value: &mut Value, extracted: &mut Map<String, Value>) -> Result<()> {
    match value {
        Value::Object(members) => {
            for member in members.values_mut() {
                extract_below(member, extracted)?;
            }
            if members.remove("x-raw") == Some(Value::Bool(true)) {
                let Some(title) = members.get("title").and_then(Value::as_str).map(str::to_owned) else {
                    bail!("a schema marked x-raw has no title: add one in openapi/overlay/01-names.yaml");
                };
                let reference = json!({"$ref": format!("#/components/schemas/Raw{title}")});
                extracted.insert(title, std::mem::replace(value, reference));
            }
        }
        Value::Array(items) => {
            for item in items {
                extract_below(item, extracted)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Gives every answer marked `x-bytes` the media type `*/*`. Returns the number of such answers.
pub fn hide_byte_bodies(value: &mut Value) -> usize {
    match value {
        Value::Object(members) => {
            let marked = members.get_mut("application/json").and_then(Value::as_object_mut);
            let is_marked = marked.and_then(|body| body.remove("x-bytes")) == Some(Value::Bool(true));
            if is_marked && let Some(body) = members.remove("application/json") {
                members.insert("*/*".to_owned(), body);
            }
            usize::from(is_marked) + members.values_mut().map(hide_byte_bodies).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(hide_byte_bodies).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_schema_moves_with_all_its_members() {
        let mut document = json!({"components": {"schemas": {"Page": {"properties": {
            "_source": {"title": "Event", "x-raw": true, "properties": {"new": {"type": "string"}}}
        }}}}});
        let types = extract_raw_schemas(&mut document).unwrap();
        assert_eq!(types, [RawType { wrapper: "RawEvent".into(), inner: "Event".into() }]);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Page": {"properties": {"_source": {"$ref": "#/components/schemas/RawEvent"}}},
                "Event": {"title": "Event", "properties": {"new": {"type": "string"}}},
                "RawEvent": {"type": "object"},
            })
        );
    }

    #[test]
    fn a_raw_schema_without_a_title_is_rejected() {
        let error = extract_raw_schemas(&mut json!({"a": {"x-raw": true}})).unwrap_err();
        assert!(error.to_string().contains("01-names.yaml"), "{error}");
    }

    #[test]
    fn only_the_body_of_a_marked_answer_is_hidden() {
        let answers =
            |marked: Value| json!({"200": {"content": marked}, "other": {"application/json": {"schema": {}}}});
        let mut document = answers(json!({"application/json": {"x-bytes": true, "schema": {"a": 1}}}));
        assert_eq!(hide_byte_bodies(&mut document), 1);
        assert_eq!(document, answers(json!({"*/*": {"schema": {"a": 1}}})));
    }
}
