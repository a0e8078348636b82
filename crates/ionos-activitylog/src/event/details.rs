//! Reading a record into a type fails as a whole when one field has another type than last year, and then an audit
//! shows nothing where it should show everything but one field. So each value is read on its own: one that cannot be
//! read is none, and the others are there.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::{
    Action, EventError, EventType, OpClass, Outcome, Principal, Resource, ServiceName, Status, action, read_time,
    resource, text,
};
use crate::json;

/// What a record says, read value by value: see [`Event::details`](crate::Event::details).
///
/// Text may be written as a number, and is then its digits exactly as they are: numbers are never rounded. A value that
/// is missing, null or of another type is none; half a surrogate pair in a text becomes U+FFFD. Of a key that occurs
/// twice in an object, the last counts. [`Event::issues`](crate::Event::issues) says what of this was the case.
#[derive(Clone, Debug)]
pub struct Details<'a> {
    /// Each member as its JSON text.
    time: Option<&'a str>,
    request_id: Option<&'a str>,
    queue_ref_id: Option<&'a str>,
    transaction_id: Option<&'a str>,
    audit_version: Option<&'a str>,
    principal: Option<&'a str>,
    event_type: Option<&'a str>,
    status: Option<&'a str>,
    message: Option<&'a str>,
    param: Option<&'a str>,
    resources: Option<&'a str>,
}

/// What is read of `/meta`.
const META: [&str; 5] = ["time", "requestId", "queueRefId", "transactionId", "auditVersion"];

/// What is read of `/event`.
const EVENT: [&str; 5] = ["type", "status", "message", "param", "resources"];

/// What is read of a record: the members of its objects, and its `@uuid`.
pub(super) type Parts<'a> = [Option<&'a str>; PARTS];

/// How many parts that are.
pub(super) const PARTS: usize = 12;

/// The parts of a record, found in one pass, however deep its members are. Where they are depends on its keys and
/// brackets alone.
pub(super) fn parts(record: &str) -> Parts<'_> {
    let (mut meta, mut principal, mut event) = ([None; 5], None, [None; 5]);
    let mut uuid = None;
    let mut members = json::members(record);
    while let Some(key) = members.next_key() {
        // Of a key that occurs twice, the last counts, and nothing of the one before.
        if key.is("meta") {
            meta = members.value_and_pick(META).map_or([None; 5], |it| it.1);
        } else if key.is("event") {
            event = members.value_and_pick(EVENT).map_or([None; 5], |it| it.1);
        } else {
            let value = members.value();
            if key.is("principal") {
                principal = value;
            } else if key.is("@uuid") {
                uuid = value;
            }
        }
    }
    let [a, b, c, d, e] = meta;
    let [f, g, h, i, j] = event;
    [a, b, c, d, e, f, g, h, i, j, principal, uuid]
}

impl<'a> Details<'a> {
    pub(super) fn of(record: &'a str) -> Self {
        Self::of_parts(parts(record))
    }

    pub(super) fn of_parts(parts: Parts<'a>) -> Self {
        let [
            time,
            request_id,
            queue_ref_id,
            transaction_id,
            audit_version,
            event_type,
            status,
            message,
            param,
            resources,
            principal,
            _,
        ] = parts;
        Self {
            time,
            request_id,
            queue_ref_id,
            transaction_id,
            audit_version,
            principal,
            event_type,
            status,
            message,
            param,
            resources,
        }
    }

    /// When it happened, in UTC: as [`Event::time`](crate::Event::time).
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        read_time(self.time)
    }

    /// What sort of event it is (`/event/type`).
    #[must_use]
    pub fn event_type(&self) -> Option<EventType<'a>> {
        text(self.event_type).map(EventType::new)
    }

    /// How far the request is (`/event/status`).
    #[must_use]
    pub fn status(&self) -> Option<Status<'a>> {
        text(self.status).map(Status::new)
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self)
    }

    /// What sort of operation it is about.
    #[must_use]
    pub fn op_class(&self) -> OpClass {
        OpClass::of(self)
    }

    /// The status in words (`/event/message`).
    #[must_use]
    pub fn message(&self) -> Option<Cow<'a, str>> {
        text(self.message)
    }

    /// Who acted, and through what.
    #[must_use]
    pub fn principal(&self) -> Principal<'a> {
        Principal::of(self.principal.unwrap_or_default())
    }

    /// The request behind the event.
    #[must_use]
    pub fn action(&self) -> Action<'a> {
        let [method, uri, initiator, service] =
            json::pick(self.param.unwrap_or_default(), ["action", "uri", "initiator", "sourceService"]);
        Action {
            method: text(method),
            uri: text(uri),
            initiator: text(initiator),
            service: text(service).map(ServiceName::new),
        }
    }

    /// What was done: the names that the record gives to what was done to its resources, in its order, none twice; where
    /// it gives none, one of the HTTP method and what it acts on, such as `DELETE nic`. What it acts on is the type of the
    /// first resource that has one, or else the last name in the path of the URI. Empty where the record has neither
    /// a name nor a method.
    #[must_use]
    pub fn actions(&self) -> Vec<Cow<'a, str>> {
        action::actions(self.resources(), self.action())
    }

    /// The error that the request ended with; none where the record says nothing of one.
    #[must_use]
    pub fn error(&self) -> Option<EventError<'a>> {
        let [code, error] = json::pick(self.param.unwrap_or_default(), ["errorCode", "error"]);
        EventError::of(code, error)
    }

    /// What it touched, in the order of the record; may be empty.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource<'a>> {
        resource::all(self.resources).collect()
    }

    /// The single request (`/meta/requestId`), by which the Cloud API knows it too.
    #[must_use]
    pub fn request_id(&self) -> Option<Cow<'a, str>> {
        text(self.request_id)
    }

    /// The provisioning request (`/meta/queueRefId`): events with the same one belong together.
    #[must_use]
    pub fn queue_ref_id(&self) -> Option<Cow<'a, str>> {
        text(self.queue_ref_id)
    }

    /// The transaction that caused the event (`/meta/transactionId`), which few records have.
    #[must_use]
    pub fn transaction_id(&self) -> Option<Cow<'a, str>> {
        text(self.transaction_id)
    }

    /// The version of the record's form (`/meta/auditVersion`), such as 0.1.
    #[must_use]
    pub fn audit_version(&self) -> Option<Cow<'a, str>> {
        text(self.audit_version)
    }
}
