//! The model of a record: the members that the typed view reads, and the type of each. `issue` compares records with
//! the model.

/// The expected type of a value. Every value may be missing or null, except a time and an object that contains a time.
pub(super) enum ModelType {
    Text,
    /// A number or any text: the service may write a number as text.
    Scalar,
    /// The time of the event. Required, because an event without a time belongs to no range.
    Time,
    List(&'static ModelType),
    Object(&'static [(&'static str, ModelType)]),
}

use ModelType::{List, Object, Scalar, Text, Time};

/// Keys of an object and the types of their values.
pub(super) type ModelMembers = [(&'static str, ModelType)];

/// The model of an event: the part of the API description that the typed view reads.
pub(super) const EVENT: ModelType = Object(RECORD_MEMBERS);

/// Members of the record itself.
pub(super) const RECORD_MEMBERS: &ModelMembers = &[
    ("@uuid", Text),
    ("meta", Object(META_MEMBERS)),
    (
        "principal",
        Object(&[
            ("identity", Object(&[("contractNumber", Scalar), ("username", Text)])),
            ("sourceIP", Text),
            ("sourceService", Text),
            ("serviceHost", Text),
        ]),
    ),
    ("event", Object(EVENT_MEMBERS)),
];

/// Members of `/meta`.
pub(super) const META_MEMBERS: &ModelMembers =
    &[("auditVersion", Scalar), ("requestId", Text), ("queueRefId", Scalar), ("time", Time), ("transactionId", Text)];

/// Members of `/event`.
pub(super) const EVENT_MEMBERS: &ModelMembers = &[
    ("type", Text),
    ("status", Text),
    ("message", Text),
    (
        "param",
        Object(&[
            ("action", Text),
            ("uri", Text),
            ("initiator", Text),
            ("sourceService", Text),
            ("errorCode", Text),
            (
                "error",
                Object(&[
                    ("httpStatus", Scalar),
                    ("messages", List(&Object(&[("errorCode", Text), ("message", Text)]))),
                ]),
            ),
        ]),
    ),
    ("resources", List(&Object(&[("action", List(&Text)), ("id", Text), ("type", Text)]))),
];

impl ModelType {
    /// The name of the type in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Text => "text",
            Scalar => "a number or text",
            Time => "a time",
            List(_) => "a list",
            Object(_) => "an object",
        }
    }

    /// Whether the value may be missing: false for a time and for an object that contains one.
    pub(super) fn is_optional(&self) -> bool {
        match self {
            Time => false,
            Object(members) => !members.iter().any(|(_, member)| matches!(member, Time)),
            _ => true,
        }
    }
}
