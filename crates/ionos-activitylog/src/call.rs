//! One call is several attempts: each waits for its turn, carries a valid token and has its own time; between two
//! lies a wait. Here is the one place where all of that comes together.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use ionos_activitylog_client as wire;
use reqwest::header::HeaderValue;

use crate::auth::Authorization;
use crate::base_url::BaseUrl;
use crate::clock::Clock;
use crate::error::wire::{Failure, answered};
use crate::observe::{AttemptSpan, CallSpan};
use crate::operation::Operation;
use crate::pacing::{InFlight, Outcome, Rate};
use crate::response::{Meta, Response};
use crate::retry::{Budget, RetryPolicy};
use crate::transport::Gateway;
use crate::{Error, ErrorKind};

/// All that a call needs and that the clones of a client share.
pub(crate) struct Caller {
    pub(crate) base_url: BaseUrl,
    pub(crate) authorization: Authorization,
    /// Builds requests; whether it sends them is the carrier's choice.
    pub(crate) http: reqwest::Client,
    pub(crate) carrier: Arc<dyn wire::Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    pub(crate) in_flight: InFlight,
    pub(crate) rate: Option<Rate>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) body_cap: u64,
    pub(crate) user_agent: HeaderValue,
    pub(crate) contract_header: Option<HeaderValue>,
}

/// What to do after an attempt that failed.
enum Next {
    /// Try again after this long.
    Wait(Duration),
    /// Give the error back, with a word on why if it is not plain.
    Stop(Option<&'static str>),
}

impl Caller {
    /// Runs one generated call. `read` takes what is wanted out of its answer and says why one cannot be used;
    /// `empty` is what "success without content" (204) means for it.
    pub(crate) async fn run<T, U, F>(
        &self,
        operation: Operation,
        call: impl Fn(wire::Client) -> F,
        read: impl Fn(T) -> Result<U, String>,
        empty: impl Fn() -> U,
    ) -> Result<Response<U>, Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let span = CallSpan::new(&operation);
        let work = async {
            let started = self.clock.elapsed();
            let mut attempts = 0;
            // A token that was refused is replaced once; that is no retry of something that may pass by itself.
            let mut refused = None;
            loop {
                attempts += 1;
                let attempted = self
                    .attempt(&operation, attempts, started, &call, &read, &empty)
                    .await;
                let elapsed = self.clock.elapsed().saturating_sub(started);
                let error = match attempted {
                    Ok((value, answer)) => {
                        self.budget
                            .succeeded(attempts - 1 - u32::from(refused.is_some()));
                        let meta = Meta {
                            status: answer.status.as_u16(),
                            headers: answer.headers,
                            attempts,
                            elapsed,
                        };
                        return Ok(Response::new(value, meta));
                    }
                    Err(Attempt { error, sent: false }) => {
                        // That the service refused the token says more than why there is no other.
                        return Err(match refused.take() {
                            Some(refused) => Error::gave_up(refused, "there is no other token"),
                            None => error.during(operation.clone()).after(attempts - 1, elapsed),
                        });
                    }
                    Err(Attempt { error, .. }) => {
                        error.during(operation.clone()).after(attempts, elapsed)
                    }
                };
                if error.kind() == ErrorKind::Unauthorized
                    && refused.is_none()
                    && self.authorization.can_refresh()
                {
                    refused = Some(error);
                    continue;
                }
                match self.next(&error, attempts - u32::from(refused.is_some()), elapsed) {
                    Next::Wait(duration) => self.clock.sleep(duration).await,
                    Next::Stop(Some(reason)) => return Err(error.gave_up(reason)),
                    Next::Stop(None) => return Err(error),
                }
            }
        };
        let done = span.around(work).await;
        span.ended(done.as_ref().map(Response::meta));
        done
    }

