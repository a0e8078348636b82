//! Reads the audit trail of an IONOS Cloud contract: who did what, when, to which resource.
//!
//! Common ways to read this log lose events silently: they read only one page, send today as the end date although the
//! end is exclusive, or drop a whole page because one field has an unexpected type. This crate reads a range window
//! by window until each window is proven complete ([`Proof`]), keeps every record byte for byte, and names the
//! ranges that it could not verify ([`Gap`]).
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
//! An [`Event`] holds the bytes of a record, and [`Event::details`] is a typed view of them. A [`Filter`] selects
//! events, [`Chain::group`] groups the events of one operation, and [`Client::cloud_request`] asks the Cloud API for
//! the content of the request behind an operation.
//!
//! [`Client::probe`] measures undocumented limits of the service, and [`Client::load_profile`] makes a client start
//! from limits that were measured before.
//!
//! [`Client::from_env`] uses the settings of the environment and of the vendor's tools: see
//! [`ClientBuilder::from_env`]. The API is async and needs tokio with I/O and time enabled. A program without a runtime
//! builds one and calls its `block_on`.
//!
//! A program may call the client between two events of a stream, poll several streams in any order, and take any time
//! to process an event. A stream that is not polled delays no other call. No time limit counts the time without polls.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | API address | [`DEFAULT_BASE_URL`] | the vendor's address |
//! | page size | [`PageSize::DEFAULT`], 1000 events | ten times fewer requests than with 100; a smaller limit of the service is detected |
//! | time to connect | [`CONNECT_TIMEOUT`], 10 s | a host that has not answered by then is unreachable |
//! | time between two reads of an answer | [`READ_TIMEOUT`], 30 s | the first bytes of a large page may take long |
//! | time per attempt | [`ATTEMPT_TIMEOUT`], 2 min | a page of 1000 events over a very slow line |
//! | attempts per call | 5 | a restart of the service takes less time than 5 attempts with their waits |
//! | wait between attempts | random, up to a maximum of 250 ms that doubles with each attempt up to 10 s | clients must not retry at the same time |
//! | maximum `Retry-After` to wait for | 60 s, see [`RetryPolicyBuilder::retry_after_ceiling`] | the user or a scheduler decides about longer waits |
//! | time per call, including retries and waits | 5 min | each page is a call, so a stream may run for days |
//! | retries that all clones together may send without a success | 100, refilled by successes | retrying every call makes an outage worse |
//! | requests in flight | 4, halved on overload, raised by 1 after 50 successes, up to 16 | the limits of the service are undocumented |
//! | requests per second | unlimited | set a rate if the contract limits the rate |
//! | size of an answer, decompressed | [`BODY_CAP`], 64 MiB | a hundred times the size of a page of 1000 events |
//! | bytes read of an error's body | [`ERROR_BODY_CAP`], 64 KiB | error pages are shorter |
//! | remaining lifetime of a token at which the next one is fetched | [`REFRESH_MARGIN`], 5 min | a call with its retries takes at most 5 min |
//! | minimum time between two fetches of a token while the current one is valid | [`FETCH_BACKOFF`], 30 s | a failing provider must not be asked for every request |
//! | length of a message or body in an error | 500 characters | an error is one line |
//! | redirects | 5, same scheme, host and port only | the token must not be sent to another host |
//! | `Retry-After` that an error keeps | up to 366 days | no program waits longer |
//! | failed attempts that do not count, because the program left them unpolled for 1 s or longer (for example on a suspended computer) | 100 per call | a call must end even if the executor of the program is always late |
//! | windows read at the same time | 4 | a window has at most 10 000 events, about 9 MB |
//! | contracts read at the same time | 4 | each reads windows of its own |
//! | pages of one window requested at the same time | 16 | enough for all pages of a full window at the default page size |
//! | offset + limit of a page | up to 10 000, or the limit of the service | Elasticsearch's default |
//! | hits of a page | up to 10 per requested hit, or 10 000 if that is more | a body full of tiny hits would take more memory than the maximum size of an answer |
//! | parts that a window is split into at once | up to 16, depending on its number of events; up to 4 if the window is itself a part of a split window or has no usable total; up to 64 if it is split by day | a wrong total costs one request for each part |
//! | extra requests that wrong totals may cost, per reading | 32, plus 1 for each full page of distinct events | a reading that costs n requests with correct totals costs at most 3 n + 50 with wrong ones |
//! | windows that may be split, per reading | 128, plus 12 for each full page of distinct events | with correct totals, about 10 splits in a row lead from a long range to its shortest window |
//! | scans of one window | up to 40; at most 6 scans in a row that find no new event (5 if the window fits on one page) | it is unlikely that all scans miss the same event |
//! | identical scans that prove a window without a usable total | 3, or 6 for a window of several pages | an unstable order shows within fewer scans |
//! | halvings of a window to locate a wrong total | up to 6; none once 8 windows of the range had a wrong total | 8 wrong totals suggest that all totals are wrong |
//! | requests for pieces of damaged or too large pages, per window | 300 | 20 requests locate one record of a page of 1000 |
//! | requests for the page after a short page (fewer hits than requested), if an earlier window ended with a short page of the same length | 4 | if the service limits its pages to this number of hits, one of these requests finds a further page |
//! | records without a time that are remembered | 100 000 | 3 MB |
//! | requests for the parts of a window | at most 17, plus 1 for each day without events; for a window longer than 100 days at most 300 in total. Two kinds of window are compared with their parts: a window of at least an hour that is longer than all compared windows, and a window of at least 49 events that has more events than all compared windows | a service may silently shorten long ranges, lose events of long ranges, or limit the number of events |
//! | requests if a window has no events | 1 for the whole log, once; 12 for single hours, once, if the whole log seems to be empty too | a service may answer long ranges as if they had no events |
//! | requests for the two seconds around the start of a range | 1, or 2 if an event is at exactly the start | it is undocumented whether a range includes its start |
//! | requests to compare the totals of a range, in addition to two per window | 16 | enough to locate one differing window in a range with a million events |
//! | windows that are read again after this comparison | up to 64 | if more windows differ, the totals change between two requests |
//! | event ids remembered for windows that are read again | 1 million, 8 MB | bounds the memory |
//! | issues of an event | up to 100 | a record may have millions |
//! | length of a `@uuid` | up to 144 bytes; a longer one counts as absent | four times the length of a UUID |
//! | length of a request id | up to 128 characters | a longer one is no id |
//! | size of a file | 1 MiB with settings, 64 KiB with a token, 16 MiB with certificates | larger files have other contents |
//!
//! # Deliberately absent
//!
//! - Types generated from the API description: they change with the description, and live in
//!   `ionos-activitylog-client`.
//! - A blocking API.
//! - Background tasks, unless the program provides a [`ClientBuilder::spawner`]. Dropping a future or a stream cancels
//!   its work in any case.

