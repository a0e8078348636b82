//! A service that invents events: each page has new events, and each total is higher than the previous total.

use std::sync::atomic::AtomicU64;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;

/// Each page has three events at one time within the requested range.
#[derive(Default)]
struct InventingService {
    requests: AtomicU64,
}

impl Transport for InventingService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let PageQuery { range, offset, .. } = PageQuery::of(&request);
        let time = range.start() + range.duration() / 2;
        let hit = |index: u64| {
            let record = record(3 * number + index, time);
            format!(r#"{{"_source":{record}}}"#)
        };
        let hits: Vec<String> = (0..3).map(hit).collect();
        let total = number * 1_000 + offset + 500;
        let body = format!(r#"{{"hits":{{"total":{total},"hits":[{}]}}}}"#, hits.join(","));
        Box::pin(async move { Ok(http::Response::new(body).into()) })
    }
}

#[tokio::test]
async fn a_service_that_invents_events_costs_a_bounded_number_of_requests() {
    for days in [1, 30] {
        let service = Arc::new(InventingService::default());
        let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-31T00:00:00Z")));
        let client = Client::builder().token("a.b.c").transport(service.clone()).clock(clock).build().unwrap();
        let start = parse_time("2026-11-01T00:00:00Z");
        let range = DateRange::new(start, start + TimeDelta::days(days)).unwrap();
        let mut stream = client.events(CONTRACT.parse().unwrap(), range).windows();
        let mut read = 0;
        while let Some(window) = stream.try_next().await.unwrap() {
            assert!(!window.is_verified());
            read += window.events.len();
        }
        assert!(read > 100 && !stream.summary().gaps.is_empty(), "{days} days: {read} events");
        let requests = service.requests.load(Ordering::Relaxed);
        assert!(requests < 200, "{days} days: {requests} requests");
    }
}
