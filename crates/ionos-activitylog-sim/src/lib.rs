//! A simulator of the IONOS Cloud Activity Log API. The real service is unsuitable for tests of a client: its log
//! changes and contains personal data, and a test cannot know its complete content. The simulator generates a log as a
//! pure function of a seed, answers requests as the service does, and gives tests the true content of the log.
//!
//! - [`Simulator::transport`] answers the generated client in process, without a socket;
//! - [`Simulator::serve`] answers on a listener, over HTTP/1.1, with the same bytes;
//! - [`Behavior`] has the settings for everything about the service that is not documented;
//! - a [fault script](fault) makes selected requests fail;
//! - [`TestToken`], user names and [`RateLimit`] determine who may read, and how often;
//! - [`Simulator::records`] returns the true content of a range, and [`Simulator::request_log`] the requests of a
//!   client.
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
//! # Assumptions
//!
//! Everything that can be configured is a field of [`Behavior`] or a method of [`SimulatorBuilder`], with its default
//! in the documentation. The other assumptions about the service:
//!
//! | subject | assumption |
//! |---|---|
//! | when an event appears | when its time is before now and its delay has passed |
//! | number of events of a contract | depends on the time of day and the day of the week, in UTC |
//! | events of equal time | the later step of an operation is newer |
//! | `dateStart`, `dateEnd` | by default, `dateStart` is inclusive and `dateEnd` is exclusive (see [`Behavior::date_start`] and [`Behavior::date_end`]), so the range is empty if `dateEnd` is not after `dateStart` |
//! | page | 20 hits ([`DEFAULT_LIMIT`]) if the request has no `limit` |
//! | `offset` beyond the end | an empty list and the correct total |
//! | unknown path | 404, [`NOT_FOUND_CODE`] |
//! | missing, wrong, expired or revoked token | 401, [`UNAUTHORIZED_CODE`] |
//! | contracts of a token | plain token: all contracts; [`TestToken`] of a reseller: all contracts; any other [`TestToken`]: the contract that the token names |
//! | expiry of a token | by the clock of the simulator; a request at exactly this time is refused |
//! | token without the privilege | 403; the roles owner, admin and administrator do not need the privilege |
//! | `X-Contract-Number` | only this contract may be read; 403 if the credentials do not allow this contract |
//! | rate limit | 429, [`RATE_LIMIT_CODE`]; each contract and the list of contracts have their own limit |
//! | bad parameter | 400, [`BAD_PARAMETER_CODE`] |
//! | request id | the same for the same method, path and query |
//! | `/cloudapi/v6/requests/{id}` and `/cloudapi/v6/requests/{id}/status` | derived from the events of the request; 404 if the request is not a change through the Cloud API |
//!
//! # Determinism
//!
//! The log is a function of the seed, the other settings and the clock; no request changes it. Some settings and faults
//! make random choices for each request. Such a choice depends on the seed, on method, path and query, on how often the
//! same request was received before and, for a fault, on the position of its rule. It does not depend on the order in
//! which different requests arrive. (The simulator may forget a request that is not repeated within half a million
//! different requests.)
//!
//! Deliberately absent: a store. Nothing can be written, and between two requests the simulator keeps only counters,
//! the request log, revoked tokens, the state of the rate limit and, if it is turned on, the record cache.

mod access;
mod api;
mod behavior;
mod builder;
mod data;
pub mod fault;
mod headers;
mod http;
mod log;
mod operation;
mod reply;
mod request_log;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ionos_activitylog_client::Transport;
use tokio::net::TcpListener;

pub use access::TestToken;
pub use access::rate_limit::{
    MAX_REQUESTS_PER_SECOND, MIN_REQUESTS_PER_SECOND, RateLimit, RateLimitError, RetryAfterForm,
};
pub use api::error::{
    BAD_PARAMETER_CODE, FAILURE_CODE, FORBIDDEN_CODE, METHOD_CODE, NOT_FOUND_CODE, RATE_LIMIT_CODE, UNAUTHORIZED_CODE,
};
pub use api::query::DEFAULT_LIMIT;
pub use behavior::arrival::{AmendedEvents, IngestDelay, LateEvents};
pub use behavior::duration::parse_duration;
pub use behavior::setting::BehaviorError;
pub use behavior::share::Share;
pub use behavior::{
    BadDate, Behavior, DEFAULT_MAX_LIMIT, DEFAULT_WINDOW_CAP, DateEnd, DateStart, DeepOffset, Dialect, ForeignContract,
    FractionDigits, MAX_PAGE_HITS, Order, OverLimit, QueryFractions, TOTAL_CAP, TotalShape, TotalValue, TrailingSlash,
    UtcMark,
};
pub use builder::{
    DEFAULT_BASE_URL, DEFAULT_BURST_INTERVAL, DEFAULT_EVENTS_PER_DAY, DEFAULT_SEED, DEFAULT_TOKEN, MAX_BURST_DURATION,
    MAX_BURST_EVENTS, MAX_CONTRACTS, MAX_EVENTS_PER_DAY, SimulatorBuilder,
};
pub use data::activity_profile::MAX_BURST_EVENTS_PER_SLICE;
pub use headers::is_allowed_request_id_header;
pub use log::{LOG_BEGIN, LOG_END, Recording, RecordingError};
pub use operation::Operation;
pub use request_log::{LoggedFault, LoggedRequest, REQUEST_LOG_BYTES, REQUEST_LOG_LENGTH};

