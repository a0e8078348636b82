//! The typed view of a record. Each value is read on its own: a value of an unexpected type is `None` and does not
//! affect the others, because one changed field must not hide a whole record from an audit.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::action::{self, Action};
use super::error::EventError;
use super::members::{Member, RecordMembers, read_text, read_time};
use super::op_class::OpClass;
use super::outcome::Outcome;
use super::principal::Principal;
use super::resource::{self, Resource};
use super::vocabulary::{EventType, ServiceName, Status};
use crate::json;

/// The typed view of a record; see [`Event::details`](crate::Event::details).
///
/// A value is `None` if it is missing, null or of an unexpected type. A number in the place of a text is accepted; its
/// digits are kept as they are written and never rounded. A lone surrogate becomes U+FFFD. If a key occurs twice in an
/// object, the last one counts. [`Event::issues`](crate::Event::issues) reports all of these, with two exceptions:
/// missing or null values other than the time, and numbers in members for which the service may write a number.
#[derive(Clone, Debug)]
pub struct Details<'a> {
    members: RecordMembers<'a>,
}

impl<'a> Details<'a> {
    pub(super) fn new(members: RecordMembers<'a>) -> Self {
        Self { members }
    }

    fn text(&self, member: Member) -> Option<Cow<'a, str>> {
        read_text(self.members.get(member))
    }

    /// The time in UTC; equals [`Event::time`](crate::Event::time).
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        read_time(self.members.get(Member::Time))
    }

    /// The type of the event (`/event/type`).
    #[must_use]
    pub fn event_type(&self) -> Option<EventType<'a>> {
        self.text(Member::EventType).map(EventType::new)
    }

    /// The status of the request (`/event/status`).
    #[must_use]
    pub fn status(&self) -> Option<Status<'a>> {
        self.text(Member::Status).map(Status::new)
    }

    /// The outcome of the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::classify(self.event_type(), self.status(), self.error())
    }

    /// The class of the operation.
    #[must_use]
    pub fn op_class(&self) -> OpClass {
        OpClass::classify(&self.resources(), || self.action())
    }

    /// The status in words (`/event/message`).
    #[must_use]
    pub fn message(&self) -> Option<Cow<'a, str>> {
        self.text(Member::Message)
    }

    /// The user, service and address that acted (`/principal`).
    #[must_use]
    pub fn principal(&self) -> Principal<'a> {
        Principal::new(self.members.get(Member::Principal).unwrap_or_default())
    }

    /// The request that caused the event (`/event/param`).
    #[must_use]
    pub fn action(&self) -> Action<'a> {
        let param = self.members.get(Member::Param).unwrap_or_default();
        let [method, uri, initiator, service] = json::get_many(param, ["action", "uri", "initiator", "sourceService"]);
        Action {
            method: read_text(method),
            uri: read_text(uri),
            initiator: read_text(initiator),
            service: read_text(service).map(ServiceName::new),
        }
    }

    /// The names of the actions on the resources (`/event/resources/N/action`), without duplicates, in the order of the
    /// record. If the record has no action name, the result is one name: the HTTP method and the type of the first
    /// resource that has a type, such as `DELETE nic`. If no resource has a type, the last name in the path of the URI
    /// takes the place of the type. Empty if the record has neither an action name nor a method.
    #[must_use]
    pub fn actions(&self) -> Vec<Cow<'a, str>> {
        action::action_names(self.resources(), self.action())
    }

    /// The error that the request ended with. `None` if the record contains no error.
    #[must_use]
    pub fn error(&self) -> Option<EventError<'a>> {
        let param = self.members.get(Member::Param).unwrap_or_default();
        let [code, error] = json::get_many(param, ["errorCode", "error"]);
        EventError::new(code, error)
    }

    /// The resources that the event touched, in the order of the record; may be empty.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource<'a>> {
        resource::read_all(self.members.get(Member::Resources)).collect()
    }

    /// The id of the request (`/meta/requestId`), which the Cloud API uses too.
    #[must_use]
    pub fn request_id(&self) -> Option<Cow<'a, str>> {
        self.text(Member::RequestId)
    }

    /// The id of the provisioning request (`/meta/queueRefId`). Events with the same id belong to one operation.
    #[must_use]
    pub fn queue_ref_id(&self) -> Option<Cow<'a, str>> {
        self.text(Member::QueueRefId)
    }

    /// The id of the transaction that caused the event (`/meta/transactionId`). Few records have one.
    #[must_use]
    pub fn transaction_id(&self) -> Option<Cow<'a, str>> {
        self.text(Member::TransactionId)
    }

    /// The version of the record format (`/meta/auditVersion`), such as `0.1`.
    #[must_use]
    pub fn audit_version(&self) -> Option<Cow<'a, str>> {
        self.text(Member::AuditVersion)
    }
}
