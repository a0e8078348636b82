use proptest::prelude::*;

use super::*;

fn event(second: Option<u32>, request: &str, queue: &str, status: &str) -> Event {
    let time = second.map_or("null".to_owned(), |second| format!("\"2026-11-20T09:00:{second:02}Z\""));
    Event::from_json(format!(
        r#"{{"meta":{{"time":{time},"requestId":{request},"queueRefId":{queue}}},"event":{{"status":"{status}"}}}}"#
    ))
    .unwrap()
}

fn statuses(chain: &Chain<'_>) -> Vec<String> {
    let status = |event: &&Event| event.details().status().unwrap().to_string();
    chain.events().iter().map(status).collect()
}

#[test]
fn either_id_links_the_events_of_an_operation() {
    let events = [
        event(Some(9), "null", "7", "DONE"),
        event(Some(5), r#""b""#, "null", "QUEUED"),
        event(Some(3), r#""a""#, r#""7""#, "RUNNING"),
        event(Some(1), r#""a""#, "null", "QUEUED"),
        event(None, r#""b""#, "null", "BUSY"),
    ];
    let chains = Chain::group(&events);
    assert_eq!(chains.len(), 2);
    assert_eq!(statuses(&chains[0]), ["QUEUED", "RUNNING", "DONE"]);
    assert_eq!(chains[0].start(), Some("2026-11-20T09:00:01Z".parse().unwrap()));
    assert_eq!(chains[0].end(), Some("2026-11-20T09:00:09Z".parse().unwrap()));
    assert_eq!(chains[0].duration(), Some(TimeDelta::seconds(8)));
    assert_eq!(chains[0].outcome(), Outcome::Success);
    assert_eq!(statuses(&chains[1]), ["QUEUED", "BUSY"]);
    assert_eq!(chains[1].duration(), Some(TimeDelta::zero()));
    assert_eq!(chains[1].outcome(), Outcome::Pending);
}

#[test]
fn blank_and_unset_ids_link_nothing() {
    for (request, queue) in [
        ("null", "null"),
        (r#""""#, r#"" ""#),
        ("null", "0"),
        ("[1]", "{}"),
        (r#""00000000-0000-0000-0000-000000000000""#, r#""-""#),
        (r#""null""#, r#""None""#),
    ] {
        let events = [event(Some(1), request, queue, "DONE"), event(None, request, queue, "x")];
        let chains = Chain::group(&events);
        assert_eq!(chains.len(), 2, "request id {request}, queue reference {queue}");
        assert_eq!(chains[1].duration(), None);
    }
    // A request id and a queue reference with equal digits do not link events.
    let events = [event(Some(1), r#""7""#, "null", "x"), event(Some(2), "null", "7", "x")];
    assert_eq!(Chain::group(&events).len(), 2);
    assert!(Chain::group([]).is_empty());
}

/// An event at a second, with a request and a queue reference that may be empty, and a status.
type Short<'a> = (u32, &'a str, &'a str, &'a str);

/// The seconds of the events of each chain, and its outcome.
fn grouped(events: &[Short<'_>]) -> Vec<(Vec<u32>, Outcome)> {
    let name = |name: &str| if name.is_empty() { "null".to_owned() } else { format!("{name:?}") };
    let events: Vec<Event> = events
        .iter()
        .map(|(second, request, queue, status)| event(Some(*second), &name(request), &name(queue), status))
        .collect();
    let second = |event: &&Event| event.time().unwrap().timestamp().rem_euclid(60) as u32;
    let chains = Chain::group(&events);
    chains.iter().map(|chain| (chain.events().iter().map(second).collect(), chain.outcome())).collect()
}

#[test]
fn requests_that_share_a_queue_reference_are_operations_of_their_own() {
    use Outcome::{Failure, Pending, Success};
    // With request ids on all events, nothing is in doubt.
    let all = [(1, "a", "7", "QUEUED"), (2, "b", "7", "QUEUED"), (3, "a", "7", "FAILED"), (4, "b", "7", "DONE")];
    assert_eq!(grouped(&all), [(vec![1, 3], Failure), (vec![2, 4], Success)]);
    // Only one request has started when the event occurs.
    let reused = [(1, "a", "7", "QUEUED"), (2, "", "7", "DONE"), (3, "b", "7", "QUEUED"), (4, "b", "7", "DONE")];
    assert_eq!(grouped(&reused), [(vec![1, 2], Success), (vec![3, 4], Success)]);
    // The queue reference of an earlier request is known only later.
    let later = [(1, "a", "", "QUEUED"), (2, "", "7", "RUNNING"), (3, "a", "7", "DONE"), (4, "b", "7", "DONE")];
    assert_eq!(grouped(&later), [(vec![1, 2, 3], Success), (vec![4], Success)]);
    // An event before the start of the only request belongs to this request: the range may begin within the operation.
    assert_eq!(grouped(&[(1, "", "7", "RUNNING"), (2, "a", "7", "DONE")]), [(vec![1, 2], Success)]);
    assert_eq!(grouped(&[(1, "", "7", "RUNNING"), (2, "", "7", "QUEUED")]), [(vec![1, 2], Pending)]);
}

#[test]
fn an_event_of_one_of_several_requests_is_an_operation_of_its_own() {
    use Outcome::{Failure, Pending, Success};
    let both = [(1, "a", "7", "QUEUED"), (2, "b", "7", "QUEUED"), (3, "", "7", "DONE"), (4, "", "7", "FAILED")];
    assert_eq!(grouped(&both), [(vec![1], Pending), (vec![2], Pending), (vec![3, 4], Failure)]);
    // Requests that start at the same time.
    let same = [(1, "a", "7", "QUEUED"), (1, "b", "7", "QUEUED"), (1, "", "7", "DONE")];
    assert_eq!(grouped(&same).iter().filter(|(_, outcome)| *outcome == Success).count(), 1);
    // No request has started.
    let none = [(1, "", "7", "DONE"), (2, "a", "7", "QUEUED"), (3, "b", "7", "QUEUED")];
    assert_eq!(grouped(&none), [(vec![1], Success), (vec![2], Pending), (vec![3], Pending)]);
    // An event without a time.
    let undated = [
        event(Some(1), r#""a""#, "7", "QUEUED"),
        event(Some(2), r#""b""#, "7", "QUEUED"),
        event(None, "null", "7", "FAILED"),
    ];
    assert_eq!(Chain::group(&undated).len(), 3);
}

#[test]
fn failure_takes_precedence_over_success_and_success_over_the_last_status() {
    for (statuses, expected) in [
        (["DONE", "FAILED", "QUEUED"], Outcome::Failure),
        (["QUEUED", "FAILED", "DONE"], Outcome::Failure),
        (["QUEUED", "DONE", "new"], Outcome::Success),
        (["DONE", "RUNNING", ""], Outcome::Success),
        (["new", "RUNNING", ""], Outcome::Pending),
        (["QUEUED", "RUNNING", "new"], Outcome::Unknown),
        (["", "new", "QUEUED"], Outcome::Pending),
        (["new", "new", "new"], Outcome::Unknown),
        (["", "", ""], Outcome::Unknown),
    ] {
        let mut events: Vec<Event> =
            (1..).zip(statuses).map(|(second, status)| event(Some(second), r#""a""#, "null", status)).collect();
        let last = statuses.iter().rfind(|status| !status.is_empty()).copied();
        for _ in 0..2 {
            let chains = Chain::group(&events);
            assert_eq!((chains.len(), chains[0].outcome()), (1, expected), "{statuses:?}");
            assert_eq!(chains[0].last_status(), last);
            events.reverse();
        }
    }
}

#[test]
fn the_last_of_several_statuses_does_not_depend_on_the_order_of_the_events() {
    let at = |second: Option<u32>, status: &str| event(second, r#""a""#, "null", status);
    for (events, last) in [
        // At the same time, an unknown status counts as the last.
        ([at(Some(1), "QUEUED"), at(Some(1), "CANCELLED")], "CANCELLED"),
        // It is not known when an event without a time occurred.
        ([at(None, "CANCELLED"), at(Some(1), "QUEUED")], "QUEUED"),
        ([at(None, "BUSY"), at(None, "RUNNING")], "RUNNING"),
    ] {
        assert_eq!(Chain::group(&events)[0].last_status(), Some(last));
        assert_eq!(Chain::group(events.iter().rev())[0].last_status(), Some(last));
    }
}

fn ids<'a>(chain: &Chain<'a>) -> Vec<OperationIds<'a>> {
    chain.events().iter().map(|event| operation_ids(event)).collect()
}

proptest! {
    #[test]
    fn chains_are_a_partition_that_does_not_depend_on_the_order(
        made in prop::collection::vec((prop::option::of(0..5_u32), 0..8_u32, 0..8_u32, 0..3_usize), 0..30),
    ) {
        let name = |number: u32| if number < 2 { "null".to_owned() } else { format!("\"{number}\"") };
        let mut events: Vec<Event> = made
            .iter()
            .map(|(second, request, queue, status)| {
                event(*second, &name(*request), &name(*queue), ["QUEUED", "DONE", "new"][*status])
            })
            .collect();
        let describe = |chains: &[Chain<'_>]| -> Vec<Vec<String>> {
            let raw = |chain: &Chain<'_>| chain.events().iter().map(|event| event.raw().to_owned()).collect();
            chains.iter().map(raw).collect()
        };
        let chains = Chain::group(&events);
        let before = describe(&chains);
        let mut all: Vec<String> = before.iter().flatten().cloned().collect();
        let mut given: Vec<String> = events.iter().map(|event| event.raw().to_owned()).collect();
        all.sort_unstable();
        given.sort_unstable();
        prop_assert_eq!(all, given);
        // The events with a request id are those of one request, and no other chain has this request id.
        let mut requests = BTreeSet::new();
        for chain in &chains {
            let of_chain: BTreeSet<String> =
                ids(chain).into_iter().filter_map(|ids| ids.request).map(String::from).collect();
            prop_assert!(!chain.events().is_empty() && of_chain.len() <= 1);
            for request in of_chain {
                prop_assert!(requests.insert(request));
            }
        }
        // An event without a request id belongs to a request with its queue reference, or to no request.
        for chain in &chains {
            let (with, without): (Vec<_>, Vec<_>) = ids(chain).into_iter().partition(|ids| ids.request.is_some());
            for ids in without {
                prop_assert!(with.is_empty() || with.iter().any(|one| one.queue == ids.queue));
                prop_assert!(ids.queue.is_some() || chain.events().len() == 1);
            }
        }
        prop_assert!(chains.iter().map(|chain| (chain.start().is_none(), chain.start())).is_sorted());
        events.reverse();
        prop_assert_eq!(describe(&Chain::group(&events)), before);
    }
}
