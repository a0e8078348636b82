//! The settings of a client and their defaults. They are validated in `build`.

mod build;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog_client::Transport;
use secrecy::SecretString;

use crate::auth::{TokenFile, TokenProvider};
use crate::client::Client;
use crate::config::{self, Options, ProcessEnv, Setting};
use crate::contract::ContractNumber;
use crate::defaults::{ATTEMPT_TIMEOUT, BODY_CAP, CONNECT_TIMEOUT, MAX_CONCURRENCY, READ_TIMEOUT};
use crate::error::Error;
use crate::net::retry_policy::RetryPolicy;
use crate::runtime::clock::{Clock, SystemClock};
use crate::runtime::spawner::Spawner;

/// A function that wraps a transport in another transport.
type WrapTransport = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

/// The settings of a [`Client`]. They are validated in [`ClientBuilder::build`].
#[must_use = "a builder does nothing before .build()"]
pub struct ClientBuilder {
    options: Options,
    /// Whether unset values come from the environment and the vendor's files.
    reads_env: bool,
    provider: Option<Arc<dyn TokenProvider>>,
    http: Option<reqwest::Client>,
    transport: Option<Arc<dyn Transport>>,
    wrap: Option<WrapTransport>,
    clock: Arc<dyn Clock>,
    spawner: Option<Arc<dyn Spawner>>,
    retry: RetryPolicy,
    max_in_flight: u32,
    requests_per_second: Option<f64>,
    connect_timeout: Duration,
    read_timeout: Duration,
    attempt_timeout: Duration,
    body_cap: u64,
    user_agent_suffix: Option<String>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            options: Options::default(),
            reads_env: false,
            provider: None,
            http: None,
            transport: None,
            wrap: None,
            clock: Arc::new(SystemClock::new()),
            spawner: None,
            retry: RetryPolicy::default(),
            max_in_flight: MAX_CONCURRENCY,
            requests_per_second: None,
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            body_cap: BODY_CAP,
            user_agent_suffix: None,
        }
    }
}

impl Client {
    /// A builder with default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with the settings of the environment and of the vendor's tools. See [`ClientBuilder::from_env`].
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if there are no credentials or a
    /// setting is invalid.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }
}

impl ClientBuilder {
    /// A builder that takes unset values from the environment and from files of the vendor's tools, in this order:
    ///
    /// 1. the variables `IONOS_TOKEN`, `IONOS_USERNAME` with `IONOS_PASSWORD`, `IONOS_API_URL`,
    ///    `IONOS_CONTRACT_NUMBER` and `IONOS_PINNED_CERT`;
    /// 2. the YAML file that `IONOS_CONFIG_FILE` names, or else the YAML file of ionosctl or the vendor's SDKs;
    ///    `IONOS_CURRENT_PROFILE` selects a profile of the file;
    /// 3. ionosctl's old `config.json`.
    ///
    /// The sources are read in [`ClientBuilder::build`], which fails for an incomplete or unreadable source, so that a
    /// program never uses another identity than intended. [`Client::settings`] lists the settings in force with their
    /// origins.
    ///
    /// The YAML file can set the API address with an entry for the product `activitylog`, but the vendor's newest tools
    /// reject a file with this entry. Put the entry into a separate file and name that file in `IONOS_CONFIG_FILE`, or
    /// set `IONOS_API_URL`.
    pub fn from_env() -> Self {
        Self { reads_env: true, ..Self::default() }
    }

