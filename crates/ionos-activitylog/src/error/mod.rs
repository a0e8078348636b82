//! An error people can act on says in one line what was being done, what came back, in the vendor's own words
//! where there are any, and what to do about it. And it shows nothing secret: no token, no URL with its query.

mod body;
pub(crate) mod wire;

use std::error::Error as StdError;
use std::fmt;

use reqwest::StatusCode;

pub use body::{ERROR_BODY_CAP, VendorMessage};

/// Why a call failed. [`fmt::Display`] gives one line: what was being done, what happened, and what to do.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<String>,
    detail: String,
    status: Option<StatusCode>,
    messages: Vec<VendorMessage>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of failure, by what one can do about them.
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
    /// 403: the token is valid but may not read this log. The user needs the privilege, or it is another contract.
    Forbidden,
    /// 404: there is no such thing at this address. Check the address of the API and the contract number.
    NotFound,
    /// 409: the service sees a conflict. Try again.
    Conflict,
    /// 429: too many requests. Wait and try again.
    RateLimited,
    /// 500 and other statuses above it, except 503: a fault of the service. Try again later.
    Server,
    /// 503: the service is not available. Try again later.
    Unavailable,
    /// A status that the service does not document here, among them redirects, which are never followed with a token.
    UnexpectedStatus,
    /// The service could not be reached. Check address, network, proxy and certificates.
    Connection,
    /// No answer in time. Try again later.
    Timeout,
    /// The answer broke off. Try again.
    InterruptedBody,
    /// The answer came and is not what the API describes. The address may be another service's.
    Decode,
    /// The service sent fewer events than it counts: what was read is not all. Try again.
    Incomplete,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            detail: detail.into(),
            status: None,
            messages: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn during(mut self, operation: String) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_status(mut self, status: Option<StatusCode>) -> Self {
        self.0.status = status;
        self
    }

    pub(crate) fn with_messages(mut self, messages: Vec<VendorMessage>) -> Self {
        self.0.messages = messages;
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the answer, when there was one, also where its body could not be read.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The vendor's messages; empty when the answer had none in the vendor's form.
    #[must_use]
    pub fn messages(&self) -> &[VendorMessage] {
        &self.0.messages
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.0.operation {
            write!(f, "{operation} failed: ")?;
        }
        f.write_str(&self.0.detail)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("status", &self.status())
            .field("message", &self.to_string())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
