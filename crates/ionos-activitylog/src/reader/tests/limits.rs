//! Reads from services that limit the number of events of a range without saying so, and counts records that differ only
//! in their formatting.

use std::sync::Mutex;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;
use crate::CrossCheck;

/// A log of which every range has at most `limit` events.
struct LimitedLog {
    /// Time and record, from the earliest to the latest.
    log: Vec<(DateTime<Utc>, String)>,
    limit: usize,
    has_total: bool,
    /// Whether the latest events of a range are returned, and not the earliest ones.
    latest: bool,
    requests: Mutex<u64>,
}

impl Transport for LimitedLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageQuery::of(&request);
        *self.requests.lock().unwrap() += 1;
        let mut hits: Vec<&str> =
            self.log.iter().filter(|(time, _)| query.range.contains(*time)).map(|(_, record)| &record[..]).collect();
        if self.latest {
            hits.reverse();
        }
        hits.truncate(self.limit);
        let total = if self.has_total { format!(r#""total":{},"#, hits.len()) } else { String::new() };
        let page = hits.into_iter().skip(query.offset as usize).take(query.limit as usize);
        let page: Vec<String> = page.map(|record| format!(r#"{{"_source":{record}}}"#)).collect();
        let body = format!(r#"{{"hits":{{{total}"hits":[{}]}}}}"#, page.join(","));
        Box::pin(async move { Ok(http::Response::new(body.into_bytes()).into()) })
    }
}

fn record(index: i64, time: DateTime<Utc>) -> String {
    let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    format!(r#"{{"@uuid":"00000000-0000-4000-8000-{index:012}","meta":{{"time":"{time}"}}}}"#)
}

fn client_of(service: Arc<impl Transport + 'static>) -> Client {
    let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z")));
    Client::builder().token("a.b.c").transport(service).clock(clock).build().unwrap()
}

async fn read_day(service: &Arc<LimitedLog>) -> (Vec<String>, Summary, Option<Error>) {
    read(client_of(service.clone()).events(31_720_001.into(), day())).await
}

#[tokio::test]
async fn a_limit_that_the_total_does_not_show_hides_no_event() {
    for (limit, has_total, latest) in
        [(100, true, true), (512, true, false), (700, true, true), (999, true, false), (1_000, true, true)]
            .into_iter()
            .chain([(500, false, true), (700, false, false), (2_000, false, true)])
    {
        let event = |index| {
            let time = day().start() + TimeDelta::seconds(19 * index);
            (time, record(index, time))
        };
        let log: Vec<_> = (0..4_500).map(event).collect();
        let expected: Vec<String> = log.iter().map(|(_, record)| record.clone()).collect();
        let service = Arc::new(LimitedLog { log, limit, has_total, latest, requests: Mutex::default() });
        let (mut records, summary, error) = read_day(&service).await;
        records.sort();
        assert!(error.is_none() && summary.is_complete(), "{limit} {has_total}: {error:?} {summary:?}");
        assert!(records == expected, "{limit} {has_total}: {} of {}", records.len(), expected.len());
        if !has_total {
            assert!(matches!(summary.cross_check, CrossCheck::NotChecked(_)), "{summary:?}");
        }
    }
}

#[tokio::test]
async fn a_second_with_more_events_than_the_limit_is_a_gap() {
    let time = day().start() + TimeDelta::hours(5);
    let log = (0..450).map(|index| (time + TimeDelta::seconds(index / 150), record(index, time))).collect();
    let service = Arc::new(LimitedLog { log, limit: 100, has_total: true, latest: true, requests: Mutex::default() });
    let (_, summary, _) = read_day(&service).await;
    assert!(!summary.is_complete(), "{summary:?}");
}

#[tokio::test]
async fn a_round_number_of_events_that_is_no_limit_costs_few_requests() {
    // All in one second, at the start of the range, and over the day.
    for step in [0, 1, 800] {
        let event = |index: i64| {
            let time = day().start() + TimeDelta::milliseconds(index * step * 1_000);
            (time, record(index, time))
        };
        let log: Vec<_> = (0..100).map(event).collect();
        let service =
            Arc::new(LimitedLog { log, limit: 10_000, has_total: true, latest: true, requests: Mutex::default() });
        let (records, summary, error) = read_day(&service).await;
        assert!(error.is_none() && summary.is_complete() && records.len() == 100, "{step}: {error:?} {summary:?}");
        assert_eq!(summary.cross_check, CrossCheck::Agrees);
        let requests = *service.requests.lock().unwrap();
        assert!(requests <= 7, "{step}: {requests}");
    }
}

#[tokio::test]
async fn records_without_an_id_that_differ_in_their_formatting_are_returned_as_sent() {
    let time = day().start();
    let plain = r#"{"n":1,"meta":{"time":"2026-11-19T00:00:00Z"}}"#;
    let spaced = plain.replace(r#""n":1"#, r#""n": 1"#);
    let other = plain.replace(r#""n":1"#, r#""n":2"#);
    for sent in [
        vec![plain, &spaced],
        vec![plain, &spaced, &spaced, &spaced],
        vec![plain, &spaced, plain],
        vec![&other, plain, &spaced, &other],
    ] {
        let log = sent.iter().map(|record| (time, (*record).to_owned())).collect();
        let service =
            Arc::new(LimitedLog { log, limit: 10_000, has_total: true, latest: true, requests: Mutex::default() });
        let (mut records, summary, error) = read_day(&service).await;
        let mut expected: Vec<String> = sent.iter().map(|record| (*record).to_owned()).collect();
        records.sort();
        expected.sort();
        assert!(error.is_none() && summary.is_complete(), "{error:?} {summary:?}");
        assert_eq!(records, expected);
        assert_eq!(summary.amended, 0);
    }
}
