//! The low-level client of the IONOS Cloud Activity Log API, generated from the API's description, with the
//! handwritten pieces that the description cannot express.
//!
//! **Unstable**: the generated types change whenever the description does. Depend on `ionos-activitylog`, whose
//! public API shows none of them.
//!
//! - [`types`], [`builder`] and [`Client`] are generated (`cargo xtask codegen`).
//! - [`Client::get_request`] is the one operation of another API, written by hand.
//! - [`Raw`] keeps a record as the bytes that came, [`Scalar`] and [`Total`] read values whose JSON type drifts.
//! - [`Unread`] is a page as the bytes that came, for whoever reads it in a way of their own.
//! - [`Transport`] is the one seam to the network: whoever makes a [`Client`] says how a request is carried out.
//!
//! Deliberately absent: authorisation, retries, error texts. They are the facade's.

mod cloud_request;
#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::all, clippy::unwrap_used)]
mod generated;
mod raw;
#[doc(hidden)]
pub mod redact;
mod scalar;
mod total;
mod transport;
mod unread;

pub use generated::{Client, Error, ResponseValue, builder, types};
pub use raw::Raw;
pub use scalar::Scalar;
pub use total::Total;
pub use transport::{Answer, Context, Exchange, Transport};
pub use unread::Unread;
