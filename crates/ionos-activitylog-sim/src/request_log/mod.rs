//! Logs every request of a client with its outcome and without secrets, so that tests can check number, order and
//! headers of requests. The log is bounded by the number of requests, the length of each text and the total size,
//! because a simulator may run for weeks.

pub(crate) mod counter;
pub(crate) mod redaction;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use http::Request;
use serde::{Serialize, Serializer};

use crate::operation::Operation;
use redaction::Redactor;

/// Maximum number of requests in the request log; older ones are dropped.
pub const REQUEST_LOG_LENGTH: usize = 20_000;

/// Maximum size of the request log: 16 MiB, enough for [`REQUEST_LOG_LENGTH`] requests of an ordinary client. Older
/// requests are dropped sooner if requests are large.
pub const REQUEST_LOG_BYTES: usize = 16 << 20;

/// Maximum length of a path, a query or a header value, in bytes: far longer than any text that the service
/// understands.
const MAX_TEXT_BYTES: usize = 4096;

/// A request that the simulator received, and its outcome. As JSON it is one line.
///
/// In every text, `[redacted]` replaces secrets: the credentials that the simulator accepts, in any percent-encoding;
/// text that looks like a JSON Web Token; and the text after `Basic` or `Bearer`. The value of a header or parameter
/// with a secret name, such as `Cookie`, `api_key` or `password`, is replaced. If such a header has a credential of at
/// least 6 bytes, each repetition of this credential in the request is replaced, too. In the path, a segment after a
/// secret name and a segment that has the form of a token are replaced, too. A text of more than 4096 bytes is cut, and
/// ends with its full length, for example `[cut: 5000 bytes]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The number among all requests since the simulator was built, from 1.
    pub number: u64,
    /// The time of the answer by the simulator's clock, in UTC. As JSON: RFC 3339 with milliseconds.
    #[serde(serialize_with = "serialize_rfc3339")]
    pub at: DateTime<Utc>,
    /// The operation that the path names.
    pub operation: Operation,
    /// The HTTP method, such as `GET`.
    pub method: String,
    /// The path, percent-encoded as received.
    pub path: String,
    /// The query without its question mark, percent-encoded as received. `None` if the URL has no query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The headers by lower-case name. Several values of one name are joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// The fault that was applied. `None` if no rule of the script matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<LoggedFault>,
    /// The status of the answer, even if a fault prevented the answer from being sent.
    pub status: u16,
    /// Size of the answer's body in bytes, after compression if the answer is compressed. The size does not depend on
    /// faults of the connection, and does not include the spaces of a decompression bomb.
    pub bytes: u64,
}

/// The fault that was applied to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedFault {
    /// The number of the rule in the script, from 1.
    pub rule: usize,
    /// The name of the fault as in a JSON script, such as `respond`.
    pub name: &'static str,
}

fn serialize_rfc3339<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// A callback for each request.
pub(crate) type RequestListener = Arc<dyn Fn(&LoggedRequest) + Send + Sync>;

/// The outcome of a request.
pub(crate) struct RequestOutcome {
    pub(crate) number: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) operation: Operation,
    pub(crate) fault: Option<LoggedFault>,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
}

fn redact_headers<B>(redactor: &Redactor, request: &Request<B>) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = redactor.redact_header(name.as_str(), &value);
        let joined = headers.entry(truncate(name.as_str().to_owned())).or_default();
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(&value);
    }
    for joined in headers.values_mut() {
        *joined = truncate(std::mem::take(joined));
    }
    headers
}

/// The log of the last requests.
#[derive(Default)]
pub(crate) struct RequestLog {
    listener: Option<RequestListener>,
    redactor: Redactor,
    entries: Mutex<RequestLogEntries>,
}

#[derive(Default)]
struct RequestLogEntries {
    requests: VecDeque<LoggedRequest>,
    /// The sum of the approximate sizes of `requests`, in bytes.
    bytes: usize,
}

impl RequestLog {
    pub(crate) fn new(listener: Option<RequestListener>, redactor: Redactor) -> Self {
        Self { listener, redactor, entries: Mutex::default() }
    }

