//! A client is as good as it is on a bad day, and bad days cannot be ordered from the real service. A script of faults
//! makes one: which requests are struck, and what happens to them.
//!
//! ```
//! use ionos_activitylog_sim::{Operation, Share, Simulator};
//! use ionos_activitylog_sim::fault::{Answer, Body, Fault, Faults, RetryAfter, When};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let faults = Faults::new()
//!     .on(
//!         When::any().operation(Operation::GetByContract).requests([3]),
//!         Answer::new(429).retry_after(RetryAfter::Seconds(2)),
//!     )?
//!     .on(When::any().rate(Share::new(0.2)?).times(5), Fault::CutAt { bytes: 100 })?;
//! let simulator = Simulator::builder().faults(faults).build();
//! # Ok(())
//! # }
//! ```
//!
//! # The same as a file
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
//! # Ok::<_, ionos_activitylog_sim::fault::FaultScriptError>(())
//! ```
//!
//! Of the rules that mean a request, the first one whose `times` are not used up decides. `when` may hold, all of them
//! optional and all of which must hold:
//!
//! | member | value |
//! |---|---|
//! | `operation` | the name of an [`Operation`](crate::Operation), such as `"GetByContract"` |
//! | `contract` | the number of the contract whose log is asked for |
//! | `requests` | a list of numbers; the first request is 1, of the operation if one is named and otherwise of all |
//! | `every` | each n-th request, counted likewise |
//! | `rate` | a share, as a number from 0 to 1 or as a percentage such as `"20%"` |
//! | `times` | at most so often |
//!
//! `fault` is one of these:
//!
//! | fault | what happens |
//! |---|---|
//! | `{"respond": {"status": 503, "body": …, "retry_after": …, "headers": {"name": "value"}}}` | this answer instead; only the status is needed |
//! | `{"delay": {"milliseconds": 50}}` | the right answer, later |
//! | `{"drip": {"bytes": 10, "every": {"milliseconds": 50}}}` | the right answer, its body in small pieces |
//! | `"reset_before_headers"`, `"reset_after_headers"`, `{"reset_after": {"bytes": 10}}` | the connection is reset, the last one after so many bytes of the body |
//! | `{"cut_at": {"bytes": 10}}` | the connection is closed after so many bytes of the body |
//! | `{"wrong_content_length": {"by": -3}}` | the right answer, but `Content-Length` is 3 less than what is sent |
//! | `"malformed_json"`, `"null_for_array"`, `"wrong_type"` | the right answer with one place changed |
//! | `"html200"` | a page for people, with status 200 |
//! | `{"redirect": {"location": "https://example.com/"}}` | 302 to there |
//! | `{"decompression_bomb": {"bytes": 1073741824}}` | the right answer behind so much compressed white space |
//!
//! `body` is `"empty"`, `{"envelope": {"code": "315", "message": "Unauthorized"}}`, `{"json": any value}`,
//! `{"html": "…"}` or `{"text": "…"}`. `retry_after` is `{"seconds": 2}`, `{"fraction": 1.5}`, `{"date": 30}` for the HTTP
//! date in 30 seconds by the clock of the simulator, `{"date": -30}` for one in the past, or `{"text": "soon"}`.
//!
//! # What a script does not depend on
//!
//! What is drawn, for `rate` and `wrong_type`, is drawn from the seed, the place of the rule in the script, and the
//! method, path and query of the request and how often they came before. So requests that overtake each other get the
//! same faults all the same. `requests`, `every` and `times` count requests as they arrive, so they are for clients that
//! ask for one thing after another.
//!
//! Deliberately absent: faults that hold for a time of day, and faults on the way to the service, such as a slow
//! upload. The service reads no bodies.

mod answer;
mod bomb;
mod damage;
mod retry_after;
mod script;
mod when;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use serde::{Deserialize, Serialize};

pub use answer::{Answer, Body};
pub use retry_after::RetryAfter;
pub use script::{FaultScriptError, Faults};
pub use when::When;

pub(crate) use bomb::Bomb;
pub(crate) use script::Armed;

use crate::delivery::{End, Pace, Reply};
use crate::world::random::Random;
use script::Complaint;

/// A decompression bomb unpacks to at most this many bytes: 16 GiB, 16 MiB of which are sent. More than any client's
/// memory, but not more than a test can wait for.
pub const MAX_BOMB_BYTES: u64 = 16 << 30;

