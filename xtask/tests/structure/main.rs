//! Rules that hold for the source code of the whole workspace, checked on syntax trees without a build of the crates.

// Clippy allows unwrap only in functions with #[test]. The other functions in these files have no #[test].
#![allow(clippy::unwrap_used)]

mod api;
mod rules;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
mod texts;
