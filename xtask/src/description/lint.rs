//! Rejects descriptions for which the generator would panic or would generate a client that drops events. Each rule has
//! a practical reason. For example, the generator stops if an operation has two statuses. If an enum is closed, one new
//! value makes a whole page fail.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

/// Checks the patched description; the error lists every finding.
pub fn check(document: &Value) -> Result<()> {
    let mut findings = Vec::new();
    check_operations(document, &mut findings);
    check_schemas(document, &mut findings);
    if !findings.is_empty() {
        bail!("the patched description violates the rules of the generator:\n  {}", findings.join("\n  "));
    }
    Ok(())
}

/// Every operation with its path and method.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let paths = document["paths"].as_object();
    paths.into_iter().flatten().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some((path.as_str(), *method, item.get(method)?)))
    })
}

fn check_operations(document: &Value, findings: &mut Vec<String>) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (path, method, operation) in operations(document) {
        let place = format!("{} {path}", method.to_uppercase());
        match operation["operationId"].as_str() {
            None => findings.push(format!("{place} has no operationId: add one in an overlay")),
            Some(id) => {
                if let Some(other) = seen.insert(id, place.clone()) {
                    findings
                        .push(format!("operationId {id} occurs at {other} and at {place}: rename one in an overlay"));
                }
            }
        }
        check_statuses(&place, &operation["responses"], findings);
    }
    if seen.is_empty() {
        findings.push("the description has no operation".to_owned());
    }
}

fn check_statuses(place: &str, responses: &Value, findings: &mut Vec<String>) {
    let statuses = responses.as_object().into_iter().flatten().map(|(status, _)| status.as_str());
    let (good, other): (Vec<_>, Vec<_>) = statuses
        .filter(|status| !status.starts_with("x-"))
        .partition(|status| status.len() == 3 && status.starts_with('2'));
    if good.len() != 1 {
        findings.push(format!(
            "{place} describes {} successful answers ({}) and must describe exactly one: add or remove answers in an overlay",
            good.len(),
            good.join(", ")
        ));
    }
    for status in other {
        findings.push(format!(
            "{place} describes the status {status}: remove it in openapi/overlay/02-success-only.yaml; errors are read from the raw answer"
        ));
    }
}

/// A keyword and the reason why it is rejected.
type Keyword = (&'static str, &'static str);

/// Rejected keywords of schemas. For each of these keywords, the generator would make code that rejects or invents
/// values.
const KEYWORDS: [Keyword; 6] = [
    ("enum", "is a closed list, but the service may add values"),
    ("default", "replaces absent values, so absent values cannot be recognized any more"),
    ("pattern", "is checked on every read: one value that violates it fails the page"),
    ("minLength", "is checked on every read: one value that violates it fails the page"),
    ("maxLength", "is checked on every read: one value that violates it fails the page"),
    ("format", "is parsed strictly: one malformed value fails the page"),
];

/// Allowed formats. The generator reads `uri` as text, and `int32` and `int64` as integers of these sizes.
const PLAIN_FORMATS: [&str; 3] = ["uri", "int32", "int64"];

fn check_schemas(document: &Value, findings: &mut Vec<String>) {
    let schemas = &document["components"]["schemas"];
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        check_schema(schema, &format!("/components/schemas/{name}"), &KEYWORDS, findings);
    }
    for (path, method, operation) in operations(document) {
        let place = format!("{} {path}", method.to_uppercase());
        check_schema(&operation["responses"], &place, &KEYWORDS, findings);
        // Parameters are only sent, never read. So their bounds and defaults do no harm, and only `enum` is rejected.
        check_schema(&operation["parameters"], &place, &KEYWORDS[..1], findings);
    }
}

fn check_schema(value: &Value, pointer: &str, keywords: &[Keyword], findings: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            // The keys of an object `properties` are property names, not keywords.
            let names_properties = pointer.ends_with("/properties");
            for (key, member) in members {
                let at = format!("{pointer}/{key}");
                if !names_properties && !member.is_object() {
                    check_keyword(key, member, &at, keywords, findings);
                }
                check_schema(member, &at, keywords, findings);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_schema(item, &format!("{pointer}/{index}"), keywords, findings);
            }
        }
        _ => {}
    }
}

fn check_keyword(key: &str, member: &Value, at: &str, keywords: &[Keyword], findings: &mut Vec<String>) {
    if key == "additionalProperties" && member == &Value::Bool(false) {
        findings.push(format!("{at} rejects unknown members: set it to true in an overlay"));
    }
    let plain = key == "format" && PLAIN_FORMATS.iter().any(|format| member == format);
    if let Some((_, reason)) = keywords.iter().find(|(keyword, _)| key == *keyword && !plain) {
        findings.push(format!("{at} {reason}: remove it in an overlay"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(document: Value) -> String {
        check(&document).err().map(|e| e.to_string()).unwrap_or_default()
    }

    fn with_responses(responses: Value) -> Value {
        json!({"paths": {"/a": {"get": {"operationId": "A", "responses": responses}}}})
    }

    #[test]
    fn one_successful_answer_passes() {
        assert_eq!(findings(with_responses(json!({"200": {}, "x-note": "fine"}))), "");
    }

    #[test]
    fn a_property_may_have_the_name_of_a_keyword() {
        let mut document = with_responses(json!({"200": {}}));
        document["components"] = json!({"schemas": {"T": {"properties": {
            "default": {"type": "string"}, "enum": {"type": "string", "format": "uri"},
        }}}});
        assert_eq!(findings(document), "");
    }

    #[test]
    fn each_rule_has_a_message() {
        let cases = [
            (with_responses(json!({"200": {}, "default": {}})), "describes the status default"),
            (with_responses(json!({"200": {}, "404": {}})), "describes the status 404"),
            (with_responses(json!({"200": {}, "202": {}})), "describes 2 successful answers (200, 202)"),
            (with_responses(json!({})), "describes 0 successful answers"),
            (json!({"paths": {"/a": {"get": {"responses": {"200": {}}}}}}), "has no operationId"),
            (
                json!({"paths": {
                    "/a": {"get": {"operationId": "A", "responses": {"200": {}}}},
                    "/b": {"get": {"operationId": "A", "responses": {"200": {}}}},
                }}),
                "operationId A occurs at GET /a and at GET /b",
            ),
            (with_responses(json!({"200": {"s": {"enum": ["a"]}}})), "GET /a/200/s/enum is a closed list"),
            (
                json!({"components": {"schemas": {"T": {"properties": {"s": {"default": "DONE"}}}}}}),
                "/components/schemas/T/properties/s/default replaces absent values",
            ),
            (
                json!({"components": {"schemas": {"T": {"properties": {"s": {"pattern": "v."}}}}}}),
                "/components/schemas/T/properties/s/pattern is checked",
            ),
            (
                json!({"components": {"schemas": {"T": {"properties": {"s": {"format": "date-time"}}}}}}),
                "/components/schemas/T/properties/s/format is parsed strictly",
            ),
            (
                json!({"paths": {"/a": {"get": {
                    "operationId": "A",
                    "responses": {"200": {}},
                    "parameters": [{"schema": {"enum": ["x"], "default": "x"}}],
                }}}}),
                "GET /a/0/schema/enum is a closed list",
            ),
            (with_responses(json!({"200": {"s": {"additionalProperties": false}}})), "rejects unknown members"),
            (json!({"paths": {}}), "the description has no operation"),
        ];
        for (document, message) in cases {
            let found = findings(document);
            assert!(found.contains(message), "expected {message:?} in {found:?}");
        }
    }
}
