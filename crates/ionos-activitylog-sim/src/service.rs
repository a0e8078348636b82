//! The service answers three operations, and everything else with an error that is told in one shape. Which check
//! comes first is part of the behaviour: a path that does not exist is told before the method is looked at, the method
//! before the token, the token before the contract, and the contract before the parameters.

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::Simulator;
use crate::log::Span;
use crate::query::Query;
use crate::random::{Key, Random, fingerprint};
use crate::record::{Envelope, Message, Text, json};

/// The header that names an answer.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the operations are.
const ROOT: &str = "/activitylog/v1";

/// Code of the answer to an unknown path, as the Cloud API has it.
pub const NOT_FOUND_CODE: &str = "309";

/// Code of the answer to a missing or wrong token, as another product of the vendor has it.
pub const UNAUTHORIZED_CODE: &str = "315";

/// Code of the answer to a request for the log of a contract that is not the account's. None is public, so it is the
/// status, as in other envelopes of the vendor.
pub const FOREIGN_CONTRACT_CODE: &str = "403";

/// Code of the answer to a parameter that was not understood. None is public, so it is the status.
pub const BAD_PARAMETER_CODE: &str = "400";

/// Code of the answer to a method other than GET. None is public, so it is the status.
pub const METHOD_CODE: &str = "405";

/// The operation that a path stands for.
enum Route<'a> {
    Info,
    Contracts,
    /// With the contract as it is written in the path.
    Contract(&'a str),
}

impl<'a> Route<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path.strip_prefix(ROOT)? {
            "" | "/" => Some(Self::Info),
            "/contracts" => Some(Self::Contracts),
            rest => {
                let contract = rest.strip_prefix("/contracts/")?;
                let whole = !contract.is_empty() && !contract.contains('/');
                whole.then_some(Self::Contract(contract))
            }
        }
    }
}

/// An answer that is an error.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: Text,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Text>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }
}

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

/// Answers one request; see [`Simulator::answer`].
pub(crate) fn answer<B>(simulator: &Simulator, request: &Request<B>) -> Response<Bytes> {
    let (status, body) = match respond(simulator, request) {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let body = json(&Envelope {
                http_status: refusal.status.as_u16(),
                messages: vec![Message {
                    error_code: refusal.code,
                    message: refusal.message,
                }],
            });
            (refusal.status, body)
        }
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let length = response.body().len();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    // A UUID is always a valid value.
    if let Ok(id) = HeaderValue::try_from(request_id(request)) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The same for every request of this method, path and query: there is no counter, because the answers to requests
/// that overtake each other must not depend on who was faster.
fn request_id<B>(request: &Request<B>) -> String {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    let key = Key {
        seed: fingerprint([request.method().as_str(), " ", uri.path(), "?", query]),
        contract: 0,
        part: Key::ANSWERS,
    };
    Random::new(key, 0).uuid().to_string()
}

/// The body of a good answer.
fn respond<B>(simulator: &Simulator, request: &Request<B>) -> Result<String, Refusal> {
    let route = Route::of(request.uri().path()).ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            NOT_FOUND_CODE,
            "Resource does not exist",
        )
    })?;
    if request.method() != Method::GET {
        return Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            METHOD_CODE,
            format!("The method {} is not supported", request.method()),
        ));
    }
    if let Route::Info = route {
        return Ok(info(simulator));
    }
    if !authorized(request.headers(), simulator.token()) {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            UNAUTHORIZED_CODE,
            "Unauthorized",
        ));
    }
    match route {
        Route::Contract(contract) => page(
            simulator,
            contract,
            request.uri().query().unwrap_or_default(),
        ),
        _ => Ok(contracts(simulator)),
    }
}

/// Whether the headers carry the token. The scheme may be in any case (RFC 9110, section 11.1).
fn authorized(headers: &HeaderMap, token: &str) -> bool {
    headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("Bearer") && given == token)
}

fn info(simulator: &Simulator) -> String {
    json(&Info {
        href: format!("{}{ROOT}", simulator.base_url()),
        name: "CLOUD API",
        version: "1.0",
    })
}

fn contracts(simulator: &Simulator) -> String {
    let references: Vec<ContractReference> = simulator
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

fn page(simulator: &Simulator, contract: &str, query: &str) -> Result<String, Refusal> {
    // A contract number is compared as text: 012 is not 12.
    let number = simulator
        .contracts()
        .iter()
        .find(|number| number.to_string() == contract)
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::FORBIDDEN,
                FOREIGN_CONTRACT_CODE,
                format!("The token may not read the activity log of the contract {contract}"),
            )
        })?;
    let query = Query::parse(query)
        .map_err(|message| Refusal::new(StatusCode::BAD_REQUEST, BAD_PARAMETER_CODE, message))?;
    let span = Span::new(query.start, query.end, simulator.now());
    let page = simulator
        .log()
        .page(*number, span, query.offset, query.limit);
    // Records go out as the text they are, so that they are the same wherever they are asked for.
    let hits: Vec<String> = page
        .records
        .iter()
        .map(|record| format!("{{\"_source\":{record}}}"))
        .collect();
    Ok(format!(
        "{{\"hits\":{{\"total\":{},\"hits\":[{}]}}}}",
        page.total,
        hits.join(",")
    ))
}

#[cfg(test)]
mod tests;
