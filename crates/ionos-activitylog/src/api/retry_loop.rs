//! Runs a call: sends attempts until one succeeds or the [`RetryDecision`] is to give up. The call waits between two
//! attempts, except if it only replaces a refused token, or if the failed attempt is forgiven (see
//! `MAX_FORGIVEN_ATTEMPTS`). After a 429, and after a 503 with `Retry-After`, all calls of the client wait.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog_client as wire;

use crate::api::Api;
use crate::api::attempt::{Attempt, AttemptError};
use crate::api::operation::Operation;
use crate::api::response::{Meta, Response};
use crate::api::retry_decision::{FailureContext, NO_TIME_LEFT, RetryDecision, classify_load};
use crate::api::spans::CallSpan;
use crate::auth::AccessToken;
use crate::error::{Error, ErrorKind};
use crate::net::concurrency::{CallPriority, LoadFeedback, QueuePosition};
use crate::net::poll_scope::PollScope;
use crate::runtime::spawner::PolledBy;

/// Maximum number of forgiven attempts of a call. An attempt is forgiven if it failed because the executor did not poll
/// it for a second or longer. A forgiven attempt does not count against the retry policy. Without this maximum, a call
/// might never end in a program whose executor always polls too late.
const MAX_FORGIVEN_ATTEMPTS: u32 = 100;

impl Api {
    /// Runs one generated call. `read` converts its answer or says why the answer is unusable; `empty` returns the
    /// value for an answer without content (204).
    pub(super) async fn run<T, U, F>(
        &self,
        operation: Operation,
        send: impl Fn(wire::Client) -> F,
        read: impl Fn(T) -> Result<U, String>,
        empty: impl Fn() -> U,
    ) -> Result<Response<U>, Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let span = CallSpan::new(&operation);
        let result = match &self.scope {
            Some(scope) => span.run(Box::pin(self.retry_loop(&operation, scope, &send, &read, &empty))).await,
            None => {
                let scope = self.new_scope(PolledBy::Caller);
                let attempts = Box::pin(self.retry_loop(&operation, &scope, &send, &read, &empty));
                scope.run(span.run(attempts)).await
            }
        };
        span.finish(result.as_ref().map(Response::meta));
        result
    }

    async fn retry_loop<T, U, F>(
        &self,
        operation: &Operation,
        scope: &Arc<PollScope>,
        send: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
    ) -> Result<Response<U>, Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let mut call = CallProgress::new(scope, self.retry.deadline(), operation.priority);
        loop {
            let attempted = self.attempt(operation, call.next_attempt(), send, read, empty).await;
            let elapsed = scope.attended().saturating_sub(call.started);
            let failed = match attempted {
                Ok((value, meta)) => {
                    self.budget.refill(call.drawn_retries);
                    let meta = Meta { attempts: call.attempts + 1, elapsed, ..meta };
                    return Ok(Response::new(value, meta));
                }
                Err(AttemptError::NotSent(error)) => {
                    let error = error.with_operation(operation.id, &operation.label);
                    return Err(call.state.into_final_error(error.with_attempts(call.attempts, elapsed)));
                }
                Err(AttemptError::Failed(failed)) => failed,
            };
            call.attempts += 1;
            let is_forgiven = failed.was_stalled && call.forgiven_attempts < MAX_FORGIVEN_ATTEMPTS;
            call.forgiven_attempts += u32::from(is_forgiven);
            let error =
                failed.error.with_operation(operation.id, &operation.label).with_attempts(call.attempts, elapsed);
            let wait = self.retry.wait(call.counted_attempts(), error.retry_after(), self.clock.chance());
            if is_forgiven {
                failed.permit.release(LoadFeedback::Neutral);
                call.state = AttemptState::Failed(error);
                continue;
            }
            let load = classify_load(&error, wait.map(|wait| self.clock.elapsed().saturating_add(wait)));
            failed.permit.release(load);
            let failure = FailureContext {
                error: &error,
                load,
                wait,
                attempts: call.counted_attempts(),
                elapsed,
                can_replace_token: !call.replaced_token && self.authorization.can_refresh(),
            };
            call.state = match RetryDecision::new(failure, &self.retry) {
                RetryDecision::ReplaceToken => {
                    call.replaced_token = true;
                    AttemptState::TokenRefused { error, token: failed.token }
                }
                RetryDecision::RequeueWithAll => AttemptState::Failed(error),
                RetryDecision::Backoff(wait) if self.budget.try_draw() => {
                    call.drawn_retries += 1;
                    self.clock.sleep(wait).await;
                    AttemptState::Failed(error)
                }
                RetryDecision::Backoff(_) => {
                    let reason = "not retried because too many calls failed recently";
                    return Err(error.with_give_up_reason(reason.to_owned()));
                }
                RetryDecision::RefuseWait(reason) => {
                    return Err(error.with_give_up_reason(reason).with_retry_after_above_ceiling());
                }
                RetryDecision::GiveUp(Some(reason)) => return Err(error.with_give_up_reason(reason)),
                RetryDecision::GiveUp(None) => return Err(error),
            };
        }
    }
}

