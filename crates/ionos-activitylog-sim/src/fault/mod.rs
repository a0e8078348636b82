//! Makes selected requests fail, by a script of rules. Each rule has a [`Trigger`], which selects requests, and a
//! [`Fault`], which changes their answers.
//!
//! ```
//! use ionos_activitylog_sim::{Operation, Share, Simulator};
//! use ionos_activitylog_sim::fault::{Answer, Body, Fault, Faults, RetryAfter, Trigger};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let faults = Faults::new()
//!     .add_rule(
//!         Trigger::any().operation(Operation::GetByContract).requests([3]),
//!         Answer::new(429).retry_after(RetryAfter::Seconds(2)),
//!     )?
//!     .add_rule(Trigger::any().rate(Share::new(0.2)?).times(5), Fault::CutAt { bytes: 100 })?;
//! let simulator = Simulator::builder().faults(faults).build();
//! # Ok(())
//! # }
//! ```
//!
//! # The JSON form
//!
//! ```
//! use ionos_activitylog_sim::fault::Faults;
//!
//! let faults = Faults::from_json(
//!     r#"{
//!       "rules": [
//!         {
//!           "when": { "operation": "GetByContract", "requests": [3] },
//!           "fault": { "respond": { "status": 429, "retry_after": { "seconds": 2 } } }
//!         },
//!         {
//!           "when": { "rate": "20%", "times": 5 },
//!           "fault": { "cut_at": { "bytes": 100 } }
//!         },
//!         { "when": { "every": 10 }, "fault": "reset_before_headers" },
//!         { "fault": { "delay": { "milliseconds": 50 } } }
//!       ]
//!     }"#,
//! )?;
//! assert_eq!(Faults::from_json(&faults.to_json())?, faults);
//! # Ok::<_, ionos_activitylog_sim::fault::ScriptError>(())
//! ```
//!
//! A request gets the fault of the first rule whose conditions match and whose `times` are not used up. The members of
//! `when` are optional conditions; all of them must hold:
//!
//! | member | value |
//! |---|---|
//! | `operation` | the name of an [`Operation`](crate::Operation), such as `"GetByContract"` |
//! | `contract` | the contract number in the path |
//! | `requests` | request numbers, from 1; if `operation` is set, only requests for this operation are counted |
//! | `every` | every n-th request, counted as for `requests` |
//! | `rate` | a share of requests: a number from 0 to 1, or a percentage such as `"20%"` |
//! | `times` | maximum number of times that the rule applies |
//!
//! `fault` is one of these:
//!
//! | fault | what happens |
//! |---|---|
//! | `{"respond": {"status": 503, "body": …, "retry_after": …, "headers": {"name": "value"}}}` | this answer instead; only `status` is required |
//! | `{"delay": {"milliseconds": 50}}` | the correct answer, later |
//! | `{"drip": {"bytes": 10, "every": {"milliseconds": 50}}}` | the correct answer, with its body sent in small pieces |
//! | `"reset_before_headers"` | the connection is reset, and nothing is sent |
//! | `"reset_after_headers"` | the connection is reset after the status line and the headers |
//! | `{"reset_after": {"bytes": 10}}` | the connection is reset after this many bytes of the body |
//! | `{"cut_at": {"bytes": 10}}` | the connection is closed after this many bytes of the body |
//! | `{"wrong_content_length": {"by": -3}}` | the correct answer, but `Content-Length` is 3 less than the number of bytes sent |
//! | `"malformed_json"`, `"null_for_array"`, `"wrong_type"` | the correct answer with one place changed |
//! | `"partial_search"` | half of the hits and of the total, with the signs of a search that timed out on some shards |
//! | `"invalid_record"` | the correct answer, in which one record is neither JSON nor UTF-8 |
//! | `"html200"` | an HTML page with status 200 |
//! | `{"redirect": {"location": "https://example.com/"}}` | status 302 with this location |
//! | `{"decompression_bomb": {"bytes": 1073741824}}` | this many spaces, then the correct answer, both compressed |
//!
//! `body` is `"empty"`, `{"envelope": {"code": "315", "message": "Unauthorized"}}`, `{"json": any value}`, `{"html":
//! "…"}` or `{"text": "…"}`. `retry_after` is `{"seconds": 2}`, `{"fraction": 1.5}`, `{"date": 30}` for the HTTP date
//! 30 seconds after the time of the simulator's clock, `{"date": -30}` for the HTTP date 30 seconds before this time,
//! or `{"text": "soon"}`.
//!
//! # Determinism
//!
//! The random choices of `rate`, `wrong_type` and `invalid_record` depend on the seed, the position of the rule in the
//! script, the method, path and query of the request, and on how often the same request was received before. So these
//! choices do not depend on the order in which different requests arrive. `requests`, `every` and `times` count
//! requests as they arrive, so use them with clients that send one request after another.
//!
//! Deliberately absent: faults at a time of day, and faults on the way to the service, such as a slow upload (the
//! service reads no request bodies).

