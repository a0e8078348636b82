//! What an attempt that failed means: for this call, whether there is another one and when; for the others, whether all of
//! them have to wait; and for whoever asked, which of several errors is told.

use std::sync::Arc;
use std::time::Duration;

use crate::pacing::Outcome;
use crate::retry::RetryPolicy;
use crate::{AccessToken, Error, ErrorKind};

/// What to do after an attempt that failed.
pub(super) enum Next {
    /// Try again after this long.
    Again(Duration),
    /// Give the error back, with a word on why if it is not plain.
    Stop(Option<String>),
}

impl Next {
    /// Decides whether a call is tried again after a wait; there is none where the service asks for too long a one.
    pub(super) fn after(
        error: &Error,
        wait: Option<Duration>,
        attempts: u32,
        elapsed: Duration,
        retry: &RetryPolicy,
    ) -> Self {
        if !error.is_retryable() || attempts >= retry.attempts() {
            return Self::Stop(None);
        }
        let Some(wait) = wait else {
            let asked = error.retry_after().unwrap_or_default().as_secs_f64();
            let most = retry.retry_after_ceiling().as_secs_f64();
            return Self::Stop(Some(format!("it asks for {asked} s, and {most} s are the most that is waited for")));
        };
        if retry.deadline().is_some_and(|deadline| elapsed.saturating_add(wait) >= deadline) {
            return Self::Stop(Some(NO_TIME_LEFT.to_owned()));
        }
        Self::Again(wait)
    }
}

/// The failed attempt before this one.
pub(super) struct Last {
    pub(super) error: Error,
    /// The token that was refused.
    pub(super) refused: Option<Arc<AccessToken>>,
}

impl Last {
    pub(super) fn answered(error: Error) -> Self {
        Self { error, refused: None }
    }

    /// The error to tell when no other request could be sent: what the service said, where that says more than why.
    pub(super) fn or(self, unsent: Error) -> Error {
        let reason = match self.refused {
            _ if unsent.kind() == ErrorKind::CallTimeout => NO_TIME_LEFT,
            Some(_) => "there is no other token",
            None => return unsent,
        };
        self.error.with_give_up_reason(reason.to_owned())
    }
}

const NO_TIME_LEFT: &str = "there is no time left for another attempt";

/// What an error says about how busy the service is. `until` is when the next request would be sent, by the clock's
/// count.
pub(super) fn judge(error: &Error, until: Option<Duration>) -> Outcome {
    // A service that names a time means all of its clients, and one that counts requests counts those of all calls.
    let asks = match error.kind() {
        ErrorKind::RateLimited => true,
        ErrorKind::Unavailable => error.retry_after().is_some(),
        _ => false,
    };
    match (error.kind(), until) {
        (_, Some(until)) if asks => Outcome::Held(until),
        (
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::GatewayTimeout
            | ErrorKind::AttemptTimeout
            | ErrorKind::ConnectTimeout,
            _,
        ) => Outcome::Overloaded,
        _ => Outcome::Other,
    }
}
