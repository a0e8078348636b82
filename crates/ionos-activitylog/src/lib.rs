//! Reads the audit trail of an IONOS Cloud contract: who did what, when, to which resource.
//!
//! The usual ways to read this log lose events without a word: they read one page, send an exclusive end date as
//! "today", or drop a whole page over one field of an unexpected type. This crate reads all pages of a closed
//! range, keeps every record as the bytes that came, and ends in an error when the service stops short of what
//! it counts.
//!
//! ```
//! # use chrono::{DateTime, Utc};
//! use futures_util::TryStreamExt;
//! use ionos_activitylog::{Client, ContractNumber, DateRange, Error};
//!
//! async fn print_november(client: &Client) -> Result<(), Error> {
//!     let contract: ContractNumber = "31721060".parse()?;
//!     let range = DateRange::new("2026-11-01T00:00:00Z".parse().unwrap(), "2026-12-01T00:00:00Z".parse().unwrap())?;
//!     let mut events = client.events(contract, range).stream();
//!     while let Some(event) = events.try_next().await? {
//!         println!("{}", event.raw());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`Client::from_env`] takes the token from `IONOS_TOKEN` and, where it is set, the address of the API from
//! `IONOS_API_URL`. There is one API, and it is async; in a program without a runtime, call it through the
//! `block_on` of the runtime of your choice.
//!
//! # Defaults
//!
//! | what | value | why |
//! |---|---|---|
//! | address of the API | [`DEFAULT_BASE_URL`] | where the vendor serves it |
//! | page size | [`PageSize::DEFAULT`] | ten times fewer requests than a hundred; a service that sends fewer is followed |
//! | time to connect | [`CONNECT_TIMEOUT`] | longer means that nobody is there |
//! | time between two reads | [`READ_TIMEOUT`] | a large page may be slow to begin, and must not hang for ever |
//! | body of an error that is read | [`ERROR_BODY_CAP`] | an error page is for people, and none is longer |
//!
//! # Deliberately absent
//!
//! Types generated from the API's description: they change with it, and live in `ionos-activitylog-client`. A
//! second, blocking API. Tasks of its own: dropping a future or a stream ends its work. So far also: retries, and a cap
//! on the size of a good answer.

mod base_url;
mod builder;
mod client;
pub mod clock;
mod contract;
mod error;
mod event;
mod events;
mod info;
mod page;
mod range;
mod token;
mod transport;

pub use base_url::DEFAULT_BASE_URL;
pub use builder::ClientBuilder;
pub use client::Client;
pub use contract::{Contract, ContractNumber};
pub use error::{ERROR_BODY_CAP, Error, ErrorKind, VendorMessage};
pub use event::{Event, Issue};
pub use events::{EventStream, Events, PageStream};
pub use info::Info;
pub use page::{Page, PageSize, Total};
pub use range::DateRange;
pub use transport::{CONNECT_TIMEOUT, READ_TIMEOUT};

/// The seam to the network, for programs that bring their own: see [`ClientBuilder::transport`].
pub mod seam {
    pub use ionos_activitylog_client::{Exchange, Transport};
}
