//! Answers one request of the API as if there were no faults. The order of the checks is part of the behavior: path,
//! method, token, contract, rate limit, parameters. The first failed check decides the error.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::access::rate_limit::ACCOUNT;
use crate::access::{AccessDenial, GrantedContracts};
use crate::api::error::{ApiError, METHOD_CODE, RATE_LIMIT_CODE, UNAUTHORIZED_CODE};
use crate::api::query::PageQuery;
use crate::api::route::{ROOT, Route, append_query};
use crate::api::service::Service;
use crate::api::{cloud_request, page};
use crate::behavior::ForeignContract;
use crate::data::random::mix;
use crate::data::value::to_json;
use crate::operation::Operation;
use crate::request_log::counter::RequestOrdinal;

#[derive(Serialize)]
struct ApiInfo {
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

/// An answer that is not an error.
enum ApiAnswer {
    /// JSON text.
    Body(Vec<u8>),
    /// A redirect to this path and query.
    Redirect(String),
}

impl From<String> for ApiAnswer {
    fn from(body: String) -> Self {
        Self::Body(body.into())
    }
}

/// The response to a request, without the headers for length, request id and date, which are added later.
pub(super) fn response<B>(service: &Service, request: &Request<B>, ordinal: RequestOrdinal) -> Response<Bytes> {
    let mut response = match answer(service, request, ordinal) {
        Ok(ApiAnswer::Body(body)) => Response::new(Bytes::from(body)),
        Ok(ApiAnswer::Redirect(to)) => redirect_response(&to),
        Err(error) => error_response(error),
    };
    let media_type = if service.behavior().charset { "application/json;charset=utf-8" } else { "application/json" };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn error_response(mut error: ApiError) -> Response<Bytes> {
    let status = error.status;
    let retry_after = error.retry_after.take();
    let mut response = Response::new(Bytes::from(error.into_json()));
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    if let Some(retry_after) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, retry_after);
    }
    response
}

fn redirect_response(to: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    // A path from a request line is always a valid header value.
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn answer<B>(service: &Service, request: &Request<B>, ordinal: RequestOrdinal) -> Result<ApiAnswer, ApiError> {
    let behavior = service.behavior();
    let path = request.uri().path();
    let route = Route::parse(path, behavior.trailing_slash).ok_or_else(ApiError::not_found)?;
    if let Route::Redirect(to) = route {
        return Ok(ApiAnswer::Redirect(append_query(to, request.uri().query())));
    }
    if request.method() != Method::GET {
        return Err(ApiError::new(
            behavior.other_methods,
            METHOD_CODE,
            format!("The method {} is not supported", request.method()),
        ));
    }
    if route == Route::Info && !behavior.info_needs_token {
        return Ok(info(service).into());
    }
    let now = service.now();
    let granted = authorize(service, request.headers(), now)?;
    match route {
        Route::Contract(number) => {
            let Some(contract) = granted.find(number) else {
                return foreign_contract(service, number);
            };
            check_rate_limit(service, *contract, now)?;
            let query = PageQuery::parse(request.uri().query().unwrap_or_default(), behavior)?;
            let view = service.log.view(*contract, query.start, query.end, now);
            page::body(&view, &query, behavior, request_key(service, ordinal)).map(ApiAnswer::Body)
        }
        Route::Request(id) => cloud_request(service, Operation::GetRequest, id, granted, now),
        Route::RequestStatus(id) => cloud_request(service, Operation::GetRequestStatus, id, granted, now),
        Route::Contracts => {
            check_rate_limit(service, ACCOUNT, now)?;
            Ok(contracts(service, granted).into())
        }
        Route::Info | Route::Redirect(_) => Ok(info(service).into()),
    }
}

fn authorize<'a>(
    service: &'a Service,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<GrantedContracts<'a>, ApiError> {
    let access = &service.access;
    access.authorize(headers, now).map_err(|denial| match denial {
        AccessDenial::Unauthorized => ApiError::new(StatusCode::UNAUTHORIZED, UNAUTHORIZED_CODE, "Unauthorized"),
        AccessDenial::Forbidden(message) => {
            ApiError::new(StatusCode::FORBIDDEN, access.forbidden_code.clone(), message)
        }
    })
}

/// The answer for a contract that the credentials cannot read.
fn foreign_contract(service: &Service, number: &str) -> Result<ApiAnswer, ApiError> {
    match service.behavior().foreign_contract {
        ForeignContract::Forbidden => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            service.access.forbidden_code.clone(),
            format!("The token may not read the activity log of the contract {number}"),
        )),
        ForeignContract::NotFound => Err(ApiError::not_found()),
        ForeignContract::Empty => Ok(page::EMPTY.to_owned().into()),
    }
}

/// Counts the request against the rate limit of the contract, if there is a limit.
fn check_rate_limit(service: &Service, contract: u64, now: DateTime<Utc>) -> Result<(), ApiError> {
    let Some(limiter) = &service.rate_limiter else {
        return Ok(());
    };
    limiter.take(contract, now).map_err(|wait| {
        let mut error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, RATE_LIMIT_CODE, "Too Many Requests");
        // Digits and dates are always valid header values.
        error.retry_after = limiter.retry_after(wait, now).and_then(|value| HeaderValue::try_from(value).ok());
        error
    })
}

fn cloud_request(
    service: &Service,
    operation: Operation,
    id: &str,
    granted: GrantedContracts,
    now: DateTime<Utc>,
) -> Result<ApiAnswer, ApiError> {
    let (contract, events) =
        service.log.request(id, |contract| granted.contains(contract), now).ok_or_else(ApiError::not_found)?;
    check_rate_limit(service, contract, now)?;
    cloud_request::body(operation, id, &events, &service.base_url).map(ApiAnswer::from).ok_or_else(ApiError::not_found)
}

fn info(service: &Service) -> String {
    to_json(&ApiInfo { href: format!("{}{ROOT}", service.base_url), name: "CLOUD API", version: "1.0" })
}

fn contracts(service: &Service, granted: GrantedContracts<'_>) -> String {
    let references: Vec<ContractReference> = granted
        .numbers()
        .iter()
        .map(|number| ContractReference {
            id: *number,
            kind: "contracts",
            href: format!("{}{ROOT}/contracts/{number}", service.base_url),
        })
        .collect();
    to_json(&references)
}

/// Key of the random values of an answer. Depends on the seed, on method, path and query, and on the number of equal
/// requests before this one.
fn request_key(service: &Service, ordinal: RequestOrdinal) -> u64 {
    mix(service.seed ^ mix(ordinal.fingerprint ^ mix(ordinal.repetition)))
}
