//! A page that is too large is read in pieces. The service may return fewer events for a piece than requested. The
//! client then requests the rest of this piece before it requests the next piece, so that no event is lost.

use std::sync::Arc;

use futures_util::TryStreamExt;
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange, GapReason};
use ionos_activitylog_sim::{Behavior, Recording, Simulator};

use crate::support::scripted::TOKEN;

/// Number of events of the log.
const EVENTS: usize = 150;

/// A record whose time is `minute` minutes after midnight. If `is_large`, the record exceeds the maximum size of an
/// answer.
fn record(minute: usize, is_large: bool) -> String {
    let text = "x".repeat(if is_large { 20_000 } else { 20 });
    format!(
        r#"{{"@uuid":"{minute:08}-0000-4000-8000-000000000000","meta":{{"time":"2026-11-20T{:02}:{:02}:00Z"}},"text":"{text}"}}"#,
        minute / 60,
        minute % 60
    )
}

#[tokio::test]
async fn no_event_is_lost_between_pieces_if_the_service_limits_the_page_size() {
    for (page_limit, large) in [
        (7, vec![3]),
        (7, vec![0]),
        (7, vec![149]),
        (7, vec![3, 30, 50, 51, 140]),
        (5, vec![4, 11]),
        (1_000, vec![3, 30]),
    ] {
        let records: Vec<String> = (0..EVENTS).map(|minute| record(minute, large.contains(&minute))).collect();
        let recording = Recording::read(records.join("\n").as_bytes(), Some(7)).unwrap();
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        let simulator = Simulator::builder()
            .clock(move || now)
            .token(TOKEN)
            .recording(recording)
            .behavior(Behavior { max_limit: page_limit, ..Behavior::default() })
            .build();
        let client = Client::builder()
            .token(TOKEN)
            .transport(simulator.transport())
            .clock(Arc::new(VirtualClock::starting_at(now)))
            .body_cap(10_000)
            .build()
            .unwrap();

        let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
        let mut windows = client.events(7.into(), range).windows();
        let (mut events, mut unreadable) = (Vec::new(), Vec::new());
        while let Some(window) = windows.try_next().await.unwrap() {
            events.extend(window.events.iter().map(|event| event.raw().to_owned()));
            unreadable.extend(window.unreadable);
        }

        let readable: Vec<&String> = (0..EVENTS).filter(|one| !large.contains(one)).map(|one| &records[one]).collect();
        assert_eq!(events.iter().collect::<Vec<_>>(), readable, "page limit {page_limit}, large records {large:?}");
        assert_eq!(unreadable.len(), large.len(), "page limit {page_limit}, large records {large:?}: {unreadable:?}");
        assert!(unreadable.iter().all(|record| record.reason == "the record is larger than the client's limit"));
        let reasons: Vec<GapReason> = windows.summary().gaps.iter().map(|gap| gap.reason).collect();
        assert!(
            !reasons.is_empty() && reasons.iter().all(|reason| *reason == GapReason::UnreadableRecord),
            "{reasons:?}"
        );
    }
}
