//! What a client can be told, and what holds without. Whether it can be used is settled in `build`.

mod build;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ionos_activitylog_client::Transport;
use secrecy::SecretString;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Options, ProcessEnv, Setting};
use crate::defaults::{ATTEMPT_TIMEOUT, BODY_CAP, CONNECT_TIMEOUT, READ_TIMEOUT};
use crate::pacing::CEILING;
use crate::reading::Spawner;
use crate::{ContractNumber, Error, RetryPolicy, TokenFile, TokenProvider};

/// Makes another transport of one.
type Wrap = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

/// The settings of a [`Client`](crate::Client). Nothing is checked before [`ClientBuilder::build`].
#[must_use = "a builder does nothing before .build()"]
pub struct ClientBuilder {
    options: Options,
    /// Whether the environment and the vendor's files are asked for what the program does not set.
    surrounded: bool,
    provider: Option<Arc<dyn TokenProvider>>,
    http: Option<reqwest::Client>,
    transport: Option<Arc<dyn Transport>>,
    wrap: Option<Wrap>,
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
            surrounded: false,
            provider: None,
            http: None,
            transport: None,
            wrap: None,
            clock: Arc::new(SystemClock::new()),
            spawner: None,
            retry: RetryPolicy::default(),
            max_in_flight: CEILING,
            requests_per_second: None,
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            attempt_timeout: ATTEMPT_TIMEOUT,
            body_cap: BODY_CAP,
            user_agent_suffix: None,
        }
    }
}

impl ClientBuilder {
    /// Asks the environment and the files of the vendor's tools for what the program does not set: first the variables
    /// `IONOS_TOKEN`, `IONOS_USERNAME` with `IONOS_PASSWORD`, `IONOS_API_URL`, `IONOS_CONTRACT_NUMBER` and
    /// `IONOS_PINNED_CERT`, then the YAML file that `IONOS_CONFIG_FILE` names or that ionosctl or the vendor's SDKs
    /// keep (profile: `IONOS_CURRENT_PROFILE`), then ionosctl's old `config.json`.
    ///
    /// They are read in [`ClientBuilder::build`], which fails for a source that is half filled in or cannot be read: a
    /// program should not run as somebody else than its owner believes. [`Client::settings`](crate::Client::settings)
    /// tells what is in force and from where. (The vendor's newest tools refuse a file that names the product
    /// `activitylog`; give it a file of its own through `IONOS_CONFIG_FILE`, or set `IONOS_API_URL`.)
    pub fn from_env() -> Self {
        Self { surrounded: true, ..Self::default() }
    }

