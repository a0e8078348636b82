//! Failures told apart by what one can do about them.

use reqwest::StatusCode;

/// The kinds of failure.
///
/// The meaning of a status is the vendor's: 200 is success, 204 is success without content and an empty result, and
/// 201 and 202, which no reading call should give, are [`ErrorKind::UnexpectedStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument cannot be used. Nothing was sent. Correct it.
    Configuration,
    /// A range is empty or cannot be expressed in a request. Nothing was sent. Correct it.
    Range,
    /// 400: the service does not accept the request. A fault of this library or a change of the service: report it.
    BadRequest,
    /// 401: the token is missing, wrong or expired. Get a new one.
    Unauthorized,
    /// The token expired before a request could go with it. Get a new one.
    TokenExpired,
    /// The token provider failed and there is no token that is still valid, so no request could go. Its own error is
    /// [`Error::provider_error`](crate::Error::provider_error).
    TokenProvider,
    /// 403: the token is valid but may not read this log. The user needs the privilege, or it is another contract.
    Forbidden,
    /// 404: there is no such thing at this address. Check the address of the API and the contract number.
    NotFound,
    /// 409: the service sees a conflict with the present state. Not tried again by itself; it may pass later.
    Conflict,
    /// 429: too many requests. Wait as long as [`Error::retry_after`](crate::Error::retry_after) says and try again.
    RateLimited,
    /// 500: a fault of the service. Try again later.
    Server,
    /// 502: something in front of the service got no usable answer. Try again later.
    BadGateway,
    /// 503: the service is not available. Try again later.
    Unavailable,
    /// 504: something in front of the service got no answer in time. Try again later.
    GatewayTimeout,
    /// Any other status.
    UnexpectedStatus,
    /// The service points to another place, and the token does not go along. Check the address of the API.
    RedirectRefused,
    /// No connection in time. Check address, network and proxy.
    ConnectTimeout,
    /// A single attempt took too long. Try again later.
    AttemptTimeout,
    /// The call took too long in all, its attempts and waits included. Try again later or allow more time.
    CallTimeout,
    /// The service could not be reached, or the connection was lost. Check address, network and proxy.
    Connection,
    /// The service's certificate is not trusted, or the connection could not be encrypted. Check certificates.
    Tls,
    /// The answer broke off. Try again.
    InterruptedBody,
    /// The answer is larger than allowed. Ask for smaller pages, or allow more.
    TooLarge,
    /// The answer came and is not what the API describes. The address may be another service's.
    Decode,
    /// The service sent fewer events than it counts: what was read is not all. Try again.
    Incomplete,
}

impl ErrorKind {
    /// The kind of an answer that is not the one hoped for.
    pub(super) fn of(status: StatusCode) -> Self {
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
            503 => Self::Unavailable,
            504 => Self::GatewayTimeout,
            _ => Self::UnexpectedStatus,
        }
    }

    /// What to do about it, where the kind alone says so.
    pub(super) fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::Unauthorized => "check that the token is complete, valid and not expired",
            Self::Forbidden => {
                "contract owners and administrators may read the log; other users need a group with the privilege \
                 ACCESS_ACTIVITY_LOG, which an administrator grants in the DCD's user manager as \"Access Activity-Log-API\""
            }
            Self::NotFound => "check the address of the API and the contract number",
            Self::Conflict | Self::Server | Self::BadGateway | Self::Unavailable | Self::GatewayTimeout => {
                "try again later"
            }
            Self::RateLimited => "wait and try again",
            Self::RedirectRefused => "the token does not go along: check the address of the API",
            _ => return None,
        })
    }

    /// Whether it is about how an answer travelled and not about what it says.
    pub(super) fn is_about_the_way(self) -> bool {
        matches!(self, Self::InterruptedBody | Self::AttemptTimeout | Self::CallTimeout | Self::TooLarge | Self::Decode)
    }

    /// Whether trying again may help where there is no status to go by.
    pub(super) fn is_transient(self) -> bool {
        matches!(
            self,
            Self::ConnectTimeout | Self::AttemptTimeout | Self::Connection | Self::InterruptedBody | Self::Incomplete
        )
    }
}
