//! Whoever follows an operation joins its events with the request in the Cloud API that started it. The simulator
//! keeps no requests: it tells what the events of a request say of it, so that both can never disagree.
//!
//! Only requests that change something and came through the Cloud API are there, as far as is known of the service.
//! Like the service's, they hold things that should not be printed; all of them are made up.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::service::Operation;
use crate::service::route::REQUESTS;
use crate::world::random::fingerprint;

/// What is told of a request.
#[derive(Serialize)]
struct Request {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    href: String,
    metadata: Value,
    properties: Value,
}

/// What is told of its state.
#[derive(Serialize)]
struct Status {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    href: String,
    metadata: Value,
}

/// The body of an answer about a request, from its events in their order; `None` when the Cloud API does not know it.
pub(crate) fn body(operation: Operation, id: &str, events: &[String], base_url: &str) -> Option<String> {
    let events: Vec<Value> = events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect();
    let (first, last) = (events.first()?, events.last()?);
    let param = first.pointer("/event/param")?;
    let (method, uri) = (param.get("action")?.as_str()?, param.get("uri")?.as_str()?);
    if method == "GET" || !uri.starts_with("/cloudapi/") {
        return None;
    }
    let href = format!("{base_url}{REQUESTS}/{id}");
    let status = status(id, &href, first, last, base_url);
    let told = if operation == Operation::GetRequestStatus {
        serde_json::to_string(&status)
    } else {
        serde_json::to_string(&Request {
            id: id.into(),
            kind: "request",
            href,
            metadata: json!({
                "createdDate": first.pointer("/meta/time"),
                "createdBy": first.pointer("/principal/identity/username"),
                "etag": etag(id, "request"),
                "requestStatus": status,
            }),
            properties: json!({
                "method": method,
                "headers": headers(first),
                "body": sent(method),
                "url": format!("{base_url}{uri}"),
            }),
        })
    };
    told.ok()
}

fn status(id: &str, href: &str, first: &Value, last: &Value, base_url: &str) -> Status {
    let status = last.pointer("/event/status");
    let resources = first.pointer("/event/resources").and_then(Value::as_array);
    let targets: Vec<Value> = resources
        .into_iter()
        .flatten()
        .map(|resource| {
            let (id, kind) = (&resource["id"], &resource["type"]);
            let path = format!(
                "{base_url}/cloudapi/v6/{}s/{}",
                kind.as_str().unwrap_or_default(),
                id.as_str().unwrap_or_default()
            );
            json!({"target": {"id": id, "type": kind, "href": path}, "status": status})
        })
        .collect();
    Status {
        id: format!("{id}/status"),
        kind: "request-status",
        href: format!("{href}/status"),
        metadata: json!({
            "status": status,
            "message": last.pointer("/event/message"),
            "etag": etag(id, "status"),
            "targets": targets,
        }),
    }
}

fn etag(id: &str, part: &str) -> String {
    format!("{:016x}{:016x}", fingerprint([id, part]), fingerprint([part, id]))
}

/// Headers of the request, with credentials in them.
fn headers(first: &Value) -> Map<String, Value> {
    let contract = first.pointer("/principal/identity/contractNumber").cloned();
    [
        ("content-type", json!("application/json")),
        ("authorization", json!("Basic bWFkZTp1cA==")),
        ("cookie", json!("session=made-up")),
        ("x-contract-number", contract.unwrap_or_default()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The body of the request, as JSON text in JSON, with a password and a key in it.
fn sent(method: &str) -> String {
    match method {
        "DELETE" => String::new(),
        _ => json!({
            "properties": {
                "name": "made-up",
                "imagePassword": "made-up-password",
                "sshKeys": ["ssh-ed25519 AAAAmade-up made-up@example.com"],
                "userData": "bWFkZS11cA==",
            }
        })
        .to_string(),
    }
}
