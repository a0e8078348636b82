//! Errors of the API. Each has the vendor's envelope as its body.

use http::{HeaderValue, StatusCode};

use crate::data::error_envelope::ErrorEnvelope;
use crate::data::value::Text;

/// `errorCode` of the answer to an unknown path, or to an unknown request id in a path. The Cloud API uses this code.
pub const NOT_FOUND_CODE: &str = "309";

/// `errorCode` of the answer to missing or wrong credentials. Another product of the vendor uses this code.
pub const UNAUTHORIZED_CODE: &str = "315";

/// Default `errorCode` of every answer with the status 403, such as for a contract that the credentials cannot read.
/// The vendor publishes no code, so the status is used, as in other envelopes of the vendor.
pub const FORBIDDEN_CODE: &str = "403";

/// `errorCode` of the answer to a parameter that cannot be parsed. The vendor publishes no code, so the status is used.
pub const BAD_PARAMETER_CODE: &str = "400";

/// `errorCode` of the answer to a request above the rate limit. The vendor publishes no code, so the status is used.
pub const RATE_LIMIT_CODE: &str = "429";

/// `errorCode` of the answer to a method other than GET. The vendor publishes no code, so the default status is used,
/// even if [`Behavior::other_methods`](crate::Behavior::other_methods) is another status.
pub const METHOD_CODE: &str = "405";

/// `errorCode` of the answer when the service fails. The vendor publishes no code, so the status is used.
pub const FAILURE_CODE: &str = "500";

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    code: Text,
    message: Text,
    /// The value of the header `Retry-After`; `None` if the header is not sent.
    pub(crate) retry_after: Option<HeaderValue>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None }
    }

    pub(crate) fn bad_parameter(message: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, BAD_PARAMETER_CODE, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, NOT_FOUND_CODE, "Resource does not exist")
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, FAILURE_CODE, "Internal Server Error")
    }

    /// The body: the vendor's envelope as JSON.
    pub(crate) fn into_json(self) -> String {
        ErrorEnvelope::with_message(self.status.as_u16(), self.code, self.message).to_json()
    }
}
