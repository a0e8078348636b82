//! A test of a client must be able to say what the client asked for: how often, in which order, with which headers. So
//! every request is written down, without the secrets in it, and with what became of it. A simulator may run for weeks
//! and meet any client, so what is kept is bounded: the number of requests, the length of a text, and all of it together.

mod redaction;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use http::Request;
use serde::{Serialize, Serializer};

use crate::service::Operation;

pub(crate) use redaction::Redactor;

/// The ledger holds at most the last so many requests; older ones are forgotten.
pub const LEDGER_LENGTH: usize = 20_000;

/// The ledger holds at most so many bytes, and forgets older requests sooner where they are large: 16 MiB, which is
/// [`LEDGER_LENGTH`] requests of an ordinary client.
pub const LEDGER_BYTES: usize = 16 << 20;

/// A longer path, query or value of a header is cut, and says so at its end: far more than any of them has that means
/// something to the service.
const LONGEST_TEXT: usize = 4096;

/// A request that the simulator saw, and what became of it. Written as JSON it is one line.
///
/// In every text `[redacted]` stands for what is secret: what the simulator accepts as a credential, in any encoding of
/// a URL; what looks like a JSON Web Token; what follows `Basic` or `Bearer`; and the values of headers and parameters
/// whose name has auth, token, secret, key, cookie or passw in it. A text of more than 4096 bytes is cut, and ends with
/// `[cut: 5000 bytes]`, its whole length.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SeenRequest {
    /// Its number over all requests; the first one is 1.
    pub number: u64,
    /// When it was answered, by the simulator's clock.
    #[serde(serialize_with = "rfc3339")]
    pub at: DateTime<Utc>,
    /// What it asks for.
    pub operation: Operation,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// What stands behind the question mark, still encoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Names in lower case. Several values of one name are joined by a comma.
    pub headers: BTreeMap<String, String>,
    /// The fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<SeenFault>,
    /// The status of the answer, even where a fault kept it from being sent.
    pub status: u16,
    /// Bytes of the answer's body, before a fault of the connection.
    pub bytes: u64,
}

/// Which fault struck a request. What it does is in the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeenFault {
    /// The rule of the script, the first one being 1.
    pub rule: usize,
    /// The name of the fault, as a script in JSON has it, such as `respond`.
    pub name: &'static str,
}

fn rfc3339<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Is told of each request.
pub(crate) type Listener = Arc<dyn Fn(&SeenRequest) + Send + Sync>;

/// What became of a request.
pub(crate) struct Outcome {
    pub(crate) number: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) operation: Operation,
    pub(crate) fault: Option<SeenFault>,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
}

/// The requests that were seen.
#[derive(Default)]
pub(crate) struct Ledger {
    listener: Option<Listener>,
    redactor: Redactor,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    requests: VecDeque<SeenRequest>,
    /// The sum of their sizes.
    bytes: usize,
}

impl Ledger {
    pub(crate) fn new(listener: Option<Listener>, redactor: Redactor) -> Self {
        Self { listener, redactor, kept: Mutex::default() }
    }

    /// Writes down a request and what became of it.
    pub(crate) fn write<B>(&self, request: &Request<B>, outcome: Outcome) {
        let shown = |text: &str| cut(self.redactor.shown(text));
        let uri = request.uri();
        let seen = SeenRequest {
            number: outcome.number,
            at: outcome.at,
            operation: outcome.operation,
            method: shown(request.method().as_str()),
            path: shown(uri.path()),
            query: uri.query().map(shown),
            headers: self.headers(request),
            fault: outcome.fault,
            status: outcome.status,
            bytes: outcome.bytes,
        };
        if let Some(listener) = &self.listener {
            listener(&seen);
        }
        self.lock().add(seen);
    }

    fn headers<B>(&self, request: &Request<B>) -> BTreeMap<String, String> {
        let mut shown: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in request.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = self.redactor.shown_header(name.as_str(), &value);
            let all = shown.entry(cut(name.as_str().to_owned())).or_default();
            if !all.is_empty() {
                all.push_str(", ");
            }
            all.push_str(&value);
        }
        for all in shown.values_mut() {
            *all = cut(std::mem::take(all));
        }
        shown
    }

    /// All of them, in the order of their answers.
    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Kept::default();
    }

    /// What was written is right even if another thread died while it wrote.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The last request is always kept, however large it is.
    fn add(&mut self, seen: SeenRequest) {
        self.bytes += size(&seen);
        self.requests.push_back(seen);
        while self.requests.len() > LEDGER_LENGTH || (self.bytes > LEDGER_BYTES && self.requests.len() > 1) {
            if let Some(oldest) = self.requests.pop_front() {
                self.bytes -= size(&oldest);
            }
        }
    }
}

/// About how many bytes of memory it takes.
fn size(seen: &SeenRequest) -> usize {
    let headers: usize =
        seen.headers.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + value.len()).sum();
    size_of::<SeenRequest>()
        + seen.method.len()
        + seen.path.len()
        + seen.query.as_ref().map_or(0, String::len)
        + headers
}

