//! A record must reach the archive byte for byte, so the generated page holds its raw text and the generated type
//! is only a view over it. The overlay marks such a schema with `x-raw: true` and a title; here it moves to a
//! component of that title, so that the generator makes the type, and a reference to a component that stands for
//! the wrapper takes its place. Whatever the vendor adds to the schema moves along.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

/// A type that stands behind a raw wrapper.
#[derive(Debug, PartialEq)]
pub struct RawType {
    /// The component that the generator replaces by the wrapper.
    pub wrapper: String,
    /// The type that the wrapper gives a view of.
    pub inner: String,
}

/// Moves every schema marked `x-raw` into the components and returns what to replace by a wrapper.
pub fn lift(document: &mut Value) -> Result<Vec<RawType>> {
    let mut lifted = Map::new();
    lift_below(document, &mut lifted)?;
    let mut types = Vec::new();
    for (inner, schema) in lifted {
        let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
            bail!("the description has no components to put {inner} into");
        };
        let wrapper = format!("Raw{inner}");
        if schemas.contains_key(&inner) || schemas.contains_key(&wrapper) {
            bail!(
                "the vendor's description has a component called {inner} or {wrapper} already: give the raw schema another title"
            );
        }
        schemas.insert(inner.clone(), schema);
        schemas.insert(wrapper.clone(), json!({"type": "object"}));
        types.push(RawType { wrapper, inner });
    }
    Ok(types)
}

fn lift_below(value: &mut Value, lifted: &mut Map<String, Value>) -> Result<()> {
    match value {
        Value::Object(members) => {
            for member in members.values_mut() {
                lift_below(member, lifted)?;
            }
            if members.remove("x-raw") == Some(Value::Bool(true)) {
                let Some(title) = members.get("title").and_then(Value::as_str).map(str::to_owned) else {
                    bail!("a schema marked x-raw has no title: add one in openapi/overlay/01-names.yaml");
                };
                let reference = json!({"$ref": format!("#/components/schemas/Raw{title}")});
                lifted.insert(title, std::mem::replace(value, reference));
            }
        }
        Value::Array(items) => {
            for item in items {
                lift_below(item, lifted)?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_schema_moves_with_all_it_holds() {
        let mut document = json!({"components": {"schemas": {"Page": {"properties": {
            "_source": {"title": "Event", "x-raw": true, "properties": {"new": {"type": "string"}}}
        }}}}});
        let types = lift(&mut document).unwrap();
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
    fn a_marked_schema_without_a_title_is_refused() {
        let error = lift(&mut json!({"a": {"x-raw": true}})).unwrap_err();
        assert!(error.to_string().contains("01-names.yaml"), "{error}");
    }
}
