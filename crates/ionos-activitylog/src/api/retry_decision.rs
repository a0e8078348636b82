//! Decides after a failed attempt whether and when the call is retried, and whether all calls have to wait.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::net::concurrency::LoadFeedback;
use crate::net::retry_policy::RetryPolicy;

/// The reason for giving up if the next attempt would start after the deadline of the call.
pub(super) const NO_TIME_LEFT: &str = "no time is left for another attempt";

/// The next step after a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RetryDecision {
    /// Send the request again at once with another token.
    ReplaceToken,
    /// All calls wait until the throttle ends, and this call keeps its place in the queue. The retry draws nothing from
    /// the retry budget, because the concurrency limiter keeps such retries few.
    RequeueWithAll,
    /// Draw a retry from the budget, wait this long, and send the request again.
    Backoff(Duration),
    /// Return the error, because the service asks for a longer wait than the policy allows. The text names both waits.
    RefuseWait(String),
    /// Return the error, with the reason for giving up. `None` if the error itself explains the reason.
    GiveUp(Option<String>),
}

/// The facts about a failed attempt that the decision depends on.
#[derive(Clone, Copy)]
pub(super) struct FailureContext<'a> {
    pub(super) error: &'a Error,
    pub(super) load: LoadFeedback,
    /// Wait before the next attempt, according to the retry policy. `None` if the service asks for a longer wait than
    /// the policy allows.
    pub(super) wait: Option<Duration>,
    /// Number of attempts so far that count towards the maximum of the policy.
    pub(super) attempts: u32,
    /// Time since the call began.
    pub(super) elapsed: Duration,
    /// Whether a provider may supply another token, and this call has not replaced a token yet.
    pub(super) can_replace_token: bool,
}

impl RetryDecision {
    pub(super) fn new(failure: FailureContext<'_>, policy: &RetryPolicy) -> Self {
        let FailureContext { error, load, wait, attempts, elapsed, can_replace_token } = failure;
        if error.kind() == ErrorKind::Unauthorized && can_replace_token {
            return Self::ReplaceToken;
        }
        if !error.is_retryable() || attempts >= policy.attempts() {
            return Self::GiveUp(None);
        }
        let Some(wait) = wait else {
            let requested = error.requested_wait().unwrap_or_default();
            let ceiling = policy.retry_after_ceiling().as_secs_f64();
            return Self::RefuseWait(format!(
                "the service asks to wait {requested}, but the maximum wait is {ceiling} s"
            ));
        };
        if policy.deadline().is_some_and(|deadline| elapsed.saturating_add(wait) >= deadline) {
            let requested = error.requested_wait();
            let requested = requested.map_or_else(String::new, |wait| format!(" (the service asks to wait {wait})"));
            return Self::GiveUp(Some(format!("{NO_TIME_LEFT}{requested}")));
        }
        match load {
            LoadFeedback::ThrottledUntil(_) => Self::RequeueWithAll,
            _ => Self::Backoff(wait),
        }
    }
}

/// The load of the service according to an error. `retry_at` is the time of the next attempt, measured by
/// [`Clock::elapsed`](crate::runtime::clock::Clock::elapsed); `None` if the service asks for a longer wait than the
/// policy allows.
pub(super) fn classify_load(error: &Error, retry_at: Option<Duration>) -> LoadFeedback {
    // A 429 reports a limit on the requests of all calls, and a 503 with `Retry-After` asks all calls to wait.
    let throttles_all = match error.kind() {
        ErrorKind::RateLimited => true,
        ErrorKind::Unavailable => error.retry_after().is_some(),
        _ => false,
    };
    match (error.kind(), retry_at) {
        (_, Some(retry_at)) if throttles_all => LoadFeedback::ThrottledUntil(retry_at),
        (
            ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::GatewayTimeout
            | ErrorKind::AttemptTimeout
            | ErrorKind::ConnectTimeout,
            _,
        ) => LoadFeedback::Overloaded,
        _ => LoadFeedback::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::error::ErrorAnswer;

    const SECOND: Duration = Duration::from_secs(1);

    fn error(status: u16, retry_after: Option<Duration>) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = ErrorAnswer { status, retry_after, ..ErrorAnswer::default() };
        Error::new(ErrorKind::from_status(status), "failed").with_answer(Some(answer))
    }

    fn first_failure(error: &Error) -> FailureContext<'_> {
        let load = classify_load(error, Some(SECOND));
        FailureContext { error, load, wait: Some(SECOND), attempts: 1, elapsed: SECOND, can_replace_token: false }
    }

    #[test]
    fn a_refused_token_is_replaced_if_there_is_another() {
        let error = error(401, None);
        let failure = first_failure(&error);
        let policy = RetryPolicy::default();
        assert_eq!(RetryDecision::new(failure, &policy), RetryDecision::GiveUp(None));
        let replaceable = FailureContext { can_replace_token: true, ..failure };
        assert_eq!(RetryDecision::new(replaceable, &policy), RetryDecision::ReplaceToken);
    }

    #[test]
    fn every_429_and_a_503_with_retry_after_make_all_calls_wait() {
        let policy = RetryPolicy::default();
        for (status, retry_after, expected) in [
            (429, None, RetryDecision::RequeueWithAll),
            (503, Some(SECOND), RetryDecision::RequeueWithAll),
            (503, None, RetryDecision::Backoff(SECOND)),
            (500, Some(SECOND), RetryDecision::Backoff(SECOND)),
            (400, None, RetryDecision::GiveUp(None)),
        ] {
            let error = error(status, retry_after);
            assert_eq!(RetryDecision::new(first_failure(&error), &policy), expected, "{status}");
        }
    }

    #[test]
    fn a_call_gives_up_if_attempts_or_time_run_out_or_the_requested_wait_is_too_long() {
        let policy = RetryPolicy::default();
        let error = error(503, Some(SECOND * 61));
        let failure = first_failure(&error);
        let last = FailureContext { attempts: 5, ..failure };
        assert_eq!(RetryDecision::new(last, &policy), RetryDecision::GiveUp(None));
        let refused = RetryDecision::new(FailureContext { wait: None, ..failure }, &policy);
        let reason = "the service asks to wait 61 s, but the maximum wait is 60 s";
        assert_eq!(refused, RetryDecision::RefuseWait(reason.to_owned()));
        let late = FailureContext { elapsed: SECOND * 299, ..failure };
        let reason = format!("{NO_TIME_LEFT} (the service asks to wait 61 s)");
        assert_eq!(RetryDecision::new(late, &policy), RetryDecision::GiveUp(Some(reason)));
    }

    #[test]
    fn a_429_a_503_and_a_timeout_mean_overload_and_other_errors_are_neutral() {
        for (status, retry_at, load) in [
            (429, None, LoadFeedback::Overloaded),
            (429, Some(SECOND), LoadFeedback::ThrottledUntil(SECOND)),
            (503, Some(SECOND), LoadFeedback::Overloaded),
            (504, Some(SECOND), LoadFeedback::Overloaded),
            (500, Some(SECOND), LoadFeedback::Neutral),
            (404, None, LoadFeedback::Neutral),
        ] {
            assert_eq!(classify_load(&error(status, None), retry_at), load, "{status}");
        }
    }
}
