//! What the generator would turn into a panic, or into a client that drops events, is refused here in words.
//! Each rule was met in practice: two statuses stop the generator, a closed enum or a closed object fails a whole
//! page over one new value.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::Value;

/// Checks the patched description; the error lists every finding.
pub fn check(document: &Value) -> Result<()> {
    let mut findings = Vec::new();
    check_operations(document, &mut findings);
    check_schemas(document, "", &mut findings);
    if !findings.is_empty() {
        bail!(
            "the patched description cannot be used:\n  {}",
            findings.join("\n  ")
        );
    }
    Ok(())
}

/// Every operation with its path and method.
pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    const METHODS: [&str; 8] = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ];
    let paths = document["paths"].as_object();
    paths.into_iter().flatten().flat_map(|(path, item)| {
        METHODS
            .iter()
            .filter_map(move |method| Some((path.as_str(), *method, item.get(method)?)))
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
                    findings.push(format!("operationId {id} stands at {other} and at {place}: rename one in an overlay"));
                }
            }
        }
        check_statuses(&place, &operation["responses"], findings);
    }
    if seen.is_empty() {
        findings.push("it has no operation".to_owned());
    }
}

fn check_statuses(place: &str, responses: &Value, findings: &mut Vec<String>) {
    let statuses = responses
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, _)| status.as_str());
    let (good, other): (Vec<_>, Vec<_>) = statuses
        .filter(|status| !status.starts_with("x-"))
        .partition(|status| status.len() == 3 && status.starts_with('2'));
    if good.len() != 1 {
        findings.push(format!(
            "{place} describes {} successful answers ({}) instead of one",
            good.len(),
            good.join(", ")
        ));
    }
    for status in other {
        findings.push(format!(
            "{place} describes the status {status}: remove it in openapi/overlay/02-success-only.yaml, errors are read from the raw answer"
        ));
    }
}

fn check_schemas(value: &Value, pointer: &str, findings: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("enum").is_some_and(Value::is_array) {
                findings.push(format!(
                    "{pointer} is a closed enum: remove `enum` in an overlay, vocabularies are open"
                ));
            }
            if members.get("additionalProperties") == Some(&Value::Bool(false)) {
                findings.push(format!("{pointer} refuses unknown members: set additionalProperties to true in an overlay"));
            }
            for (key, member) in members {
                check_schemas(member, &format!("{pointer}/{key}"), findings);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_schemas(item, &format!("{pointer}/{index}"), findings);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn findings(document: Value) -> String {
        check(&document)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    fn with_responses(responses: Value) -> Value {
        json!({"paths": {"/a": {"get": {"operationId": "A", "responses": responses}}}})
    }

    #[test]
    fn one_successful_answer_passes() {
        assert_eq!(
            findings(with_responses(json!({"200": {}, "x-note": "fine"}))),
            ""
        );
    }

    #[test]
    fn each_rule_has_its_sentence() {
        let cases = [
            (
                with_responses(json!({"200": {}, "default": {}})),
                "describes the status default",
            ),
            (
                with_responses(json!({"200": {}, "404": {}})),
                "describes the status 404",
            ),
            (
                with_responses(json!({"200": {}, "202": {}})),
                "describes 2 successful answers (200, 202)",
            ),
            (with_responses(json!({})), "describes 0 successful answers"),
            (
                json!({"paths": {"/a": {"get": {"responses": {"200": {}}}}}}),
                "has no operationId",
            ),
            (
                json!({"paths": {
                    "/a": {"get": {"operationId": "A", "responses": {"200": {}}}},
                    "/b": {"get": {"operationId": "A", "responses": {"200": {}}}},
                }}),
                "operationId A stands at GET /a and at GET /b",
            ),
            (
                with_responses(json!({"200": {"s": {"enum": ["a"]}}})),
                "is a closed enum",
            ),
            (
                with_responses(json!({"200": {"s": {"additionalProperties": false}}})),
                "refuses unknown members",
            ),
            (json!({"paths": {}}), "it has no operation"),
        ];
        for (document, sentence) in cases {
            let found = findings(document);
            assert!(
                found.contains(sentence),
                "expected {sentence:?} in {found:?}"
            );
        }
    }
}
