//! A client of the IONOS Cloud Activity Log API cannot be tested against the service: its log is never the same twice,
//! holds other people's data, and nobody can say what a complete answer would have been. This crate simulates the
//! service: a log that is a pure function of a seed, the answers that the service gives to requests for it, and, for
//! tests, the truth about what the log holds.
//!
//! - [`Simulator::transport`] answers the generated client in process, without a socket;
//! - [`Simulator::serve`] answers on a listener, over HTTP/1.1, byte for byte the same;
//! - [`Switches`] are the settings of everything about the service that is not known;
//! - a script of [faults](fault) says what goes wrong, and when;
//! - [`TestToken`], user names and a [`RateLimit`] say who may read, and how often;
//! - [`Simulator::records`] says what a range really holds, and [`Simulator::ledger`] what was asked for.
//!
//! ```
//! use ionos_activitylog_sim::{DEFAULT_TOKEN, Simulator};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (morning, noon) = ("2026-11-20T06:00:00Z".parse()?, "2026-11-20T12:00:00Z".parse()?);
//! let simulator = Simulator::builder().seed(7).clock(move || noon).build();
//! let contract = simulator.contracts()[0];
//!
//! let request = http::Request::get(format!("/activitylog/v1/contracts/{contract}?limit=5"))
//!     .header("authorization", format!("Bearer {DEFAULT_TOKEN}"))
//!     .body(())?;
//! let response = simulator.answer(&request);
//! assert_eq!(response.status(), 200);
//!
//! // The page is newest first and begins with the last record of the log.
//! let newest = simulator.records(contract, morning, noon).last().ok_or("an empty morning")?;
//! let page = String::from_utf8(response.body().to_vec())?;
//! assert!(page.contains(&format!("\"hits\":[{{\"_source\":{newest}")));
//! # Ok(())
//! # }
//! ```
//!
//! # What is chosen where the service is not documented
//!
//! Everything with a default of its own is a field of [`Switches`] or a method of [`SimulatorBuilder`], which say the
//! default. The rest:
//!
//! | what | value |
//! |---|---|
//! | when an event exists | once its time is before now, and its delay is over |
//! | events of a contract | as the time of day and the day of the week have it, in UTC |
//! | of equal times | the later step of an operation is the newer one |
//! | `dateStart`, `dateEnd` | inclusive, exclusive; empty when not in this order |
//! | page | [`DEFAULT_LIMIT`] hits, 20, when nothing else is asked for |
//! | `offset` behind the end | an empty list and the right total |
//! | unknown path | 404, [`NOT_FOUND_CODE`] |
//! | missing, wrong, expired or revoked token | 401, [`UNAUTHORIZED_CODE`] |
//! | contracts of a token | all for the plain token; of a [`TestToken`] the one that it names, and all for a reseller |
//! | end of a token | by the clock of the simulator; exclusive |
//! | token without the privilege | 403; the roles owner, admin and administrator need none |
//! | `X-Contract-Number` | only this contract may be read; 403 when it is no contract of the token |
//! | rate limit | 429, [`RATE_LIMIT_CODE`], per contract, and apart for the list of contracts |
//! | bad parameter | 400, [`BAD_PARAMETER_CODE`] |
//! | the name of an answer | the same for the same method, path and query |
//! | `/cloudapi/v6/requests/{id}`, `/status` | what the events of the request say of it; 404 for requests that change nothing |
//!
//! # What it does not depend on
//!
//! The log is a function of the seed and what is chosen of the data; a request changes nothing in it. Where a switch has
//! the same request answered differently each time, or a fault strikes by rate, that depends on the seed, on method, path
//! and query, and on how often the very same request came before: not on which of two different requests was faster. (A
//! request is forgotten when half a million different ones have come since.)
//!
//! Deliberately absent: a store. Nothing can be written, and nothing is kept between two requests but how many there
//! were, the last of them, what was revoked, and what was taken of a rate limit.

mod access;
mod builder;
mod delivery;
pub mod fault;
mod framing;
mod http_date;
mod ledger;
mod log;
mod rate_limit;
mod server;
mod service;
mod switches;
mod tally;
mod transport;
mod world;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ionos_activitylog_client::Transport;
use tokio::net::TcpListener;

pub use access::TestToken;
pub use builder::{
    BURST_EVERY, DEFAULT_BASE_URL, DEFAULT_SEED, DEFAULT_TOKEN, EVENTS_PER_DAY, MAX_BURST, MAX_BURST_LENGTH,
    MAX_BURSTS_OF_A_SLICE, MAX_CONTRACTS, MAX_EVENTS_PER_DAY, SimulatorBuilder,
};
pub use framing::may_name_answers;
pub use ledger::{LEDGER_BYTES, LEDGER_LENGTH, SeenFault, SeenRequest};
pub use log::{LOG_BEGIN, LOG_END, Recording, RecordingError};
pub use rate_limit::{MAX_PER_SECOND, MIN_PER_SECOND, RateLimit, RateLimitError, RetryAfterForm};
pub use service::{
    BAD_PARAMETER_CODE, DEFAULT_LIMIT, FAILURE_CODE, FOREIGN_CONTRACT_CODE, METHOD_CODE, NOT_FOUND_CODE, Operation,
    RATE_LIMIT_CODE, UNAUTHORIZED_CODE,
};
pub use switches::{
    Amended, BadDate, DeepOffset, Dialect, ForeignContract, FractionDigits, IngestDelay, Late, MAX_LIMIT, MAX_PAGE,
    Order, OverLimit, QueryFractions, Share, SwitchError, Switches, TOTAL_CAP, TotalShape, TotalValue, TrailingSlash,
    UtcMark, WINDOW_CAP, parse_length,
};

