//! One call is several attempts: each waits for its turn, carries a valid token and has its own time; between two
//! lies a wait, which is that of all calls where the service has had too many requests. Here is the one place where all
//! of that comes together.

mod failure;
mod verdict;

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
use crate::error::body::snippet;
use crate::observe::{AttemptSpan, CallSpan};
use crate::operation::Operation;
use crate::pacing::{Exit, InFlight, Outcome, Place, Rate, Ticket};
use crate::reading::Spawner;
use crate::reading::learned::Learned;
use crate::response::{Meta, Response, request_id};
use crate::retry::{Budget, RetryPolicy};
use crate::transport::Gateway;
use crate::{AccessToken, Error, ErrorKind};
use failure::{FailedExchange, body_timed_out, error_answer, unexpected_answer};
use verdict::{Last, Next, judge};

/// All that a call needs and that the clones of a client share.
pub(crate) struct Caller {
    pub(crate) base_url: BaseUrl,
    pub(crate) authorization: Authorization,
    /// Builds requests; whether it sends them is the carrier's choice.
    pub(crate) http: reqwest::Client,
    pub(crate) carrier: Arc<dyn wire::Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) spawner: Option<Arc<dyn Spawner>>,
    pub(crate) learned: Learned,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) rate: Option<Rate>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) body_cap: u64,
    pub(crate) user_agent: HeaderValue,
    pub(crate) contract_header: Option<HeaderValue>,
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
            let ticket = self.in_flight.ticket();
            let started = self.clock.elapsed();
            let mut attempts = 0;
            // A token that was refused is replaced once; that is no retry of something that may pass by itself.
            let mut replays = 0;
            // Retries that were drawn from the budget.
            let mut drawn = 0;
            let mut last: Option<Last> = None;
            loop {
                let this = Try {
                    number: attempts + 1,
                    ticket,
                    started,
                    not: last.as_ref().and_then(|last| last.refused.as_deref()),
                };
                let attempted = self.attempt(&operation, this, &call, &read, &empty).await;
                let elapsed = self.clock.elapsed().saturating_sub(started);
                let (error, Sent { token, place }) = match attempted {
                    Ok((value, meta)) => {
                        self.budget.succeeded(drawn);
                        let meta = Meta { attempts: attempts + 1, elapsed, ..meta };
                        return Ok(Response::new(value, meta));
                    }
                    Err((error, None)) => {
                        let unsent =
                            error.with_operation(operation.id, &operation.label).with_attempts(attempts, elapsed);
                        return Err(match last {
                            Some(last) => last.or(unsent),
                            None => unsent,
                        });
                    }
                    Err((error, Some(sent))) => {
                        attempts += 1;
                        (error.with_operation(operation.id, &operation.label).with_attempts(attempts, elapsed), sent)
                    }
                };
                let tries = attempts - replays;
                let wait = self.retry.wait(tries, error.retry_after(), self.clock.chance());
                let outcome = judge(&error, wait.map(|wait| self.clock.elapsed().saturating_add(wait)));
                place.came_back(outcome);
                if error.kind() == ErrorKind::Unauthorized && replays == 0 && self.authorization.can_refresh() {
                    replays += 1;
                    last = Some(Last { error, refused: token });
                    continue;
                }
                match Next::after(&error, wait, tries, elapsed, &self.retry) {
                    // All calls wait, and this one does so in its place among them. So few are sent that no budget has
                    // to keep them from being too many.
                    Next::Again(_) if matches!(outcome, Outcome::Held(_)) => {
                        last = Some(Last::answered(error));
                    }
                    Next::Again(_) if !self.budget.take() => {
                        let reason = "not tried again, because too many calls failed lately";
                        return Err(error.with_give_up_reason(reason.to_owned()));
                    }
                    Next::Again(wait) => {
                        drawn += 1;
                        last = Some(Last::answered(error));
                        self.clock.sleep(wait).await;
                    }
                    Next::Stop(Some(reason)) => return Err(error.with_give_up_reason(reason)),
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
        this: Try<'_>,
        call: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
    ) -> Result<(U, Meta), (Error, Option<Sent>)>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let Try { number, ticket, started, not } = this;
        let unsent = |error| (error, None);
        let too_late = || unsent(out_of_time("before a request could be sent"));
        let turn = self.turn(ticket, not);
        let turn = self.within(self.time_left(started), turn).await;
        let turn = turn.ok_or_else(too_late)?.map_err(unsent)?;
        let Turn { header, token, place } = turn;
        let left = self.time_left(started);
        if left.is_some_and(|left| left.is_zero()) {
            return Err(too_late());
        }
        let redact = |text: &str| {
            let text = self.authorization.redact(text);
            // The provider may have given two others by now.
            token.as_ref().map_or_else(|| text.clone(), |token| token.redact(&text))
        };
        let context = self.context(header, place.exit());
        let span = AttemptSpan::new(operation, &self.base_url, number);
        let limit = left.map_or(self.attempt_timeout, |left| left.min(self.attempt_timeout));
        let exchange = span.around(self.exchange(&context, call, read, empty, &redact));
        let outcome = match self.within(Some(limit), exchange).await {
            Some(outcome) => outcome,
            None => Err(self.too_slow(limit, context.answer(), redact)),
        };
        span.ended(outcome.as_ref().map(|(_, meta)| meta.status));
        match outcome {
            Ok(done) => {
                place.came_back(Outcome::Fine);
                Ok(done)
            }
            Err(error) => {
                if let (ErrorKind::Unauthorized, Some(token)) = (error.kind(), token.as_ref()) {
                    self.authorization.reject(token);
                }
                Err((error, Some(Sent { token, place })))
            }
        }
    }

    /// Waits until a request may be sent, and gives what authorises it: a token may end while others have their turn.
    async fn turn(&self, ticket: Ticket, not: Option<&AccessToken>) -> Result<Turn, Error> {
        loop {
            let place = self.in_flight.enter(ticket, &*self.clock).await;
            if let Some(rate) = &self.rate {
                rate.wait(&*self.clock).await;
            }
            let (header, token) = self.authorization.header(&*self.clock).await?;
            if let (Some(not), Some(token)) = (not, token.as_deref())
                && token.is_same(not)
            {
                let same = "the provider gave the refused token again";
                return Err(Error::new(ErrorKind::TokenProvider, same).with_hint("get a new one"));
            }
            // Another answer may have asked for patience meanwhile.
            if !self.in_flight.is_held(self.clock.elapsed()) {
                return Ok(Turn { header, token, place });
            }
        }
    }

    fn context(&self, authorization: HeaderValue, place: Exit) -> wire::Context {
        wire::Context::new(Arc::new(Gateway {
            authorization,
            user_agent: self.user_agent.clone(),
            contract: self.contract_header.clone(),
            body_cap: self.body_cap,
            place,
            next: self.carrier.clone(),
        }))
    }

    /// Sends the request and reads its answer to the end, also where that is an error.
    async fn exchange<T, U, F>(
        &self,
        context: &wire::Context,
        call: &impl Fn(wire::Client) -> F,
        read: &impl Fn(T) -> Result<U, String>,
        empty: &impl Fn() -> U,
        redact: &impl Fn(&str) -> String,
    ) -> Result<(U, Meta), Error>
    where
        F: Future<Output = Result<wire::ResponseValue<T>, wire::Error<()>>>,
    {
        let client = wire::Client::new_with_client(self.base_url.as_str(), self.http.clone(), context.clone());
        let called = call(client).await;
        let answer = context.answer();
        if let Some(answer) = answer {
            self.learned.heard(&answer.headers);
        }
        let meta = answer.map(|answer| Meta {
            status: answer.status.as_u16(),
            request_id: request_id(&answer.headers).filter(|id| redact(id) == *id),
            headers: answer.headers.clone(),
            attempts: 0,
            elapsed: Duration::ZERO,
        });
        match (called, meta) {
            (Ok(value), Some(meta)) => match read(value.into_inner()) {
                Ok(value) => Ok((value, meta)),
                Err(detail) => {
                    let answer = answer.map(|answer| error_answer(answer, self.clock.now(), redact));
                    Err(unexpected_answer(snippet(&redact(&detail))).with_answer(answer))
                }
            },
            (Err(wire::Error::UnexpectedResponse(_)), Some(meta)) if meta.status == 204 => Ok((empty(), meta)),
            (Err(error), _) => {
                let failure =
                    FailedExchange { error, answer, place: self.base_url.place(), now: self.clock.now(), redact };
                Err(failure.into_error().await)
            }
            // The generated client gives a value only for an answer that came through the context.
            (Ok(_), None) => Err(unexpected_answer("the answer has no status")),
        }
    }

    /// The outcome of some work, or none if the time is over before.
    async fn within<F: Future>(&self, limit: Option<Duration>, work: F) -> Option<F::Output> {
        let Some(limit) = limit else {
            return Some(work.await);
        };
        match select(pin!(work), self.clock.alarm(limit)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(((), _)) => None,
        }
    }

    /// What is left of the time of the call; none when there is no limit.
    fn time_left(&self, started: Duration) -> Option<Duration> {
        let elapsed = self.clock.elapsed().saturating_sub(started);
        Some(self.retry.deadline()?.saturating_sub(elapsed))
    }

    /// The answer was not complete in time. One that had begun as an error stays that error.
    fn too_slow(&self, limit: Duration, answer: Option<&wire::Answer>, redact: impl Fn(&str) -> String) -> Error {
        let begun = answer.map(|answer| error_answer(answer, self.clock.now(), redact));
        match begun {
            Some(begun) if !begun.status.is_success() => body_timed_out(begun),
            begun if limit < self.attempt_timeout => out_of_time("while a request was under way").with_answer(begun),
            begun => {
                let place = self.base_url.place();
                let seconds = limit.as_secs_f64();
                let detail = format!("{place} did not answer within {seconds} s");
                Error::new(ErrorKind::AttemptTimeout, detail)
                    .with_hint("try again later, or allow more")
                    .with_answer(begun)
            }
        }
    }
}

/// One of the attempts of a call.
struct Try<'a> {
    /// Counted from 1.
    number: u32,
    ticket: Ticket,
    /// When the call began.
    started: Duration,
    /// The token that was refused already, which is not sent again.
    not: Option<&'a AccessToken>,
}

/// All that a request needs to be sent.
struct Turn {
    header: HeaderValue,
    token: Option<Arc<AccessToken>>,
    place: Place,
}

/// A request that failed: the token that went with it, and the place that it still has.
struct Sent {
    token: Option<Arc<AccessToken>>,
    place: Place,
}

/// The time of the whole call is over.
fn out_of_time(when: &str) -> Error {
    Error::new(ErrorKind::CallTimeout, format!("the call took longer in all than it may, {when}"))
        .with_hint("try again later, or allow more")
}
