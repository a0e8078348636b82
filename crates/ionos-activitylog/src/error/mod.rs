//! The error of every call: one line with the operation, the cause (in the vendor's own words if there are any) and an
//! action for the user. No text of an error contains a token, a password or the query of a URL. The code that builds an
//! error redacts texts of the service and values of settings; [`Error::new`] replaces each text that has the form of a
//! secret. No message contains a control character or a line break: [`Error::new`] replaces them, because names, paths
//! and answers come from outside.
//!
//! This module imports only `defaults` from the crate, so that every module may return [`Error`].

pub(crate) mod body;
mod kind;
pub(crate) mod text;
pub(crate) mod transport_fault;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog_client::redact::redact_secret_forms;
use reqwest::StatusCode;

pub use body::VendorMessage;
pub use kind::ErrorKind;

/// Why a call failed.
///
/// [`fmt::Display`] prints one line: operation, cause and hint. [`Error::hint`] is the hint alone, and
/// [`Error::summary`] is the line without the hint. None of these texts holds a credential of the client, a control
/// character or a line break.
pub struct Error(Box<ErrorInner>);

/// The content of an [`Error`]. It is boxed, so that a `Result` with an error stays small.
struct ErrorInner {
    kind: ErrorKind,
    operation: Option<FailedOperation>,
    /// The cause, without operation and hint.
    detail: String,
    /// The action to recommend to the user.
    hint: Option<Cow<'static, str>>,
    answer: Option<ErrorAnswer>,
    /// Requests sent; 0 for an error before the first request.
    attempts: u32,
    elapsed: Duration,
    /// Why the call was not retried. `None` if the kind explains the reason.
    give_up_reason: Option<String>,
    /// Whether `Retry-After` is above the accepted maximum.
    exceeds_retry_after_ceiling: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// The provider's error, shared by all callers that waited for the same token. Not a `source`, because its text may
    /// hold a secret.
    provider: Option<Arc<dyn StdError + Send + Sync>>,
}

struct FailedOperation {
    /// The operation id of the API description, in snake case.
    id: &'static str,
    /// The operation in words, for messages.
    label: String,
}

/// The known parts of an HTTP answer that is an error.
#[derive(Debug, Default)]
pub(crate) struct ErrorAnswer {
    pub(crate) status: StatusCode,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The seconds of `Retry-After` as the service sent them; `retry_after` may be shorter. `None` if the service sent
    /// a date.
    pub(crate) retry_after_seconds: Option<String>,
    pub(crate) messages: Vec<VendorMessage>,
    /// The beginning of the body, redacted; `None` if no body was read or the body was empty.
    pub(crate) snippet: Option<String>,
    /// Whether the body begins like a page of the log and is not JSON.
    pub(crate) is_damaged_page: bool,
}

