//! Every answer that is an error has one shape, the vendor's envelope, whatever went wrong.

use http::{HeaderValue, StatusCode};

use crate::world::record::{Envelope, Message, Scalar, Text, json};

/// Code of the answer to an unknown path or request, as the Cloud API has it.
pub const NOT_FOUND_CODE: &str = "309";

/// Code of the answer to a missing or wrong token, as another product of the vendor has it.
pub const UNAUTHORIZED_CODE: &str = "315";

/// Code of the answer to a request for the log of a contract that is not the account's, and of every other answer that
/// says 403, unless another one is chosen. None is public, so it is the status, as in other envelopes of the vendor.
pub const FOREIGN_CONTRACT_CODE: &str = "403";

/// Code of the answer to a parameter that was not understood. None is public, so it is the status.
pub const BAD_PARAMETER_CODE: &str = "400";

/// Code of the answer to more requests than the rate limit lets through. None is public, so it is the status.
pub const RATE_LIMIT_CODE: &str = "429";

/// Code of the answer to a method other than GET. None is public, so it is the status.
pub const METHOD_CODE: &str = "405";

/// Code of the answer when the service fails. None is public, so it is the status.
pub const FAILURE_CODE: &str = "500";

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    code: Text,
    message: Text,
    /// The value of the header `Retry-After`, if it is sent.
    pub(crate) retry_after: Option<HeaderValue>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None }
    }

    /// 400.
    pub(crate) fn bad_parameter(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, BAD_PARAMETER_CODE, message)
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, NOT_FOUND_CODE, "Resource does not exist")
    }

    /// 500.
    pub(crate) fn failure() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, FAILURE_CODE, "Internal Server Error")
    }

    /// The envelope.
    pub(crate) fn body(self) -> String {
        envelope(self.status.as_u16(), self.code, self.message)
    }
}

/// The vendor's envelope, with one message.
pub(crate) fn envelope(status: u16, code: Text, message: Text) -> String {
    json(&Envelope { http_status: Scalar::Whole(status.into()), messages: vec![Message { error_code: code, message }] })
}
