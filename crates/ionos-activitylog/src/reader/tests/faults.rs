//! If answers of the service are faulty, the reader returns each event exactly once or fails with an error.

use super::*;

#[tokio::test]
async fn a_duplicate_hit_is_returned_once_and_counted() {
    let behavior = Behavior { duplicates: Share::new(0.05).unwrap(), ..Behavior::default() };
    let simulator = simulated(Simulator::builder().behavior(behavior));
    let summary = read_and_compare(&simulator, day(), "duplicates").await;
    assert!(summary.duplicates > 0);
}

#[tokio::test]
async fn a_total_that_counts_duplicates_is_a_proof_only_for_records_without_an_id() {
    for (uuid, is_proof) in [(Share::NONE, true), (Share::ALL, false)] {
        let behavior =
            Behavior { duplicates: Share::new(0.05).unwrap(), duplicates_counted: true, uuid, ..Behavior::default() };
        let simulator = simulated(Simulator::builder().behavior(behavior));
        let (mut records, summary, error) = read(events(&simulator, day())).await;
        assert_eq!(summary.is_complete(), is_proof, "{summary:?}");
        assert_eq!(error.map(|error| error.kind()), (!is_proof).then_some(ErrorKind::Incomplete));
        let received = records.len();
        records.dedup();
        assert_eq!(records.len() < received, is_proof, "repeats of records without an id count as further events");
        assert!(records == ordered(truth(&simulator, day())), "no event is missing, even if there is a gap");
    }
}

#[tokio::test]
async fn reading_is_complete_if_a_fifth_of_the_requests_fails() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    for fault in [
        Fault::from(Answer::new(500)),
        Answer::new(503).body(Body::Html("<p>".into())).into(),
        Answer::new(429).into(),
        Fault::ResetBeforeHeaders,
        Fault::ResetAfterHeaders,
        Fault::ResetAfter { bytes: 1000 },
        Fault::CutAt { bytes: 1000 },
        Fault::WrongContentLength { by: 100 },
        Fault::WrongContentLength { by: -100 },
        Fault::MalformedJson,
        Fault::NullForArray,
        Fault::Html200,
        Fault::Redirect { location: "https://example.com/".into() },
        Fault::DecompressionBomb { bytes: 65 << 20 },
    ] {
        let what = format!("{fault:?}");
        let rate = Share::new(0.2).unwrap();
        let behavior = Behavior { max_limit: 500, ..Behavior::default() };
        let faults = Faults::new().add_rule(Trigger::any().rate(rate), fault).unwrap();
        let simulator = simulated(Simulator::builder().faults(faults).behavior(behavior));
        let _ = read_and_compare(&simulator, week, &what).await;
    }
}

#[tokio::test]
async fn a_damaged_record_is_kept_and_no_other_record_is_missing() {
    let faults = Faults::new().add_rule(Trigger::any().requests([1]), Fault::WrongType).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let (records, summary, error) = read(events(&simulator, day())).await;
    assert!(error.is_none() && summary.is_complete());
    let found: BTreeSet<String> = records.into_iter().collect();
    let truth: BTreeSet<String> = truth(&simulator, day()).into_iter().collect();
    assert_eq!((found.difference(&truth).count(), truth.difference(&found).count()), (1, 1));
}

#[tokio::test]
async fn a_partial_search_is_requested_again_and_is_a_gap_if_every_search_is_partial() {
    // Every other page is the result of a partial search.
    let faults = Faults::new().add_rule(Trigger::any().every(2), Fault::PartialSearch).unwrap();
    let behavior = Behavior { max_limit: 100, ..Behavior::default() };
    let simulator = simulated(Simulator::builder().faults(faults).behavior(behavior));
    let _ = read_and_compare(&simulator, day(), "every other page").await;
    let faults = Faults::new().add_rule(Trigger::any(), Fault::PartialSearch).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let (records, summary, error) = read(events(&simulator, day())).await;
    let error = error.unwrap();
    assert!(error.to_string().contains("the service searched only a part of the log"), "{error}");
    assert!(!records.is_empty(), "the hits of the partial search are returned");
    assert!(summary.gaps.iter().all(|gap| gap.reason == GapReason::PartialSearch), "{:?}", summary.gaps);
    assert_eq!(summary.gaps.iter().map(|gap| gap.range.duration()).sum::<TimeDelta>(), day().duration());
}

#[tokio::test]
async fn a_record_that_is_not_json_is_kept_as_bytes_and_no_other_record_is_lost() {
    // A record that is damaged on its way is requested again.
    let faults = Faults::new().add_rule(Trigger::any().requests([1]), Fault::InvalidRecord).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let _ = read_and_compare(&simulator, day(), "damaged once").await;
    let faults = Faults::new().add_rule(Trigger::any(), Fault::InvalidRecord).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let mut windows = events(&simulator, day()).windows();
    let window = windows.try_next().await.unwrap().unwrap();
    assert!(windows.try_next().await.unwrap().is_none());
    assert_eq!(window.gaps.iter().map(|gap| gap.reason).collect::<Vec<_>>(), [GapReason::UnreadableRecord]);
    let [unreadable] = &window.unreadable[..] else { panic!("{:?}", window.unreadable) };
    assert_eq!(unreadable.range, day());
    // If two scans have different damaged records, the two scans together have every record.
    let known: BTreeSet<String> = window.events.iter().map(|event| event.raw().to_owned()).collect();
    let missing: Vec<String> = truth(&simulator, day()).into_iter().filter(|record| !known.contains(record)).collect();
    let text = String::from_utf8_lossy(&unreadable.bytes);
    assert!(missing.len() <= 1 && missing.iter().all(|record| text.contains(record)), "{missing:?}");
    assert!(known.len() > 100);
}

#[tokio::test]
async fn permanent_faults_are_an_error_that_names_the_range() {
    for fault in [Fault::from(Answer::new(503)), Fault::Html200, Fault::MalformedJson] {
        let faults = Faults::new().add_rule(Trigger::any(), fault).unwrap();
        let simulator = simulated(Simulator::builder().faults(faults));
        let (records, _, error) = read(events(&simulator, day())).await;
        let error = error.unwrap().to_string();
        assert!(records.is_empty());
        assert!(error.contains("2026-11-19T00:00:00Z"), "{error}");
    }
    // If the list of hits is missing in every answer, the log must not be reported as empty.
    let faults = Faults::new().add_rule(Trigger::any(), Fault::NullForArray).unwrap();
    let simulator = simulated(Simulator::builder().faults(faults));
    let (_, summary, error) = read(events(&simulator, day())).await;
    assert_eq!(error.unwrap().kind(), ErrorKind::Incomplete);
    assert!(!summary.is_complete());
    // If the total is wrong in every window, the reader stops splitting windows before it has requested each second of
    // the day.
    assert!(summary.requests < 2_000, "{summary:?}");
}
