//! Fold, sort, limit: in this order, or "the last ten deletes" would be five deletes and their five updates.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use ionos_activitylog::{Chain, ContractNumber, Event, EventType};

use crate::error::CommandError;
use crate::output::column::Column;
use crate::output::row::{Row, detail};

/// In what order events are shown, and how many.
#[derive(Clone, Debug)]
pub(crate) struct SortAndLimit {
    keys: Vec<SortKey>,
    limit: Option<NonZeroUsize>,
    newest_first: bool,
}

/// A column to sort by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SortKey {
    column: Column,
    reversed: bool,
}

impl SortKey {
    /// `column` or `-column`.
    pub(crate) fn named(text: &str) -> Result<Self, CommandError> {
        let (name, reversed) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let column = Column::named(name, true)?;
        Ok(Self { column, reversed })
    }

    fn compare(self, one: &Row, other: &Row) -> Ordering {
        let order = self.column.compare(one, other);
        if self.reversed { order.reverse() } else { order }
    }
}

impl SortAndLimit {
    pub(crate) fn new(sort: &[String], limit: Option<NonZeroUsize>, newest_first: bool) -> Result<Self, CommandError> {
        Ok(Self { keys: sort.iter().map(|text| SortKey::named(text)).collect::<Result<_, _>>()?, limit, newest_first })
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
    pub(crate) fn arrange(&self, found: &mut Vec<Row>) {
        let oldest_first = |one: &Row, other: &Row| {
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
pub(crate) fn fold(events: Vec<Row>) -> Vec<Row> {
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

fn operation(contract: &ContractNumber, chain: &Chain<'_>) -> Option<Row> {
    let events = chain.events();
    let is_update = |event: &Event| {
        let of_type = event.details().event_type();
        [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION].map(Some).contains(&of_type)
    };
    let lead = events.iter().find(|event| !is_update(event));
    let lead = lead.or(events.first())?;
    let mut found = Row::one(contract.clone(), (*lead).clone());
    let details = events.iter().find_map(|event| detail(event));
    found.detail = found.detail.or(details);
    found.outcome = chain.outcome();
    found.events = events.len() as u64;
    found.took = chain.duration().filter(|_| events.len() > 1);
    Some(found)
}
