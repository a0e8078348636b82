//! The default transport: HTTP over reqwest, with redirects limited to the same origin and retries disabled. Answers
//! may be compressed, and are decompressed here.

use std::time::Duration;

use ionos_activitylog_client::{Exchange, Transport};
use reqwest::header::ACCEPT_ENCODING;
use reqwest::redirect;

use crate::error::transport_fault::root_cause;
use crate::error::{Error, ErrorKind};
use crate::net::content_encoding::{ACCEPTED_ENCODINGS, decode_body};
use crate::net::environment;

/// Maximum redirects per request.
const MAX_REDIRECTS: usize = 5;

/// Sends requests through reqwest.
pub(crate) struct HttpTransport(pub(crate) reqwest::Client);

impl Transport for HttpTransport {
    fn send<'a>(&'a self, _operation: &'static str, mut request: reqwest::Request) -> Exchange<'a> {
        request.headers_mut().entry(ACCEPT_ENCODING).or_insert(ACCEPTED_ENCODINGS);
        Box::pin(async move { Ok(decode_body(self.0.execute(request).await?)) })
    }
}

/// A pinned certificate.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "__rustls"), expect(dead_code, reason = "only rustls accepts a pinned certificate"))]
pub(crate) struct PinnedCertificate<'a> {
    /// SHA-256 of the certificate, as 64 hex digits.
    pub(crate) sha256: &'a str,
    /// The setting that pins the certificate, for messages.
    pub(crate) origin: String,
}

/// Connection settings, used unless the program sets its own HTTP client.
#[derive(Debug)]
pub(crate) struct ConnectionOptions<'a> {
    pub(crate) connect_timeout: Duration,
    /// Whether to use the proxy of the environment.
    pub(crate) proxies: bool,
    /// Whether to load the root certificates of the machine. If `false`, https fails, but http works even on a machine
    /// that has no root certificates.
    pub(crate) certificates: bool,
    /// Additional root certificates, PEM.
    pub(crate) root_certificates: Option<&'a str>,
    /// The only certificate to accept.
    pub(crate) pinned_certificate: Option<PinnedCertificate<'a>>,
}

impl ConnectionOptions<'_> {
    /// Builds the HTTP client. Sends no request.
    pub(crate) fn build_client(self) -> Result<reqwest::Client, Error> {
        #[cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
        super::tls_pin::verifier::check_crypto_provider()?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout)
            // No read timeout here: it would also count the time in which the request is not polled. The API layer
            // limits the time between two parts of an answer instead, see `AnswerProgress`.
            .redirect(redirect::Policy::custom(follow_same_origin))
            // The transport decodes the body. reqwest would read only the first member of a gzip body.
            .no_gzip()
            // The retry loop of the API layer decides about retries.
            .retry(reqwest::retry::never());
        match self.proxies {
            true => environment::check_proxy(|name| std::env::var(name))?,
            false => builder = builder.no_proxy(),
        }
        builder = self.with_tls(builder)?;
        builder.build().map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("cannot set up the HTTP client ({})", root_cause(&error)))
                .with_hint("check the machine's certificates and proxy settings")
                .with_source(error.without_url())
        })
    }

    #[cfg(any(feature = "__rustls", feature = "native-tls"))]
    fn with_tls(&self, mut builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        if let Some(pin) = &self.pinned_certificate {
            return with_pin(builder, pin);
        }
        if !self.certificates {
            return Ok(builder.tls_certs_only([]));
        }
        #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
        environment::certificates::check(|name| std::env::var_os(name))?;
        if let Some(pem) = self.root_certificates {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|found| !found.is_empty());
            builder = builder.tls_certs_merge(certificates.ok_or_else(|| {
                Error::new(ErrorKind::Configuration, "invalid root certificate")
                    .with_hint("use one or more certificates in PEM format")
            })?);
        }
        Ok(builder)
    }

    #[cfg(not(any(feature = "__rustls", feature = "native-tls")))]
    fn with_tls(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        if self.certificates || self.root_certificates.is_some() || self.pinned_certificate.is_some() {
            return Err(Error::new(ErrorKind::Configuration, "this build has no TLS and cannot connect over https")
                .with_hint("enable a TLS feature of ionos-activitylog"));
        }
        Ok(builder)
    }
}

#[cfg(feature = "__rustls")]
fn with_pin(builder: reqwest::ClientBuilder, pin: &PinnedCertificate<'_>) -> Result<reqwest::ClientBuilder, Error> {
    Ok(builder.tls_backend_preconfigured(super::tls_pin::verifier::pinned_config(pin.sha256, &pin.origin)?))
}

#[cfg(all(feature = "native-tls", not(feature = "__rustls")))]
fn with_pin(_: reqwest::ClientBuilder, _: &PinnedCertificate<'_>) -> Result<reqwest::ClientBuilder, Error> {
    Err(Error::new(
        ErrorKind::Configuration,
        "a pinned certificate (IONOS_PINNED_CERT) needs the TLS feature rustls or rustls-no-provider",
    ))
}

/// Follows a redirect within the same scheme, host and port. Any other redirect is returned as the answer, because the
/// token must not be sent to another host.
fn follow_same_origin(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let origin = |url: &reqwest::Url| url.origin();
    match attempt.previous().first().map(origin) {
        Some(first) if first == origin(attempt.url()) && attempt.previous().len() <= MAX_REDIRECTS => attempt.follow(),
        Some(first) if first == origin(attempt.url()) => attempt.error("too many redirects"),
        _ => attempt.stop(),
    }
}
