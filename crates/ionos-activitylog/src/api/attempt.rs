//! One attempt of a call: waits for a permit, adds a valid token, sends the request and reads the answer, each within
//! the time that is left to the call.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use ionos_activitylog_client as wire;
use reqwest::header::HeaderValue;

use crate::api::Api;
use crate::api::failure::{FailedExchange, body_timed_out, error_answer, unexpected_answer};
use crate::api::headers::request_id;
use crate::api::operation::Operation;
use crate::api::response::Meta;
use crate::api::spans::AttemptSpan;
use crate::auth::AccessToken;
use crate::error::text::snippet;
use crate::error::{Error, ErrorKind};
use crate::net::concurrency::{EarlyRelease, LoadFeedback, Permit, QueuePosition};
use crate::net::middleware::HeaderMiddleware;

/// The state of one attempt of a call.
pub(super) struct Attempt<'a> {
    /// Ordinal of the attempt, from 1.
    pub(super) number: u32,
    pub(super) position: QueuePosition,
    /// When the call began, as [`Clock::elapsed`](crate::runtime::clock::Clock::elapsed) counts.
    pub(super) started: Duration,
    /// A token that must not be sent again. `None` unless the service refused the token of the previous attempt.
    pub(super) refused_token: Option<&'a AccessToken>,
}

/// Why an attempt did not succeed.
pub(super) enum AttemptError {
    /// No request was sent.
    NotSent(Error),
    /// The request was sent and failed.
    Failed(FailedAttempt),
}

/// A request that failed, with the token that it sent and the permit that it still holds.
pub(super) struct FailedAttempt {
    pub(super) error: Error,
    pub(super) token: Option<Arc<AccessToken>>,
    pub(super) permit: Permit,
}

/// Everything that a request needs before it is sent.
struct AttemptPermit {
    header: HeaderValue,
    token: Option<Arc<AccessToken>>,
    permit: Permit,
}

