//! Counts the different users, actions, resources and addresses of an operation. The row of the operation shows the
//! values of its lead event, and the counts tell how many further values there are. Only hashes are kept, and only a
//! few per column, so that the memory is bounded.

use std::hash::{BuildHasher, RandomState};

use ionos_activitylog::Event;

use crate::output::row::{DistinctCounts, MAX_FURTHER};

/// A column whose distinct values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HashedColumn {
    User,
    Action,
    Resource,
    Address,
}

/// Hashes of the distinct values of an operation's events, at most [`MAX_FURTHER`] + 1 per column. Empty for an
/// operation with one event, because the row of such an operation needs no counts.
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

    /// The number of values in each column.
    pub(super) fn counts(&self) -> DistinctCounts {
        DistinctCounts {
            user: self.count(HashedColumn::User),
            action: self.count(HashedColumn::Action),
            resource: self.count(HashedColumn::Resource),
            address: self.count(HashedColumn::Address),
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
    let resources = details.resources();
    // Most status updates have no action. This check is faster than the call of `actions`.
    if resources.iter().any(|resource| !resource.actions.is_empty()) || details.action().method.is_some() {
        for action in details.actions() {
            add(HashedColumn::Action, hasher.hash_one(action));
        }
    }
    for resource in resources {
        let key = (resource.resource_type.as_ref().map(|one| one.as_str()), &resource.id);
        if key != (None, &None) {
            add(HashedColumn::Resource, hasher.hash_one(key));
        }
    }
}
