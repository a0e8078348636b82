//! A client must be tested against a record that was not made by its own types, or both could be wrong in the same
//! way. So the shape of a record is written down here a second time, by hand, in the order of its keys on the wire.
//!
//! Every scalar has the JSON type that the vendor's description gives it. Absent members are left out.

use serde::Serialize;
use std::borrow::Cow;

/// Text that is a constant, or made for one event.
pub(crate) type Text = Cow<'static, str>;

/// One event of the log, the `_source` of a hit.
#[derive(Serialize)]
pub(crate) struct Record {
    #[serde(rename = "@uuid")]
    pub(crate) uuid: String,
    pub(crate) meta: Meta,
    pub(crate) principal: Principal,
    pub(crate) event: Event,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) audit_version: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue_ref_id: Option<u64>,
    /// RFC 3339 in UTC with milliseconds.
    pub(crate) time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    #[serde(rename = "sourceIP")]
    pub(crate) source_ip: &'static str,
    pub(crate) identity: Identity,
    pub(crate) source_service: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_host: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    pub(crate) contract_number: String,
    pub(crate) username: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Event {
    pub(crate) param: Param,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) resources: Vec<Resource>,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Text>,
}

/// Written as `{}` when nothing in it is set.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Param {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) initiator: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_service: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Envelope>,
}

#[derive(Clone, Serialize)]
pub(crate) struct Resource {
    /// May be empty, and is then written as `[]`.
    pub(crate) action: Vec<&'static str>,
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// How an error is told: inside a record, and as the body of an answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) http_status: u16,
    pub(crate) messages: Vec<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) error_code: &'static str,
    pub(crate) message: Text,
}

/// Compact JSON.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Serialising fails only for keys that are not text and for the caller's own errors; neither occurs in this crate.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_the_wire_and_absent_members_are_left_out() {
        let record = Record {
            uuid: "u".into(),
            meta: Meta {
                audit_version: 0.1,
                request_id: None,
                queue_ref_id: Some(7),
                time: "t".into(),
                transaction_id: None,
            },
            principal: Principal {
                source_ip: "192.0.2.1",
                identity: Identity {
                    contract_number: "12345678".into(),
                    username: "a@example.com",
                },
                source_service: "DCD",
                service_host: None,
            },
            event: Event {
                param: Param::default(),
                resources: vec![Resource {
                    action: vec![],
                    id: "1466".into(),
                    kind: "user",
                }],
                kind: "RequestAccepted",
                status: None,
                message: Some("\"ü\"\n".into()),
            },
        };
        assert_eq!(
            json(&record),
            concat!(
                r#"{"@uuid":"u","meta":{"auditVersion":0.1,"queueRefId":7,"time":"t"},"#,
                r#""principal":{"sourceIP":"192.0.2.1","identity":{"contractNumber":"12345678","#,
                r#""username":"a@example.com"},"sourceService":"DCD"},"event":{"param":{},"#,
                r#""resources":[{"action":[],"id":"1466","type":"user"}],"type":"RequestAccepted","#,
                r#""message":"\"ü\"\n"}}"#
            )
        );
    }
}