    /// Logs a request and its outcome.
    pub(crate) fn write<B>(&self, request: &Request<B>, outcome: RequestOutcome) {
        let redactor = self.redactor.for_request(request.headers());
        let redact = |text: &str| truncate(redactor.redact(text));
        let uri = request.uri();
        let logged = LoggedRequest {
            number: outcome.number,
            at: outcome.at,
            operation: outcome.operation,
            method: redact(request.method().as_str()),
            path: truncate(redactor.redact_path(uri.path())),
            query: uri.query().map(redact),
            headers: redact_headers(&redactor, request),
            fault: outcome.fault,
            status: outcome.status,
            bytes: outcome.bytes,
        };
        if let Some(listener) = &self.listener {
            listener(&logged);
        }
        self.lock().add(logged);
    }

    /// The requests, in the order of their answers.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = RequestLogEntries::default();
    }

    /// Locks the entries. Ignores a poisoned lock, because the entries are consistent even if another thread panicked
    /// while it held the lock.
    fn lock(&self) -> MutexGuard<'_, RequestLogEntries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestLogEntries {
    /// Adds a request, then drops the oldest requests until the log is within its bounds. Never drops the added
    /// request.
    fn add(&mut self, request: LoggedRequest) {
        self.bytes += approximate_size(&request);
        self.requests.push_back(request);
        while self.requests.len() > REQUEST_LOG_LENGTH || (self.bytes > REQUEST_LOG_BYTES && self.requests.len() > 1) {
            if let Some(oldest) = self.requests.pop_front() {
                self.bytes -= approximate_size(&oldest);
            }
        }
    }
}

/// The approximate number of bytes of memory that a request takes.
fn approximate_size(request: &LoggedRequest) -> usize {
    let headers: usize =
        request.headers.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + value.len()).sum();
    size_of::<LoggedRequest>()
        + request.method.len()
        + request.path.len()
        + request.query.as_ref().map_or(0, String::len)
        + headers
}

/// Cuts a text that has more than [`MAX_TEXT_BYTES`], and appends the length that the text had before.
fn truncate(mut text: String) -> String {
    let length = text.len();
    if length > MAX_TEXT_BYTES {
        let mut end = MAX_TEXT_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(&format!("[cut: {length} bytes]"));
        text.shrink_to_fit();
    }
    text
}

