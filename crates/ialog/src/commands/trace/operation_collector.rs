//! Finds operations by a request id or a queue reference. The operations are those of [`Chain::group`], as in all other
//! commands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ionos_activitylog::internal::{OperationIds, operation_ids};
use ionos_activitylog::{Chain, ContractNumber, Event};

use super::operation::Operation;
use crate::error::CommandError;
use crate::limits::KeptBytes;
use crate::output::row::Row;

/// The events that may belong to an operation.
#[derive(Default)]
pub(super) struct OperationCollector {
    events: BTreeMap<ContractNumber, Vec<Event>>,
    kept: KeptBytes,
}

/// Hint if more events would be kept in memory than allowed.
const SEARCH_LESS: &str = "search a shorter time range with --from and --to, or one contract with --contract";

impl OperationCollector {
    /// Keeps an event that has a request id or a queue reference. Events can be assigned to operations only after all
    /// events were added: an event with both a request id and a queue reference may link earlier events that have only
    /// one of the two. Fails if the kept events exceed [`MAX_KEPT_MIB`](crate::limits::MAX_KEPT_MIB).
    pub(super) fn add(&mut self, row: Row) -> Result<(), CommandError> {
        if !operation_ids(&row.event).is_empty() {
            let Row { contract, event, .. } = row.detach();
            self.kept.add(event.raw().len(), SEARCH_LESS)?;
            self.events.entry(contract).or_default().push(event);
        }
        Ok(())
    }

    /// The operations whose request id or queue reference is `reference`, and the operations of events that may belong
    /// to them, because the log does not say to which request they belong. Ordered by contract and then by start.
    pub(super) fn operations(&self, reference: &str) -> Vec<Operation> {
        let found = self.events.iter().flat_map(|(contract, events)| find_operations(contract, events, reference));
        found.collect()
    }
}

fn find_operations(contract: &ContractNumber, events: &[Event], reference: &str) -> Vec<Operation> {
    let chains = Chain::group(events);
    let ids: Vec<ChainIds> = chains.iter().map(ChainIds::new).collect();
    let mut requests_by_queue: HashMap<&str, BTreeSet<usize>> = HashMap::new();
    for (index, ids) in ids.iter().enumerate().filter(|(_, ids)| ids.has_request) {
        ids.queues.iter().for_each(|queue| {
            requests_by_queue.entry(queue).or_default().insert(index);
        });
    }
    let is_named = |chain: &Chain<'_>| chain.events().iter().any(|event| has_reference(event, reference));
    let named: Vec<bool> = chains.iter().map(is_named).collect();
    let queues_of_named: BTreeSet<&String> =
        ids.iter().zip(&named).filter(|(_, named)| **named).flat_map(|(ids, _)| &ids.queues).collect();
    let may_belong = |ids: &ChainIds| !ids.has_request && ids.queues.iter().any(|one| queues_of_named.contains(one));
    let found = (0..).zip(chains.iter().zip(&ids)).zip(&named);
    let found = found.filter(|((_, (_, ids)), named)| **named || may_belong(ids));
    let operations = found.map(|((index, (chain, ids)), _)| {
        let requests = ids.queues.iter().filter_map(|queue| requests_by_queue.get(queue.as_str())).flatten();
        let others: BTreeSet<&usize> = requests.filter(|other| **other != index).collect();
        Operation::new(contract, chain, others.len())
    });
    operations.collect()
}

/// The ids of the events of a chain.
struct ChainIds {
    has_request: bool,
    queues: BTreeSet<String>,
}

impl ChainIds {
    fn new(chain: &Chain<'_>) -> Self {
        let ids = || chain.events().iter().map(|event| operation_ids(event));
        Self {
            has_request: ids().any(|ids| ids.request.is_some()),
            queues: ids().filter_map(|ids| ids.queue).map(String::from).collect(),
        }
    }
}

fn has_reference(event: &Event, reference: &str) -> bool {
    let OperationIds { request, queue } = operation_ids(event);
    request.into_iter().chain(queue).any(|id| id.trim().eq_ignore_ascii_case(reference))
}

#[cfg(test)]
mod tests {
    use ionos_activitylog::Outcome;

    use super::super::operation::OperationDurations;
    use super::*;

    /// The values of a test event: the second of its time, its request id, queue reference, type and status.
    type Short<'a> = (u32, &'a str, &'a str, &'a str, &'a str);

