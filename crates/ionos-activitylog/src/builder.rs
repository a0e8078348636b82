//! Settings are checked where they are put together, so that a client that exists can be used.

use std::env::{self, VarError};
use std::fmt;
use std::sync::Arc;

use ionos_activitylog_client::Transport;
use secrecy::{ExposeSecret, SecretString};

use crate::base_url::{BaseUrl, DEFAULT_BASE_URL};
use crate::client::Shared;
use crate::token::Token;
use crate::transport::{Connection, Gateway, http_client};
use crate::{Client, Error, ErrorKind};

/// The settings of a [`Client`]. Nothing is checked before [`ClientBuilder::build`].
#[derive(Default)]
#[must_use = "a builder does nothing before .build()"]
pub struct ClientBuilder {
    base_url: Option<String>,
    token: Option<SecretString>,
    http: Option<reqwest::Client>,
    transport: Option<Arc<dyn Transport>>,
}

impl ClientBuilder {
    /// Takes the token from `IONOS_TOKEN` and the address of the API from `IONOS_API_URL`, where they are set.
    ///
    /// A variable that is set but empty counts as not set, as in the vendor's own tools. Fails with
    /// [`ErrorKind::Configuration`] for a value that is not text.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self {
            base_url: variable("IONOS_API_URL")?,
            token: variable("IONOS_TOKEN")?.map(SecretString::from),
            ..Self::default()
        })
    }

    /// The address of the API: https, or http to this machine. A missing scheme is taken as https; trailing slashes
    /// and the product's own path are left out. Without it, [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The bearer token, without the word "Bearer". It goes to the API's address and nowhere else.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into().into());
        self
    }

    /// Connects through a client of the program's own making: its timeouts, proxies, certificates and redirects
    /// are then the program's choice. A client that follows redirects takes the token along.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Carries requests over something else than a connection, such as the simulator in process. Requests arrive
    /// complete, authorisation included.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Checks the settings and makes the client. Nothing is sent.
    ///
    /// Fails with [`ErrorKind::Configuration`] when there is no token, or the token or the address cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = BaseUrl::parse(self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let token = self.token.ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "there is no token: set IONOS_TOKEN to a token of your account",
            )
        })?;
        let token = Token::new(token.expose_secret())?;
        let http = match self.http {
            Some(client) => client,
            None => {
                // A proxy in front of this machine would get the token in plain text.
                let proxies = !base_url.is_loopback();
                let certificates = self.transport.is_none() && base_url.is_https();
                http_client(proxies, certificates)?
            }
        };
        let carrier = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Connection(http.clone())),
        };
        let transport = Arc::new(Gateway::new(&token, carrier)?);
        Ok(Client::new(Shared {
            base_url,
            token,
            http,
            transport,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the address: before it is checked it may hold a password.
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

fn variable(name: &str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Error::new(
            ErrorKind::Configuration,
            format!("{name} is not text: set it again"),
        )),
    }
}
