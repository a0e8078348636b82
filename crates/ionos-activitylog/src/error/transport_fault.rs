//! No answer, or one that broke off: why decides whether trying again can help. The libraries below call nearly
//! everything "error sending request" and put the URL behind it, so the cause is looked for further in.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use super::body::one_line;
use super::{Error, ErrorKind};

/// The body of an answer passed the cap. Put into the stream of the body, and found again here.
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

/// No answer came.
pub(super) fn not_reached(error: reqwest::Error, place: &str) -> Error {
    let cause = root_cause(&error);
    let (kind, detail, hint) = if error.is_builder() {
        (ErrorKind::Configuration, format!("the request cannot be made ({cause})"), "check the address of the API")
    } else if error.is_redirect() {
        (
            ErrorKind::RedirectRefused,
            format!("{place} points to another place again and again"),
            "check the address of the API",
        )
    } else if error.is_timeout() && error.is_connect() {
        (
            ErrorKind::ConnectTimeout,
            format!("no connection to {place} in time"),
            "check the address of the API, the network and any proxy",
        )
    } else if error.is_timeout() {
        (ErrorKind::AttemptTimeout, format!("{place} did not answer in time"), "try again later")
    } else if let Some(cause) = tls_cause(&error) {
        (
            ErrorKind::Tls,
            format!("the connection to {place} is not secure ({cause})"),
            "check the certificates of the service and of this machine",
        )
    } else if error.is_connect() {
        (
            ErrorKind::Connection,
            format!("cannot connect to {place} ({cause})"),
            "check the address of the API, the network and any proxy",
        )
    } else {
        (ErrorKind::Connection, format!("the connection to {place} was lost ({cause})"), "try again")
    };
    Error::new(kind, detail).advise(hint).with_source(error.without_url())
}

/// An answer began and did not come to its end.
pub(super) fn body_broke_off(error: reqwest::Error) -> Error {
    let (kind, detail, hint) = if let Some(too_large) = find::<BodyTooLarge>(&error) {
        (ErrorKind::TooLarge, format!("{too_large}"), "ask for smaller pages, or allow more")
    } else if error.is_timeout() {
        (ErrorKind::AttemptTimeout, "the answer did not come to its end in time".to_owned(), "try again later")
    } else {
        (ErrorKind::InterruptedBody, format!("the answer broke off ({})", root_cause(&error)), "try again")
    };
    Error::new(kind, detail).advise(hint).with_source(error.without_url())
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An io::Error gives its inner error as source only one step further in.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// What is wrong with the encryption, if that is it.
fn tls_cause(error: &(dyn StdError + 'static)) -> Option<String> {
    #[cfg(feature = "__rustls")]
    if let Some(error) = find::<rustls::Error>(error) {
        return Some(one_line(&error.to_string()));
    }
    // Other TLS libraries, whose error types are not known here.
    let text = chain(error).last()?.to_string();
    let lower = text.to_lowercase();
    ["certificate", "ssl routines"].iter().any(|word| lower.contains(word)).then(|| one_line(&text))
}

/// The innermost cause: the outer ones say "error sending request" and the URL.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    if let Some(kind) = find::<io::Error>(error).and_then(|error| named(error.kind())) {
        return kind;
    }
    match chain(error).last() {
        Some(cause) if cause.downcast_ref::<reqwest::Error>().is_none() => one_line(&cause.to_string()),
        // Nothing inside: reqwest's own text may hold the URL.
        _ => "no cause given".to_owned(),
    }
}

/// The common faults of a connection in words that are the same on every system.
fn named(kind: io::ErrorKind) -> Option<String> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable};
    const NAMED: [io::ErrorKind; 5] =
        [ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable];
    NAMED.contains(&kind).then(|| kind.to_string())
}
