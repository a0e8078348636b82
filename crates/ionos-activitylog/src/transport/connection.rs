//! The transport over a real connection.

use std::time::Duration;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::redirect;

use crate::error::transport_fault::root_cause;
use crate::{Error, ErrorKind};

/// How often a redirect is followed; a service that redirects reads once.
const MOST_REDIRECTS: usize = 5;

/// Sends requests through reqwest.
pub(crate) struct Connection(pub(crate) reqwest::Client);

impl Transport for Connection {
    fn send<'a>(&'a self, _operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(self.0.execute(request))
    }
}

/// How to connect, when the program brings no client of its own.
#[derive(Debug)]
pub(crate) struct ConnectionOptions<'a> {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Without, it always connects directly.
    pub(crate) proxies: bool,
    /// Without, it reads none of the machine's certificates, so that it works where there are none, and reaches no
    /// https.
    pub(crate) certificates: bool,
    /// Further certificates to trust, PEM.
    pub(crate) root_certificates: Option<&'a str>,
    /// The only certificate to accept, as the vendor writes it.
    pub(crate) pinned_certificate: Option<&'a str>,
}

impl ConnectionOptions<'_> {
    /// Makes the client. Nothing is sent.
    pub(crate) fn client(self) -> Result<reqwest::Client, Error> {
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        super::pin::check_provider()?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            .read_timeout(self.read_timeout)
            .redirect(redirect::Policy::custom(same_place))
            // Retries are decided where the whole answer is seen.
            .retry(reqwest::retry::never());
        if !self.proxies {
            builder = builder.no_proxy();
        }
        builder = self.with_tls(builder)?;
        builder.build().map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("the connection cannot be set up ({})", root_cause(&error)))
                .with_hint("check the machine's certificates and proxy settings")
                .with_source(error.without_url())
        })
    }

    #[cfg(any(feature = "__rustls", feature = "native-tls"))]
    fn with_tls(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        if let Some(pin) = self.pinned_certificate {
            return with_pin(builder, pin);
        }
        if !self.certificates {
            return Ok(builder.tls_certs_only([]));
        }
        if let Some(pem) = self.root_certificates {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|found| !found.is_empty());
            builder = builder.tls_certs_merge(certificates.ok_or_else(|| {
                Error::new(ErrorKind::Configuration, "a root certificate cannot be read")
                    .with_hint("give one or more certificates in PEM")
            })?);
        }
        Ok(builder)
    }

    #[cfg(not(any(feature = "__rustls", feature = "native-tls")))]
    fn with_tls(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        if self.certificates || self.root_certificates.is_some() || self.pinned_certificate.is_some() {
            return Err(Error::new(ErrorKind::Configuration, "this build has no TLS, so it reaches no https")
                .with_hint("switch on a TLS feature of ionos-activitylog"));
        }
        Ok(builder)
    }
}

#[cfg(feature = "__rustls")]
fn with_pin(builder: reqwest::ClientBuilder, pin: &str) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder.tls_backend_preconfigured(super::pin::config(pin)?))
}

#[cfg(all(feature = "native-tls", not(feature = "__rustls")))]
fn with_pin(_: reqwest::ClientBuilder, _: &str) -> Result<reqwest::ClientBuilder, Error> {
    Err(Error::new(
        ErrorKind::Configuration,
        "a pinned certificate (IONOS_PINNED_CERT) needs the TLS feature rustls or rustls-no-provider",
    ))
}

/// Follows a redirect within the same scheme, host and port; any other is given back as it came, because the token
/// must not travel to wherever an answer points.
fn same_place(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let origin = |url: &reqwest::Url| url.origin();
    match attempt.previous().first().map(origin) {
        Some(first) if first == origin(attempt.url()) && attempt.previous().len() <= MOST_REDIRECTS => attempt.follow(),
        Some(first) if first == origin(attempt.url()) => attempt.error("too many redirects"),
        _ => attempt.stop(),
    }
}
