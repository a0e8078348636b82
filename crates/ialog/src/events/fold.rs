//! Folds the events of an operation into one row, while the events are read.
//!
//! A filter selects operations, not events: an operation is selected if one of its events matches, and its row
//! describes all of its events. So the events that do not match are folded too.
//!
//! For each operation, the lead event, the ids and a summary of constant size are kept in memory, but no other event.
//! An event that has no id to link it to other events is an operation of its own. Such an event is dropped at once if
//! it does not match. An operation that does not match is kept until its contract is complete, because a later event
//! may match. A contract is complete at the end or, if the contracts are read one after the other, when the next one
//! begins. If operations are only counted, no event is kept.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::{OperationLink, operation_links};
use ionos_activitylog::{ContractNumber, Event, EventId, EventType, FilterCounts, Outcome};

use crate::output::plural::format_count;
use crate::output::row::{OperationSummary, Row, error_detail};

/// The number of operations, and the number of those that have a matching event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OperationCounts {
    pub(crate) seen: u64,
    pub(crate) kept: u64,
}

/// A sentence with the number of events, and of operations if they are folded, such as `50 events in 17 operations` or
/// `2 of 17 operations match (3 of 50 events)`.
pub(crate) fn describe_counts(
    operations: Option<OperationCounts>,
    events: FilterCounts,
    is_unfiltered: bool,
) -> String {
    match (operations, is_unfiltered) {
        (None, true) => format_count(events.seen, "event"),
        (None, false) => format!("{events} match"),
        (Some(OperationCounts { seen, .. }), true) => {
            format!("{} in {}", format_count(events.seen, "event"), format_count(seen, "operation"))
        }
        (Some(OperationCounts { seen, kept }), false) => format!("{kept} of {seen} operations match ({events})"),
    }
}

/// Folds events into operations. The result does not depend on the order of the events.
#[derive(Default)]
pub(crate) struct OperationFolder {
    /// Whether only the operations are counted, so that no event has to be kept.
    counts_only: bool,
    /// Whether all events of a contract come before the first event of the next contract, so that a contract is
    /// complete when the next one begins.
    by_contract: bool,
    open: BTreeMap<ContractNumber, ContractFolder>,
    rows: Vec<Row>,
    counts: OperationCounts,
    /// Size of the events of the open operations in bytes.
    kept_bytes: u64,
}

impl OperationFolder {
    /// Starts to fold events. `by_contract` says that all events of a contract come before the first event of the next
    /// contract. If it is not set, the contracts of the events may alternate.
    pub(crate) fn new(by_contract: bool) -> Self {
        Self { by_contract, ..Self::default() }
    }

    /// Only counts the operations: [`Self::take_rows`] returns no row.
    pub(crate) fn counts_only(self) -> Self {
        Self { counts_only: true, ..self }
    }

    /// Adds an event to its operation. The caller must also add the events that do not match the filter.
    pub(crate) fn add(&mut self, row: Row) {
        if !self.open.contains_key(&row.contract) {
            if self.by_contract {
                self.close_contracts();
            }
            self.open.insert(row.contract.clone(), ContractFolder::default());
        }
        let links: Vec<OperationLink<'static>> = operation_links(&row.event).map(OperationLink::into_owned).collect();
        if links.is_empty() && !row.is_match {
            self.counts.seen += 1;
            return;
        }
        let summary = (!self.counts_only).then(|| FoldedEvents::new(row.event));
        if let Some(folder) = self.open.get_mut(&row.contract) {
            let added = FoldedOperation { is_match: row.is_match, events: summary };
            let grown = folder.add(links, added);
            self.kept_bytes = self.kept_bytes.saturating_add_signed(grown);
        }
    }

    /// Size in bytes of the events that are kept for operations that may still get events.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// The rows of the matching operations of all complete contracts, except the rows that an earlier call returned.
    /// The rows are in no particular order.
    pub(crate) fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Completes all contracts. Returns the rows that [`Self::take_rows`] has not returned yet, and the numbers of
    /// operations.
    pub(crate) fn finish(mut self) -> (Vec<Row>, OperationCounts) {
        self.close_contracts();
        (self.rows, self.counts)
    }

