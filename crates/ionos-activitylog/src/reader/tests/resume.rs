//! A stream resumes from a checkpoint without duplicate or missing events.

use super::*;

#[tokio::test]
async fn a_stream_resumes_from_its_checkpoint() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let simulator = simulated(Simulator::builder().events_per_day(8_000));
    let expected = ordered(truth(&simulator, week));
    let mut stream = events(&simulator, week).stream();
    let (mut kept, mut checkpoint, mut len_at_checkpoint) = (Vec::new(), stream.checkpoint(), 0);
    while let Some(event) = stream.try_next().await.unwrap() {
        kept.push(event.raw().to_owned());
        if stream.checkpoint() != checkpoint {
            checkpoint = stream.checkpoint();
            len_at_checkpoint = kept.len();
        }
        if kept.len() == 20_000 {
            break;
        }
    }
    drop(stream);
    // The resumed stream returns the events after the checkpoint again.
    kept.truncate(len_at_checkpoint);
    assert!(len_at_checkpoint > 0);
    let text = serde_json::to_string(&checkpoint).unwrap();
    let resumed = events(&simulator, week).resume(serde_json::from_str(&text).unwrap()).unwrap();
    let (rest, summary, error) = read(resumed).await;
    assert!(error.is_none() && summary.is_complete());
    kept.extend(rest);
    assert!(kept == expected, "{} of {} events", kept.len(), expected.len());
    let other = events(&simulator, day()).resume(checkpoint);
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn after_an_error_the_checkpoint_is_at_the_end_of_the_last_returned_window() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let trigger = Trigger::any().requests(40..2_000);
    let faults = Faults::new().add_rule(trigger, Answer::new(403)).unwrap();
    let simulator = simulated(Simulator::builder().events_per_day(8_000).faults(faults));
    let mut windows = events(&simulator, week).windows_at_once(2).windows();
    let mut read_to = week.start();
    let error = loop {
        match windows.try_next().await {
            Ok(window) => read_to = window.unwrap().range.end(),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(read_to > week.start());
    assert_eq!(windows.checkpoint().read_to(), read_to);
    assert!(windows.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_checkpoint_of_another_filter_is_refused_in_any_order_of_calls() {
    let simulator = simulated(Simulator::builder());
    let filter = Filter::parse(["type=Error"]).unwrap();
    let other = Filter::parse(["type=Warning"]).unwrap();
    let checkpoint = events(&simulator, day()).filter(filter.clone()).windows().checkpoint();
    let resumed = || events(&simulator, day()).resume(checkpoint.clone()).unwrap();
    let refused = [
        resumed(),
        resumed().filter(other.clone()),
        events(&simulator, day()).filter(other.clone()).resume(checkpoint.clone()).unwrap(),
        resumed().filter(filter.clone()).filter(other),
    ];
    for events in refused {
        let mut windows = events.clone().windows();
        assert_eq!(windows.try_next().await.unwrap_err().kind(), ErrorKind::Configuration);
        assert!(windows.try_next().await.unwrap().is_none());
        let (records, _, error) = read(events).await;
        assert!(records.is_empty() && error.unwrap().to_string().contains("the checkpoint belongs to contract"));
    }
    let mut pages = resumed().filter(filter.clone()).pages();
    assert_eq!(pages.try_next().await.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(simulator.request_log().is_empty());
    // The same filter is accepted in any order of calls, also if it replaces another filter.
    let accepted = [resumed().filter(filter.clone()), resumed().filter(Filter::new()).filter(filter)];
    for events in accepted {
        assert!(read(events).await.2.is_none());
    }
}
