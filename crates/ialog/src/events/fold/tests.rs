//! The rows of folded events do not depend on the order of the events.

use ionos_activitylog::{Chain, Event};

use super::lead::lead_event;
use super::*;
use crate::output::column::{Column, RowCells};
use crate::output::counted_column::CountedColumn;
use crate::output::row::{DistinctCounts, OperationSummary, error_detail};

const COLUMNS: [Column; 6] = [Column::Time, Column::Id, Column::Result, Column::Took, Column::Events, Column::Detail];

fn event(second: u32, request: &str, queue: &str, kind: &str, status: &str) -> Event {
    let time = if second == 0 { "null".to_owned() } else { format!("\"2026-11-20T09:00:{second:02}Z\"") };
    let error = if status == "FAILED" { r#","param":{"error":{"httpStatus":422}}"# } else { "" };
    Event::from_json(format!(
        r#"{{"meta":{{"time":{time},"requestId":"{request}","queueRefId":"{queue}"}},
            "event":{{"type":"{kind}","status":"{status}"{error}}}}}"#
    ))
    .unwrap()
}

/// Adds the events to a folder, and returns its rows and counts.
fn fold_into(
    mut folder: OperationFolder,
    events: &[Event],
    is_match: impl Fn(&Event) -> bool,
) -> (Vec<Row>, OperationCounts) {
    for event in events {
        folder.add(Row::new(7.into(), event.clone()).matching(is_match(event)));
    }
    folder.finish()
}

fn fold(events: &[Event], is_match: impl Fn(&Event) -> bool) -> (Vec<Vec<String>>, OperationCounts) {
    let (rows, counts) = fold_into(OperationFolder::new(FoldMode::Rows, Filter::new(), false), events, is_match);
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
        let (rows, counts) = fold(&events, |event| event.details().status().is_some_and(|one| one.as_str() == status));
        let a = rows.iter().find(|row| row[0] == "2026-11-20T09:00:01.000Z").unwrap();
        assert_eq!(a[2..], ["done", "8.0 s", "3", ""], "{status}");
        assert_eq!(counts, OperationCounts { seen: 3, kept: if status == "QUEUED" { 2 } else { 1 } });
    }
    assert_eq!(fold(&events, |_| false), (Vec::new(), OperationCounts { seen: 3, kept: 0 }));
}

#[test]
fn the_kept_bytes_are_the_size_of_one_event_per_operation() {
    let events = [event(1, "a", "", "x", ""), event(2, "b", "", "x", ""), event(3, "a", "", "Provision", "")];
    let mut folder = OperationFolder::new(FoldMode::Rows, Filter::new(), false);
    let mut size_after = |event: &Event| {
        folder.add(Row::new(7.into(), event.clone()).matching(true));
        folder.kept_bytes()
    };
    let sizes = events.each_ref().map(|event| event.raw().len() as u64);
    assert_eq!(size_after(&events[0]), sizes[0]);
    assert_eq!(size_after(&events[1]), sizes[0] + sizes[1]);
    assert_eq!(size_after(&events[2]), sizes[0] + sizes[1]);
    // An event without a request id may belong to any request, so it is kept until the end.
    let of_queue = event(4, "", "7", "Provision", "");
    let size = of_queue.raw().len() as u64;
    assert_eq!(size_after(&of_queue), sizes[0] + sizes[1] + size);
    // The last status is kept, too.
    assert_eq!(size_after(&event(5, "a", "7", "Provision", "BUSY")), sizes[0] + sizes[1] + size + 4);
    let _ = folder.finish();
}

/// The cells of the rows of operations, and the counts, for events that are folded with a filter.
fn fold_filtered(events: &[Event], filter: &str, mode: FoldMode) -> (Vec<[String; 3]>, OperationCounts) {
    let filter: Filter = filter.parse().unwrap();
    let folder = OperationFolder::new(mode, filter.clone(), true);
    let (rows, counts) = fold_into(folder, events, |event| filter.matches(event));
    let shown = [Column::Request, Column::Flat("outcome"), Column::Result];
    let cells = rows.iter().map(|row| shown.map(|column| column.text(row).unwrap_or_default()));
    (cells.collect(), counts)
}

