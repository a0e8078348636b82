//! A client must be tested against a record that was not made by its own types, or both could be wrong in the same
//! way. So the shape of a record is written down here a second time, by hand, in the order of its keys on the wire.
//!
//! Scalars whose JSON type drifts in public records are a [`Scalar`]. Absent members are left out.

use std::borrow::Cow;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Text that is a constant, or made for one event.
pub(crate) type Text = Cow<'static, str>;

/// The value of a member that nobody has seen yet: any JSON, as it is written.
pub(crate) type Unknown = Option<&'static RawValue>;

/// A value that is a number in one record and text in the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Whole(u64),
    /// A number with a fraction, as JSON has it: no floating point comes near it.
    #[serde(serialize_with = "as_number")]
    Decimal(&'static str),
    Text(Text),
}

/// Writes the text of a number as the number.
fn as_number<S: Serializer>(text: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    let number: &RawValue = serde_json::from_str(text).map_err(S::Error::custom)?;
    number.serialize(serializer)
}

/// One event of the log, the `_source` of a hit.
#[derive(Serialize)]
pub(crate) struct Record {
    #[serde(rename = "@uuid", skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<String>,
    pub(crate) meta: Meta,
    pub(crate) principal: Principal,
    pub(crate) event: Event,
    #[serde(rename = "@exampleTag", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) audit_version: Scalar,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue_ref_id: Option<Scalar>,
    /// RFC 3339 in UTC.
    pub(crate) time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_id: Option<String>,
    #[serde(rename = "exampleShard", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    #[serde(rename = "sourceIP")]
    pub(crate) source_ip: &'static str,
    pub(crate) identity: Identity,
    pub(crate) source_service: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_host: Option<&'static str>,
    #[serde(rename = "exampleAgent", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Identity {
    pub(crate) contract_number: Scalar,
    pub(crate) username: Text,
    #[serde(rename = "exampleTenant", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
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
    #[serde(rename = "exampleRisk", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
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
    pub(crate) initiator: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_service: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Envelope>,
    #[serde(rename = "exampleTrace", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
}

#[derive(Clone, Serialize)]
pub(crate) struct Resource {
    /// May be empty, and is then written as `[]`.
    pub(crate) action: Vec<&'static str>,
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(rename = "exampleLabel", skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Unknown,
}

/// How an error is told: inside a record, and as the body of an answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) http_status: Scalar,
    pub(crate) messages: Vec<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) error_code: Text,
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
            uuid: Some("u".into()),
            meta: Meta {
                audit_version: Scalar::Decimal("0.1"),
                request_id: None,
                queue_ref_id: Some(Scalar::Whole(7)),
                time: "t".into(),
                transaction_id: None,
                unknown: None,
            },
            principal: Principal {
                source_ip: "192.0.2.1",
                identity: Identity {
                    contract_number: Scalar::Text("12345678".into()),
                    username: "a@example.com".into(),
                    unknown: None,
                },
                source_service: "DCD".into(),
                service_host: None,
                unknown: None,
            },
            event: Event {
                param: Param::default(),
                resources: vec![Resource {
                    action: vec![],
                    id: "1466".into(),
                    kind: "user",
                    unknown: None,
                }],
                kind: "RequestAccepted",
                status: None,
                message: Some("\"ü\"\n".into()),
                unknown: None,
            },
            unknown: None,
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
