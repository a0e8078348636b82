//! What a change of the description means, as snapshots in the repository's `tests/snapshots`. Here and not in
//! `tests/`, because they must be readable also while the facade does not compile against the new description yet.

mod generated_items;
mod overlay_actions;
#[path = "../../../tests/snapshot.rs"]
mod snapshot;
