//! The service answers a few operations, and everything else with an error that is told in one shape. Which check
//! comes first is part of the behaviour: a path that does not exist is told before the method is looked at, the method
//! before the token, the token before the contract, the contract before the rate limit, and that before the parameters.

mod control;
mod operation;
mod page;
mod query;
mod refusal;
mod requests;
mod route;

use std::io::Write;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;

pub use operation::Operation;
pub use query::DEFAULT_LIMIT;
pub(crate) use refusal::envelope;
pub use refusal::{
    BAD_PARAMETER_CODE, FAILURE_CODE, FOREIGN_CONTRACT_CODE, METHOD_CODE, NOT_FOUND_CODE, RATE_LIMIT_CODE,
    UNAUTHORIZED_CODE,
};

use crate::Simulator;
use crate::access::{Denied, Granted};
use crate::delivery::Reply;
use crate::http_date::http_date;
use crate::ledger::Outcome;
use crate::rate_limit::ACCOUNT;
use crate::switches::ForeignContract;
use crate::tally::Seen;
use crate::world::random::{Key, Random, mix};
use crate::world::record::json;
use query::Query;
use refusal::Refusal;
use route::{ROOT, Route, with_query};

#[derive(Serialize)]
struct Info {
    href: String,
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct ContractReference {
    id: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    href: String,
}

/// Answers one request, with the fault that strikes it, if one does.
pub(crate) fn reply<B>(simulator: &Simulator, request: &Request<B>) -> Reply {
    let path = request.uri().path();
    if let Some(told) = control::answer(simulator, path, request.uri().query()) {
        return Reply::new(told);
    }
    let operation = Route::operation(path);
    let seen = simulator.tally().count(operation, request);
    let contract = Route::contract(path);
    let strike = simulator.faults().strike(&seen, operation, contract);
    let replacement = strike.as_ref().and_then(|strike| strike.fault.replacement(|| simulator.now()));
    let mut response = replacement.unwrap_or_else(|| answer(simulator, request, seen));
    let switches = simulator.switches();
    // A UUID is always a valid value, and what a script says goes before it.
    if let (Some(name), Ok(id)) = (&switches.request_id_header, HeaderValue::try_from(request_id(seen))) {
        response.headers_mut().entry(name).or_insert(id);
    }
    if let Some(date) = http_date(simulator.now())
        && let Ok(date) = HeaderValue::try_from(date)
    {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    let mut reply = Reply::new(response);
    let mut fault = None;
    if let Some(mut strike) = strike {
        reply = strike.fault.alter(reply, &mut strike.random);
        fault = Some(strike.seen());
    }
    if switches.gzip {
        let headers = reply.response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if accepts_gzip(request.headers()) {
            compress(&mut reply);
        }
    }
    let outcome = Outcome {
        number: seen.number,
        at: simulator.now(),
        operation,
        fault,
        status: reply.response.status().as_u16(),
        bytes: reply.response.body().len() as u64,
    };
    simulator.0.ledger.write(request, outcome);
    reply
}

/// The right answer, without its length and its identifier.
fn answer<B>(simulator: &Simulator, request: &Request<B>, seen: Seen) -> Response<Bytes> {
    let mut response = match respond(simulator, request, seen) {
        Ok(Answer::Body(body)) => Response::new(Bytes::from(body)),
        Ok(Answer::Moved(to)) => moved(&to),
        Err(refusal) => refused(refusal),
    };
    let media_type = if simulator.switches().charset { "application/json;charset=utf-8" } else { "application/json" };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn refused(mut refusal: Refusal) -> Response<Bytes> {
    let status = refusal.status;
    let wait = refusal.retry_after.take();
    let mut response = Response::new(Bytes::from(refusal.body()));
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    if let Some(wait) = wait {
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    response
}

fn moved(to: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    // What came in a request line can go out in a header.
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// Whether gzip is among the codings that a client takes (RFC 9110, section 12.5.3): what is said of gzip itself counts
/// before what is said of `*`.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).into_iter();
    let codings: Vec<(&str, bool)> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(coding).collect();
    ["gzip", "*"]
        .into_iter()
        .find_map(|name| {
            let mut of_name = codings.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name));
            of_name.next().map(|(_, taken)| *taken)
        })
        .unwrap_or(false)
}

/// A coding, and whether it is taken at all: not with a weight of zero.
fn coding(text: &str) -> (&str, bool) {
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let zero = parameters.split(';').any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, weight)| {
            name.trim().eq_ignore_ascii_case("q") && weight.trim().parse::<f64>().is_ok_and(|weight| weight == 0.0)
        })
    });
    (name.trim(), !zero)
}

