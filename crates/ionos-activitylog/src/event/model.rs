//! What a record looks like is written down once, as far as the typed view reads it. `issue` says what of a record does
//! not look like that, and `fit` whether there is anything to say.

/// What a value should be. Null stands for a value that is missing, and each may be.
pub(super) enum Shape {
    Text,
    /// A number, or the same as text.
    Scalar,
    /// The one value that must be there: without it an event belongs to no range.
    Time,
    List(&'static Shape),
    Object(&'static [(&'static str, Shape)]),
}

use Shape::{List, Object, Scalar, Text, Time};

/// The model of an event: the API's description, as far as the typed view reads it.
pub(super) const EVENT: Shape = Object(&[
    ("@uuid", Text),
    (
        "meta",
        Object(&[
            ("auditVersion", Scalar),
            ("requestId", Text),
            ("queueRefId", Scalar),
            ("time", Time),
            ("transactionId", Text),
        ]),
    ),
    (
        "principal",
        Object(&[
            ("identity", Object(&[("contractNumber", Scalar), ("username", Text)])),
            ("sourceIP", Text),
            ("sourceService", Text),
            ("serviceHost", Text),
        ]),
    ),
    (
        "event",
        Object(&[
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
        ]),
    ),
]);

impl Shape {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Text => "text",
            Scalar => "a number or text",
            Time => "a time",
            List(_) => "a list",
            Object(_) => "an object",
        }
    }

    /// Whether a record fits without it: everything but a time and what holds one.
    pub(super) fn may_be_missing(&self) -> bool {
        match self {
            Time => false,
            Object(members) => !members.iter().any(|(_, shape)| matches!(shape, Time)),
            _ => true,
        }
    }
}
