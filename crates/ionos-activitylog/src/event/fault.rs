//! What went wrong, in the vendor's words.

use std::borrow::Cow;

use super::text;
use crate::json;

/// The error that a request ended with (`/event/param/error` and `/event/param/errorCode`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventError<'a> {
    /// The vendor's code: `/event/param/errorCode`, or else the first code among the messages. Never blank.
    pub code: Option<Cow<'a, str>>,
    /// The HTTP status, 100 to 999; none where what is written is no such number.
    pub status: Option<u16>,
    /// One for each fault.
    pub messages: Vec<EventErrorMessage<'a>>,
}

/// One fault of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventErrorMessage<'a> {
    /// The vendor's code.
    pub code: Option<Cow<'a, str>>,
    /// The fault in words.
    pub message: Option<Cow<'a, str>>,
}

impl<'a> EventError<'a> {
    /// None where nothing says that anything went wrong.
    pub(super) fn of(code: Option<&'a str>, error: Option<&'a str>) -> Option<Self> {
        let [status, messages] = json::pick(error.unwrap_or_default(), ["httpStatus", "messages"]);
        let messages: Vec<_> = json::elements(messages.unwrap_or_default()).map(EventErrorMessage::of).collect();
        let not_blank = |code: &Cow<'_, str>| !code.trim().is_empty();
        let codes = messages.iter().filter_map(|message| message.code.clone());
        let error = Self {
            code: text(code).into_iter().chain(codes).find(not_blank),
            status: text(status).and_then(|status| http_status(&status)),
            messages,
        };
        (error != Self::default()).then_some(error)
    }
}

impl<'a> EventErrorMessage<'a> {
    fn of(message: &'a str) -> Self {
        let [code, message] = json::pick(message, ["errorCode", "message"]);
        Self { code: text(code), message: text(message) }
    }
}

fn http_status(digits: &str) -> Option<u16> {
    let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let status = digits.parse().ok().filter(|status| *status >= 100);
    plain.then_some(status).flatten()
}
