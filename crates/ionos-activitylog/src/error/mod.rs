//! An error people can act on says in one line what was being done, what came back, in the vendor's own words
//! where there are any, and what to do about it. And it shows nothing secret: no token, no URL with its query.

pub(crate) mod body;
mod kind;
pub(crate) mod transport_fault;
pub(crate) mod wire;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::operation::Operation;

pub use body::{ERROR_BODY_CAP, VendorMessage};
pub use kind::ErrorKind;

/// Why a call failed. [`fmt::Display`] gives one line: what was being done, what happened, and what to do. The last is
/// [`Error::hint`] alone, and the rest [`Error::summary`].
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    detail: String,
    /// What to do about it.
    hint: Option<Cow<'static, str>>,
    answer: Option<Answered>,
    /// No attempt was made for an error that was found before the first request.
    attempts: u32,
    elapsed: Duration,
    /// Why the call was not tried again, where that is not plain.
    gave_up: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Shared, because all who waited for one token get the same one; no source, because it may hold a secret.
    provider: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What is known of an answer that is an error.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) messages: Vec<VendorMessage>,
    pub(crate) snippet: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            detail: detail.into(),
            hint: None,
            answer: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            gave_up: None,
            source: None,
            provider: None,
        }))
    }

    /// With what to do about it, said as to a person: "try again".
    pub(crate) fn advise(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error of a setting with this name.
    pub(crate) fn of_setting(mut self, name: &str) -> Self {
        self.0.detail = format!("{name}: {}", self.0.detail);
        self
    }

    pub(crate) fn during(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_answer(mut self, answer: Option<Answered>) -> Self {
        self.0.answer = answer;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_provider_error(mut self, error: Arc<dyn StdError + Send + Sync>) -> Self {
        self.0.provider = Some(error);
        self
    }

    pub(crate) fn after(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn gave_up(mut self, reason: String) -> Self {
        self.0.gave_up = Some(reason);
        self
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do about it, such as "try again later"; none where there is no more to do than to report it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What was being done and what happened, in one line: all but the hint.
    #[must_use]
    pub fn summary(&self) -> String {
        let label = self.0.operation.as_ref().map(|operation| &operation.label);
        let mut text = label.map_or_else(String::new, |label| format!("{label} failed: "));
        text += &self.0.detail;
        if let Some(reason) = &self.0.gave_up {
            text += &format!("; {reason}");
        }
        let mut notes = Vec::new();
        if self.0.attempts > 1 {
            notes.push(format!("{} attempts in {:.1} s", self.0.attempts, self.0.elapsed.as_secs_f64()));
        }
        if let Some(id) = self.request_id() {
            notes.push(format!("request id {id}"));
        }
        if !notes.is_empty() {
            text += &format!(" ({})", notes.join(", "));
        }
        text
    }

    /// The operation that failed, as the API's description calls it in snake case, such as `get_by_contract`; none
    /// for a setting or an argument that cannot be used.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.as_ref().map(|operation| operation.id)
    }

    /// The HTTP status of the answer, when there was one, also where its body could not be read.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.answer.as_ref().map(|answer| answer.status.as_u16())
    }

    /// The service's name for the request, under any of the spellings that are in use.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id.as_deref()
    }

    /// How long the service asked to wait (`Retry-After`), counted from when the answer came.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.answer.as_ref()?.retry_after
    }

    /// The vendor's messages; empty when the answer had none in the vendor's form.
    #[must_use]
    pub fn messages(&self) -> &[VendorMessage] {
        self.0.answer.as_ref().map_or(&[], |answer| &answer.messages)
    }

    /// The beginning of the answer's body as one line, 500 characters at the most, secrets taken out; none when no
    /// body was read or it was empty.
    #[must_use]
    pub fn body_snippet(&self) -> Option<&str> {
        self.0.answer.as_ref()?.snippet.as_deref()
    }

    /// What a token provider of the program's own failed with. It is not among the sources, which many programs print:
    /// it may hold what the provider read.
    #[must_use]
    pub fn provider_error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.provider.as_deref()
    }

    /// How often the call was sent; 0 when the error was found before the first request, or in what several calls gave.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took in all, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether the same call may succeed later without a change: the answer 408, 429, 500, 502, 503 or 504, no
    /// connection, a timeout of an attempt, an answer that broke off, or fewer events than counted. Says nothing about
    /// attempts already made.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.status() {
            Some(status) if !self.0.kind.is_about_the_way() => {
                matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
            }
            _ => self.0.kind.is_transient(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        if let Some(hint) = self.hint() {
            write!(f, ": {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("attempts", &self.0.attempts)
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