    /// API address: https, or http to this machine. The default scheme is https; trailing slashes and the product's
    /// path are removed. Default: [`DEFAULT_BASE_URL`](crate::DEFAULT_BASE_URL).
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.options.base_url = Some(base_url.into());
        self
    }

    /// Bearer token, without the word "Bearer". It is sent to the API address only. A call with an expired JWT fails
    /// before any request.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.options.token = Some(token.into().into());
        self
    }

    /// File that contains the token. The client reads the file before its first request, and again when it changes.
    pub fn token_file(self, path: impl Into<PathBuf>) -> Self {
        self.token_provider(Arc::new(TokenFile::new(path)))
    }

    /// Source of tokens. The client asks the provider for a token before the client's first request, before a token
    /// expires, when the provider reports a change, and after the service rejects a token. The client never asks
    /// concurrently or from a background task. The provider takes precedence over all other credentials.
    pub fn token_provider(mut self, provider: Arc<dyn TokenProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// User name and password. Prefer a token: the vendor is withdrawing passwords and refuses them for accounts with a
    /// second factor.
    pub fn username_and_password(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.options.username = Some(username.into());
        self.options.password = Some(SecretString::from(password.into()));
        self
    }

    /// Contract that a reseller acts for, sent as `X-Contract-Number` with every request. Not needed for a token that
    /// is bound to a contract.
    pub fn acting_for(mut self, contract: ContractNumber) -> Self {
        self.options.contract = Some(contract.to_string());
        self
    }

    /// HTTP client of the program, used instead of the built-in client. It needs no decompression, because this library
    /// asks for gzip and decompresses the answers. Its connect and read timeouts, proxies, certificates and redirects
    /// replace those of this builder. It also decides which headers, such as `X-Contract-Number`, a redirect forwards.
    /// [`ClientBuilder::build`] fails if a pinned or root certificate is also set, in this builder, the environment or
    /// a file.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Some(client);
        self
    }

    /// Transport that sends the requests instead of an HTTP client, such as the simulator in the same process. The
    /// transport receives complete requests, including the authorization.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Wraps the transport in use (an HTTP client or [`ClientBuilder::transport`]), for example to count or log
    /// requests. The wrapper sees each attempt with all headers, including credentials, so a log must not contain the
    /// values of `Authorization`, `Cookie` and similar headers.
    pub fn wrap_transport(
        mut self,
        wrap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Self {
        self.wrap = Some(Box::new(wrap));
        self
    }

    /// Profile of the vendor's configuration file; needs [`ClientBuilder::from_env`]. The settings of this profile take
    /// precedence over the environment variables, because the program names the profile explicitly. A profile that
    /// `IONOS_CURRENT_PROFILE` names has no such precedence.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.options.profile = Some(name.into());
        self
    }

    /// Source of time and randomness, for tests. Default: [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Threads of the program on which windows are read and parsed. `|task| { tokio::spawn(task); }` uses those of
    /// tokio's runtime. Default: the thread that polls a stream. The events and their order are the same either way.
    pub fn spawner(mut self, spawner: impl Spawner + 'static) -> Self {
        self.spawner = Some(Arc::new(spawner));
        self
    }

    /// Retry policy of each call. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Maximum requests in flight, of all clones together; at least 1. Default: 16. The client starts with a limit of
    /// at most 4, halves this limit when the service is overloaded, and raises the limit slowly up to this maximum. If
    /// an answer arrives for a call or stream that the program does not poll, its request does not count until the next
    /// poll.
    pub fn max_in_flight(mut self, requests: u32) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// Maximum requests per second, of all clones together, evenly spaced; above 0. Default: no limit.
    pub fn requests_per_second(mut self, rate: f64) -> Self {
        self.requests_per_second = Some(rate);
        self
    }

    /// Maximum time to establish a connection; above 0. Default: [`CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Maximum time between two reads of an answer, for the built-in HTTP client; above 0. Time in which the program
    /// does not poll the call does not count. Default: [`READ_TIMEOUT`].
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Maximum time per attempt, without the wait until the request may be sent, and without time in which the program
    /// does not poll the call; above 0. Default: [`ATTEMPT_TIMEOUT`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Maximum size of an answer in bytes, after decompression; above 0. Default: [`BODY_CAP`].
    pub fn body_cap(mut self, bytes: u64) -> Self {
        self.body_cap = bytes;
        self
    }

    /// Suffix of the user agent, such as `my-collector/1.2`: visible ASCII.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Additional root certificates, PEM. The root certificates of the machine stay trusted; those of a configuration
    /// file are replaced.
    ///
    /// On Unix, except for Apple's systems, `SSL_CERT_FILE` (a file in PEM) and `SSL_CERT_DIR` (folders of such files,
    /// separated by colons) replace the root certificates of the machine for every client. [`ClientBuilder::build`]
    /// fails if the file cannot be read or has no certificate, or if the folders contain no certificate.
    pub fn root_certificate(mut self, pem: impl AsRef<str>) -> Self {
        let known = self.options.root_certificates.get_or_insert_default();
        known.push_str(pem.as_ref());
        known.push('\n');
        self
    }

    /// The only certificate to accept, as the SHA-256 of the certificate in hex (`IONOS_PINNED_CERT` in the vendor's
    /// tools). This check replaces the checks of chain and host name.
    pub fn pinned_certificate(mut self, sha256: impl Into<String>) -> Self {
        self.options.pinned_certificate = Some(sha256.into());
        self
    }

    /// The settings that [`ClientBuilder::build`] would use, with their origins, as in [`Client::settings`]. Works also
    /// without credentials. Sends no request.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if a source is incomplete or
    /// unreadable, or if the contract number or the pinned certificate in force is invalid.
    pub fn settings(&self) -> Result<Vec<Setting>, Error> {
        let resolved = self.resolve(self.options.clone())?;
        Ok(match &self.provider {
            Some(_) => resolved.settings_with_provider(),
            None => resolved.settings,
        })
    }

    /// Names of all profiles in the YAML file of the vendor's tools, in the order of the file. Empty if there is no
    /// file, or the builder does not read the environment.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the file is unreadable or malformed.
    pub fn profiles(&self) -> Result<Vec<String>, Error> {
        if !self.reads_env {
            return Ok(Vec::new());
        }
        config::profiles(&ProcessEnv)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Omits even the address, which may contain a password before validation.
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