    fn close_contracts(&mut self) {
        self.kept_bytes = 0;
        for (contract, folder) in std::mem::take(&mut self.open) {
            for operation in folder.operations.into_iter().flatten() {
                self.counts.seen += 1;
                if operation.is_match {
                    self.counts.kept += 1;
                    self.rows.extend(operation.events.map(|events| events.into_row(contract.clone())));
                }
            }
        }
    }
}

/// The operations of a contract.
#[derive(Default)]
struct ContractFolder {
    /// `None` for an operation that was joined with an earlier one.
    operations: Vec<Option<FoldedOperation>>,
    /// For each operation, the index of the operation that it was joined with; its own index if it was not joined.
    joined_with: Vec<usize>,
    by_link: HashMap<OperationLink<'static>, usize>,
}

impl ContractFolder {
    /// Adds an event to its operation. Returns the change in the size of the kept events, in bytes.
    fn add(&mut self, links: Vec<OperationLink<'static>>, mut added: FoldedOperation) -> i64 {
        let mut grown = 0;
        let mut known: Vec<usize> = links.iter().filter_map(|link| self.by_link.get(link).copied()).collect();
        known.iter_mut().for_each(|index| *index = self.root(*index));
        let target = known.iter().min().copied().unwrap_or(self.operations.len());
        for index in known.into_iter().filter(|index| *index != target) {
            if let Some(joined) = self.operations.get_mut(index).and_then(Option::take) {
                grown -= joined.kept_bytes();
                added = added.join(joined);
            }
            if let Some(root) = self.joined_with.get_mut(index) {
                *root = target;
            }
        }
        for link in links {
            self.by_link.insert(link, target);
        }
        match self.operations.get_mut(target) {
            Some(slot) => {
                let operation = match slot.take() {
                    Some(before) => {
                        grown -= before.kept_bytes();
                        before.join(added)
                    }
                    None => added,
                };
                grown += operation.kept_bytes();
                *slot = Some(operation.detach());
            }
            None => {
                grown += added.kept_bytes();
                self.operations.push(Some(added.detach()));
                self.joined_with.push(target);
            }
        }
        grown
    }

    fn root(&self, mut index: usize) -> usize {
        while let Some(above) = self.joined_with.get(index).filter(|above| **above != index) {
            index = *above;
        }
        index
    }
}

/// A summary of the events of an operation that were added so far.
struct FoldedOperation {
    is_match: bool,
    /// `None` if operations are only counted.
    events: Option<FoldedEvents>,
}

impl FoldedOperation {
    /// Size of the event that is kept (the lead event) in bytes; 0 if operations are only counted.
    fn kept_bytes(&self) -> i64 {
        let bytes = self.events.as_ref().map_or(0, |events| events.lead.event.raw().len());
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }

    /// The operation as it is kept, see [`LeadEvent::detach`].
    fn detach(self) -> Self {
        let events = self.events.map(|events| FoldedEvents { lead: events.lead.detach(), ..events });
        Self { events, ..self }
    }

    fn join(self, other: Self) -> Self {
        Self {
            is_match: self.is_match || other.is_match,
            events: match (self.events, other.events) {
                (Some(one), Some(other)) => Some(one.join(other)),
                (one, other) => one.or(other),
            },
        }
    }
}

/// The facts that the row of an operation shows about its events.
struct FoldedEvents {
    lead: LeadEvent,
    outcome: Outcome,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    event_count: u64,
    /// The error of the first event that has one; `None` if no event has an error.
    error: Option<EventError>,
}

/// The error of an event, with the sort key of the event.
struct EventError {
    time: Option<DateTime<Utc>>,
    id: EventId,
    detail: String,
}

impl FoldedEvents {
    fn new(event: Event) -> Self {
        let detail = error_detail(&event);
        Self {
            outcome: event.details().outcome(),
            start: event.time(),
            end: event.time(),
            event_count: 1,
            error: detail.map(|detail| EventError { time: event.time(), id: event.id(), detail }),
            lead: LeadEvent::new(event),
        }
    }