/// What happens to a request.
///
/// Which bytes an answer has is up to what is said here; the client sees fewer of them if it stops reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// This answer instead of the right one, which is not even computed.
    Respond(Answer),
    /// The right answer after this time, in whole milliseconds.
    Delay(#[serde(with = "milliseconds")] Duration),
    /// The right answer, with its body in pieces of so many bytes, at least 1, and a pause before each but the first.
    Drip {
        /// Of the body, at once.
        bytes: u64,
        /// The pause, in whole milliseconds.
        #[serde(with = "milliseconds")]
        every: Duration,
    },
    /// The connection is reset and nothing is sent.
    ResetBeforeHeaders,
    /// The connection is reset after status line and headers.
    ResetAfterHeaders,
    /// The connection is reset after so many bytes of the body. What the network still held is lost, so the client
    /// may see fewer.
    ResetAfter {
        /// Of the body.
        bytes: u64,
    },
    /// The connection is closed in good order after so many bytes of the body; `Content-Length` announces all.
    CutAt {
        /// Of the body.
        bytes: u64,
    },
    /// All of the body, but `Content-Length` announces more or less of it. Afterwards the connection is closed.
    WrongContentLength {
        /// How much more, or less when negative; not 0. No less than 0 is ever announced.
        by: i64,
    },
    /// The right answer with its last bracket of the wrong kind.
    MalformedJson,
    /// The right answer with `null` for its list: `hits.hits` of a page, or all of the contracts. An answer without a
    /// list stays as it is.
    NullForArray,
    /// The right answer, in which one member of one record is a number instead of an object or a list, or an object
    /// instead of anything else. An answer without records stays as it is.
    WrongType,
    /// A page for people, with status 200, as sent by portals and maintenance pages.
    Html200,
    /// 302 to another place, with an empty body.
    Redirect {
        /// An absolute URL, or a path.
        location: String,
    },
    /// The right answer behind so many spaces, at most [`MAX_BOMB_BYTES`], compressed with gzip to about a thousandth.
    /// It is valid JSON, and sent whether or not the request allows gzip.
    ///
    /// In process there is no compression, and the spaces arrive as reqwest gives them out when it has unpacked them.
    DecompressionBomb {
        /// How many spaces.
        bytes: u64,
    },
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Respond(answer)
    }
}

/// What a portal puts in front of everything.
const HTML: &str =
    "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><h1>Back soon</h1></body></html>\n";

impl Fault {
    fn check(&self) -> Result<(), Complaint> {
        let wrong = |member, message| Err(Complaint::new(member, message));
        match self {
            Self::Respond(answer) => answer.check(),
            Self::Drip { bytes: 0, .. } => {
                wrong("fault.drip.bytes", "0 bytes at once never end: give a number from 1".into())
            }
            Self::WrongContentLength { by: 0 } => wrong(
                "fault.wrong_content_length.by",
                "0 is no difference: give a positive or a negative number".into(),
            ),
            Self::Redirect { location } if HeaderValue::from_str(location).is_err() => wrong(
                "fault.redirect.location",
                format!("{location:?} cannot be sent in a header: give a URL in ASCII"),
            ),
            Self::DecompressionBomb { bytes } if *bytes > MAX_BOMB_BYTES => wrong(
                "fault.decompression_bomb.bytes",
                format!("{bytes} bytes are too many: give at most {MAX_BOMB_BYTES}"),
            ),
            _ => Ok(()),
        }
    }

    /// Its name in a script.
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
            Self::Html200 => "html200",
            Self::Redirect { .. } => "redirect",
            Self::DecompressionBomb { .. } => "decompression_bomb",
        }
    }

    /// What is answered instead of the right answer, if this is such a fault.
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
                // Checked when the script was made.
                if let Ok(location) = HeaderValue::from_str(location) {
                    response.headers_mut().insert(LOCATION, location);
                }
                Some(response)
            }
            _ => None,
        }
    }

    /// What becomes of an answer. A replacement stays as it is.
    pub(crate) fn alter(&self, mut reply: Reply, random: &mut Random) -> Reply {
        match self {
            Self::Respond(_) | Self::Html200 | Self::Redirect { .. } => {}
            Self::Delay(delay) => reply.delivery.delay = *delay,
            Self::Drip { bytes, every } => {
                reply.delivery.pace = Some(Pace { bytes: *bytes, every: *every });
            }
            Self::ResetBeforeHeaders => reply.delivery.end = End::ResetBeforeHead,
            Self::ResetAfterHeaders => reply.delivery.end = End::ResetAfter(0),
            Self::ResetAfter { bytes } => reply.delivery.end = End::ResetAfter(*bytes),
            Self::CutAt { bytes } => reply.delivery.end = End::ClosedAfter(*bytes),
            Self::WrongContentLength { by } => reply.misdeclare(*by),
            Self::MalformedJson => {
                let body = damage::malformed(reply.response.body());
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
            Self::DecompressionBomb { bytes } => reply.delivery.spaces = Some(*bytes),
        }
        reply
    }
}

/// A time as `{"milliseconds": 50}`, so that nobody has to guess the unit.
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
