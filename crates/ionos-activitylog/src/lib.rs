//! Reads the audit trail of an IONOS Cloud contract: who did what, when, to which resource.
//!
//! The usual ways to read this log lose events without a word: they read one page, send an exclusive end date as
//! "today", or drop a whole page over one field of an unexpected type. This crate reads a closed range window
//! by window until each has as many different events as the service counts, keeps every record as the bytes that came,
//! and names what it cannot prove to be complete.
//!
//! ```
//! use chrono::Utc;
//! use futures_util::TryStreamExt;
//! use ionos_activitylog::{Client, ContractNumber, DateRange, Error};
//!
//! async fn print_november(client: &Client) -> Result<(), Error> {
//!     let contract: ContractNumber = "31721060".parse()?;
//!     let range = DateRange::month(2026, 11, &Utc)?;
//!     let mut events = client.events(contract, range).stream();
//!     while let Some(event) = events.try_next().await? {
//!         println!("{}", event.raw());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! An [`Event`] is the bytes of a record, and [`Event::details`] a typed view of them. A [`Filter`] chooses among events,
//! [`Chain::group`] finds those of one operation, and [`Client::cloud_request`] asks the Cloud API what that was asked for.
//!
//! [`Client::probe`] measures how the service pages, and [`Client::assume`] begins with what was measured before.
//!
//! [`Client::from_env`] uses the settings of the environment and of the vendor's tools: see
//! [`ClientBuilder::from_env`]. There is one API, and it is async, on tokio with I/O and time switched on; a program
//! without a runtime makes one and calls its `block_on`.
//!
//! # Defaults
//!
//! | what | value | why |
//! |---|---|---|
//! | address of the API | [`DEFAULT_BASE_URL`] | where the vendor serves it |
//! | page size | [`PageSize::DEFAULT`] | ten times fewer requests than a hundred; a service that sends fewer is followed |
//! | time to connect | [`CONNECT_TIMEOUT`], 10 s | longer means that nobody is there |
//! | time between two reads | [`READ_TIMEOUT`], 30 s | a large page may be slow to begin, and must not hang for ever |
//! | time of an attempt | [`ATTEMPT_TIMEOUT`], 2 min | a page of 1000 events over a very slow line |
//! | attempts | 5 | a restart of the service is over by then |
//! | wait between attempts | up to 250 ms, doubled up to 10 s | full jitter, so that clients do not come back all at once |
//! | `Retry-After` that is waited for | up to 60 s | a longer one is for a person or a scheduler to decide |
//! | time of a call, attempts and waits included | 5 min | each page is a call, so a stream may last for days |
//! | retries in a row, of all clones | 100, refilled by success | retrying everything makes an outage worse |
//! | requests on their way at once | 4, halved in trouble, grown by one after 50 successes, up to 16 | the service's limits are not documented |
//! | requests a second | no limit | set one where the contract has one |
//! | shapes of records that are remembered | those of 2 048 pieces, 256 KiB of keys | a log has a few dozen; the others are read the long way |
//! | body of an answer | [`BODY_CAP`], 64 MiB unpacked | a hundred pages of 1000 events; more is an attack or a fault |
//! | body of an error that is read | [`ERROR_BODY_CAP`], 64 KiB | an error page is for people, and none is longer |
//! | life left to a token when the next is asked for | [`REFRESH_MARGIN`], 5 min | longer than a request with its retries |
//! | time between two questions to a token provider while its token is valid | [`FETCH_BACKOFF`], 30 s | a provider that fails, or whose tokens are short-lived, is not asked for every request |
//! | shown of a message or a body | 500 characters | an error is one line |
//! | redirects | 5 within scheme, host and port, none beyond | the token must not travel |
//!
//! # Deliberately absent
//!
//! Types generated from the API's description: they change with it, and live in `ionos-activitylog-client`. A
//! second, blocking API. Tasks of its own, unless the program lends it some
//! ([`ClientBuilder::spawner`]): dropping a future or a stream ends its work, wherever that is done.

mod auth;
mod base_url;
mod builder;
mod call;
mod chain;
mod client;
pub mod clock;
mod cloud_request;
mod config;
mod contract;
mod defaults;
mod error;
mod event;
mod filter;
mod fingerprint;
mod info;
mod json;
mod nearest;
mod observe;
mod operation;
mod pacing;
mod page;
mod range;
mod reading;
mod redact;
mod response;
mod retry;
mod transport;

pub use auth::{AccessToken, Claims, TokenFile, TokenFuture, TokenProvider};
pub use builder::ClientBuilder;
pub use chain::Chain;
pub use client::Client;
pub use cloud_request::CloudRequest;
pub use config::{Origin, Setting};
pub use contract::{Contract, ContractNumber};
pub use defaults::{
    ATTEMPT_TIMEOUT, BODY_CAP, CONNECT_TIMEOUT, DEFAULT_BASE_URL, ERROR_BODY_CAP, FETCH_BACKOFF, READ_TIMEOUT,
    REFRESH_MARGIN,
};
pub use error::{Error, ErrorKind, VendorMessage};
pub use event::{
    Action, ActionName, Details, Event, EventError, EventErrorMessage, EventId, EventType, Issue, OpClass, Outcome,
    Principal, Resource, ResourceType, ServiceName, Status,
};
pub use filter::{Filter, FilterCounts, FilterKey};
pub use info::Info;
pub use page::{Page, PageSize, Total};
pub use range::{DateRange, Length, Moment, RangeSet};
pub use reading::{
    Checkpoint, ContractWindow, ContractsInOrder, ContractsStream, DateFractions, EventStream, Events, Finding, Gap,
    GapReason, HitOrder, PageStream, Probe, ServiceProfile, Summary, TotalShape, Window, WindowStream,
};
pub use response::{Meta, Response};
pub use retry::{RetryPolicy, RetryPolicyBuilder};

/// Interfaces that a program can implement: the way to the network ([`ClientBuilder::transport`],
/// [`ClientBuilder::wrap_transport`]) and the threads that read windows ([`ClientBuilder::spawner`]).
pub mod seam {
    pub use ionos_activitylog_client::{Exchange, Transport};

    pub use crate::reading::Spawner;
}

/// Not part of the API: helpers that the crates of this workspace share. Anything here may change or disappear in any
/// release.
#[doc(hidden)]
pub mod internal {
    pub use crate::event::EventMultiset;
    pub use crate::filter::{Fold, Pattern, wanted, words};
    pub use crate::nearest::{guess, nearest};
    pub use crate::reading::BEYOND_REACH;
    pub use crate::redact::{REDACTED, is_secret_name, redact_credentials, redact_known};
}
