//! The generated types and the patched description have the same properties, compared type by type through JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use ionos_activitylog_client::types;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use xtask::{codegen, workspace};

type Properties = BTreeMap<String, BTreeSet<String>>;

fn properties_of_code() -> Properties {
    fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
        let _ = generator.subschema_for::<T>();
    }
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    // These types refer to all others.
    add::<types::Info>(&mut generator);
    add::<types::ReferenceById>(&mut generator);
    add::<types::GetByContractResponse>(&mut generator);
    let definitions = generator.definitions().clone();
    definitions.iter().filter_map(|(name, schema)| Some((name.clone(), names(schema)?))).collect()
}

fn names(schema: &Value) -> Option<BTreeSet<String>> {
    let properties = schema.get("properties")?.as_object()?;
    Some(properties.keys().cloned().collect())
}

fn properties_of_description(document: &Value) -> Properties {
    let mut found = Properties::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        found.extend(names(schema).map(|names| (name.clone(), names)));
        collect_titled(schema, &mut found);
    }
    found
}

fn collect_titled(schema: &Value, found: &mut Properties) {
    if let (Some(title), Some(names)) = (schema.get("title").and_then(Value::as_str), names(schema)) {
        found.insert(title.to_owned(), names);
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| collect_titled(member, found)),
        Value::Array(items) => items.iter().for_each(|item| collect_titled(item, found)),
        _ => {}
    }
}

#[test]
fn the_types_have_exactly_the_properties_of_the_description() {
    let document = codegen::patch_description(&workspace::root()).unwrap().document;
    let code = properties_of_code();
    assert_eq!(code, properties_of_description(&document));
    assert!(code["Event"].contains("@uuid"), "{code:?}");
    assert!(code.len() >= 13, "{code:?}");
}