impl Error {
    /// An error with the cause `detail`. Control characters are replaced by spaces. Tokens, and passwords in URLs, are
    /// replaced by `[redacted]`.
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            operation: None,
            detail: redact_secret_forms(&text::replace_control_chars(&detail.into())),
            hint: None,
            answer: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            give_up_reason: None,
            exceeds_retry_after_ceiling: false,
            source: None,
            provider: None,
        }))
    }

    /// Adds an action to recommend to the user, in the imperative: "try again later". The caller quotes text from
    /// outside with `{:?}`, so that the hint contains no control character.
    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(match hint.into() {
            Cow::Owned(hint) => redact_secret_forms(&hint).into(),
            constant => constant,
        });
        self
    }

    /// Prefixes the message with the name of the setting that holds the invalid value.
    pub(crate) fn with_setting(mut self, name: &str) -> Self {
        self.0.detail = format!("{name}: {}", self.0.detail);
        self
    }

    /// Adds the operation that failed: its id in the API description and its name in words.
    pub(crate) fn with_operation(mut self, id: &'static str, label: impl Into<String>) -> Self {
        self.0.operation = Some(FailedOperation { id, label: label.into() });
        self
    }

    pub(crate) fn with_answer(mut self, answer: Option<ErrorAnswer>) -> Self {
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

    pub(crate) fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_give_up_reason(mut self, reason: String) -> Self {
        self.0.give_up_reason = Some(reason);
        self
    }

    pub(crate) fn with_retry_after_above_ceiling(mut self) -> Self {
        self.0.exceeds_retry_after_ceiling = true;
        self
    }

    /// The kind of failure, which determines what the user can do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The action to recommend to the user, such as "try again later"; `None` if the error can only be reported.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Operation and cause in one line, without the hint.
    #[must_use]
    pub fn summary(&self) -> String {
        let operation = self.0.operation.as_ref();
        let mut text = operation.map_or_else(String::new, |operation| format!("{} failed: ", operation.label));
        text += &self.0.detail;
        if let Some(reason) = &self.0.give_up_reason {
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

    /// The id of the failed operation in the API description, in snake case, such as `get_by_contract`; `None` if the
    /// error is not about a single operation, such as an error about an invalid setting or argument.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.as_ref().map(|operation| operation.id)
    }

    /// The HTTP status of the answer, also if its body could not be read; `None` if there was no answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.answer.as_ref().map(|answer| answer.status.as_u16())
    }

    /// The service's id of the request, to quote in a support case; `None` if the answer names none.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.answer.as_ref()?.request_id.as_deref()
    }

    /// Time that the service asks to wait (`Retry-After`), counted from the arrival of the answer; `None` if the answer
    /// names none.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.answer.as_ref()?.retry_after
    }

    /// Whether the call ended because [`Error::retry_after`] is above
    /// [`RetryPolicy::retry_after_ceiling`](crate::RetryPolicy::retry_after_ceiling). A higher ceiling lets the next
    /// call wait.
    #[must_use]
    pub fn exceeds_retry_after_ceiling(&self) -> bool {
        self.0.exceeds_retry_after_ceiling
    }

    /// The vendor's messages; empty if the body is not in the vendor's error format.
    #[must_use]
    pub fn messages(&self) -> &[VendorMessage] {
        self.0.answer.as_ref().map_or(&[], |answer| &answer.messages)
    }

    /// The first 500 characters of the body, as one line without secrets. If the body is longer, ` ...` follows. `None`
    /// if no body was read or the body was empty.
    #[must_use]
    pub fn body_snippet(&self) -> Option<&str> {
        self.0.answer.as_ref()?.snippet.as_deref()
    }

    /// The error of the program's own token provider; `None` if the provider returned none. It is not a
    /// [`source`](StdError::source), because many programs print all sources, and a provider's text may hold a secret.
    #[must_use]
    pub fn provider_error(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.provider.as_deref()
    }

    /// Number of requests that were sent; 0 if the error was found before the first request, or if the error is about
    /// the result of several calls.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Duration of the whole call, including the waits between attempts, but without time in which the program did not
    /// poll the call.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether the same call may succeed later without a change: status 408, 425, 429, 500, 502, 503, 504, 507 or 520
    /// to 599, no connection, an attempt that timed out, an answer that broke off, or fewer events than the service
    /// reports. Does not depend on the attempts already made.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self.status() {
            Some(status) if !self.0.kind.is_transfer_failure() => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 507 | 520..=599)
            }
            _ => self.0.kind.is_transient(),
        }
    }
}

/// Methods for the retry loop (module `api`) and for the module `reader`.
impl Error {
    /// Whether the answer begins like a page of the log and is not JSON.
    pub(crate) fn is_damaged_page(&self) -> bool {
        self.0.answer.as_ref().is_some_and(|answer| answer.is_damaged_page)
    }

    /// The wait that the service asks for, such as `90 s`. If the service sent a number, the number is unchanged.
    /// `None` if the service asks for no wait.
    pub(crate) fn requested_wait(&self) -> Option<String> {
        let answer = self.0.answer.as_ref()?;
        let wait = answer.retry_after.filter(|wait| !wait.is_zero())?;
        let seconds = answer.retry_after_seconds.clone();
        Some(format!("{} s", seconds.unwrap_or_else(|| wait.as_secs_f64().to_string())))
    }

    /// Whether the connection failed, or the service gave up waiting for this client.
    pub(crate) fn is_connection_failure(&self) -> bool {
        self.0.kind.is_connection_failure() || self.status() == Some(408)
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
