//! Finds operations by a request id or a queue reference. An event may lack one of the two, and different requests may
//! have the same queue reference. So the events that share a request id or a queue reference are first grouped into a
//! [`Chain`], and each chain is then split into one operation per request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ionos_activitylog::internal::{OperationLink, operation_links};
use ionos_activitylog::{Chain, ContractNumber, Event};

use super::operation::{Operation, queue_reference};
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
        if operation_links(&row.event).next().is_some() {
            let Row { contract, event, .. } = row.detach();
            self.kept.add(event.raw().len(), SEARCH_LESS)?;
            self.events.entry(contract).or_default().push(event);
        }
        Ok(())
    }

    /// The operations whose request id or queue reference is `reference`, ordered by contract and then by the start of
    /// their chain.
    pub(super) fn operations(&self, reference: &str) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (contract, events) in &self.events {
            for chain in Chain::group(events) {
                if chain.events().iter().any(|event| has_reference(event, reference)) {
                    operations.extend(split_by_request(contract, &chain, reference));
                }
            }
        }
        operations
    }
}

fn has_reference(event: &Event, reference: &str) -> bool {
    let details = event.details();
    let names = [details.request_id(), queue_reference(event)];
    let mut names = names.into_iter().flatten();
    !reference.is_empty() && names.any(|name| name.trim().eq_ignore_ascii_case(reference))
}

/// Splits a chain into operations, one for each request, and returns those that have `reference` as their request id or
/// queue reference. An event without a request id belongs to a request with the same queue reference. If there are
/// several such requests, the event belongs to the last request that starts before the event or at the same time. If
/// all of them start later, the event belongs to the first.
fn split_by_request(contract: &ContractNumber, chain: &Chain<'_>, reference: &str) -> Vec<Operation> {
    let mut groups: Vec<RequestGroup<'_>> = Vec::new();
    let mut without_request = Vec::new();
    for event in chain.events() {
        let request = operation_links(event).find_map(|link| match link {
            OperationLink::Request(id) => Some(id),
            OperationLink::Queue(_) => None,
        });
        let Some(request) = request else {
            without_request.push(*event);
            continue;
        };
        let queue = queue_reference(event);
        let known = groups.iter_mut().find(|group| group.request == request);
        match known {
            Some(group) => {
                group.queues.extend(queue);
                group.events.push(event);
            }
            None => groups.push(RequestGroup { request, queues: queue.into_iter().collect(), events: vec![event] }),
        }
    }
    if groups.is_empty() {
        let all = chain.events().iter().copied();
        return Operation::new(contract, all, 0).into_iter().collect();
    }
    let starts: Vec<_> = groups.iter().map(RequestGroup::start).collect();
    for event in without_request {
        let queue = queue_reference(event);
        let has_queue = |group: &RequestGroup<'_>| queue.as_ref().is_some_and(|queue| group.queues.contains(queue));
        let mut of_queue = (0..groups.len()).filter(|index| groups.get(*index).is_some_and(has_queue));
        let first = of_queue.clone().next().unwrap_or_default();
        let has_started = |index: &usize| {
            let start = starts.get(*index).copied().flatten();
            start.is_some() && start <= event.time()
        };
        let index = of_queue.rfind(has_started).unwrap_or(first);
        if let Some(group) = groups.get_mut(index) {
            group.events.push(event);
        }
    }
    let other_requests = groups.len().saturating_sub(1);
    let matching = groups.into_iter().filter(|group| {
        let mut events = group.events.iter();
        events.any(|event| has_reference(event, reference))
    });
    let operations = matching.filter_map(|group| Operation::new(contract, group.events, other_requests));
    operations.collect()
}

/// The events of one request within a chain.
struct RequestGroup<'a> {
    request: Cow<'a, str>,
    queues: Vec<Cow<'a, str>>,
    events: Vec<&'a Event>,
}

impl RequestGroup<'_> {
    fn start(&self) -> Option<DateTime<Utc>> {
        self.events.first().and_then(|event| event.time())
    }
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
            (25, "", "77", "RequestStatusUpdate", "FAILED"),
        ]);
        let (first, second) = (("r-1", &["1", "5"][..]), ("r-2", &["20", "25"][..]));
        assert_eq!(find_operations(&collector, "77"), expected(&[first, second]));
        assert_eq!(find_operations(&collector, "r-2"), expected(&[second]));
        let outcomes: Vec<_> = collector.operations("77").iter().map(|one| (one.outcome, one.other_requests)).collect();
        assert_eq!(outcomes, [(Outcome::Success, 1), (Outcome::Failure, 1)]);
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