    /// The address of the API: https, or http to this machine. A missing scheme is taken as https; trailing slashes
    /// and the product's own path are left out. Without it, [`DEFAULT_BASE_URL`](crate::DEFAULT_BASE_URL).
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.options.base_url = Some(base_url.into());
        self
    }

    /// The bearer token, without the word "Bearer". It goes to the API's address and nowhere else. One that is a JWT
    /// and expired fails before any request.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.options.token = Some(token.into().into());
        self
    }

    /// A file that holds the token, read again when it changes. It is first read with the first call.
    pub fn token_file(self, path: impl Into<PathBuf>) -> Self {
        self.token_provider(Arc::new(TokenFile::new(path)))
    }

    /// Where tokens come from. It is asked with the first call, again before a token ends, and once more when the
    /// service refuses one; never twice at a time, and by no task in the background. Goes before any other credentials.
    pub fn token_provider(mut self, provider: Arc<dyn TokenProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// User name and password. The vendor is withdrawing them, and refuses them for accounts with a second factor:
    /// prefer a token.
    pub fn username_and_password(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.options.username = Some(username.into());
        self.options.password = Some(SecretString::from(password.into()));
        self
    }

    /// The contract that a reseller acts for, sent as `X-Contract-Number` with every request. A token that is bound
    /// to a contract needs none.
    pub fn acting_for(mut self, contract: ContractNumber) -> Self {
        self.options.contract = Some(contract.to_string());
        self
    }

    /// Connects through a client of the program's own making: its timeouts, proxies, certificates and redirects
    /// are then the program's choice, and those of this builder are not used; a pinned or a root certificate besides it
    /// is an error. What a redirect takes along, such as `X-Contract-Number`, is its affair too.
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

    /// Wraps the transport in use, a connection or [`ClientBuilder::transport`], for example to count or log requests.
    /// The wrapper sees each attempt, complete and with its credentials: a log must not contain the values of
    /// `Authorization`, `Cookie` and similar headers.
    pub fn wrap_transport(
        mut self,
        wrap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Self {
        self.wrap = Some(Box::new(wrap));
        self
    }

    /// The profile of the vendor's configuration file to use, with [`ClientBuilder::from_env`]. What it says goes
    /// before the variables of the environment, unlike that of a profile that `IONOS_CURRENT_PROFILE` names: who names
    /// a profile in a program means that one.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.options.profile = Some(name.into());
        self
    }

    /// Where time and chance come from, for tests. Without it, the machine's clock.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where windows of a range are read at the same time: on the program's own threads, which the library uses for
    /// nothing else. `|task| { tokio::spawn(task); }` lends it those of tokio's runtime. Without it, all is done where
    /// a stream is awaited, on one thread; a stream gives the same either way.
    pub fn spawner(mut self, spawner: impl Spawner + 'static) -> Self {
        self.spawner = Some(Arc::new(spawner));
        self
    }

    /// When a failed call is tried again. Without it, [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The most requests on their way at once, of all clones together; at least 1. The client starts with at most 4,
    /// halves that when the service is in trouble, and grows it slowly up to this. Without it, 16.
    pub fn max_in_flight(mut self, requests: u32) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// The most requests a second, of all clones together, evenly spaced; above 0. Without it, no limit.
    pub fn requests_per_second(mut self, rate: f64) -> Self {
        self.requests_per_second = Some(rate);
        self
    }

    /// How long to wait for a connection; above 0. Without it, [`CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long to wait for the next bytes of an answer; above 0. Without it, [`READ_TIMEOUT`].
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// How long one attempt may take in all, its turn among the requests on their way not counted; above 0. Without
    /// it, [`ATTEMPT_TIMEOUT`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The longest body of an answer, in bytes, unpacked; above 0. Without it, [`BODY_CAP`].
    pub fn body_cap(mut self, bytes: u64) -> Self {
        self.body_cap = bytes;
        self
    }

    /// What to add to the user agent, such as `my-collector/1.2`: visible ASCII.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Trusts a further certificate authority, or several: PEM. The machine's own stay trusted. Set here, those of a
    /// configuration file are not used.
    pub fn root_certificate(mut self, pem: impl AsRef<str>) -> Self {
        let known = self.options.root_certificates.get_or_insert_default();
        known.push_str(pem.as_ref());
        known.push('\n');
        self
    }

    /// Accepts this one certificate of the service and no other, and checks neither its chain nor its host name: the
    /// SHA-256 of the certificate in hex, as the vendor's tools take it in `IONOS_PINNED_CERT`.
    pub fn pinned_certificate(mut self, sha256: impl Into<String>) -> Self {
        self.options.pinned_certificate = Some(sha256.into());
        self
    }

    /// What would be in force and where it comes from, as in [`Client::settings`](crate::Client::settings), also where
    /// there are no credentials. Nothing is sent.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when a source is half filled in, cannot
    /// be read, or has a contract number or a pinned certificate that is none.
    pub fn settings(&self) -> Result<Vec<Setting>, Error> {
        let resolved = self.resolved(self.options.clone())?;
        Ok(match &self.provider {
            Some(_) => resolved.settings_with_provider(),
            None => resolved.settings,
        })
    }

    /// The names of the profiles in the YAML file of the vendor's tools, in its order, whichever is in force. Empty
    /// where there is no file, or the builder does not ask for one.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the file cannot be read or
    /// understood.
    pub fn profiles(&self) -> Result<Vec<String>, Error> {
        if !self.surrounded {
            return Ok(Vec::new());
        }
        config::profiles(&ProcessEnv)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the address: before it is checked it may hold a password.
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