    fn event((second, request, queue, kind, status): Short<'_>) -> Event {
        Event::from_json(format!(
            r#"{{"@uuid":"{second}{request}{queue}","meta":{{"time":"2026-11-20T12:00:{second:02}Z","requestId":"{request}",
                "queueRefId":"{queue}"}},"event":{{"type":"{kind}","status":"{status}"}}}}"#
        ))
        .unwrap()
    }

    fn collector(events: &[Short<'_>]) -> OperationCollector {
        let events = events.iter().map(|one| event(*one)).collect();
        OperationCollector { events: [(7.into(), events)].into(), ..OperationCollector::default() }
    }

    /// The request id of each operation, and the seconds at which its events occurred.
    fn find_operations(collector: &OperationCollector, reference: &str) -> Vec<(String, Vec<String>)> {
        let operations = collector.operations(reference);
        let seconds = |one: &Operation| {
            let times = one.events().iter().filter_map(Event::time);
            times.map(|time| time.format("%-S").to_string()).collect()
        };
        let name = |one: &Operation| one.request().unwrap_or_default().into_owned();
        operations.iter().map(|one| (name(one), seconds(one))).collect()
    }

    fn expected(operations: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let all = operations.iter();
        all.map(|(name, seconds)| ((*name).to_owned(), owned(seconds))).collect()
    }

    #[test]
    fn a_request_id_or_a_queue_reference_finds_all_events_of_an_operation() {
        let collector = collector(&[
            (9, "", "77", "RequestStatusUpdate", "DONE"),
            (1, "r-1", "", "RequestAccepted", "QUEUED"),
            (2, "r-1", "77", "Provision", "QUEUED"),
            (3, "r-2", "78", "RequestAccepted", "QUEUED"),
        ]);
        let whole = expected(&[("r-1", &["1", "2", "9"])]);
        assert_eq!(find_operations(&collector, "r-1"), whole);
        assert_eq!(find_operations(&collector, "R-1"), whole);
        assert_eq!(find_operations(&collector, "77"), whole);
        assert_eq!(find_operations(&collector, "79"), []);
        // An empty reference finds no operation.
        assert_eq!(find_operations(&collector, ""), []);
    }

    #[test]
    fn a_reused_queue_reference_finds_each_of_its_requests() {
        let collector = collector(&[
            (1, "r-1", "77", "RequestAccepted", "QUEUED"),
            (5, "", "77", "RequestStatusUpdate", "DONE"),
            (20, "r-2", "77", "RequestAccepted", "QUEUED"),
            (25, "r-2", "77", "RequestStatusUpdate", "FAILED"),
        ]);
        let (first, second) = (("r-1", &["1", "5"][..]), ("r-2", &["20", "25"][..]));
        assert_eq!(find_operations(&collector, "77"), expected(&[first, second]));
        assert_eq!(find_operations(&collector, "r-2"), expected(&[second]));
        let outcomes: Vec<_> = collector.operations("77").iter().map(|one| (one.outcome, one.other_requests)).collect();
        assert_eq!(outcomes, [(Outcome::Success, 1), (Outcome::Failure, 1)]);
    }

    #[test]
    fn events_that_may_belong_to_a_request_are_shown_with_it_as_another_operation() {
        let collector = collector(&[
            (1, "r-1", "77", "RequestAccepted", "QUEUED"),
            (2, "r-2", "77", "RequestAccepted", "QUEUED"),
            (3, "", "77", "RequestStatusUpdate", "FAILED"),
            (4, "r-3", "78", "RequestAccepted", "QUEUED"),
            (5, "", "79", "RequestStatusUpdate", "FAILED"),
        ]);
        let of_no_request = ("", &["3"][..]);
        let (first, second) = (("r-1", &["1"][..]), ("r-2", &["2"][..]));
        assert_eq!(find_operations(&collector, "r-1"), expected(&[first, of_no_request]));
        assert_eq!(find_operations(&collector, "r-2"), expected(&[second, of_no_request]));
        assert_eq!(find_operations(&collector, "77"), expected(&[first, second, of_no_request]));
        assert_eq!(find_operations(&collector, "r-3"), expected(&[("r-3", &["4"])]));
        let outcomes: Vec<_> =
            collector.operations("r-1").iter().map(|one| (one.outcome, one.other_requests)).collect();
        assert_eq!(outcomes, [(Outcome::Pending, 1), (Outcome::Failure, 2)]);
    }

    #[test]
    fn the_same_reference_in_two_contracts_finds_two_operations() {
        let one = || vec![event((1, "", "77", "Provision", "QUEUED"))];
        let events = [(7.into(), one()), (8.into(), one())].into();
        let collector = OperationCollector { events, ..OperationCollector::default() };
        assert_eq!(collector.operations("77").len(), 2);
    }

    #[test]
    fn add_fails_if_the_kept_events_exceed_the_maximum_size() {
        let related = event((1, "r-1", "77", "Provision", "QUEUED"));
        let bytes = related.raw().len() as u64;
        let mut collector = OperationCollector { kept: KeptBytes::up_to(2 * bytes), ..OperationCollector::default() };
        let mut add = |event: &Event| collector.add(Row::new(7.into(), event.clone()));
        assert!(add(&related).is_ok() && add(&related).is_ok());
        // An event without a reference is not kept.
        assert!(add(&Event::from_json(r#"{"@uuid":"none"}"#).unwrap()).is_ok());
        let error = add(&related).unwrap_err();
        assert_eq!(error.code(), 1);
        assert!(error.to_string().ends_with(SEARCH_LESS), "{error}");
    }

    #[test]
    fn a_duration_is_none_if_the_events_for_it_are_missing() {
        let durations = |events: &[Short<'_>]| {
            let operations = collector(events).operations("r-1");
            let OperationDurations { total, accepted_to_done, queued, running } = operations[0].durations();
            [total, accepted_to_done, queued, running].map(|length| length.map(|length| length.num_seconds()))
        };
        let accepted = (1, "r-1", "", "RequestAccepted", "DONE");
        let running = (4, "r-1", "", "RequestStatusUpdate", "RUNNING");
        let failed = (9, "r-1", "", "RequestStatusUpdate", "FAILED");
        let error = (10, "r-1", "", "Error", "");
        assert_eq!(durations(&[accepted]), [Some(0), None, None, None]);
        assert_eq!(durations(&[accepted, running]), [Some(3), None, Some(3), None]);
        assert_eq!(durations(&[running, failed]), [Some(5), None, None, Some(5)]);
        assert_eq!(durations(&[accepted, running, failed, error]), [Some(9), Some(8), Some(3), Some(5)]);
    }
}