impl fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLog").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::fault::{Answer, Body, Fault, Faults, Trigger};
    use crate::{Simulator, TestToken};

    fn noon() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn send(simulator: &Simulator, path: &str, authorization: &str) {
        let request = Request::get(path)
            .header("Authorization", authorization)
            .header("cookie", "session=s3cret")
            .header("X-Copy", authorization)
            .header("accept", "a")
            .header("accept", "b")
            .body(())
            .unwrap();
        simulator.answer(&request);
    }

    #[test]
    fn every_request_is_logged_with_its_outcome() {
        let never = Trigger::any().requests([9]);
        let second = Trigger::any().requests([2]);
        let faults = Faults::new()
            .add_rule(never, Fault::Html200)
            .and_then(|faults| faults.add_rule(second, Answer::new(503)))
            .unwrap();
        let fault = LoggedFault { rule: 2, name: "respond" };
        let simulator = Simulator::builder().clock(noon).faults(faults).build();
        send(&simulator, "/activitylog/v1?x=1", "");
        send(&simulator, "/activitylog/v1/contracts", "");
        send(&simulator, "/activitylog/v1/contracts", "");
        let logged = simulator.request_log();
        let outcomes: Vec<_> =
            logged.iter().map(|request| (request.number, request.operation, request.status, request.fault)).collect();
        assert_eq!(
            outcomes,
            [
                (1, Operation::GetInfo, 200, None),
                (2, Operation::GetAvailableContracts, 503, Some(fault)),
                (3, Operation::GetAvailableContracts, 401, None),
            ]
        );
        assert_eq!(logged[0].headers["accept"], "a, b");
        assert_eq!(
            serde_json::to_string(&logged[0]).unwrap(),
            concat!(
                r#"{"number":1,"at":"2026-11-20T12:00:00.000Z","operation":"GetInfo","method":"GET","#,
                r#""path":"/activitylog/v1","query":"x=1","headers":{"accept":"a, b","#,
                r#""authorization":"[redacted]","cookie":"[redacted]","x-copy":""},"status":200,"bytes":82}"#
            )
        );
        let line = serde_json::to_string(&logged[1]).unwrap();
        assert!(line.contains(r#","fault":{"rule":2,"name":"respond"},"status":503"#), "{line}");
        simulator.clear_request_log();
        assert_eq!(simulator.request_log(), []);
    }

    #[test]
    fn a_secret_is_redacted_wherever_it_occurs() {
        let simulator = Simulator::builder().token("se/cret+x").basic_auth("me", "hunter2").build();
        let jwt = TestToken::new(simulator.contracts()[0]).build();
        for (path, authorization) in [
            ("/se/cret+x/se%2fcret%2Bx?x=se%2Fcret%2Bx&y=se/cret%2Bx".to_owned(), "Bearer se/cret+x".to_owned()),
            (format!("/{jwt}?token={jwt}&x=y"), format!("Bearer {jwt}")),
            ("/hunter2?x=bWU6aHVudGVyMg%3D%3D&password=hunter3".to_owned(), "Basic bWU6aHVudGVyMg==".to_owned()),
            ("/?x=Bearer%20hunter3".to_owned(), "Bearer hunter3".to_owned()),
        ] {
            send(&simulator, &path, &authorization);
        }
        let shown = format!("{:?}", simulator.request_log());
        for secret in ["cret+x", "cret%2", "s3cret", &jwt, "eyJ", "hunter", "bWU6"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(shown.contains("token=[redacted]&x=y"), "{shown}");
    }

    #[test]
    fn a_long_text_is_redacted_then_cut_and_ends_with_its_full_length() {
        let simulator = Simulator::builder().token("s3cret-token").build();
        let long = "ä".repeat(MAX_TEXT_BYTES / 2 - 2);
        let request = Request::get("/")
            .header("x-long", format!("{long}s3cret-token{long}").as_bytes())
            .header("x-short", "s".repeat(MAX_TEXT_BYTES))
            .body(())
            .unwrap();
        simulator.answer(&request);
        let headers = &simulator.request_log()[0].headers;
        assert_eq!(headers["x-long"], format!("{long}[red[cut: 8194 bytes]"));
        assert_eq!(headers["x-short"].len(), MAX_TEXT_BYTES);
    }

    #[test]
    fn the_log_is_bounded_by_size_if_requests_are_large() {
        let body = Body::Text("x".repeat(200_000));
        let faults = Faults::new().add_rule(Trigger::any(), Answer::new(500).body(body)).unwrap();
        let simulator = Simulator::builder().faults(faults).build();
        let mut request = Request::get("/");
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            request = request.header(name, "v".repeat(MAX_TEXT_BYTES + 1));
        }
        let request = request.body(()).unwrap();
        for _ in 0..600 {
            simulator.answer(&request);
        }
        let logged = simulator.request_log();
        let bytes = serde_json::to_vec(&logged).unwrap().len();
        assert!((REQUEST_LOG_BYTES - REQUEST_LOG_BYTES / 10..=REQUEST_LOG_BYTES).contains(&bytes), "{bytes} bytes");
        assert_eq!(logged.last().unwrap().number, 600);
        simulator.clear_request_log();
        simulator.answer(&request);
        assert_eq!(simulator.request_log().len(), 1);
    }

    #[test]
    fn the_listener_gets_every_request_and_the_log_keeps_only_the_last_ones() {
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        let simulator = Simulator::builder()
            .on_request(move |request| {
                assert_eq!(request.status, StatusCode::NOT_FOUND);
                *counted.lock().unwrap() += 1;
            })
            .build();
        let request = Request::get("/").body(()).unwrap();
        for _ in 0..REQUEST_LOG_LENGTH + 2 {
            simulator.answer(&request);
        }
        assert_eq!(*count.lock().unwrap(), REQUEST_LOG_LENGTH + 2);
        let logged = simulator.request_log();
        assert_eq!((logged.len(), logged[0].number), (REQUEST_LOG_LENGTH, 3));
    }
}
