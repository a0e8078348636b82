//! Validates the settings and builds the client, so that every existing client has valid settings.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;

use crate::api::{Api, SharedApi};
use crate::auth::{AccessToken, Authorization, BasicCredentials, TokenCache};
use crate::builder::ClientBuilder;
use crate::client::Client;
use crate::config::{self, Credentials, EmptyEnv, Options, ProcessEnv, ResolvedConfig, Setting};
use crate::defaults::DEFAULT_BASE_URL;
use crate::error::{Error, ErrorKind};
use crate::net::base_url::BaseUrl;
use crate::net::concurrency::ConcurrencyLimiter;
use crate::net::middleware::user_agent;
use crate::net::rate::RateLimiter;
use crate::net::transport::{ConnectionOptions, HttpTransport, PinnedCertificate};

impl ClientBuilder {
    pub(super) fn resolve(&self, options: Options) -> Result<ResolvedConfig, Error> {
        match self.reads_env {
            true => config::resolve(options, &ProcessEnv),
            false => config::resolve(options, &EmptyEnv),
        }
    }

    /// Validates the settings and builds the client. Sends no request.
    ///
    /// Fails with [`ErrorKind::Configuration`] if no credentials are set or a setting is invalid. With
    /// [`ClientBuilder::from_env`], the error for missing credentials lists why each source has none.
    pub fn build(mut self) -> Result<Client, Error> {
        self.check_bounds()?;
        let options = std::mem::take(&mut self.options);
        let resolved = self.resolve(options)?;
        let base_url = BaseUrl::parse(resolved.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let (authorization, settings) = self.authorization(&resolved)?;
        let http = match &self.http {
            // An HTTP client that the caller supplies has its own certificates. Without this error, a user could
            // believe that the certificates of these settings are in force.
            Some(_) if resolved.pinned_certificate.is_some() || resolved.root_certificates.is_some() => {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "a pinned or root certificate is set, but the program supplies its own HTTP client",
                )
                .with_hint("set the certificate in the HTTP client"));
            }
            Some(client) => client.clone(),
            None => self.connect(&base_url, &resolved)?,
        };
        // An HTTP client or a transport that the caller supplies has its own time limits.
        let read_timeout = (self.http.is_none() && self.transport.is_none()).then_some(self.read_timeout);
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(HttpTransport(http.clone())),
        };
        let transport = match self.wrap {
            Some(wrap) => wrap(transport),
            None => transport,
        };
        let api = SharedApi {
            base_url,
            authorization,
            http,
            transport,
            clock: self.clock,
            spawner: self.spawner,
            limits: Default::default(),
            retry: self.retry,
            budget: Default::default(),
            limiter: ConcurrencyLimiter::new(self.max_in_flight),
            rate: self.requests_per_second.map(RateLimiter::new),
            read_timeout,
            attempt_timeout: self.attempt_timeout,
            body_cap: self.body_cap,
            user_agent: user_agent(self.user_agent_suffix.as_deref())?,
            contract_header: resolved.contract.as_deref().map(contract_header).transpose()?,
        };
        Ok(Client::new(Api::new(api), settings))
    }

    /// The authorization of the requests, and the settings with their origins.
    fn authorization(&self, resolved: &ResolvedConfig) -> Result<(Authorization, Vec<Setting>), Error> {
        if let Some(provider) = &self.provider {
            let cache = TokenCache::new(provider.clone(), self.clock.clone());
            return Ok((Authorization::Cached(cache), resolved.settings_with_provider()));
        }
        let credentials = match &resolved.credentials {
            None if !self.reads_env => {
                return Err(Error::new(ErrorKind::Configuration, "no credentials are set")
                    .with_hint("set a token, or create the client with from_env"));
            }
            _ => resolved.credentials_or_error()?,
        };
        let authorization = match credentials {
            Credentials::Token(token) => Authorization::Token(Arc::new(AccessToken::new(token.expose_secret())?)),
            Credentials::Basic { username, password } => {
                Authorization::Basic(BasicCredentials::new(username, password)?)
            }
        };
        Ok((authorization, resolved.settings.clone()))
    }

    fn connect(&self, base_url: &BaseUrl, resolved: &ResolvedConfig) -> Result<reqwest::Client, Error> {
        ConnectionOptions {
            connect_timeout: self.connect_timeout,
            // No proxy for loopback addresses: they may use plain http, so a proxy would see the token.
            proxies: self.transport.is_none() && !base_url.is_loopback(),
            certificates: self.transport.is_none() && base_url.is_https(),
            root_certificates: resolved.root_certificates.as_deref(),
            pinned_certificate: resolved
                .pinned_certificate
                .as_deref()
                .map(|sha256| PinnedCertificate { sha256, origin: resolved.origin("pinned certificate") }),
        }
        .build_client()
    }

    fn check_bounds(&self) -> Result<(), Error> {
        let timeouts = [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("attempt_timeout", self.attempt_timeout),
        ];
        let (reason, hint) = if let Some((name, _)) = timeouts.iter().find(|(_, timeout)| timeout.is_zero()) {
            (format!("{name} is 0"), "use more than 0")
        } else if self.max_in_flight == 0 {
            ("max_in_flight is 0".to_owned(), "use at least 1")
        } else if let Some(rate) = self.requests_per_second.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            (format!("requests_per_second is {rate}"), "use a number above 0")
        } else if self.body_cap == 0 {
            ("body_cap is 0".to_owned(), "use at least 1")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Configuration, format!("invalid client settings: {reason}")).with_hint(hint))
    }
}

/// The value of the contract header.
fn contract_header(contract: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(contract)
        .map_err(|_| Error::new(ErrorKind::Configuration, "the contract number is not a valid header value"))
}