impl Api {
    /// Runs one attempt.
    pub(super) async fn attempt<T, U, F>(
        &self,
        operation: &Operation,
        attempt: Attempt<'_>,
        send: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
    ) -> Result<(U, Meta), AttemptError>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let Attempt { number, position, started, refused_token } = attempt;
        let too_late = || AttemptError::NotSent(call_timeout("before a request could be sent"));
        let permit = self.acquire_permit(position, refused_token);
        let permit = self.with_timeout(self.time_left(started), permit).await;
        let AttemptPermit { header, token, permit } = permit.ok_or_else(too_late)?.map_err(AttemptError::NotSent)?;
        let time_left = self.time_left(started);
        if time_left.is_some_and(|left| left.is_zero()) {
            return Err(too_late());
        }
        let redact = |text: &str| {
            let text = self.authorization.redact(text);
            // The authorization redacts only its last two tokens. The provider may have replaced this token twice
            // since then, so this token is redacted here too.
            token.as_ref().map_or_else(|| text.clone(), |token| token.redact(&text))
        };
        let context = self.request_context(header, permit.early_release());
        let span = AttemptSpan::new(operation, &self.base_url, number);
        let limit = time_left.map_or(self.attempt_timeout, |left| left.min(self.attempt_timeout));
        let exchange = span.run(self.exchange(&context, send, read, empty, &redact));
        let result = match self.with_timeout(Some(limit), exchange).await {
            Some(result) => result,
            None => Err(self.attempt_timed_out(limit, context.answer(), redact)),
        };
        span.finish(result.as_ref().map(|(_, meta)| meta.status));
        match result {
            Ok(success) => {
                permit.release(LoadFeedback::Success);
                Ok(success)
            }
            Err(error) => {
                if let (ErrorKind::Unauthorized, Some(token)) = (error.kind(), token.as_ref()) {
                    self.authorization.reject(token);
                }
                Err(AttemptError::Failed(FailedAttempt { error, token, permit }))
            }
        }
    }

    /// Waits until a request may be sent. Fetches the authorization only then, because a token may expire while the
    /// call is queued.
    async fn acquire_permit(
        &self,
        position: QueuePosition,
        refused_token: Option<&AccessToken>,
    ) -> Result<AttemptPermit, Error> {
        loop {
            let permit = self.limiter.acquire(position, &*self.clock).await;
            if let Some(rate) = &self.rate {
                rate.wait(&*self.clock).await;
            }
            let (header, token) = self.authorization.header(&*self.clock).await?;
            if let (Some(refused), Some(token)) = (refused_token, token.as_deref())
                && token.is_same(refused)
            {
                let detail = "the provider returned the refused token again";
                return Err(Error::new(ErrorKind::TokenProvider, detail).with_hint("get a new token"));
            }
            // Another answer may have throttled the client in the meantime; then this call waits again.
            if !self.limiter.is_throttled(self.clock.elapsed()) {
                return Ok(AttemptPermit { header, token, permit });
            }
        }
    }

    fn request_context(&self, authorization: HeaderValue, early_release: EarlyRelease) -> wire::Context {
        wire::Context::new(Arc::new(HeaderMiddleware {
            authorization,
            user_agent: self.user_agent.clone(),
            contract: self.contract_header.clone(),
            body_cap: self.body_cap,
            early_release,
            transport: self.transport.clone(),
        }))
    }

    /// Sends the request and reads the answer, also an answer with an error status.
    async fn exchange<T, U, F>(
        &self,
        context: &wire::Context,
        send: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
        redact: &impl Fn(&str) -> String,
    ) -> Result<(U, Meta), Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let client = wire::Client::new_with_client(self.base_url.as_str(), self.http.clone(), context.clone());
        let sent = send(client).await;
        let answer = context.answer();
        if let Some(answer) = answer {
            self.limits.record_date_header(&answer.headers);
        }
        let meta = answer.map(|answer| Meta {
            status: answer.status.as_u16(),
            request_id: request_id(&answer.headers).filter(|id| redact(id) == *id),
            headers: answer.headers.clone(),
            attempts: 0,
            elapsed: Duration::ZERO,
        });
        match (sent, meta) {
            (Ok(value), Some(meta)) => match read(value.into_inner()) {
                Ok(value) => Ok((value, meta)),
                Err(detail) => {
                    let answer = answer.map(|answer| error_answer(answer, self.clock.now(), redact));
                    Err(unexpected_answer(snippet(&redact(&detail))).with_answer(answer))
                }
            },
            (Err(wire::Error::UnexpectedResponse(_)), Some(meta)) if meta.status == 204 => Ok((empty(), meta)),
            (Err(error), _) => {
                let authority = self.base_url.authority();
                Err(FailedExchange { error, answer, authority, now: self.clock.now(), redact }.into_error().await)
            }
            // Unreachable: the generated client returns a value only for an answer that passed the context.
            (Ok(_), None) => Err(unexpected_answer("the answer has no status")),
        }
    }

    /// Runs work with a time limit. `None` if the time is over before the work ends.
    async fn with_timeout<F: Future>(&self, limit: Option<Duration>, work: F) -> Option<F::Output> {
        let Some(limit) = limit else {
            return Some(work.await);
        };
        match select(pin!(work), self.clock.alarm(limit)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(((), _)) => None,
        }
    }

    /// Time left to the call. `None` if the call has no deadline.
    fn time_left(&self, started: Duration) -> Option<Duration> {
        let elapsed = self.clock.elapsed().saturating_sub(started);
        Some(self.retry.deadline()?.saturating_sub(elapsed))
    }

    /// The error of an attempt that exceeded `limit`. If an answer with an error status had begun to arrive, returns
    /// the error of that status.
    fn attempt_timed_out(
        &self,
        limit: Duration,
        answer: Option<&wire::Answer>,
        redact: impl Fn(&str) -> String,
    ) -> Error {
        let begun = answer.map(|answer| error_answer(answer, self.clock.now(), redact));
        match begun {
            Some(begun) if !begun.status.is_success() => body_timed_out(begun),
            begun if limit < self.attempt_timeout => call_timeout("while a request was in flight").with_answer(begun),
            begun => {
                let (authority, seconds) = (self.base_url.authority(), limit.as_secs_f64());
                Error::new(ErrorKind::AttemptTimeout, format!("{authority} did not answer within {seconds} s"))
                    .with_hint("try again later, or allow more time")
                    .with_answer(begun)
            }
        }
    }
}

/// The error of a call that reached its deadline.
fn call_timeout(when: &str) -> Error {
    Error::new(ErrorKind::CallTimeout, format!("the call exceeded its time limit {when}"))
        .with_hint("try again later, or allow more time")
}
