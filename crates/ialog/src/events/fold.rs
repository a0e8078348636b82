//! Folds the events of an operation into one row.

use std::collections::BTreeMap;

use ionos_activitylog::{Chain, ContractNumber, Event, EventType};

use crate::output::row::{OperationSummary, Row, error_detail};

/// One row for each operation: its lead event, with the outcome of the operation.
pub(crate) fn fold_operations(rows: Vec<Row>) -> Vec<Row> {
    let mut by_contract: BTreeMap<ContractNumber, Vec<Event>> = BTreeMap::new();
    for row in rows {
        by_contract.entry(row.contract).or_default().push(row.event);
    }
    let mut operations = Vec::new();
    for (contract, events) in by_contract {
        let chains = Chain::group(&events);
        operations.extend(chains.iter().filter_map(|chain| operation_row(&contract, chain)));
    }
    operations
}

/// The event that represents an operation: the first event that is neither a status update nor a provisioning event. If
/// there is no such event, the first event. `None` if there are no events.
pub(crate) fn lead_event<'a>(events: impl IntoIterator<Item = &'a Event> + Clone) -> Option<&'a Event> {
    let updates = [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION].map(Some);
    let is_update = |event: &Event| updates.contains(&event.details().event_type());
    let lead = events.clone().into_iter().find(|event| !is_update(event));
    lead.or_else(|| events.into_iter().next())
}

fn operation_row(contract: &ContractNumber, chain: &Chain<'_>) -> Option<Row> {
    let events = chain.events();
    let lead = lead_event(events.iter().copied())?;
    let detail = error_detail(lead).or_else(|| events.iter().find_map(|event| error_detail(event)));
    let operation = OperationSummary {
        outcome: chain.outcome(),
        duration: chain.duration().filter(|_| events.len() > 1),
        event_count: events.len() as u64,
        error_detail: detail,
    };
    Some(Row::of_operation(contract.clone(), lead.clone(), operation))
}
