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

#[test]
fn failure_takes_precedence_over_success_and_success_over_pending() {
    for (statuses, expected) in [
        (["DONE", "FAILED", "QUEUED"], Outcome::Failure),
        (["QUEUED", "DONE", "new"], Outcome::Success),
        (["new", "RUNNING", "new"], Outcome::Pending),
        (["new", "new", "new"], Outcome::Unknown),
    ] {
        let events = statuses.map(|status| event(Some(1), r#""a""#, "null", status));
        let chains = Chain::group(&events);
        assert_eq!(chains.len(), 1);
        assert_eq!(chains[0].outcome(), expected, "{statuses:?}");
    }
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
        // No two chains share an id.
        for (place, one) in chains.iter().enumerate() {
            prop_assert!(!one.events().is_empty());
            for other in &chains[place + 1..] {
                let of_one: Vec<OperationLink<'_>> = one.events().iter().flat_map(|event| operation_links(event)).collect();
                let mut of_other = other.events().iter().flat_map(|event| operation_links(event));
                prop_assert!(of_other.all(|link| !of_one.contains(&link)));
            }
        }
        prop_assert!(chains.iter().map(|chain| (chain.start().is_none(), chain.start())).is_sorted());
        events.reverse();
        prop_assert_eq!(describe(&Chain::group(&events)), before);
    }
}
