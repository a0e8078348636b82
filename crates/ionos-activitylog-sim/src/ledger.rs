//! A test of a client must be able to say what the client asked for: how often, in which order, with which headers. So
//! every request is written down, without the secrets in it, and with what became of it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderName, Request};
use serde::{Serialize, Serializer};

use crate::fault::Fault;
use crate::service::Operation;

/// The ledger holds the last so many requests; older ones are forgotten, so that a simulator can run for weeks.
pub const LEDGER_LENGTH: usize = 20_000;

/// What is shown in the place of a secret.
const REDACTED: &str = "[redacted]";

/// A request that the simulator saw, and what became of it. Written as JSON it is one line.
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
    /// What stands behind the question mark, as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Names in lower case. Several values of one name are joined by a comma; those that carry credentials are redacted.
    pub headers: BTreeMap<String, String>,
    /// The fault that struck it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The status of the answer, even where a fault kept it from being sent.
    pub status: u16,
    /// Bytes of the answer's body, before a fault of the connection.
    pub bytes: u64,
}

fn rfc3339<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Is told of each request.
pub(crate) type Listener = Arc<dyn Fn(&SeenRequest) + Send + Sync>;

/// The requests that were seen.
#[derive(Default)]
pub(crate) struct Ledger {
    listener: Option<Listener>,
    requests: Mutex<VecDeque<SeenRequest>>,
}

impl Ledger {
    pub(crate) fn new(listener: Option<Listener>) -> Self {
        Self {
            listener,
            requests: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, seen: SeenRequest) {
        if let Some(listener) = &self.listener {
            listener(&seen);
        }
        let mut requests = self.lock();
        if requests.len() == LEDGER_LENGTH {
            requests.pop_front();
        }
        requests.push_back(seen);
    }

    /// All of them, in the order of their answers.
    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// What was written is right even if another thread died while it wrote.
    fn lock(&self) -> MutexGuard<'_, VecDeque<SeenRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

/// Headers that carry credentials.
const SECRET: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];

/// The headers of a request without what is secret. `token` is the plain token, wherever it stands.
pub(crate) fn headers<B>(request: &Request<B>, token: &str) -> BTreeMap<String, String> {
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in request.headers() {
        let value = if SECRET.contains(name) {
            REDACTED.to_owned()
        } else {
            without_secrets(&String::from_utf8_lossy(value.as_bytes()), token)
        };
        let all = shown.entry(name.as_str().to_owned()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&value);
    }
    shown
}

/// A text without the plain token and without anything that looks like a JSON Web Token.
pub(crate) fn without_secrets(text: &str, token: &str) -> String {
    let text = if token.is_empty() {
        text.to_owned()
    } else {
        text.replace(token, REDACTED)
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // What every such token begins with: `{"` in base64.
    while let Some(at) = rest.find("eyJ") {
        let (before, found) = rest.split_at(at);
        let end = found.find(|c| !is_part(c)).unwrap_or(found.len());
        shown.push_str(before);
        shown.push_str(REDACTED);
        rest = &found[end..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::fault::{Answer, Faults, When};
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
        let strike = When::any().requests([2]);
        let faults = Faults::new().on(strike, Answer::new(503)).unwrap();
        let simulator = Simulator::builder().clock(noon).faults(faults).build();
        ask(&simulator, "/activitylog/v1?x=1", "");
        ask(&simulator, "/activitylog/v1/contracts", "");
        ask(&simulator, "/activitylog/v1/contracts", "");
        let ledger = simulator.ledger();
        let told: Vec<_> = ledger
            .iter()
            .map(|seen| {
                (
                    seen.number,
                    seen.operation,
                    seen.status,
                    seen.fault.is_some(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (1, Operation::GetInfo, 200, false),
                (2, Operation::GetAvailableContracts, 503, true),
                (3, Operation::GetAvailableContracts, 401, false),
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
        simulator.clear_ledger();
        assert_eq!(simulator.ledger(), []);
    }

    #[test]
    fn no_secret_is_written_down_wherever_it_stands() {
        let simulator = Simulator::builder()
            .token("s3cret")
            .basic("me", "s3cret")
            .build();
        let jwt = TestToken::new(simulator.contracts()[0]).build();
        for (path, authorization) in [
            (
                "/s3cret/x?token=s3cret".to_owned(),
                "Bearer s3cret".to_owned(),
            ),
            (format!("/{jwt}?token={jwt}&x=y"), format!("Bearer {jwt}")),
            ("/?a".to_owned(), "Basic bWU6czNjcmV0".to_owned()),
        ] {
            ask(&simulator, &path, &authorization);
        }
        let shown = format!("{:?}", simulator.ledger());
        for secret in ["s3cret", &jwt, "eyJ"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("token=[redacted]&x=y"), "{shown}");
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