/// Packs the body, at the least expense, unless there is none or it is packed already.
fn compress(reply: &mut Reply) {
    if reply.response.body().is_empty() || reply.delivery.spaces.is_some() {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail; if it did, the body would stay as it is.
    if encoder.write_all(reply.response.body()).is_ok()
        && let Ok(packed) = encoder.finish()
    {
        reply.pack(packed.into());
    }
}

/// The same for every request of this method, path and query, however often it comes: answers to requests that
/// overtake each other must not depend on who was faster.
fn request_id(seen: Seen) -> String {
    let key = Key { seed: seen.fingerprint, contract: 0, part: Key::ANSWERS };
    Random::new(key, 0).uuid().to_string()
}

/// An answer that is no error.
enum Answer {
    /// JSON text.
    Body(Vec<u8>),
    /// It is to be found there.
    Moved(String),
}

impl From<String> for Answer {
    fn from(body: String) -> Self {
        Self::Body(body.into())
    }
}

fn respond<B>(simulator: &Simulator, request: &Request<B>, seen: Seen) -> Result<Answer, Refusal> {
    let switches = simulator.switches();
    let path = request.uri().path();
    let route = Route::of(path, switches.trailing_slash).ok_or_else(Refusal::not_found)?;
    if let Route::Moved(to) = route {
        return Ok(Answer::Moved(with_query(to, request.uri().query())));
    }
    if request.method() != Method::GET {
        return Err(Refusal::new(
            switches.other_methods,
            METHOD_CODE,
            format!("The method {} is not supported", request.method()),
        ));
    }
    if route == Route::Info && !switches.info_needs_token {
        return Ok(info(simulator).into());
    }
    let now = simulator.now();
    let granted = judged(simulator, request.headers(), now)?;
    match route {
        Route::Contract(number) => {
            let Some(contract) = granted.find(number) else {
                return foreign(simulator, number);
            };
            limited(simulator, *contract, now)?;
            let query = Query::parse(request.uri().query().unwrap_or_default(), switches)?;
            let view = simulator.log().view(*contract, query.start, query.end, now);
            page::body(&view, &query, switches, simulator.turn(seen)).map(Answer::Body)
        }
        Route::Request(id) => cloud_request(simulator, Operation::GetRequest, id, granted, now),
        Route::RequestStatus(id) => cloud_request(simulator, Operation::GetRequestStatus, id, granted, now),
        Route::Contracts => {
            limited(simulator, ACCOUNT, now)?;
            Ok(contracts(simulator, granted).into())
        }
        Route::Info | Route::Moved(_) => Ok(info(simulator).into()),
    }
}

fn judged<'a>(simulator: &'a Simulator, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Granted<'a>, Refusal> {
    let access = simulator.access();
    access.judge(headers, now).map_err(|denied| match denied {
        Denied::Unauthorized => Refusal::new(StatusCode::UNAUTHORIZED, UNAUTHORIZED_CODE, "Unauthorized"),
        Denied::Forbidden(message) => Refusal::new(StatusCode::FORBIDDEN, access.forbidden_code.clone(), message),
    })
}

/// The answer for a contract that may not be read.
fn foreign(simulator: &Simulator, number: &str) -> Result<Answer, Refusal> {
    match simulator.switches().foreign_contract {
        ForeignContract::Forbidden => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            simulator.access().forbidden_code.clone(),
            format!("The token may not read the activity log of the contract {number}"),
        )),
        ForeignContract::NotFound => Err(Refusal::not_found()),
        ForeignContract::Empty => Ok(page::EMPTY.to_owned().into()),
    }
}

/// Takes the request from the rate limit, if there is one.
fn limited(simulator: &Simulator, contract: u64, now: DateTime<Utc>) -> Result<(), Refusal> {
    let Some(limiter) = simulator.rate_limiter() else {
        return Ok(());
    };
    limiter.take(contract, now).map_err(|wait| {
        let mut refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, RATE_LIMIT_CODE, "Too Many Requests");
        // Digits and dates are always valid values.
        refusal.retry_after = limiter.retry_after(wait, now).and_then(|value| HeaderValue::try_from(value).ok());
        refusal
    })
}

fn cloud_request(
    simulator: &Simulator,
    operation: Operation,
    id: &str,
    granted: Granted,
    now: DateTime<Utc>,
) -> Result<Answer, Refusal> {
    let (contract, events) =
        simulator.log().request(id, |contract| granted.holds(contract), now).ok_or_else(Refusal::not_found)?;
    limited(simulator, contract, now)?;
    requests::body(operation, id, &events, simulator.base_url()).map(Answer::from).ok_or_else(Refusal::not_found)
}

fn info(simulator: &Simulator) -> String {
    json(&Info { href: format!("{}{ROOT}", simulator.base_url()), name: "CLOUD API", version: "1.0" })
}

fn contracts(simulator: &Simulator, granted: Granted<'_>) -> String {
    let references: Vec<ContractReference> = granted
        .contracts()
        .iter()
        .map(|number| ContractReference {
            id: *number,
            kind: "contracts",
            href: format!("{}{ROOT}/contracts/{number}", simulator.base_url()),
        })
        .collect();
    json(&references)
}

impl Simulator {
    /// Stands for a request where an answer is another one each time that the same is asked for.
    fn turn(&self, seen: Seen) -> u64 {
        mix(self.seed() ^ mix(seen.fingerprint ^ mix(seen.again)))
    }
}

#[cfg(test)]
mod tests;
