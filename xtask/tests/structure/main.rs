//! Rules that hold for the source code of the whole workspace, checked on syntax trees without a build of the crates.

// Clippy knows tests by their attribute, and these helpers have none.
#![allow(clippy::unwrap_used)]

mod api;
mod rules;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
mod texts;
