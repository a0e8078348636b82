//! Snapshots of the effect that a change of the API description has on the generated code, stored in
//! `tests/snapshots/codegen` of the repository. These tests belong to xtask, because they must run even if the facade
//! does not compile against the new description yet.

// Clippy allows unwrap only in functions with #[test]. The helpers in these files have no #[test].
#![allow(clippy::unwrap_used)]

mod changed_description;
mod generated_items;
mod overlay_actions;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
