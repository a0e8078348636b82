//! Low-level client of the IONOS Cloud Activity Log API: code generated from the API description, and handwritten types
//! for what the description cannot express.
//!
//! **Unstable**: the generated types change with the description. Depend on `ionos-activitylog`, whose public API
//! contains none of them.
//!
//! - [`Client::get_request`] is an operation of the Cloud API, written by hand.
//! - [`Client::get_request`] is the one operation of another API, written by hand.
//! - [`Raw`] keeps the bytes of a record; [`Scalar`] and [`Total`] read values whose JSON type varies.
//! - [`Transport`] is the only connection to the network. The creator of a [`Client`] provides it.
//! - [`Transport`] is the only seam to the network. The creator of a [`Client`] provides it.
//!
//! Authorization, retries and error messages are deliberately absent; the facade has them.

mod body;
mod cloud_request;
#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::all, clippy::unwrap_used)]
mod generated;
mod hooks;
mod raw;
#[doc(hidden)]
pub mod redact;
mod scalar;
mod total;
mod transport;

pub use body::read_body;
pub use generated::{Client, Error, ResponseValue, builder, types};
pub use raw::Raw;
pub use scalar::Scalar;
pub use total::Total;
pub use transport::{Answer, Context, Exchange, Transport};