#[test]
fn a_filter_on_the_outcome_selects_the_operations_that_show_this_outcome() {
    let events = [
        event(1, "cancelled", "", "RequestAccepted", "QUEUED"),
        event(2, "cancelled", "", "RequestStatusUpdate", "CANCELLED"),
        event(3, "repeated", "", "RequestAccepted", "QUEUED"),
        event(4, "repeated", "", "RequestStatusUpdate", "FAILED"),
        event(5, "repeated", "", "RequestStatusUpdate", "DONE"),
        event(6, "running", "", "RequestAccepted", "QUEUED"),
        event(7, "running", "", "RequestStatusUpdate", "RUNNING"),
        event(8, "running", "", "Provision", ""),
        event(9, "done", "", "RequestAccepted", ""),
        event(10, "done", "", "RequestStatusUpdate", "DONE"),
    ];
    let cancelled = ["cancelled", "unknown", "cancelled"];
    let repeated = ["repeated", "failure", "FAILED"];
    let running = ["running", "pending", "running"];
    let done = ["done", "success", "done"];
    for (filter, expected) in [
        ("", vec![cancelled, repeated, running, done]),
        ("outcome=unknown", vec![cancelled]),
        ("outcome=pending", vec![running]),
        ("outcome=failure", vec![repeated]),
        ("outcome=success", vec![done]),
        ("outcome!=failure", vec![cancelled, running, done]),
        ("outcome=pending outcome=unknown", vec![cancelled, running]),
        ("status=QUEUED", vec![cancelled, repeated, running]),
        ("status=QUEUED outcome=pending", vec![running]),
    ] {
        let (rows, counts) = fold_filtered(&events, filter, FoldMode::Rows);
        assert_eq!(rows, expected, "{filter}");
        assert_eq!(counts, OperationCounts { seen: 4, kept: expected.len() as u64 });
        assert_eq!(fold_filtered(&events, filter, FoldMode::Count).1, counts, "{filter}");
    }
}

#[test]
fn requests_that_share_a_queue_reference_are_folded_into_rows_of_their_own() {
    let events = [
        event(1, "a", "7", "RequestAccepted", "QUEUED"),
        event(2, "", "7", "RequestStatusUpdate", "RUNNING"),
        event(3, "b", "7", "RequestAccepted", "QUEUED"),
        event(4, "", "7", "RequestStatusUpdate", "FAILED"),
    ];
    let of_no_request = ["", "failure", "FAILED"];
    let all = [["a", "pending", "running"], ["b", "pending", "queued"], of_no_request];
    assert_eq!(fold_filtered(&events, "", FoldMode::Rows).0, all);
    assert_eq!(fold_filtered(&events, "outcome=failure", FoldMode::Rows).0, [of_no_request]);
    assert_eq!(fold_filtered(&events, "", FoldMode::Count).1, OperationCounts { seen: 3, kept: 3 });
}

#[test]
fn in_count_mode_operations_are_counted_and_no_row_is_returned() {
    let events = [event(1, "a", "", "x", "DONE"), event(2, "a", "", "x", "DONE"), event(3, "", "", "x", "DONE")];
    let mut folder = OperationFolder::new(FoldMode::Count, Filter::new(), true);
    for (contract, event) in [7_u64, 8].iter().flat_map(|contract| events.iter().map(move |one| (contract, one))) {
        folder.add(Row::new((*contract).into(), event.clone()).matching(event.time() > events[0].time()));
    }
    let (rows, counts) = folder.finish();
    assert_eq!((rows.len(), counts), (0, OperationCounts { seen: 4, kept: 4 }));
}

/// Folding gives the same operations as [`Chain::group`], for random events and for the same events in reverse order.
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
                    last_status: chain.last_status().map(str::to_owned),
                    duration: chain.duration().filter(|_| chain.events().len() > 1),
                    event_count: chain.events().len() as u64,
                    error_detail: error,
                    distinct: DistinctCounts::default(),
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

/// An event of the request `r`, with a user, a method, a server and an address, all of which may be empty.
fn user_event(second: u32, kind: &str, [user, method, server, address]: [&str; 4]) -> Event {
    let value = |text: &str| if text.is_empty() { "null".to_owned() } else { format!("{text:?}") };
    let resource = if server.is_empty() { String::new() } else { format!(r#"{{"type":"server","id":"{server}"}}"#) };
    Event::from_json(format!(
        r#"{{"meta":{{"time":"2026-11-20T09:00:{second:02}Z","requestId":"r"}},
            "principal":{{"identity":{{"username":{}}},"sourceIP":{}}},
            "event":{{"type":"{kind}","param":{{"action":{}}},"resources":[{resource}]}}}}"#,
        value(user),
        value(address),
        value(method)
    ))
    .unwrap()
}

const SHOWN: [Column; 4] = [Column::User, Column::Action, Column::Resource, Column::From];

/// Folds the events, which must belong to one operation, and returns the cells of its row. Checks that the cells do not
/// change if the events are rotated.
fn shown_cells(events: &[Event], is_match: impl Fn(&Event) -> bool) -> [String; 4] {
    let mut events = events.to_vec();
    let mut shown = Vec::new();
    for _ in 0..events.len() {
        events.rotate_left(1);
        let folder = OperationFolder::new(FoldMode::Rows, Filter::new(), false);
        let (rows, _) = fold_into(folder, &events, &is_match);
        let cells = RowCells::new(&rows[0]);
        shown.push(SHOWN.map(|column| {
            let (text, suffix) = cells.table_text(column);
            text + &suffix
        }));
    }
    assert!(shown.iter().all(|cells| *cells == shown[0]), "{shown:?}");
    shown.swap_remove(0)
}

