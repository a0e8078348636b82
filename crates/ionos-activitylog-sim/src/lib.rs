//! A client of the IONOS Cloud Activity Log API cannot be tested against the service: its log is never the same twice,
//! holds other people's data, and nobody can say what a complete answer would have been. This crate simulates the
//! service: a log that is a pure function of a seed, the answers that the service gives to requests for it, and, for
//! tests, the truth about what the log holds.
//!
//! - [`Simulator::transport`] answers the generated client in process, without a socket;
//! - [`Simulator::serve`] answers on a listener, over HTTP/1.1, byte for byte the same;
//! - [`Simulator::records`] says what a range really holds.
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
//! let newest = simulator.records(contract, morning, noon).pop().ok_or("an empty morning")?;
//! let page = String::from_utf8(response.body().to_vec())?;
//! assert!(page.contains(&format!("\"hits\":[{{\"_source\":{newest}")));
//! # Ok(())
//! # }
//! ```
//!
//! # What is chosen where the service is not documented
//!
//! | what | value |
//! |---|---|
//! | seed, contracts of the account, token | [`DEFAULT_SEED`], 1, [`DEFAULT_TOKEN`] |
//! | begin of `href` members | [`DEFAULT_BASE_URL`] |
//! | begin of every log | [`LOG_BEGIN`], 2025-01-01T00:00:00Z |
//! | when an event appears | once its time is before now |
//! | events of a contract | about 400 on a weekday, fewer at night and at weekends |
//! | order | newest first; of equal times, the later step of an operation first |
//! | `dateStart`, `dateEnd` | inclusive, exclusive; a bare date is its midnight in UTC; empty when not in this order |
//! | page | [`DEFAULT_LIMIT`] hits, 20; at most [`MAX_LIMIT`], 1000, and a larger limit is taken for that |
//! | `offset` behind the end | an empty list and the right total |
//! | unknown path | 404, [`NOT_FOUND_CODE`] |
//! | other method than GET | 405, [`METHOD_CODE`] |
//! | missing or wrong token | 401, [`UNAUTHORIZED_CODE`]; the information about the API needs none |
//! | contract that is not the account's | 403, [`FOREIGN_CONTRACT_CODE`] |
//! | bad parameter | 400, [`BAD_PARAMETER_CODE`] |
//! | types of scalars | as in the vendor's description; `@uuid` is always there |
//! | `x-request-id` | on every answer, the same for the same method, path and query |
//!
//! Deliberately absent: a store. Nothing can be written, and nothing is kept between two requests.

mod builder;
mod event;
mod hour;
mod inventory;
mod log;
mod operation;
mod query;
mod random;
mod record;
mod server;
mod service;
mod transport;
mod vocabulary;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ionos_activitylog_client::Transport;
use tokio::net::TcpListener;

pub use builder::{DEFAULT_BASE_URL, DEFAULT_SEED, DEFAULT_TOKEN, MAX_CONTRACTS, SimulatorBuilder};
pub use log::LOG_BEGIN;
pub use query::{DEFAULT_LIMIT, MAX_LIMIT};
pub use service::{
    BAD_PARAMETER_CODE, FOREIGN_CONTRACT_CODE, METHOD_CODE, NOT_FOUND_CODE, UNAUTHORIZED_CODE,
};

use builder::Clock;
use log::{Log, Span};
use transport::InProcess;

/// The simulated service, with one account. Clones share everything.
#[derive(Clone)]
pub struct Simulator(Arc<World>);

/// What a simulator knows; it never changes.
struct World {
    contracts: Vec<u64>,
    log: Log,
    token: String,
    clock: Clock,
    /// Without a slash at its end.
    base_url: String,
}

impl Simulator {
    /// Chooses a world; without any choice it is the one of [`DEFAULT_SEED`], at the time of the machine.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// The bearer token that is accepted.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// The numbers of the contracts whose log the token may read: at least one, each of 8 digits.
    #[must_use]
    pub fn contracts(&self) -> &[u64] {
        &self.0.contracts
    }

    /// Answers one request. Only its method, path, query and `Authorization` header matter, and of the world around
    /// only the clock.
    ///
    /// Sketches every hour of the range that is asked for, so a clock far in the future makes the whole log slow.
    pub fn answer<B>(&self, request: &http::Request<B>) -> http::Response<Bytes> {
        service::answer(self, request)
    }

    /// Answers the generated client in process, without a socket.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(InProcess(self.clone()))
    }

    /// Serves HTTP/1.1 on the listener until the future is dropped, which ends its connections too. Whoever binds the
    /// listener decides who can reach it; there is no encryption, so it should be a loopback address.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the listener can accept no more connections. What a client sends is never an error.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        server::serve(self, listener).await
    }

    /// What the log of a contract really holds in [start, end) at the time of the clock: the JSON text of each
    /// `_source`, exactly as it is sent, oldest first. Empty when the contract is not the account's.
    #[must_use]
    pub fn records(&self, contract: u64, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<String> {
        if !self.contracts().contains(&contract) {
            return Vec::new();
        }
        let span = Span::new(Some(start), Some(end), self.now());
        self.log().records(contract, span)
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    fn log(&self) -> &Log {
        &self.0.log
    }

    fn base_url(&self) -> &str {
        &self.0.base_url
    }
}

/// Without the token.
impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("seed", &self.0.log.seed)
            .field("contracts", &self.0.contracts)
            .field("base_url", &self.0.base_url)
            .finish_non_exhaustive()
    }
}
