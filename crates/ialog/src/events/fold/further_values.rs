//! Counts the users, actions, resources and addresses of an operation, so that its row shows how many there are besides
//! those of the lead event. Only hashes are kept, and only a few per column, so that the memory is bounded.

use std::hash::{BuildHasher, RandomState};

use ionos_activitylog::Event;

use crate::output::row::FurtherCounts;

/// Maximum number of further values that are counted per column; a count of this size means this number or more.
const MAX_FURTHER: usize = 8;

/// A column whose further values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashedColumn {
    User,
    Action,
    Resource,
    Address,
}

/// Hashes of the distinct values of an operation's events, at most [`MAX_FURTHER`] and one more per column. Empty for
/// an operation with one event: its row needs no counts, so nothing is computed for it.
#[derive(Default)]
pub(super) struct DistinctValues {
    hashes: Vec<(HashedColumn, u64)>,
}

impl DistinctValues {
    /// Adds the values of an event.
    pub(super) fn add_event(&mut self, event: &Event, hasher: &RandomState) {
        hash_values(event, hasher, |column, hash| self.add(column, hash));
    }

    /// Adds the values of `other`.
    pub(super) fn join(&mut self, other: Self) {
        other.hashes.into_iter().for_each(|(column, hash)| self.add(column, hash));
    }

    fn add(&mut self, column: HashedColumn, hash: u64) {
        if !self.hashes.contains(&(column, hash)) && self.count(column) <= MAX_FURTHER {
            self.hashes.push((column, hash));
        }
    }

    fn count(&self, column: HashedColumn) -> usize {
        self.hashes.iter().filter(|(one, _)| *one == column).count()
    }

    /// The number of values besides the one that the row of `lead` shows in each column. `lead` must be one of the
    /// events that were added.
    pub(super) fn further_than(&self, lead: &Event, hasher: &RandomState) -> FurtherCounts {
        if self.hashes.is_empty() {
            return FurtherCounts::default();
        }
        let mut shown = Vec::new();
        hash_values(lead, hasher, |column, _| shown.push(column));
        let further = |column| self.count(column).saturating_sub(usize::from(shown.contains(&column)));
        let further = |column| further(column).min(MAX_FURTHER);
        FurtherCounts {
            user: further(HashedColumn::User),
            action: further(HashedColumn::Action),
            resource: further(HashedColumn::Resource),
            from: further(HashedColumn::Address),
        }
    }
}

/// Whether `event` has every user, action, resource and address that `other` has.
pub(super) fn has_all_values(event: &Event, other: &Event, hasher: &RandomState) -> bool {
    let mut known = Vec::new();
    hash_values(event, hasher, |column, hash| known.push((column, hash)));
    let mut has_all = true;
    hash_values(other, hasher, |column, hash| has_all &= known.contains(&(column, hash)));
    has_all
}

/// Calls `add` with the hash of each user, action, resource and address of an event.
fn hash_values(event: &Event, hasher: &RandomState, mut add: impl FnMut(HashedColumn, u64)) {
    let details = event.details();
    let principal = details.principal();
    if let Some(user) = &principal.user {
        add(HashedColumn::User, hasher.hash_one(user));
    }
    if let Some(ip) = principal.ip() {
        add(HashedColumn::Address, hasher.hash_one(ip.to_canonical()));
    } else if let Some(address) = &principal.source_ip {
        add(HashedColumn::Address, hasher.hash_one(address));
    }
    for action in details.actions() {
        add(HashedColumn::Action, hasher.hash_one(action));
    }
    for resource in details.resources() {
        let key = (resource.resource_type.as_ref().map(|one| one.as_str()), &resource.id);
        if key != (None, &None) {
            add(HashedColumn::Resource, hasher.hash_one(key));
        }
    }
}
