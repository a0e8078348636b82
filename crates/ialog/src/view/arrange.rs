//! Fold, sort, limit: in this order, or "the last ten deletes" would be five deletes and their five updates.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ionos_activitylog::{Chain, ContractNumber, Event, EventType};

use super::{Column, Found, found};
use crate::failure::Failure;

/// In what order events are shown, and how many.
#[derive(Clone, Debug)]
pub(crate) struct Arrangement {
    keys: Vec<Order>,
    limit: Option<NonZeroUsize>,
    newest_first: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    column: Column,
    reversed: bool,
}

impl Order {
    /// `column` or `-column`.
    pub(crate) fn named(text: &str) -> Result<Self, Failure> {
        let (name, reversed) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let column = Column::named(name, true)?;
        Ok(Self { column, reversed })
    }

    fn compare(self, one: &Found, other: &Found) -> Ordering {
        let order = self.column.compare(one, other);
        if self.reversed { order.reverse() } else { order }
    }
}

impl Arrangement {
    pub(crate) fn new(sort: &[String], limit: Option<NonZeroUsize>, newest_first: bool) -> Result<Self, Failure> {
        Ok(Self { keys: sort.iter().map(|text| Order::named(text)).collect::<Result<_, _>>()?, limit, newest_first })
    }

    /// Whether events can be given on as they come.
    pub(crate) fn is_none(&self) -> bool {
        self.keys.is_empty() && self.limit.is_none() && !self.newest_first
    }

    /// So many are kept at the most.
    pub(crate) fn limit(&self) -> Option<usize> {
        self.limit.map(NonZeroUsize::get)
    }

    /// Brings what was found into order, and leaves no more than wanted.
    pub(crate) fn arrange(&self, found: &mut Vec<Found>) {
        let oldest_first = |one: &Found, other: &Found| {
            Column::Time
                .compare(one, other)
                .then_with(|| one.contract.cmp(&other.contract))
                .then_with(|| one.event.id().cmp(&other.event.id()))
        };
        found.sort_by(oldest_first);
        let most = self.limit().unwrap_or(usize::MAX);
        if self.keys.is_empty() {
            // The newest, wherever they are shown.
            found.drain(..found.len().saturating_sub(most));
            if self.newest_first {
                found.reverse();
            }
            return;
        }
        found.sort_by(|one, other| {
            let keys = self.keys.iter().map(|key| key.compare(one, other));
            keys.fold(Ordering::Equal, Ordering::then)
        });
        found.truncate(most);
    }
}

/// One for each operation. It is shown by its first event that is no update, and ended as the operation did.
pub(crate) fn fold(events: Vec<Found>) -> Vec<Found> {
    let mut by_contract: BTreeMap<ContractNumber, Vec<Event>> = BTreeMap::new();
    for found in events {
        by_contract.entry(found.contract).or_default().push(found.event);
    }
    let mut operations = Vec::new();
    for (contract, events) in by_contract {
        for chain in Chain::group(&events) {
            operations.extend(operation(&contract, &chain));
        }
    }
    operations
}

fn operation(contract: &ContractNumber, chain: &Chain<'_>) -> Option<Found> {
    let events = chain.events();
    let is_update = |event: &Event| {
        let of_type = event.details().event_type();
        [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION].map(Some).contains(&of_type)
    };
    let lead = events.iter().find(|event| !is_update(event));
    let lead = lead.or(events.first())?;
    let mut found = Found::one(contract.clone(), (*lead).clone());
    let details = events.iter().find_map(|event| found::detail(event));
    found.detail = found.detail.or(details);
    found.outcome = chain.outcome();
    found.events = events.len() as u64;
    found.took = chain.duration().filter(|_| events.len() > 1);
    Some(found)
}
