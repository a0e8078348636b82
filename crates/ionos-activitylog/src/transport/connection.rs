//! The transport over a real connection.

use std::time::Duration;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::redirect;

use crate::{Error, ErrorKind};

/// How long to wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for the next bytes of an answer.
pub const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests through reqwest.
pub(crate) struct Connection(pub(crate) reqwest::Client);

impl Transport for Connection {
    fn send<'a>(&'a self, _operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(self.0.execute(request))
    }
}

/// The client that is used when the program brings none. `direct` leaves out any proxy.
pub(crate) fn http_client(direct: bool) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // The token must not travel to wherever an answer points.
        .redirect(redirect::Policy::none())
        // Retries are decided where the whole answer is seen.
        .retry(reqwest::retry::never());
    if direct {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        Error::new(
            ErrorKind::Configuration,
            "the connection cannot be set up: check the machine's certificates and proxy settings",
        )
        .with_source(error.without_url())
    })
}