use access::Access;
use builder::Clock;
use fault::Armed;
use ledger::Ledger;
use log::Log;
use rate_limit::RateLimiter;
use tally::Tally;
use transport::InProcess;

/// The simulated service, with one account. Clones share everything.
#[derive(Clone)]
pub struct Simulator(Arc<World>);

/// What a simulator knows. Of it only what was revoked, what was taken of the rate limit and what was counted ever
/// changes.
struct World {
    seed: u64,
    access: Access,
    rate_limiter: Option<RateLimiter>,
    log: Log,
    faults: Armed,
    tally: Tally,
    ledger: Ledger,
    clock: Clock,
    /// Without a slash at its end.
    base_url: String,
}

impl Simulator {
    /// Chooses a world; without any choice it is the one of [`DEFAULT_SEED`], at the time of the machine.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// The plain bearer token, which is accepted until it is revoked.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0.access.token
    }

    /// Refuses a token from now on, the plain one or a [`TestToken`], as if its owner had deleted it; in all clones and
    /// for good. The text must be the token's as it is sent. A token that was never accepted may be revoked too.
    pub fn revoke(&self, token: &str) {
        self.0.access.revocations.add(token);
    }

    /// The numbers of the contracts whose log the plain token may read: at least one, each of 8 digits unless it is
    /// from a recording.
    #[must_use]
    pub fn contracts(&self) -> &[u64] {
        self.0.access.contracts.numbers()
    }

    /// Answers one request. Only its method, path, query and the headers `Authorization`, `X-Contract-Number` and
    /// `Accept-Encoding` matter; and of the world around only the clock, what was revoked, and the requests before
    /// where they count: for a rate limit, for a token that is revoked after some of them, and where a switch has the
    /// same request answered differently each time.
    ///
    /// There is no connection, so of the faults of a script only those happen that change status, headers or body; the
    /// others do nothing, but count all the same. A decompression bomb does nothing either.
    pub fn answer<B>(&self, request: &http::Request<B>) -> http::Response<Bytes> {
        service::reply(self, request).response
    }

    /// Answers the generated client in process, without a socket. Delays, pauses and broken connections of a script of
    /// faults are there too; they need the timer of a tokio runtime.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(InProcess(self.clone()))
    }

    /// Serves HTTP/1.1 on the listener until the future is dropped, which ends its connections too. Whoever binds the
    /// listener decides who can reach it; there is no encryption, so it should be a loopback address.
    ///
    /// Must be called within a tokio runtime. Answers are worked out on its threads for blocking work, so that one that
    /// takes long holds up no other connection. Dropping the future does not wait for an answer that is being worked out,
    /// but dropping the runtime does: to end at once, end it with `Runtime::shutdown_background`.
    ///
    /// # Errors
    ///
    /// When the listener can accept no more connections. What a client sends is never an error.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        server::serve(self, listener).await
    }

    /// What the log of a contract really holds in [start, end) at the time of the clock, with events that have
    /// arrived only: the JSON text of each `_source`, exactly as it is sent, each once, oldest first. Empty when the
    /// contract is not the account's. Written one by one, so that millions of them need no memory.
    pub fn records(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = String> {
        let known = self.0.access.contracts.holds(contract);
        let view = known.then(|| {
            let now = self.now();
            self.log().view(contract, Some(start), Some(end), now)
        });
        view.into_iter().flat_map(log::View::records)
    }

    /// How many events the log of a contract holds in [start, end) at the time of the clock. Where a switch has hits
    /// that are there twice and count, those count twice.
    #[must_use]
    pub fn count(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> u64 {
        if !self.0.access.contracts.holds(contract) {
            return 0;
        }
        let now = self.now();
        self.log().view(contract, Some(start), Some(end), now).total()
    }

    /// The requests that were seen, in the order of their answers: at most the last [`LEDGER_LENGTH`] of them, and as
    /// many of those as fit into [`LEDGER_BYTES`].
    #[must_use]
    pub fn ledger(&self) -> Vec<SeenRequest> {
        self.0.ledger.requests()
    }

    /// Forgets the requests that were seen. Their numbers go on.
    pub fn clear_ledger(&self) {
        self.0.ledger.clear();
    }

    fn seed(&self) -> u64 {
        self.0.seed
    }

    fn switches(&self) -> &Switches {
        &self.0.log.switches
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    fn access(&self) -> &Access {
        &self.0.access
    }

    fn rate_limiter(&self) -> Option<&RateLimiter> {
        self.0.rate_limiter.as_ref()
    }

    fn log(&self) -> &Log {
        &self.0.log
    }

    fn faults(&self) -> &Armed {
        &self.0.faults
    }

    fn tally(&self) -> &Tally {
        &self.0.tally
    }

    fn base_url(&self) -> &str {
        &self.0.base_url
    }
}

/// Without the tokens and passwords.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("seed", &self.0.seed)
            .field("contracts", &self.contracts())
            .field("base_url", &self.0.base_url)
            .finish_non_exhaustive()
    }
}
