//! The structure of the code: dependencies between crates, public items and secrets.

mod dependencies;
pub mod public_api;
mod secrets;
