//! The structure of the code: the dependencies between crates, the types in the public API, and the absence of secrets
//! in output.

mod dependencies;
pub mod public_api;
mod secrets;
