//! Settings are checked where they are put together, so that a client that exists can be used.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;

use super::ClientBuilder;
use crate::auth::{Authorization, BasicCredentials, TokenCache};
use crate::base_url::BaseUrl;
use crate::call::Caller;
use crate::config::{self, Credentials, EmptyEnv, Options, ProcessEnv, ResolvedConfig, Setting};
use crate::defaults::DEFAULT_BASE_URL;
use crate::pacing::{InFlight, Rate};
use crate::transport::{Connection, ConnectionOptions, user_agent};
use crate::{AccessToken, Client, Error, ErrorKind};

impl ClientBuilder {
    pub(super) fn resolved(&self, options: Options) -> Result<ResolvedConfig, Error> {
        match self.surrounded {
            true => config::resolve(options, &ProcessEnv),
            false => config::resolve(options, &EmptyEnv),
        }
    }

    /// Checks the settings and makes the client. Nothing is sent.
    ///
    /// Fails with [`ErrorKind::Configuration`] when there are no credentials, or a setting cannot be used; with
    /// [`ClientBuilder::from_env`], the error lists each source that was asked for credentials and what it said.
    pub fn build(mut self) -> Result<Client, Error> {
        self.check_numbers()?;
        let options = std::mem::take(&mut self.options);
        let resolved = self.resolved(options)?;
        let base_url = BaseUrl::parse(resolved.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let (authorization, settings) = self.authorization(&resolved)?;
        let http = match &self.http {
            // Its certificates are its own affair, and a setting that is not in force must not seem to be.
            Some(_) if resolved.pinned_certificate.is_some() || resolved.root_certificates.is_some() => {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "a pinned or a root certificate is set, and the program brings an HTTP client of its own",
                )
                .with_hint("set it there, and not here"));
            }
            Some(client) => client.clone(),
            None => self.connect(&base_url, &resolved)?,
        };
        let carrier = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Connection(http.clone())),
        };
        let carrier = match self.wrap {
            Some(wrap) => wrap(carrier),
            None => carrier,
        };
        let caller = Caller {
            base_url,
            authorization,
            http,
            carrier,
            clock: self.clock,
            spawner: self.spawner,
            learned: Default::default(),
            retry: self.retry,
            budget: Default::default(),
            in_flight: InFlight::new(self.max_in_flight),
            rate: self.requests_per_second.map(Rate::new),
            attempt_timeout: self.attempt_timeout,
            body_cap: self.body_cap,
            user_agent: user_agent(self.user_agent_suffix.as_deref())?,
            contract_header: resolved.contract.as_deref().map(header_of).transpose()?,
        };
        Ok(Client::new(caller, settings))
    }

    /// What requests are authorised with, and the settings with that.
    fn authorization(&self, resolved: &ResolvedConfig) -> Result<(Authorization, Vec<Setting>), Error> {
        if let Some(provider) = &self.provider {
            let cache = TokenCache::new(provider.clone(), self.clock.clone());
            return Ok((Authorization::Cached(cache), resolved.settings_with_provider()));
        }
        let credentials = match &resolved.credentials {
            None if !self.surrounded => {
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
            read_timeout: self.read_timeout,
            // A proxy in front of this machine would get the token in plain text.
            proxies: !base_url.is_loopback(),
            certificates: self.transport.is_none() && base_url.is_https(),
            root_certificates: resolved.root_certificates.as_deref(),
            pinned_certificate: resolved.pinned_certificate.as_deref(),
        }
        .client()
    }

    fn check_numbers(&self) -> Result<(), Error> {
        let timeouts = [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("attempt_timeout", self.attempt_timeout),
        ];
        let (refusal, hint) = if let Some((name, _)) = timeouts.iter().find(|(_, timeout)| timeout.is_zero()) {
            (format!("{name} of no time"), "give more than 0")
        } else if self.max_in_flight == 0 {
            ("max_in_flight of 0".to_owned(), "give at least 1")
        } else if let Some(rate) = self.requests_per_second.filter(|rate| !(rate.is_finite() && *rate > 0.0)) {
            (format!("requests_per_second of {rate}"), "give a number above 0")
        } else if self.body_cap == 0 {
            ("body_cap of 0".to_owned(), "give at least 1")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Configuration, format!("the client cannot be made with a {refusal}")).with_hint(hint))
    }
}

/// The digits of a contract number as a header.
fn header_of(contract: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(contract)
        .map_err(|_| Error::new(ErrorKind::Configuration, "the contract number does not fit into a header"))
}