    fn join(self, other: Self) -> Self {
        let error = match (self.error, other.error) {
            (Some(one), Some(other)) => {
                let key = |error: &EventError| (error.time.is_none(), error.time, error.id.clone());
                Some(if key(&other) < key(&one) { other } else { one })
            }
            (one, other) => one.or(other),
        };
        let times = || [self.start, other.start].into_iter().flatten();
        Self {
            outcome: self.outcome.min(other.outcome),
            start: times().min(),
            end: [self.end, other.end].into_iter().flatten().max(),
            event_count: self.event_count + other.event_count,
            error,
            lead: if other.lead.compare(&self.lead).is_lt() { other.lead } else { self.lead },
        }
    }

    fn into_row(self, contract: ContractNumber) -> Row {
        let duration = self.end.zip(self.start).map(|(end, start)| end - start);
        let operation = OperationSummary {
            outcome: self.outcome,
            duration: duration.filter(|_| self.event_count > 1),
            event_count: self.event_count,
            error_detail: error_detail(&self.lead.event).or_else(|| self.error.map(|error| error.detail)),
        };
        Row::of_operation(contract, self.lead.event, operation)
    }
}

/// The lead event of an operation, which represents the operation in a row: the first event that is neither a status
/// update nor a provisioning event. If there is no such event, the first event. `events` must be in order. `None` if
/// there are no events.
pub(crate) fn lead_event<'a>(events: impl IntoIterator<Item = &'a Event> + Clone) -> Option<&'a Event> {
    let lead = events.clone().into_iter().find(|event| !is_update(event));
    lead.or_else(|| events.into_iter().next())
}

/// The event of an operation that comes first, see [`LeadEvent::compare`].
struct LeadEvent {
    event: Event,
    is_update: bool,
    /// Whether the event has a copy of its record, and does not keep the text of its whole page in memory.
    is_detached: bool,
}

impl LeadEvent {
    fn new(event: Event) -> Self {
        Self { is_update: is_update(&event), event, is_detached: false }
    }

    /// Makes a copy of the record, so that the text of the page can be dropped. Most events of an operation are not its
    /// lead event, so only events that are kept are copied.
    fn detach(self) -> Self {
        if self.is_detached { self } else { Self { event: self.event.detach(), is_detached: true, ..self } }
    }

    /// Orders events so that the lead event of an operation is the first.
    fn compare(&self, other: &Self) -> Ordering {
        let key = |lead: &Self| (lead.is_update, lead.event.time().is_none(), lead.event.time());
        let (one, two) = (&self.event, &other.event);
        key(self).cmp(&key(other)).then_with(|| one.id().cmp(&two.id())).then_with(|| one.raw().cmp(two.raw()))
    }
}

