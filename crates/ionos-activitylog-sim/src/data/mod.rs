//! The data of the simulated log, as a pure function of the seed: which events happen in a contract, when, and what
//! their records contain. Nothing is stored.
//!
//! `activity_profile` sets the number of events, and `outline` sets their times and kinds (`cloud_operation`). For one
//! event, `record_builder` builds a `record` from the `operation_context` (with the words of `vocabulary`, the `people`
//! who act and the `inventory` they act on) and applies `drift`; `record_writer` serializes the record.

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
