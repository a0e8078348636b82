//! One attempt of a call: waits for a permit, adds a valid token, sends the request and reads the answer, each within
//! the time that is left to the call. Time in which the call is not polled does not count towards any time limit.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

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
use crate::net::middleware::{AnswerProgress, HeaderMiddleware};
use crate::net::poll_scope::PollScope;

/// The state of one attempt of a call.
pub(super) struct Attempt<'a> {
    /// Ordinal of the attempt, from 1.
    pub(super) number: u32,
    pub(super) position: QueuePosition,
    pub(super) scope: &'a Arc<PollScope>,
    /// Time at which the call must end, on the time scale of [`PollScope::attended`]. `None` if the call has no
    /// deadline.
    pub(super) deadline: Option<Duration>,
    /// The refused token of the previous attempt, which must not be sent again. `None` if no token was refused.
    pub(super) refused_token: Option<&'a AccessToken>,
}

/// Why an attempt did not succeed.
pub(super) enum AttemptError {
    /// No request was sent.
    NotSent(Error),
    /// The request was sent and failed.
    Failed(FailedAttempt),
}

/// A failed request, the token that it sent, and the permit that it still holds.
pub(super) struct FailedAttempt {
    pub(super) error: Error,
    pub(super) token: Option<Arc<AccessToken>>,
    pub(super) permit: Permit,
    /// Whether the connection failed and the attempt was stalled: for [`STALL`] or longer in total, the attempt could
    /// proceed and the program did not poll it. Such a failure says nothing about the service.
    pub(super) was_stalled: bool,
}

