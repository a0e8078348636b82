//! A case as it stands in a file. The format is described in `README.md` beside the files.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::support::scripted::{Asked, TOKEN};

/// One behaviour: what is given, what is done, what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence that is true of every implementation.
    pub name: String,
    pub given: Given,
    pub when: When,
    pub then: Then,
}

/// Time, chance, settings, and what the service answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    #[serde(default = "noon")]
    pub now: String,
    #[serde(default = "half")]
    pub chance: f64,
    #[serde(default)]
    pub credentials: Credentials,
    #[serde(default)]
    pub settings: Settings,
    pub responses: Vec<Response>,
    #[serde(default)]
    pub order: Order,
}

/// In what order requests come.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    AsListed,
    /// Each response is for the request at its place, whenever that comes.
    Any,
}

fn noon() -> String {
    "2026-11-20T12:00:00Z".to_owned()
}

fn half() -> f64 {
    0.5
}

/// What requests are authorised with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Credentials {
    /// One token for all requests.
    Token(String),
    /// The tokens of a provider: it gives the next one each time that it is asked.
    TokensInTurn(Vec<String>),
    UserNameAndPassword(String, String),
}

impl Default for Credentials {
    fn default() -> Self {
        Self::Token(TOKEN.to_owned())
    }
}

impl Credentials {
    /// The texts that no message may hold.
    pub fn secrets(&self) -> Vec<&str> {
        let texts: Vec<&str> = match self {
            Self::Token(token) => vec![token],
            Self::TokensInTurn(tokens) => tokens.iter().map(String::as_str).collect(),
            Self::UserNameAndPassword(_, password) => vec![password],
        };
        let trimmed = texts.into_iter().map(str::trim);
        trimmed.filter(|text| !text.is_empty()).collect()
    }
}

/// What differs from the defaults of a client.
#[derive(Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub attempts: Option<u32>,
    pub base_ms: Option<u64>,
    pub cap_ms: Option<u64>,
    pub retry_after_ceiling_ms: Option<u64>,
    pub deadline_ms: Option<u64>,
    pub attempt_timeout_ms: Option<u64>,
    pub body_cap_bytes: Option<u64>,
    pub page_size: Option<u32>,
    pub base_url: Option<String>,
    pub acting_for: Option<String>,
    pub user_agent_suffix: Option<String>,
}

/// What the service sends for one request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// How often it is sent.
    #[serde(default = "once")]
    pub times: usize,
    #[serde(default)]
    pub silence_ms: u64,
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: Option<String>,
    /// The body, where its white space and the order of its members do not matter.
    pub json: Option<serde_json::Value>,
    pub fault: Option<Fault>,
}

fn once() -> usize {
    1
}

/// What happens behind the body.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    ResetInBody,
    EndInBody,
}

/// What is done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase", tag = "operation")]
pub enum When {
    Info {},
    Contracts {},
    Page {
        contract: String,
        start: String,
        end: String,
        #[serde(default)]
        offset: u64,
    },
    Events {
        contract: String,
        start: String,
        end: String,
    },
    Pages {
        contract: String,
        start: String,
        end: String,
    },
}

/// What must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Then {
    pub requests: Option<Vec<Request>>,
    #[serde(default)]
    pub waits_ms: Vec<f64>,
    pub result: Outcome,
    #[serde(default)]
    pub message_contains: Vec<String>,
    #[serde(default)]
    pub message_lacks: Vec<String>,
    pub exit_code: Option<u8>,
}

/// A request as it goes over the wire.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub origin: Option<String>,
    pub path: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub absent_headers: Vec<String>,
}

impl Request {
    /// What tells it from others of its case.
    pub fn asked(&self) -> Asked {
        let query = self.query.clone().into_iter().collect();
        (self.path.clone(), query)
    }
}

/// How a call ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok(Success),
    Error(Failure),
}

/// What a call gives.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Success {
    Info {
        name: Option<String>,
        version: Option<String>,
        href: Option<String>,
    },
    /// The numbers.
    Contracts(Vec<String>),
    /// The records' texts and the service's count.
    Page {
        events: Vec<String>,
        total: Option<Total>,
    },
    /// The records' texts.
    Events(Vec<String>),
}

/// What the service counts.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub count: u64,
    pub exact: bool,
}

/// What an error tells to programs.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    pub kind: String,
    pub status: Option<u16>,
    pub attempts: u32,
    pub retryable: bool,
    pub retry_after_ms: Option<u64>,
    pub request_id: Option<String>,
    #[serde(default)]
    pub messages: Vec<Message>,
    #[serde(default)]
    pub events_before: usize,
}

/// One of the vendor's messages.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub code: Option<String>,
    pub text: Option<String>,
}

impl Case {
    /// The arguments with which `ialog` does the same; none where it has no command or no flag for it. An export goes
    /// to `out`.
    pub fn arguments(&self, out: &Path) -> Option<Vec<String>> {
        let attempts = self.given.settings.attempts;
        let settable = Settings { attempts, ..Settings::default() };
        if self.given.settings != settable || !matches!(self.given.credentials, Credentials::Token(_)) {
            return None;
        }
        let mut arguments: Vec<String> = match &self.when {
            When::Contracts {} => vec!["contracts".to_owned()],
            When::Events { contract, start, end } => {
                let out = out.to_str()?;
                let flags = ["export", "--contract", contract, "--from", start, "--to", end, "--out", out];
                flags.map(str::to_owned).to_vec()
            }
            When::Info {} | When::Page { .. } | When::Pages { .. } => return None,
        };
        if let Some(attempts) = attempts {
            arguments.extend(["--attempts".to_owned(), attempts.to_string()]);
        }
        Some(arguments)
    }
}