/// Progress of a call over its attempts.
struct CallProgress<'a> {
    scope: &'a Arc<PollScope>,
    position: QueuePosition,
    /// When the call began, measured by [`PollScope::attended`].
    started: Duration,
    /// When the call must end, measured by [`PollScope::attended`]. `None` if the call has no deadline.
    deadline: Option<Duration>,
    /// Requests sent so far.
    attempts: u32,
    /// Retries that this call has drawn from the retry budget of the client.
    drawn_retries: u32,
    /// Number of forgiven attempts, explained at [`MAX_FORGIVEN_ATTEMPTS`].
    forgiven_attempts: u32,
    /// Whether the call has replaced a refused token, which happens at most once per call.
    replaced_token: bool,
    state: AttemptState,
}

/// The reason for the next attempt.
enum AttemptState {
    /// No request was sent yet.
    First,
    /// The previous attempt failed and is retried.
    Failed(Error),
    /// The service refused the attempt because of its token, so the next attempt must send another token. `token` is
    /// the refused token, or `None` if the attempt sent no token.
    TokenRefused { error: Error, token: Option<Arc<AccessToken>> },
}

impl<'a> CallProgress<'a> {
    fn new(scope: &'a Arc<PollScope>, limit: Option<Duration>, priority: CallPriority) -> Self {
        let started = scope.attended();
        Self {
            scope,
            position: scope.join_queue(priority),
            started,
            deadline: limit.map(|limit| started.saturating_add(limit)),
            attempts: 0,
            drawn_retries: 0,
            forgiven_attempts: 0,
            replaced_token: false,
            state: AttemptState::First,
        }
    }

    fn next_attempt(&self) -> Attempt<'_> {
        let refused_token = match &self.state {
            AttemptState::TokenRefused { token, .. } => token.as_deref(),
            AttemptState::First | AttemptState::Failed(_) => None,
        };
        let Self { scope, position, deadline, .. } = *self;
        Attempt { number: self.attempts + 1, position, scope, deadline, refused_token }
    }

    /// Number of attempts that count against the retry policy. Attempts whose token was refused and replaced do not
    /// count, and neither do forgiven attempts.
    fn counted_attempts(&self) -> u32 {
        self.attempts - u32::from(self.replaced_token) - self.forgiven_attempts
    }
}

impl AttemptState {
    /// The error of a call whose next request could not be sent: `not_sent`, or the error of the previous attempt if
    /// that error says more.
    fn into_final_error(self, not_sent: Error) -> Error {
        let is_timeout = not_sent.kind() == ErrorKind::CallTimeout;
        match self {
            Self::Failed(error) | Self::TokenRefused { error, .. } if is_timeout => {
                error.with_give_up_reason(NO_TIME_LEFT.to_owned())
            }
            Self::TokenRefused { error, token: Some(_) } => {
                error.with_give_up_reason("no other token is available".to_owned())
            }
            _ => not_sent,
        }
    }
}