/// A text that is not too long.
fn cut(mut text: String) -> String {
    let length = text.len();
    if length > LONGEST_TEXT {
        let mut end = LONGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(&format!("[cut: {length} bytes]"));
        text.shrink_to_fit();
    }
    text
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::fault::{Answer, Body, Fault, Faults, When};
    use crate::{Simulator, TestToken};

    fn noon() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn ask(simulator: &Simulator, path: &str, authorization: &str) {
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
    fn every_request_is_written_down_with_what_became_of_it() {
        let never = When::any().requests([9]);
        let strike = When::any().requests([2]);
        let faults =
            Faults::new().on(never, Fault::Html200).and_then(|faults| faults.on(strike, Answer::new(503))).unwrap();
        let struck = SeenFault { rule: 2, name: "respond" };
        let simulator = Simulator::builder().clock(noon).faults(faults).build();
        ask(&simulator, "/activitylog/v1?x=1", "");
        ask(&simulator, "/activitylog/v1/contracts", "");
        ask(&simulator, "/activitylog/v1/contracts", "");
        let ledger = simulator.ledger();
        let told: Vec<_> = ledger.iter().map(|seen| (seen.number, seen.operation, seen.status, seen.fault)).collect();
        assert_eq!(
            told,
            [
                (1, Operation::GetInfo, 200, None),
                (2, Operation::GetAvailableContracts, 503, Some(struck)),
                (3, Operation::GetAvailableContracts, 401, None),
            ]
        );
        assert_eq!(ledger[0].headers["accept"], "a, b");
        assert_eq!(
            serde_json::to_string(&ledger[0]).unwrap(),
            concat!(
                r#"{"number":1,"at":"2026-11-20T12:00:00.000Z","operation":"GetInfo","method":"GET","#,
                r#""path":"/activitylog/v1","query":"x=1","headers":{"accept":"a, b","#,
                r#""authorization":"[redacted]","cookie":"[redacted]","x-copy":""},"status":200,"bytes":82}"#
            )
        );
        let line = serde_json::to_string(&ledger[1]).unwrap();
        assert!(line.contains(r#","fault":{"rule":2,"name":"respond"},"status":503"#), "{line}");
        simulator.clear_ledger();
        assert_eq!(simulator.ledger(), []);
    }

    #[test]
    fn no_secret_is_written_down_wherever_it_stands() {
        let simulator = Simulator::builder().token("se/cret+x").basic("me", "hunter2").build();
        let jwt = TestToken::new(simulator.contracts()[0]).build();
        for (path, authorization) in [
            ("/se/cret+x/se%2fcret%2Bx?x=se%2Fcret%2Bx&y=se/cret%2Bx".to_owned(), "Bearer se/cret+x".to_owned()),
            (format!("/{jwt}?token={jwt}&x=y"), format!("Bearer {jwt}")),
            ("/hunter2?x=bWU6aHVudGVyMg%3D%3D&password=hunter3".to_owned(), "Basic bWU6aHVudGVyMg==".to_owned()),
            ("/?x=Bearer%20hunter3".to_owned(), "Bearer hunter3".to_owned()),
        ] {
            ask(&simulator, &path, &authorization);
        }
        let shown = format!("{:?}", simulator.ledger());
        for secret in ["cret+x", "cret%2", "s3cret", &jwt, "eyJ", "hunter", "bWU6"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(shown.contains("token=[redacted]&x=y"), "{shown}");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so_and_no_secret_is_cut_in_two() {
        let simulator = Simulator::builder().token("s3cret").build();
        let long = "ä".repeat(LONGEST_TEXT / 2 - 2);
        let request = Request::get("/")
            .header("x-long", format!("{long}s3cret{long}").as_bytes())
            .header("x-short", "s".repeat(LONGEST_TEXT))
            .body(())
            .unwrap();
        simulator.answer(&request);
        let headers = &simulator.ledger()[0].headers;
        assert_eq!(headers["x-long"], format!("{long}[red[cut: 8194 bytes]"));
        assert_eq!(headers["x-short"].len(), LONGEST_TEXT);
    }

    #[test]
    fn large_requests_and_large_faults_are_forgotten_sooner() {
        let body = Body::Text("x".repeat(200_000));
        let faults = Faults::new().on(When::any(), Answer::new(500).body(body)).unwrap();
        let simulator = Simulator::builder().faults(faults).build();
        let mut request = Request::get("/");
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            request = request.header(name, "v".repeat(LONGEST_TEXT + 1));
        }
        let request = request.body(()).unwrap();
        for _ in 0..600 {
            simulator.answer(&request);
        }
        let ledger = simulator.ledger();
        let bytes = serde_json::to_vec(&ledger).unwrap().len();
        assert!((LEDGER_BYTES - LEDGER_BYTES / 10..=LEDGER_BYTES).contains(&bytes), "{bytes}");
        assert_eq!(ledger.last().unwrap().number, 600);
        simulator.clear_ledger();
        simulator.answer(&request);
        assert_eq!(simulator.ledger().len(), 1);
    }

    #[test]
    fn whoever_listens_is_told_at_once_and_old_requests_are_forgotten() {
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        let simulator = Simulator::builder()
            .on_request(move |seen| {
                assert_eq!(seen.status, StatusCode::NOT_FOUND);
                *counted.lock().unwrap() += 1;
            })
            .build();
        let request = Request::get("/").body(()).unwrap();
        for _ in 0..LEDGER_LENGTH + 2 {
            simulator.answer(&request);
        }
        assert_eq!(*count.lock().unwrap(), LEDGER_LENGTH + 2);
        let ledger = simulator.ledger();
        assert_eq!((ledger.len(), ledger[0].number), (LEDGER_LENGTH, 3));
    }
}
