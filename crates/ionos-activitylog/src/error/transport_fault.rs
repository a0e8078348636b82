//! Classifies the error of a request that got no complete answer. The class depends on the cause of the error and
//! decides whether a retry can help. reqwest reports nearly every cause as "error sending request" and appends the URL,
//! so the cause is taken from the innermost error.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use super::Error;
use super::kind::ErrorKind;
use super::text::one_line;

/// The body of an answer exceeds `cap` bytes. The middleware in `net` puts this error into the body stream, and
/// [`body_error`] finds it among the causes.
#[derive(Debug)]
pub(crate) struct BodyTooLarge {
    pub(crate) cap: u64,
}

impl fmt::Display for BodyTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is larger than {} bytes", self.cap)
    }
}

impl StdError for BodyTooLarge {}

/// The hint of a TLS error on platforms where the TLS library finds the root certificates in files.
#[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
const TLS_HINT: &str = "check the certificates of the service and of this machine, or set SSL_CERT_FILE to a file \
                        with the root certificates of the service";
#[cfg(not(all(unix, not(target_vendor = "apple"), not(target_os = "android"))))]
const TLS_HINT: &str = "check the certificates of the service and of this machine";

/// The certificate of the service is not the pinned one. The verifier returns this error through the TLS library.
#[cfg(feature = "__rustls")]
#[derive(Debug)]
pub(crate) struct PinMismatch {
    /// The setting that pins the certificate.
    pub(crate) origin: String,
}

#[cfg(feature = "__rustls")]
impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its certificate is not the pinned one: {}", self.origin)
    }
}

#[cfg(feature = "__rustls")]
impl StdError for PinMismatch {}

/// The error for a request that got no answer. `place` is host and port of the service.
pub(crate) fn connection_error(error: reqwest::Error, place: &str) -> Error {
    let cause = root_cause(&error);
    let (kind, detail, hint) = if error.is_builder() {
        (ErrorKind::Configuration, format!("the request cannot be built ({cause})"), "check the API address")
    } else if error.is_redirect() {
        (ErrorKind::RedirectRefused, format!("{place} redirects too often"), "check the API address")
    } else if error.is_timeout() && error.is_connect() {
        (
            ErrorKind::ConnectTimeout,
            format!("connecting to {place} timed out"),
            "check the API address, the network and any proxy",
        )
    } else if error.is_timeout() {
        (ErrorKind::AttemptTimeout, format!("{place} did not answer in time"), "try again later")
    } else if let Some(cause) = tls_cause(&error) {
        (ErrorKind::Tls, format!("the connection to {place} is not secure ({cause})"), TLS_HINT)
    } else if error.is_connect() {
        (
            ErrorKind::Connection,
            format!("cannot connect to {place} ({cause})"),
            "check the API address, the network and any proxy",
        )
    } else {
        (ErrorKind::Connection, format!("the connection to {place} was lost ({cause})"), "try again")
    };
    Error::new(kind, detail).with_hint(hint).with_source(error.without_url())
}

/// The error for an answer whose body is incomplete.
pub(crate) fn body_error(error: reqwest::Error) -> Error {
    let (kind, detail, hint) = if let Some(too_large) = find::<BodyTooLarge>(&error) {
        (
            ErrorKind::TooLarge,
            format!("{too_large}"),
            "check the API address; if it is correct, report the answer to the support of the service",
        )
    } else if error.is_timeout() {
        (ErrorKind::AttemptTimeout, "the body of the answer did not arrive in time".to_owned(), "try again later")
    } else {
        (ErrorKind::InterruptedBody, format!("the answer broke off ({})", root_cause(&error)), "try again")
    };
    Error::new(kind, detail).with_hint(hint).with_source(error.without_url())
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // `io::Error::source` skips the inner error and returns the source of the inner error.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// The TLS failure among the causes; `None` if there is none.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    #[cfg(feature = "__rustls")]
    if let Some(error) = find::<rustls::Error>(error) {
        if let rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) = error
            && let Some(mismatch) = other.0.downcast_ref::<PinMismatch>()
        {
            return Some(one_line(&mismatch.to_string()));
        }
        return Some(one_line(&error.to_string()));
    }
    // The error types of other TLS libraries are unknown here, so their texts decide.
    let text = causes(error).last()?.to_string();
    let lower = text.to_lowercase();
    ["certificate", "ssl routines"].iter().any(|word| lower.contains(word)).then(|| one_line(&text))
}

/// The text of the innermost cause, which holds no URL.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    if let Some(kind) = find::<io::Error>(error).and_then(|error| describe(error.kind())) {
        return kind;
    }
    match causes(error).last() {
        Some(cause) if cause.downcast_ref::<reqwest::Error>().is_none() => one_line(&cause.to_string()),
        // reqwest's own text may hold the URL.
        _ => "no cause given".to_owned(),
    }
}

/// The text of a common connection error, which is the same on every operating system; `None` for other kinds.
fn describe(kind: io::ErrorKind) -> Option<String> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable};
    const PORTABLE: [io::ErrorKind; 5] =
        [ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable];
    PORTABLE.contains(&kind).then(|| kind.to_string())
}
