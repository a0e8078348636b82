//! A client must be tested against a record that was not made by its own types, or both could be wrong in the same
//! way. So the shape of a record is written down here a second time, by hand, in the order of its keys on the wire.
//!
//! Scalars whose JSON type drifts in public records are a [`Scalar`]. Absent members are left out. `write` puts a record
//! on the wire.

use std::borrow::Cow;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

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
pub(crate) struct Record {
    pub(crate) uuid: Option<Uuid>,
    pub(crate) meta: Meta,
    pub(crate) principal: Principal,
    pub(crate) event: Event,
    pub(crate) unknown: Unknown,
}

pub(crate) struct Meta {
    pub(crate) audit_version: Scalar,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) queue_ref_id: Option<Scalar>,
    /// RFC 3339 in UTC.
    pub(crate) time: String,
    pub(crate) transaction_id: Option<Uuid>,
    pub(crate) unknown: Unknown,
}

pub(crate) struct Principal {
    pub(crate) source_ip: &'static str,
    pub(crate) identity: Identity,
    pub(crate) source_service: Text,
    pub(crate) service_host: Option<&'static str>,
    pub(crate) unknown: Unknown,
}

pub(crate) struct Identity {
    pub(crate) contract_number: Scalar,
    pub(crate) username: Text,
    pub(crate) unknown: Unknown,
}

pub(crate) struct Event {
    pub(crate) param: Param,
    pub(crate) resources: Vec<Resource>,
    pub(crate) kind: &'static str,
    pub(crate) status: Option<&'static str>,
    pub(crate) message: Option<Text>,
    pub(crate) unknown: Unknown,
}

/// Written as `{}` when nothing in it is set.
#[derive(Default)]
pub(crate) struct Param {
    pub(crate) action: Option<&'static str>,
    pub(crate) uri: Option<String>,
    pub(crate) initiator: Option<Text>,
    pub(crate) source_service: Option<&'static str>,
    pub(crate) error_code: Option<&'static str>,
    pub(crate) error: Option<Envelope>,
    pub(crate) unknown: Unknown,
}

#[derive(Clone)]
pub(crate) struct Resource {
    /// May be empty, and is then written as `[]`.
    pub(crate) action: Vec<&'static str>,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
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
