//! The error of a request as the vendor reports it.

use std::borrow::Cow;

use super::members::read_text;
use crate::json;

/// The error that a request ended with (`/event/param/error` and `/event/param/errorCode`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventError<'a> {
    /// The vendor's error code: `/event/param/errorCode`, or the first code of the messages. `None` if all are missing
    /// or blank.
    pub code: Option<Cow<'a, str>>,
    /// The HTTP status, 100 to 999. `None` if the record has no such number.
    pub status: Option<u16>,
    /// The messages of the error, in the order of the record; may be empty.
    pub messages: Vec<EventErrorMessage<'a>>,
}

/// One message of an [`EventError`]. Values are as the service wrote them, `None` if missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventErrorMessage<'a> {
    /// The vendor's error code of this message.
    pub code: Option<Cow<'a, str>>,
    /// The description of the error.
    pub message: Option<Cow<'a, str>>,
}

impl<'a> EventError<'a> {
    /// `None` if the record contains no error.
    pub(super) fn new(code: Option<&'a str>, error: Option<&'a str>) -> Option<Self> {
        let [status, messages] = json::get_many(error.unwrap_or_default(), ["httpStatus", "messages"]);
        let messages: Vec<_> = json::elements(messages.unwrap_or_default()).map(EventErrorMessage::new).collect();
        let not_blank = |code: &Cow<'_, str>| !code.trim().is_empty();
        let codes = messages.iter().filter_map(|message| message.code.clone());
        let error = Self {
            code: read_text(code).into_iter().chain(codes).find(not_blank),
            status: read_text(status).and_then(|status| http_status(&status)),
            messages,
        };
        (error != Self::default()).then_some(error)
    }
}

impl<'a> EventErrorMessage<'a> {
    fn new(message: &'a str) -> Self {
        let [code, message] = json::get_many(message, ["errorCode", "message"]);
        Self { code: read_text(code), message: read_text(message) }
    }
}

fn http_status(digits: &str) -> Option<u16> {
    let is_status = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let status = digits.parse().ok().filter(|status| *status >= 100);
    is_status.then_some(status).flatten()
}