#[test]
fn the_row_shows_the_number_of_values_that_the_lead_event_does_not_have() {
    let alice = user_event(1, "RequestAccepted", ["alice", "GET", "s1", "192.0.2.1"]);
    let bob = user_event(2, "RequestAccepted", ["bob", "DELETE", "s2", "203.0.113.66"]);
    let update = user_event(3, "RequestStatusUpdate", ["", "", "", ""]);
    let other_server = user_event(4, "Provision", ["alice", "", "s3", "::ffff:192.0.2.1"]);
    let all = |_: &Event| true;
    let same = [alice.clone(), update.clone(), alice.clone()];
    assert_eq!(shown_cells(&same, all), ["alice", "GET server", "server/s1", "192.0.2.1"]);
    let one = [alice.clone(), update.clone(), other_server.clone()];
    assert_eq!(shown_cells(&one, all), ["alice", "GET server", "server/s1 +1", "192.0.2.1"]);
    let three = [alice.clone(), bob, update.clone(), other_server];
    assert_eq!(shown_cells(&three, all), ["alice +1", "GET server +1", "server/s1 +2", "192.0.2.1 +1"]);
    // A column in which the lead event has no value shows only the number.
    let hidden = [user_event(0, "RequestAccepted", ["", "GET", "", ""]), alice.clone(), update];
    assert_eq!(shown_cells(&hidden, all), ["+1", "GET +1", "+1", "+1"]);
    let users: Vec<String> = (0..20).map(|number| format!("u{number}")).collect();
    let many: Vec<Event> =
        users.iter().map(|user| user_event(9, "RequestAccepted", [user, "GET", "s1", ""])).chain([alice]).collect();
    assert_eq!(shown_cells(&many, all), ["alice +8", "GET server", "server/s1", "192.0.2.1"]);
}

#[test]
fn the_row_shows_a_matching_event_unless_it_is_an_update_without_new_values() {
    let events = [
        user_event(1, "RequestAccepted", ["alice", "GET", "s1", "192.0.2.1"]),
        user_event(2, "RequestAccepted", ["bob", "DELETE", "s2", "203.0.113.66"]),
        user_event(3, "RequestStatusUpdate", ["alice", "", "s1", "192.0.2.1"]),
        user_event(4, "RequestStatusUpdate", ["carol", "", "s1", "192.0.2.1"]),
    ];
    let shown = |seconds: &[&str]| {
        shown_cells(&events, |event| seconds.iter().any(|second| event.raw().contains(&format!("09:00:{second}Z"))))
    };
    let alice = ["alice +2", "GET server +1", "server/s1 +1", "192.0.2.1 +1"];
    let bob = ["bob +2", "DELETE server +1", "server/s2 +1", "203.0.113.66 +1"];
    assert_eq!(shown(&["01", "02", "03", "04"]), alice);
    assert_eq!(shown(&["02"]), bob);
    assert_eq!(shown(&["02", "03", "04"]), bob);
    // The first event has all values of the update at 03. So the row shows the first event, which also has an action.
    assert_eq!(shown(&["03"]), alice);
    assert_eq!(shown(&["04"]), ["carol +2", "+2", "server/s1 +1", "192.0.2.1 +1"]);
}

#[test]
fn an_operation_has_the_values_of_all_its_events() {
    let events = [
        user_event(1, "RequestAccepted", ["alice", "GET", "s1", "192.0.2.1"]),
        user_event(2, "RequestAccepted", ["bob", "DELETE", "s2", ""]),
        user_event(3, "Provision", ["bob", "", "s3", "192.0.2.1"]),
    ];
    let columns = [Column::User, Column::Action, Column::Resource, Column::Type, Column::Events];
    let columns: Vec<CountedColumn> = columns.into_iter().map(CountedColumn::Named).collect();
    let mut folder = OperationFolder::new(FoldMode::Values(columns), Filter::new(), false);
    events.iter().for_each(|event| folder.add(Row::new(7.into(), event.clone())));
    let kept_text = "alicebobGET serverDELETE serverserver/s1server/s2server/s3RequestAcceptedProvision".len();
    let lead = events[0].raw().len();
    assert!(folder.kept_bytes() >= (lead + kept_text) as u64, "the values are part of the kept bytes");
    let (rows, _) = folder.finish();
    assert_eq!(
        rows[0].counted_values().unwrap(),
        [
            vec!["alice", "bob"],
            vec!["DELETE server", "GET server"],
            vec!["server/s1", "server/s2", "server/s3"],
            vec!["Provision", "RequestAccepted"],
            vec!["3"],
        ]
    );
}
