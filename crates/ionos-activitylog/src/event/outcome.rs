//! Whether it worked. A collector that takes everything it does not know for a failure drowns the failures; one that
//! takes it for a success hides them.

use std::fmt;

use super::{Details, EventError, EventType, Status};

/// How what an event is about ended, as far as the event tells.
///
/// The first that holds:
///
/// | outcome | rule |
/// |---|---|
/// | failure | the type is `Error`, there is an error code, the HTTP status of the error is 400 or more, or the status is `FAILED` or `ERROR` |
/// | success | the status is `DONE` |
/// | pending | the status is `QUEUED`, `RUNNING` or `BUSY` |
/// | unknown | anything else |
///
/// Ordered as they outweigh each other where several events tell of one operation, failure first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It failed.
    Failure,
    /// It succeeded.
    Success,
    /// It is not over.
    Pending,
    /// The event does not tell.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Failure, Self::Success, Self::Pending, Self::Unknown];

    pub(super) fn of(details: &Details<'_>) -> Self {
        let status = details.status();
        let is = |wanted: &[Status<'_>]| status.as_ref().is_some_and(|it| wanted.contains(it));
        let error = details.error();
        let refused = |error: &EventError<'_>| error.code.is_some() || error.status.is_some_and(|status| status >= 400);
        if details.event_type() == Some(EventType::ERROR)
            || error.as_ref().is_some_and(refused)
            || is(&[Status::FAILED, Status::ERROR])
        {
            Self::Failure
        } else if is(&[Status::DONE]) {
            Self::Success
        } else if is(&[Status::QUEUED, Status::RUNNING, Status::BUSY]) {
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
    fn an_outcome_is_what_the_event_says_and_never_failure_by_default() {
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
            (r#""status":"NEW_WORD""#, Unknown),
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
