//! The transport over a real connection.

use std::time::Duration;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::redirect;

use crate::error::wire::root_cause;
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

/// The client that is used when the program brings none. Without `proxies` it always connects directly; without
/// `certificates` it reads none of the machine's, so that it also works where there are none, and reaches no https.
pub(crate) fn http_client(proxies: bool, certificates: bool) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // The token must not travel to wherever an answer points.
        .redirect(redirect::Policy::none())
        // Retries are decided where the whole answer is seen.
        .retry(reqwest::retry::never());
    if !proxies {
        builder = builder.no_proxy();
    }
    #[cfg(feature = "rustls")]
    if !certificates {
        builder = builder.tls_certs_only([]);
    }
    // Without TLS there is nothing that would read them.
    #[cfg(not(feature = "rustls"))]
    let _ = certificates;
    builder.build().map_err(|error| {
        Error::new(
            ErrorKind::Configuration,
            format!(
                "the connection cannot be set up ({}): check the machine's certificates and proxy settings",
                root_cause(&error)
            ),
        )
        .with_source(error.without_url())
    })
}