mod answer;
mod damage;
mod error;
mod retry_after;
pub(crate) mod script;
mod trigger;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

pub use answer::{Answer, Body};
pub use error::ScriptError;
pub use retry_after::RetryAfter;
pub use script::Faults;
pub use trigger::Trigger;

use crate::data::random::Random;
use crate::reply::{Pace, Reply, ReplyEnd};

/// Maximum number of spaces in a decompression bomb: 16 GiB, sent as about 16 MiB of gzip. The spaces exceed the memory
/// of a typical client, and a test can still download the gzip.
pub const MAX_BOMB_BYTES: u64 = 16 << 30;

/// A change to the answer of a request.
///
/// A fault determines the bytes that are sent; a client that stops reading early receives fewer bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// This answer instead of the correct one, which is not computed.
    Respond(Answer),
    /// The correct answer after this pause, in whole milliseconds.
    Delay(#[serde(with = "milliseconds")] Duration),
    /// The correct answer, but its body is sent in pieces, with a pause before each piece except the first.
    Drip {
        /// Bytes per piece, at least 1.
        bytes: u64,
        /// The pause, in whole milliseconds.
        #[serde(with = "milliseconds")]
        every: Duration,
    },
    /// The connection is reset and nothing is sent.
    ResetBeforeHeaders,
    /// The connection is reset after the status line and the headers.
    ResetAfterHeaders,
    /// The connection is reset after part of the body. Bytes that were still in the network are lost, so the client may
    /// receive fewer than `bytes`.
    ResetAfter {
        /// Bytes of the body that are sent.
        bytes: u64,
    },
    /// The connection is closed in an orderly way after part of the body. `Content-Length` announces the whole body.
    CutAt {
        /// Bytes of the body that are sent.
        bytes: u64,
    },
    /// The complete body with a wrong `Content-Length`. The connection is closed afterwards.
    WrongContentLength {
        /// Difference between the announced and the real length in bytes, not 0. The announced length is at least 0.
        by: i64,
    },
    /// The correct answer with its last bracket replaced by a bracket of the wrong kind.
    MalformedJson,
    /// The correct answer with `null` instead of its list: `hits.hits` of a page, or the list of contracts. An answer
    /// without a list is not changed.
    NullForArray,
    /// The correct answer, but one member of one record has a wrong type: a number replaces an object or a list, and an
    /// object replaces any other value. A list of contracts and an answer that is a single object are changed in the
    /// same way; a page or a list without entries is not changed.
    WrongType,
    /// The first half of the hits of a page and half of its total, with `timed_out` and failed `_shards`: the answer of
    /// a search engine that searched only a part of the log. Any other answer is not changed.
    PartialSearch,
    /// The correct answer, but one record starts with a byte that is not UTF-8: this record is neither JSON nor UTF-8.
    /// An answer without a record is not changed.
    InvalidRecord,
    /// An HTML page with status 200, as login portals and servers under maintenance send it.
    Html200,
    /// Status 302 with an empty body.
    Redirect {
        /// An absolute URL, or a path.
        location: String,
    },
    /// The correct answer after many spaces, compressed with gzip to about a thousandth. After decompression, the
    /// answer is still valid JSON. It is sent compressed whether or not the request accepts gzip.
    ///
    /// The in-process transport returns the answer uncompressed, as reqwest returns it after decompression.
    DecompressionBomb {
        /// Number of spaces, at most [`MAX_BOMB_BYTES`].
        bytes: u64,
    },
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Respond(answer)
    }
}

/// The page of [`Fault::Html200`].
const HTML: &str =
    "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>\n";

