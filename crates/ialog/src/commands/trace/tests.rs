use super::*;

/// An event: its second, request, queue reference, type and status.
type Short<'a> = (u32, &'a str, &'a str, &'a str, &'a str);

fn event((second, request, queue, kind, status): Short<'_>) -> Event {
    Event::from_json(format!(
        r#"{{"@uuid":"{second}{request}{queue}","meta":{{"time":"2026-11-20T12:00:{second:02}Z","requestId":"{request}",
            "queueRefId":"{queue}"}},"event":{{"type":"{kind}","status":"{status}"}}}}"#
    ))
    .unwrap()
}

fn tied(events: &[Short<'_>]) -> OperationCollector {
    let events = events.iter().map(|one| event(*one)).collect();
    OperationCollector([(7.into(), events)].into())
}

/// Of each operation: its request, and the seconds of its events.
fn found(tied: &OperationCollector, reference: &str) -> Vec<(String, Vec<String>)> {
    let operations = tied.operations(reference);
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
fn either_name_leads_to_all_events_of_an_operation() {
    let tied = tied(&[
        (9, "", "77", "RequestStatusUpdate", "DONE"),
        (1, "r-1", "", "RequestAccepted", "QUEUED"),
        (2, "r-1", "77", "Provision", "QUEUED"),
        (3, "r-2", "78", "RequestAccepted", "QUEUED"),
    ]);
    let whole = expected(&[("r-1", &["1", "2", "9"])]);
    assert_eq!(found(&tied, "r-1"), whole);
    assert_eq!(found(&tied, "R-1"), whole);
    assert_eq!(found(&tied, "77"), whole);
    assert_eq!(found(&tied, "79"), []);
    // A queue reference that was never set ties nothing.
    assert_eq!(found(&tied, ""), []);
}

#[test]
fn a_queue_reference_that_comes_again_stands_for_each_of_its_requests() {
    let tied = tied(&[
        (1, "r-1", "77", "RequestAccepted", "QUEUED"),
        (5, "", "77", "RequestStatusUpdate", "DONE"),
        (20, "r-2", "77", "RequestAccepted", "QUEUED"),
        (25, "", "77", "RequestStatusUpdate", "FAILED"),
    ]);
    let (first, second) = (("r-1", &["1", "5"][..]), ("r-2", &["20", "25"][..]));
    assert_eq!(found(&tied, "77"), expected(&[first, second]));
    assert_eq!(found(&tied, "r-2"), expected(&[second]));
    let outcomes: Vec<_> = tied.operations("77").iter().map(|one| (one.outcome, one.others)).collect();
    assert_eq!(outcomes, [(Outcome::Success, 1), (Outcome::Failure, 1)]);
}

#[test]
fn the_same_digits_in_two_contracts_are_two_operations() {
    let one = || vec![event((1, "", "77", "Provision", "QUEUED"))];
    let tied = OperationCollector([(7.into(), one()), (8.into(), one())].into());
    assert_eq!(tied.operations("77").len(), 2);
}

#[test]
fn durations_are_as_far_as_events_tell() {
    let durations = |events: &[Short<'_>]| {
        let operations = tied(events).operations("r-1");
        let OperationDurations { all, accepted_to_done, queued, running } = operations[0].durations();
        [all, accepted_to_done, queued, running].map(|length| length.map(|length| length.num_seconds()))
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