use crate::http::in_process::InProcessTransport;
use api::service::Service;

/// The simulated service, with one account. Clones share their state.
#[derive(Clone)]
pub struct Simulator(Arc<Service>);

impl Simulator {
    /// Configures a simulator. Without any setting, the simulator has the log of [`DEFAULT_SEED`] and the clock of the
    /// machine.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// The plain bearer token, which is accepted until it is revoked.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0.access.token
    }

    /// Revokes a token permanently, in all clones, as if its owner had deleted it. `token` is the plain token or a
    /// [`TestToken`], as it is sent after `Bearer `. A token that was never accepted may be revoked too.
    pub fn revoke(&self, token: &str) {
        self.0.access.revocations.add(token);
    }

    /// The numbers of the contracts that the plain token may read, at least one. Each generated number has 8 digits. A
    /// number from a recording may have fewer or more digits.
    #[must_use]
    pub fn contracts(&self) -> &[u64] {
        self.0.access.contracts.numbers()
    }

    /// Answers one request. The answer depends on the method, path, query and the headers `Authorization`,
    /// `X-Contract-Number` and `Accept-Encoding` of the request, on the clock and on revoked tokens. Earlier requests
    /// matter only for a rate limit, for a token that is revoked after a number of requests, for fault scripts, and for
    /// settings that make answers differ from request to request.
    ///
    /// There is no connection, so only faults that change the status, the headers or the body have an effect. All other
    /// faults, and decompression bombs, have no effect, but count as applied.
    pub fn answer<B>(&self, request: &::http::Request<B>) -> ::http::Response<Bytes> {
        api::reply(&self.0, request).response
    }

    /// Returns a transport that answers the generated client in process, without a socket. Faults that delay, pause or
    /// break a connection have an effect; they require the timer of a tokio runtime.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(InProcessTransport(self.0.clone()))
    }

    /// Serves HTTP/1.1 on the listener until the future is dropped. Dropping the future also ends all connections. The
    /// server does not encrypt, so bind the listener to a loopback address.
    ///
    /// Must be called within a tokio runtime. Answers are computed on the runtime's threads for blocking work, so that
    /// a slow answer does not block other connections. Dropping the future does not wait for an answer that is being
    /// computed, but dropping the runtime does; `Runtime::shutdown_background` does not wait.
    ///
    /// # Errors
    ///
    /// If accepting connections fails for two minutes. Requests of clients do not cause errors.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        http::server::serve(&self.0, listener).await
    }

    /// The records of a contract in [start, end), each once, oldest first: the JSON text of each `_source`, exactly as
    /// it is sent. Events that have not arrived at the time of the clock are not included. Empty if the account does
    /// not have the contract. Records are generated for at most one hour of the log at a time, so a long range takes
    /// little memory.
    pub fn records(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = String> {
        self.0.view(contract, start, end).into_iter().flat_map(log::LogView::records)
    }

    /// The number of events of a contract in [start, end) at the time of the clock. An event that occurs twice counts
    /// twice if [`Behavior::duplicates_counted`] is set. 0 if the account does not have the contract.
    #[must_use]
    pub fn count(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> u64 {
        self.0.view(contract, start, end).map_or(0, |view| view.total())
    }

    /// The most recent requests, in the order of their answers: at most [`REQUEST_LOG_LENGTH`] requests that together
    /// take at most [`REQUEST_LOG_BYTES`] bytes of memory.
    #[must_use]
    pub fn request_log(&self) -> Vec<LoggedRequest> {
        self.0.request_log.requests()
    }

    /// Removes all requests from the request log. The numbers of later requests do not start again from 1.
    pub fn clear_request_log(&self) {
        self.0.request_log.clear();
    }
}

/// Prints no tokens and no passwords.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("seed", &self.0.seed)
            .field("contracts", &self.contracts())
            .field("base_url", &self.0.base_url)
            .finish_non_exhaustive()
    }
}
