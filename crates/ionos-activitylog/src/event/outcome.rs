//! Classifies how a request ended. A request with an unknown status does not count as a failure, because the real
//! failures would then be hard to find. It does not count as a success either, because a failure could then be
//! overlooked.

use std::fmt;

use super::error::EventError;
use super::vocabulary::{EventType, Status};

/// The outcome of a request according to one event.
///
/// The first rule that applies decides:
///
/// | outcome | rule |
/// |---|---|
/// | failure | the type is `Error`, there is an error code, the HTTP status of the error is 400 or more, or the status is `FAILED` or `ERROR` |
/// | success | the status is `DONE` |
/// | pending | the status is `QUEUED`, `RUNNING` or `BUSY` |
/// | unknown | anything else |
///
/// Types and statuses are compared like in [`Status::matches`], so `failed` is a failure as well.
///
/// The variants are in order of precedence. If the events of one operation have different outcomes, a single failure
/// makes the operation a failure, and otherwise a single success makes it a success. If there is neither, the last
/// status decides between pending and unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The request failed.
    Failure,
    /// The request succeeded.
    Success,
    /// The request has not ended yet.
    Pending,
    /// The event does not show how the request ended.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Failure, Self::Success, Self::Pending, Self::Unknown];

    pub(super) fn classify(
        event_type: Option<EventType<'_>>,
        status: Option<Status<'_>>,
        error: Option<EventError<'_>>,
    ) -> Self {
        let is_failure = |error: EventError<'_>| error.code.is_some() || error.status.is_some_and(|code| code >= 400);
        let is_one_of = |list: &[Status<'_>]| {
            status.as_ref().is_some_and(|status| list.iter().any(|known| status.matches(known.as_str())))
        };
        if event_type.is_some_and(|event_type| event_type.matches(EventType::ERROR.as_str()))
            || error.is_some_and(is_failure)
            || is_one_of(&[Status::FAILED, Status::ERROR])
        {
            Self::Failure
        } else if is_one_of(&[Status::DONE]) {
            Self::Success
        } else if is_one_of(&[Status::QUEUED, Status::RUNNING, Status::BUSY]) {
            Self::Pending
        } else {
            Self::Unknown
        }
    }

    /// The outcome in one lower-case word, such as `failure`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    #[test]
    fn the_first_rule_that_applies_decides_the_outcome() {
        use Outcome::{Failure, Pending, Success, Unknown};
        let cases = [
            (r#""type":"Error""#, Failure),
            (r#""type":"Error","status":"DONE""#, Failure),
            (r#""status":"DONE","param":{"errorCode":"VDC-1"}"#, Failure),
            (r#""status":"DONE","param":{"errorCode":" "}"#, Success),
            (r#""param":{"errorCode":17}"#, Failure),
            (r#""param":{"error":{"httpStatus":403}}"#, Failure),
            (r#""param":{"error":{"httpStatus":"422"}}"#, Failure),
            (r#""param":{"error":{"httpStatus":399}},"status":"DONE""#, Success),
            (r#""param":{"error":{"httpStatus":40000}}"#, Unknown),
            (r#""param":{"error":{"httpStatus":"bad"}}"#, Unknown),
            (r#""param":{"error":{"messages":[{"errorCode":"101"}]}}"#, Failure),
            (r#""param":{"error":{"messages":[{"message":"?"}]}}"#, Unknown),
            (r#""param":{"error":{},"errorCode":null},"status":"DONE""#, Success),
            (r#""status":"FAILED""#, Failure),
            (r#""status":"ERROR""#, Failure),
            (r#""status":"DONE""#, Success),
            (r#""status":"QUEUED""#, Pending),
            (r#""status":"RUNNING""#, Pending),
            (r#""status":"BUSY""#, Pending),
            (r#""status":"failed""#, Failure),
            (r#""status":"Error""#, Failure),
            (r#""type":"ERROR","status":"DONE""#, Failure),
            (r#""status":"Done""#, Success),
            (r#""status":"queued""#, Pending),
            (r#""status":"NEW_WORD""#, Unknown),
            (r#""status":"FAILED_OVER""#, Unknown),
            (r#""status":["FAILED"]"#, Unknown),
            (r#""type":"RequestAccepted""#, Unknown),
        ];
        for (members, expected) in cases {
            let event = Event::from_json(format!(r#"{{"event":{{{members}}}}}"#)).unwrap();
            assert_eq!(event.details().outcome(), expected, "{members}");
        }
        for record in ["{}", "null", "[]", r#"{"event":"FAILED"}"#] {
            let event = Event::from_json(record).unwrap();
            assert_eq!(event.details().outcome(), Unknown, "{record}");
        }
    }
}
