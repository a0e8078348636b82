//! The requests that the Cloud API has stored. The Cloud API stores the request that starts a change, and a client
//! reads the stored request to learn the details of the change. The simulator derives the stored request from the
//! events of the change, so that the request and the events always agree.
//!
//! As far as is known, the real Cloud API stores only requests for changes that were made through the Cloud API, and
//! these requests contain credentials. The simulator does the same with invented credentials.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::route::REQUESTS;
use crate::data::random::fingerprint;
use crate::operation::Operation;

/// A request that the Cloud API has stored.
#[derive(Serialize)]
struct CloudRequest {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    href: String,
    metadata: Value,
    properties: Value,
}

/// The status of a request that the Cloud API has stored.
#[derive(Serialize)]
struct CloudRequestStatus {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    href: String,
    metadata: Value,
}

/// The body of the answer about the stored request `id`. `events` has the events of the operation that the request
/// started, in the order of the log. `None` if the Cloud API does not store such a request.
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
    let body = if operation == Operation::GetRequestStatus {
        serde_json::to_string(&status)
    } else {
        serde_json::to_string(&CloudRequest {
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
                "body": request_body(method),
                "url": format!("{base_url}{uri}"),
            }),
        })
    };
    body.ok()
}

fn status(id: &str, href: &str, first: &Value, last: &Value, base_url: &str) -> CloudRequestStatus {
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
    CloudRequestStatus {
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

/// The headers of the stored request, with invented credentials.
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

/// The body of the stored request: JSON text, with an invented password and key. Empty for `DELETE`.
fn request_body(method: &str) -> String {
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
