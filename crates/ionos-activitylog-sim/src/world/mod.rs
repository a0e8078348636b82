//! A log that nobody keeps: what happened in a contract, when, and what the log says of it, drawn from a seed.
//!
//! `rhythm` says how many events there are, `slice` sketches when and of what kind (`operation`), and `event` makes
//! the `record` of one of them, which `write` writes: its `scene`, with the words of `vocabulary`, the `people` who act and the `inventory` they
//! act on, and how far it `drift`s from the description.

pub(crate) mod drift;
pub(crate) mod event;
mod inventory;
pub(crate) mod operation;
pub(crate) mod people;
pub(crate) mod random;
pub(crate) mod record;
pub(crate) mod request_id;
pub(crate) mod rhythm;
mod scene;
pub(crate) mod slice;
mod vocabulary;
mod write;
