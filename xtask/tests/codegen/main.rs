//! The snapshots in `tests/snapshots/codegen` show the effect of a change of the API description on the generated code.
//! These tests belong to xtask, because they must run even if the facade does not compile against the new description
//! yet.

// Clippy allows unwrap only in functions with #[test], but other functions of these tests call it, too.
#![allow(clippy::unwrap_used)]

mod changed_description;
mod generated_items;
mod overlay_actions;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
