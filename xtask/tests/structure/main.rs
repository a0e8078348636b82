//! Rules that hold for the source code of the whole workspace, checked on syntax trees without a build of the crates.

// Clippy allows unwrap only in functions with #[test], but other functions of these tests call it, too.
#![allow(clippy::unwrap_used)]

mod api;
mod rules;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
mod texts;