fn is_update(event: &Event) -> bool {
    let updates = [EventType::REQUEST_STATUS_UPDATE, EventType::PROVISION];
    let event_type = event.details().event_type();
    event_type.is_some_and(|event_type| updates.iter().any(|update| event_type.matches(update.as_str())))
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Chain;

    use super::*;
    use crate::output::column::Column;

    const COLUMNS: [Column; 6] =
        [Column::Time, Column::Id, Column::Result, Column::Took, Column::Events, Column::Detail];

    fn event(second: u32, request: &str, queue: &str, kind: &str, status: &str) -> Event {
        let time = if second == 0 { "null".to_owned() } else { format!("\"2026-11-20T09:00:{second:02}Z\"") };
        let error = if status == "FAILED" { r#","param":{"error":{"httpStatus":422}}"# } else { "" };
        Event::from_json(format!(
            r#"{{"meta":{{"time":{time},"requestId":"{request}","queueRefId":"{queue}"}},
                "event":{{"type":"{kind}","status":"{status}"{error}}}}}"#
        ))
        .unwrap()
    }

    fn fold(events: &[Event], is_match: impl Fn(&Event) -> bool) -> (Vec<Vec<String>>, OperationCounts) {
        let mut folder = OperationFolder::new(false);
        for event in events {
            folder.add(Row::new(7.into(), event.clone()).matching(is_match(event)));
        }
        let (rows, counts) = folder.finish();
        let cells = |row: &Row| COLUMNS.map(|column| column.text(row).unwrap_or_default()).to_vec();
        let mut rows: Vec<_> = rows.iter().map(cells).collect();
        rows.sort();
        (rows, counts)
    }

    #[test]
    fn a_matching_event_selects_its_whole_operation() {
        let events = [
            event(1, "a", "", "RequestAccepted", "QUEUED"),
            event(2, "b", "", "RequestAccepted", "QUEUED"),
            event(3, "a", "7", "Provision", "RUNNING"),
            event(9, "", "7", "RequestStatusUpdate", "DONE"),
            event(4, "", "", "DCDUserEvent", ""),
        ];
        for status in ["QUEUED", "RUNNING", "DONE"] {
            let (rows, counts) =
                fold(&events, |event| event.details().status().is_some_and(|one| one.as_str() == status));
            let a = rows.iter().find(|row| row[0] == "2026-11-20T09:00:01.000Z").unwrap();
            assert_eq!(a[2..], ["done", "8.0 s", "3", ""], "{status}");
            assert_eq!(counts, OperationCounts { seen: 3, kept: if status == "QUEUED" { 2 } else { 1 } });
        }
        assert_eq!(fold(&events, |_| false), (Vec::new(), OperationCounts { seen: 3, kept: 0 }));
    }

    #[test]
    fn the_size_counts_one_event_of_each_operation() {
        let events = [event(1, "a", "", "x", ""), event(2, "b", "", "x", ""), event(3, "a", "", "Provision", "")];
        let mut folder = OperationFolder::new(false);
        let mut size_after = |event: &Event| {
            folder.add(Row::new(7.into(), event.clone()).matching(true));
            folder.kept_bytes()
        };
        let sizes = events.each_ref().map(|event| event.raw().len() as u64);
        assert_eq!(size_after(&events[0]), sizes[0]);
        assert_eq!(size_after(&events[1]), sizes[0] + sizes[1]);
        assert_eq!(size_after(&events[2]), sizes[0] + sizes[1]);
        // The queue reference 7 joins the operations of both requests: here it occurs with request b, and below with
        // request a.
        let joined = event(4, "b", "7", "Provision", "");
        assert_eq!(size_after(&joined), sizes[0] + sizes[1]);
        assert_eq!(size_after(&event(5, "a", "7", "Provision", "")), sizes[0]);
        let _ = folder.finish();
    }

    #[test]
    fn counts_only_counts_operations_and_returns_no_row() {
        let events = [event(1, "a", "", "x", "DONE"), event(2, "a", "", "x", "DONE"), event(3, "", "", "x", "DONE")];
        let mut folder = OperationFolder::new(true).counts_only();
        for (contract, event) in [7_u64, 8].iter().flat_map(|contract| events.iter().map(move |one| (contract, one))) {
            folder.add(Row::new((*contract).into(), event.clone()).matching(event.time() > events[0].time()));
        }
        let (rows, counts) = folder.finish();
        assert_eq!((rows.len(), counts), (0, OperationCounts { seen: 4, kept: 4 }));
    }

    /// Folding while reading gives the operations of [`Chain::group`], for every order of the events.
    #[test]
    fn folding_gives_the_operations_of_chain_group() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..300 {
            let count = random(20);
            let mut events: Vec<Event> = (0..count)
                .map(|_| {
                    let id = |number: u64| if number < 2 { String::new() } else { number.to_string() };
                    let (request, queue) = (id(random(7)), id(random(7)));
                    let kind = ["RequestAccepted", "Provision"][random(2) as usize];
                    let status = ["QUEUED", "DONE", "FAILED", ""][random(4) as usize];
                    event(random(5) as u32, &request, &queue, kind, status)
                })
                .collect();
            let chains = Chain::group(&events);
            let mut expected: Vec<Vec<String>> = chains
                .iter()
                .map(|chain| {
                    let lead = lead_event(chain.events().iter().copied()).unwrap();
                    let error = error_detail(lead).or_else(|| chain.events().iter().find_map(|one| error_detail(one)));
                    let operation = OperationSummary {
                        outcome: chain.outcome(),
                        duration: chain.duration().filter(|_| chain.events().len() > 1),
                        event_count: chain.events().len() as u64,
                        error_detail: error,
                    };
                    let row = Row::of_operation(7.into(), lead.clone(), operation);
                    COLUMNS.map(|column| column.text(&row).unwrap_or_default()).to_vec()
                })
                .collect();
            expected.sort();
            for _ in 0..2 {
                assert_eq!(fold(&events, |_| true).0, expected);
                events.reverse();
            }
        }
    }
}
