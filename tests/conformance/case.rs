//! The types of the cases in the JSON files of this folder. `README.md` describes the format of the files.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::support::scripted::{TOKEN, Target};

/// One behaviour: the responses and settings that are given, the operation, and the expected result.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence that is true for every implementation.
    pub name: String,
    pub given: Given,
    pub when: When,
    pub then: Then,
}

/// Clock, random draws, credentials, settings and the responses of the service.
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

/// Order in which the requests are expected.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    AsListed,
    /// The requests may come in any order. Each response belongs to the expected request with the same index.
    Any,
}

fn noon() -> String {
    "2026-11-20T12:00:00Z".to_owned()
}

fn half() -> f64 {
    0.5
}

/// Credentials of the requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Credentials {
    /// One token for all requests.
    Token(String),
    /// The tokens of a provider, which returns the next token at each call.
    TokensInTurn(Vec<String>),
    UserNameAndPassword(String, String),
}

impl Default for Credentials {
    fn default() -> Self {
        Self::Token(TOKEN.to_owned())
    }
}

impl Credentials {
    /// Texts that no message may contain.
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

/// Settings that differ from the client's defaults.
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

/// The answer of the service to one request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Number of consecutive requests that get this answer.
    #[serde(default = "once")]
    pub times: usize,
    #[serde(default)]
    pub silence_ms: u64,
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: Option<String>,
    /// The body as JSON, if white space and the order of members do not matter.
    pub json: Option<serde_json::Value>,
    pub fault: Option<Fault>,
}

fn once() -> usize {
    1
}

/// A connection fault after the bytes of `body`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    ResetInBody,
    EndInBody,
}

/// The operation and its arguments.
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

/// The expected requests, waits and result.
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

/// An expected HTTP request.
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
    /// Path and query, which identify the request within its case.
    pub fn target(&self) -> Target {
        let query = self.query.clone().into_iter().collect();
        (self.path.clone(), query)
    }
}

/// The result of an operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok(Success),
    Error(Failure),
}

/// The value of a successful operation.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Success {
    Info {
        name: Option<String>,
        version: Option<String>,
        href: Option<String>,
    },
    /// The contract numbers.
    Contracts(Vec<String>),
    /// The texts of the records and the total that the service reports.
    Page {
        events: Vec<String>,
        total: Option<Total>,
    },
    /// The texts of the records.
    Events(Vec<String>),
}

/// The total that the service reports.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Total {
    pub count: u64,
    pub exact: bool,
}

/// The properties of an error.
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

/// One message of the vendor's error envelope.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub code: Option<String>,
    pub text: Option<String>,
}

impl Case {
    /// The arguments of `ialog` for this case. `None` if the command line has no command for the operation, or no flag
    /// for a setting or the credentials. Events are written to `out`.
    pub fn arguments(&self, out: &Path) -> Option<Vec<String>> {
        let Settings { attempts, retry_after_ceiling_ms, .. } = self.given.settings;
        let settable = Settings { attempts, retry_after_ceiling_ms, ..Settings::default() };
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
        if let Some(ceiling) = retry_after_ceiling_ms {
            arguments.extend(["--max-retry-after".to_owned(), format!("{}s", ceiling / 1_000)]);
        }
        Some(arguments)
    }
}
