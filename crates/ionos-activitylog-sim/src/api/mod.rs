//! The API: answers a request (`answer`), applies the fault that the fault script selects for the request, adds the
//! headers that every reply has, and writes the request log. The paths below `/_sim/` (`inspection`) are not part of
//! the API.

mod answer;
mod cloud_request;
pub(crate) mod error;
mod gzip;
mod inspection;
mod page;
pub(crate) mod query;
mod route;
pub(crate) mod service;

use http::header::{DATE, VARY};
use http::{HeaderValue, Request};

use crate::data::random::{Random, RandomKey};
use crate::headers::http_date;
use crate::reply::Reply;
use crate::request_log::RequestOutcome;
use crate::request_log::counter::RequestOrdinal;
use route::Route;
use service::Service;

/// Answers one request, with the fault that the fault script selects for the request.
pub(crate) fn reply<B>(service: &Service, request: &Request<B>) -> Reply {
    let path = request.uri().path();
    if let Some(response) = inspection::response(service, path, request.uri().query()) {
        return Reply::new(response);
    }
    let operation = Route::operation_of(path);
    let ordinal = service.request_counter.count(operation, request);
    let contract = Route::contract_of(path);
    let triggered = service.faults.fault_for(&ordinal, operation, contract);
    let replacement = triggered.as_ref().and_then(|triggered| triggered.fault.replacement(|| service.now()));
    let mut response = replacement.unwrap_or_else(|| answer::response(service, request, ordinal));
    let behavior = service.behavior();
    // A UUID is always a valid header value. A header of the fault script takes precedence.
    if let (Some(name), Ok(id)) = (&behavior.request_id_header, HeaderValue::try_from(request_id(ordinal))) {
        response.headers_mut().entry(name).or_insert(id);
    }
    if let Some(date) = http_date(service.now())
        && let Ok(date) = HeaderValue::try_from(date)
    {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    let mut reply = Reply::new(response);
    let mut fault = None;
    if let Some(mut triggered) = triggered {
        reply = triggered.fault.apply(reply, &mut triggered.random);
        fault = Some(triggered.to_log());
    }
    if behavior.gzip {
        let headers = reply.response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if gzip::is_gzip_accepted(request.headers()) {
            gzip::compress(&mut reply);
        }
    }
    let outcome = RequestOutcome {
        number: ordinal.number,
        at: service.now(),
        operation,
        fault,
        status: reply.response.status().as_u16(),
        bytes: reply.response.body().len() as u64,
    };
    service.request_log.write(request, outcome);
    reply
}

/// The request id. Depends only on method, path and query, so the order of the requests does not change their ids.
fn request_id(ordinal: RequestOrdinal) -> String {
    let key = RandomKey { seed: ordinal.fingerprint, contract: 0, part: RandomKey::ANSWERS };
    Random::new(key, 0).uuid().to_string()
}

#[cfg(test)]
mod tests;
