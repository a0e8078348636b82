//! The shape of a record, with its keys in the order in which the service sends them. These types are written by hand
//! and not shared with the client. If they were shared, an error in a type would be in both the simulator and the
//! client, so no test would find the error.
//!
//! Values whose JSON type varies in public records have the type [`Scalar`]. Absent members are omitted.
//! `record_writer` serializes a record.

use uuid::Uuid;

use crate::data::error_envelope::ErrorEnvelope;
use crate::data::value::{Scalar, Text, UnknownMember};

/// One event of the log, the `_source` of a hit.
pub(crate) struct Record {
    pub(crate) uuid: Option<Uuid>,
    pub(crate) meta: RecordMeta,
    pub(crate) principal: RecordPrincipal,
    pub(crate) event: RecordEvent,
    pub(crate) unknown: UnknownMember,
}

pub(crate) struct RecordMeta {
    pub(crate) audit_version: Scalar,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) queue_ref_id: Option<Scalar>,
    /// Time of the event: RFC 3339, in UTC.
    pub(crate) time: String,
    pub(crate) transaction_id: Option<Uuid>,
    pub(crate) unknown: UnknownMember,
}

pub(crate) struct RecordPrincipal {
    pub(crate) source_ip: &'static str,
    pub(crate) identity: RecordIdentity,
    pub(crate) source_service: Text,
    pub(crate) service_host: Option<&'static str>,
    pub(crate) unknown: UnknownMember,
}

pub(crate) struct RecordIdentity {
    pub(crate) contract_number: Scalar,
    pub(crate) username: Text,
    pub(crate) unknown: UnknownMember,
}

pub(crate) struct RecordEvent {
    pub(crate) param: EventParam,
    pub(crate) resources: Vec<EventResource>,
    pub(crate) kind: &'static str,
    pub(crate) status: Option<&'static str>,
    pub(crate) message: Option<Text>,
    pub(crate) unknown: UnknownMember,
}

/// The member `param` of an event. Written as `{}` if no member of `param` is set.
#[derive(Default)]
pub(crate) struct EventParam {
    pub(crate) action: Option<&'static str>,
    pub(crate) uri: Option<String>,
    pub(crate) initiator: Option<Text>,
    pub(crate) source_service: Option<&'static str>,
    pub(crate) error_code: Option<&'static str>,
    pub(crate) error: Option<ErrorEnvelope>,
    pub(crate) unknown: UnknownMember,
}

#[derive(Clone)]
pub(crate) struct EventResource {
    /// The actions on the resource. Written as `[]` if there are none.
    pub(crate) action: Vec<&'static str>,
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) unknown: UnknownMember,
}
