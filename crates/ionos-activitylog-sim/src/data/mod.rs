//! The data of the simulated log, as a pure function of the seed: which events happen in a contract, when, and what
//! their records contain. Nothing is stored.
//!
//! - `activity_profile` sets the number of events, and `outline` sets their times and kinds (`cloud_operation`).
//! - `record_builder` builds the `record` of one event from its `operation_context`, which draws from `vocabulary`,
//!   `people` and `inventory`. Then it applies the deviations of `drift`.
//! - `record_writer` serializes the record.

pub(crate) mod activity_profile;
mod cloud_operation;
pub(crate) mod drift;
pub(crate) mod error_envelope;
mod inventory;
pub(crate) mod operation_context;
pub(crate) mod outline;
pub(crate) mod people;
pub(crate) mod random;
pub(crate) mod record;
mod record_builder;
mod record_writer;
pub(crate) mod request_id;
pub(crate) mod value;
mod vocabulary;
