//! Kinds of failure, distinguished by what the user can do about them.

use reqwest::StatusCode;

/// The kind of a failure.
///
/// Statuses mean what the vendor documents: 200 is success, and 204 is success with an empty result. No call of this
/// library expects 201 or 202, so they are [`ErrorKind::UnexpectedStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or argument is invalid, and no request was sent. Correct the setting or argument.
    Configuration,
    /// A range, time or duration is malformed, empty, or outside the years 0000 to 9999, and no request was sent.
    /// Correct the value.
    Range,
    /// 400: the service rejects the request. Report it: this library or the service has a defect.
    BadRequest,
    /// 401: the token is missing, wrong or expired. Get a new one.
    Unauthorized,
    /// The token expired before the request was sent. Get a new one.
    TokenExpired,
    /// The token provider failed and no other token is valid, so the request was not sent. The provider's own error is
    /// [`Error::provider_error`](crate::error::Error::provider_error).
    TokenProvider,
    /// 403: the token is valid but may not read this log. The user lacks the privilege, or the contract is wrong.
    Forbidden,
    /// 404: the address does not exist. Check the API address and the contract number.
    NotFound,
    /// 409: the request conflicts with the present state of the service. Not retried; it may succeed later.
    Conflict,
    /// 429: too many requests. Wait for [`Error::retry_after`](crate::error::Error::retry_after) and try again.
    RateLimited,
    /// 500: the service failed. Try again later.
    Server,
    /// 502: a gateway in front of the service got no usable answer. Try again later.
    BadGateway,
    /// 503: the service is unavailable. Also the statuses 408, 425, 507 and 520 to 599, which services and gateways
    /// send for the same reason. Try again later.
    Unavailable,
    /// 504: a gateway in front of the service got no answer in time. Try again later.
    GatewayTimeout,
    /// Any other status.
    UnexpectedStatus,
    /// 3xx: the service redirects too often, or to another scheme, host or port, to which the token is not sent. Check
    /// the API address.
    RedirectRefused,
    /// The connection could not be established in time. Check address, network and proxy.
    ConnectTimeout,
    /// One attempt took too long. Try again later.
    AttemptTimeout,
    /// The call, including its retries and waits, took too long. Try again later, or allow more time.
    CallTimeout,
    /// The service could not be reached, or the connection was lost. Check address, network and proxy.
    Connection,
    /// The service's certificate is not trusted, or the TLS handshake failed. Check the certificates.
    Tls,
    /// The answer broke off. Try again.
    InterruptedBody,
    /// The answer is larger than `ClientBuilder::body_cap`. If a page of a stream is too large, the stream requests
    /// smaller pieces of the page. So an answer that causes this error is probably not a page of the log. Check the API
    /// address first, then raise the limit.
    TooLarge,
    /// The answer does not match the API description. The address may belong to another service.
    Decode,
    /// The service sent fewer events than it reports, so the result is incomplete. Try again.
    Incomplete,
}

impl ErrorKind {
    /// The kind of the error for an answer with an unexpected status.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            300..=399 => Self::RedirectRefused,
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            500 => Self::Server,
            502 => Self::BadGateway,
            408 | 425 | 503 | 507 | 520..=599 => Self::Unavailable,
            504 => Self::GatewayTimeout,
            _ => Self::UnexpectedStatus,
        }
    }

    /// The hint for an error that has a status. `None` if the kind alone does not determine the hint.
    pub(crate) fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::Unauthorized => "check that the token is complete, valid and not expired",
            Self::Forbidden => {
                "contract owners and administrators may read the log; other users need a group with the privilege \
                 ACCESS_ACTIVITY_LOG, which an administrator grants in the DCD's user manager as \"Access Activity-Log-API\""
            }
            Self::NotFound => "check the API address and the contract number",
            Self::Conflict | Self::Server | Self::BadGateway | Self::Unavailable | Self::GatewayTimeout => {
                "try again later"
            }
            Self::RateLimited => "wait and try again",
            Self::RedirectRefused => "the token is not sent to another host: check the API address",
            _ => return None,
        })
    }

    /// Whether the transfer of the answer failed, so that its status does not decide about a retry.
    pub(super) fn is_transfer_failure(self) -> bool {
        matches!(self, Self::InterruptedBody | Self::AttemptTimeout | Self::CallTimeout | Self::TooLarge | Self::Decode)
    }

    /// Whether a retry may help after a failure of this kind, if no status decides about the retry.
    pub(super) fn is_transient(self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout | Self::AttemptTimeout | Self::Connection | Self::InterruptedBody | Self::Incomplete
        )
    }

    /// Whether a connection could not be established, was lost, or took too long.
    pub(super) fn is_connection_failure(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::AttemptTimeout | Self::Connection | Self::InterruptedBody)
    }
}