/// Limit for the time in which the program does not poll an attempt. Once this limit is reached, a failed connection
/// says nothing about the service, because servers and proxies close a connection if the client does not read.
const STALL: Duration = Duration::from_secs(1);

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
        let Attempt { number, position, scope, deadline, refused_token } = attempt;
        let too_late = || AttemptError::NotSent(call_timeout("before a request could be sent"));
        let permit = self.acquire_permit(position, refused_token);
        let permit = scope.run_until(|| deadline, permit).await;
        let AttemptPermit { header, token, permit } = permit.ok_or_else(too_late)?.map_err(AttemptError::NotSent)?;
        let sent_at = scope.attended();
        if deadline.is_some_and(|deadline| deadline <= sent_at) {
            return Err(too_late());
        }
        let redact = |text: &str| {
            let text = self.authorization.redact(text);
            // The authorization redacts only its last two tokens. The provider may have replaced the token of this
            // attempt twice while the attempt ran, so this token is redacted here too.
            token.as_ref().map_or_else(|| text.clone(), |token| token.redact(&text))
        };
        let progress = AnswerProgress::new(scope.clone());
        let context = self.request_context(header, permit.early_release(), progress.clone());
        let span = AttemptSpan::new(operation, &self.base_url, number);
        let time_limit = || self.time_limit(sent_at, progress.last(), deadline);
        let idle = scope.idle();
        // Boxed, because the future of each caller contains this future. Without the box, the outermost future would
        // not fit on the stack of a thread.
        let exchange = Box::pin(span.run(self.exchange(&context, send, read, empty, &redact)));
        let (result, was_stalled) = match scope.run_until(|| Some(time_limit().0), exchange).await {
            Some(result) => (result, scope.idle().saturating_sub(idle) >= STALL),
            None => (Err(self.timed_out(time_limit().1, context.answer(), redact)), false),
        };
        span.finish(result.as_ref().map(|(_, meta)| meta.status));
        match result {
            Ok(success) => {
                permit.release(LoadFeedback::Success);
                Ok(success)
            }
            Err(mut error) => {
                if error.kind() == ErrorKind::Unauthorized {
                    match &token {
                        Some(token) => self.authorization.reject(token),
                        // The default hint is about a token.
                        None => error = error.with_hint("check the username and the password"),
                    }
                }
                let was_stalled = was_stalled && error.is_connection_failure();
                Err(AttemptError::Failed(FailedAttempt { error, token, permit, was_stalled }))
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
            // The answer to another call may have throttled the client in the meantime; then this call waits again.
            if !self.limiter.is_throttled(self.clock.elapsed()) {
                return Ok(AttemptPermit { header, token, permit });
            }
        }
    }

    fn request_context(
        &self,
        authorization: HeaderValue,
        early_release: EarlyRelease,
        progress: Arc<AnswerProgress>,
    ) -> wire::Context {
        wire::Context::new(Arc::new(HeaderMiddleware {
            authorization,
            user_agent: self.user_agent.clone(),
            contract: self.contract_header.clone(),
            body_cap: self.body_cap,
            early_release,
            progress,
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
            // Unreachable: the generated client returns a value only for an answer that the context has recorded.
            (Ok(_), None) => Err(unexpected_answer("the answer has no status")),
        }
    }

    /// The earliest of the time limits that apply to an attempt. Returns the time at which this limit is reached, on
    /// the time scale of [`PollScope::attended`], and the kind of the limit.
    fn time_limit(&self, sent_at: Duration, last_read: Duration, deadline: Option<Duration>) -> (Duration, TimeLimit) {
        let attempt = (sent_at.saturating_add(self.attempt_timeout), TimeLimit::Attempt);
        let read = self.read_timeout.map(|timeout| (last_read.saturating_add(timeout), TimeLimit::Read(timeout)));
        let call = deadline.map(|deadline| (deadline, TimeLimit::Call));
        // If the limit of the call equals another limit, the limit of the call counts, because no time is left for
        // another attempt.
        [read, call].into_iter().flatten().fold(attempt, |one, other| if other.0 <= one.0 { other } else { one })
    }

    /// The error of an attempt that exceeded a time limit: the error of the status if the head of an answer with an
    /// error status has arrived, and a timeout otherwise. If the exceeded limit is the deadline of the call, a status
    /// that would make the caller send another request is reported as a timeout, too.
    fn timed_out(&self, limit: TimeLimit, answer: Option<&wire::Answer>, redact: impl Fn(&str) -> String) -> Error {
        let begun = answer.map(|answer| error_answer(answer, self.clock.now(), redact));
        let authority = self.base_url.authority();
        let detail = match (begun, limit) {
            // With the error of this status, the caller would send further requests, each with a time limit of its own,
            // although this call has no time left.
            (Some(begun), TimeLimit::Call) if asks_for_another_request(begun.status) => {
                return call_timeout(&format!("while the body of an answer with status {} arrived", begun.status))
                    .with_answer(Some(begun));
            }
            (Some(begun), _) if !begun.status.is_success() => return body_timed_out(begun),
            (begun, TimeLimit::Call) => return call_timeout("while a request was in flight").with_answer(begun),
            (begun, TimeLimit::Attempt) => {
                (begun, format!("{authority} did not answer within {} s", self.attempt_timeout.as_secs_f64()))
            }
            (begun, TimeLimit::Read(timeout)) => {
                (begun, format!("{authority} sent nothing for {} s", timeout.as_secs_f64()))
            }
        };
        let (begun, detail) = detail;
        Error::new(ErrorKind::AttemptTimeout, detail)
            .with_hint("try again later, or allow more time")
            .with_answer(begun)
    }
}

/// A time limit of an attempt.
#[derive(Clone, Copy, Debug)]
enum TimeLimit {
    /// The deadline of the call.
    Call,
    /// The time per attempt.
    Attempt,
    /// The time between two reads of the answer.
    Read(Duration),
}

/// Whether the error that belongs to this status makes a caller send another request, for example a smaller one.
fn asks_for_another_request(status: reqwest::StatusCode) -> bool {
    let kind = ErrorKind::from_status(status);
    matches!(kind, ErrorKind::BadRequest | ErrorKind::Server | ErrorKind::UnexpectedStatus | ErrorKind::RedirectRefused)
        && !status.is_success()
}

/// The error of a call that reached its deadline.
fn call_timeout(when: &str) -> Error {
    Error::new(ErrorKind::CallTimeout, format!("the call exceeded its time limit {when}"))
        .with_hint("try again later, or allow more time")
}
