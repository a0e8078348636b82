//! What a change of the description means, as snapshots in the repository's `tests/snapshots/codegen`. Here and not in
//! `tests/`, because they must be readable also while the facade does not compile against the new description yet.

// Clippy knows tests by their attribute, and these helpers have none.
#![allow(clippy::unwrap_used)]

mod changed_description;
mod generated_items;
mod overlay_actions;
#[path = "../../../tests/support/snapshot.rs"]
mod snapshot;