mod api;
mod auth;
mod builder;
mod chain;
mod client;
mod cloud_request;
mod config;
mod contract;
mod defaults;
mod error;
mod event;
mod filter;
mod json;
mod net;
mod probe;
mod range;
mod reader;
mod redact;
mod runtime;
mod suggest;
mod untrusted;

pub use api::discovery::{Contract, Info};
pub use api::page::UnreadableRecord;
pub use api::page::{Page, PageSize, Total};
pub use api::profile::{DateFractions, HitOrder, ServiceProfile, TotalShape};
pub use api::response::{Meta, Response};
pub use auth::{AccessToken, Claims, TokenFile, TokenFuture, TokenProvider};
pub use builder::ClientBuilder;
pub use chain::Chain;
pub use client::Client;
pub use cloud_request::CloudRequest;
pub use config::{Origin, Setting};
pub use contract::ContractNumber;
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
pub use net::retry_policy::{RetryPolicy, RetryPolicyBuilder};
pub use probe::{Finding, Probe};
pub use range::{DateRange, Length, Moment, RangeSet};
pub use reader::checkpoint::Checkpoint;
pub use reader::contracts::{ContractWindow, ContractsInOrder, ContractsStream};
pub use reader::cross_check::CrossCheck;
pub use reader::events::Events;
pub use reader::pages::PageStream;
pub use reader::stream::EventStream;
pub use reader::summary::Summary;
pub use reader::verification::Proof;
pub use reader::window::{Gap, GapReason, Window};
pub use reader::windows::WindowStream;
pub use runtime::clock;

/// Interfaces that a program can implement: the transport of requests ([`ClientBuilder::transport`],
/// [`ClientBuilder::wrap_transport`]) and the threads that read windows ([`ClientBuilder::spawner`]).
pub mod seam {
    pub use ionos_activitylog_client::{Exchange, Transport};

    pub use crate::runtime::spawner::Spawner;
}

/// Not part of the API: helpers that the crates of this workspace share. Anything here may change or disappear in any
/// release.
#[doc(hidden)]
pub mod internal {
    pub use crate::chain::{OperationIds, OperationOutcome, QueueRequests, operation_ids};
    pub use crate::error::text::is_unsafe_for_terminal;
    pub use crate::event::{EventMultiset, UndatedEvents};
    pub use crate::filter::{Fold, Pattern, accepts_outcome, event_words, required_patterns};
    pub use crate::reader::events::{check_model, check_only_start, share_extra_requests};
    pub use crate::reader::extra_requests::ExtraRequests;
    pub use crate::reader::window::UNREACHABLE_EVENTS;
    pub use crate::redact::{
        REDACTED, authorization_secrets, is_secret_name, redact_secret_forms, redact_text, redact_value,
    };
    pub use crate::runtime::regular_file::read_regular_file;
    pub use crate::suggest::did_you_mean;
    pub use crate::untrusted::{read_page, resolve_settings};
}