    /// One attempt: a turn, a token, a request, its answer.
    async fn attempt<T, U, F>(
        &self,
        operation: &Operation,
        number: u32,
        started: Duration,
        call: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
    ) -> Result<(U, wire::Answer), Attempt>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let place = self.in_flight.enter().await;
        if let Some(rate) = &self.rate {
            rate.wait(&*self.clock).await;
        }
        let unsent = |error| Attempt { error, sent: false };
        let (authorization, token) = self
            .authorization
            .header(&*self.clock)
            .await
            .map_err(unsent)?;
        let context = wire::Context::new(Arc::new(Gateway {
            authorization,
            user_agent: self.user_agent.clone(),
            contract: self.contract_header.clone(),
            body_cap: self.body_cap,
            next: self.carrier.clone(),
        }));
        let client = wire::Client::new_with_client(
            self.base_url.as_str(),
            self.http.clone(),
            context.clone(),
        );
        let span = AttemptSpan::new(operation, self.base_url.place(), number);
        let (limit, kind) = self.time_left(started);
        let answer = {
            let answer = pin!(span.around(call(client)));
            match select(answer, self.clock.alarm(limit)).await {
                Either::Left((answer, _)) => Some(answer),
                Either::Right(((), _)) => None,
            }
        };
        let noted = context.answer().cloned();
        let outcome = match (answer, noted) {
            (None, noted) => Err(too_slow(kind, self.base_url.place(), limit).with_answer(
                noted.map(|noted| answered(noted.status, &noted.headers, self.clock.now())),
            )),
            (Some(Ok(value)), Some(noted)) => match read(value.into_inner()) {
                Ok(value) => Ok((value, noted)),
                Err(detail) => Err(Error::new(ErrorKind::Decode, detail).with_answer(Some(
                    answered(noted.status, &noted.headers, self.clock.now()),
                ))),
            },
            (Some(Err(wire::Error::UnexpectedResponse(_))), Some(noted)) if noted.status == 204 => {
                Ok((empty(), noted))
            }
            (Some(Err(error)), noted) => {
                let failure = Failure {
                    error,
                    answer: noted.as_ref(),
                    place: self.base_url.place(),
                    now: self.clock.now(),
                    redact: |text: &str| self.authorization.redact(text),
                };
                Err(failure.into_error().await)
            }
            // The generated client gives a value only for an answer that came through the context.
            (Some(Ok(_)), None) => Err(Error::new(ErrorKind::Decode, "the answer has no status")),
        };
        span.ended(outcome.as_ref().map(|(_, answer)| answer.status.as_u16()));
        place.came_back(match &outcome {
            Ok(_) => Outcome::Fine,
            Err(error) => judge(error),
        });
        outcome.map_err(|error| {
            if let (ErrorKind::Unauthorized, Some(token)) = (error.kind(), token) {
                self.authorization.rejected(&token);
            }
            Attempt { error, sent: true }
        })
    }

    /// How long an attempt may take, and what it means when it takes longer.
    fn time_left(&self, started: Duration) -> (Duration, ErrorKind) {
        let elapsed = self.clock.elapsed().saturating_sub(started);
        let left = self
            .retry
            .deadline()
            .map(|deadline| deadline.saturating_sub(elapsed));
        match left {
            Some(left) if left < self.attempt_timeout => (left, ErrorKind::CallTimeout),
            _ => (self.attempt_timeout, ErrorKind::AttemptTimeout),
        }
    }

    /// Decides whether and when a call is tried again.
    fn next(&self, error: &Error, attempts: u32, elapsed: Duration) -> Next {
        if !error.is_retryable() {
            return Next::Stop(None);
        }
        if attempts >= self.retry.attempts() {
            return Next::Stop(None);
        }
        let Some(wait) = self
            .retry
            .wait(attempts, error.retry_after(), self.clock.chance())
        else {
            return Next::Stop(Some("it asks for more time than is waited for"));
        };
        if self
            .retry
            .deadline()
            .is_some_and(|deadline| elapsed.saturating_add(wait) >= deadline)
        {
            return Next::Stop(Some("there is no time left for another attempt"));
        }
        if !self.budget.take() {
            return Next::Stop(Some(
                "not tried again, because too many calls failed lately",
            ));
        }
        Next::Wait(wait)
    }
}

/// A failed attempt.
struct Attempt {
    error: Error,
    /// Whether a request was sent at all.
    sent: bool,
}

/// What an error says about how busy the service is.
fn judge(error: &Error) -> Outcome {
    match error.kind() {
        ErrorKind::RateLimited
        | ErrorKind::Unavailable
        | ErrorKind::GatewayTimeout
        | ErrorKind::AttemptTimeout
        | ErrorKind::CallTimeout
        | ErrorKind::ConnectTimeout => Outcome::Overloaded,
        _ => Outcome::Other,
    }
}

fn too_slow(kind: ErrorKind, place: &str, limit: Duration) -> Error {
    let seconds = limit.as_secs_f64();
    let detail = match kind {
        ErrorKind::CallTimeout => {
            "the call took longer in all than it may: try again later, or allow more".to_owned()
        }
        _ => format!("{place} did not answer within {seconds} s: try again later, or allow more"),
    };
    Error::new(kind, detail)
}