impl Fault {
    fn check(&self) -> Result<(), ScriptError> {
        let invalid = |member, message| Err(ScriptError::new(member, message));
        match self {
            Self::Respond(answer) => answer.check(),
            Self::Drip { bytes: 0, .. } => invalid(
                "fault.drip.bytes",
                "0 bytes per piece never complete the body: give a whole number of at least 1".into(),
            ),
            Self::WrongContentLength { by: 0 } => invalid(
                "fault.wrong_content_length.by",
                "0 would announce the correct length: give a positive or a negative number".into(),
            ),
            Self::Redirect { location } if HeaderValue::from_str(location).is_err() => invalid(
                "fault.redirect.location",
                format!("{location:?} cannot be sent in a header: give a URL in ASCII"),
            ),
            Self::DecompressionBomb { bytes } if *bytes > MAX_BOMB_BYTES => invalid(
                "fault.decompression_bomb.bytes",
                format!("{bytes} bytes are too many: give at most {MAX_BOMB_BYTES}"),
            ),
            _ => Ok(()),
        }
    }

    /// The name in a JSON script.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Respond(_) => "respond",
            Self::Delay(_) => "delay",
            Self::Drip { .. } => "drip",
            Self::ResetBeforeHeaders => "reset_before_headers",
            Self::ResetAfterHeaders => "reset_after_headers",
            Self::ResetAfter { .. } => "reset_after",
            Self::CutAt { .. } => "cut_at",
            Self::WrongContentLength { .. } => "wrong_content_length",
            Self::MalformedJson => "malformed_json",
            Self::NullForArray => "null_for_array",
            Self::WrongType => "wrong_type",
            Self::PartialSearch => "partial_search",
            Self::InvalidRecord => "invalid_record",
            Self::Html200 => "html200",
            Self::Redirect { .. } => "redirect",
            Self::DecompressionBomb { .. } => "decompression_bomb",
        }
    }

    /// The response that replaces the correct answer. `None` if the fault changes the correct answer instead.
    pub(crate) fn replacement(&self, now: impl FnOnce() -> DateTime<Utc>) -> Option<Response<Bytes>> {
        match self {
            Self::Respond(answer) => Some(answer.response(now())),
            Self::Html200 => {
                let mut response = Response::new(Bytes::from_static(HTML.as_bytes()));
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, html);
                Some(response)
            }
            Self::Redirect { location } => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::FOUND;
                // `check` has verified the value.
                if let Ok(location) = HeaderValue::from_str(location) {
                    response.headers_mut().insert(LOCATION, location);
                }
                Some(response)
            }
            _ => None,
        }
    }

    /// Applies the fault to a reply. A fault that has a [`Self::replacement`] does not change the reply further.
    pub(crate) fn apply(&self, mut reply: Reply, random: &mut Random) -> Reply {
        match self {
            Self::Respond(_) | Self::Html200 | Self::Redirect { .. } => {}
            Self::Delay(delay) => reply.delivery.delay = *delay,
            Self::Drip { bytes, every } => {
                reply.delivery.pace = Some(Pace { bytes: *bytes, every: *every });
            }
            Self::ResetBeforeHeaders => reply.delivery.end = ReplyEnd::ResetBeforeHead,
            Self::ResetAfterHeaders => reply.delivery.end = ReplyEnd::ResetAfter(0),
            Self::ResetAfter { bytes } => reply.delivery.end = ReplyEnd::ResetAfter(*bytes),
            Self::CutAt { bytes } => reply.delivery.end = ReplyEnd::ClosedAfter(*bytes),
            Self::WrongContentLength { by } => reply.misdeclare_length(*by),
            Self::MalformedJson => {
                let body = damage::malformed_json(reply.response.body());
                reply.replace_body(body);
            }
            Self::NullForArray => {
                if let Some(body) = damage::null_for_array(reply.response.body()) {
                    reply.replace_body(body);
                }
            }
            Self::WrongType => {
                if let Some(body) = damage::wrong_type(reply.response.body(), random) {
                    reply.replace_body(body);
                }
            }
            Self::PartialSearch => {
                if let Some(body) = damage::partial_search(reply.response.body()) {
                    reply.replace_body(body);
                }
            }
            Self::InvalidRecord => {
                if let Some(body) = damage::invalid_record(reply.response.body(), random) {
                    reply.replace_body(body);
                }
            }
            Self::DecompressionBomb { bytes } => reply.delivery.spaces = Some(*bytes),
        }
        reply
    }
}

/// Durations as `{"milliseconds": 50}`, so that the JSON form names the unit.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Milliseconds {
        milliseconds: u64,
    }

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Milliseconds { milliseconds }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Milliseconds::deserialize(deserializer).map(|time| Duration::from_millis(time.milliseconds))
    }
}

#[cfg(test)]
mod tests;
