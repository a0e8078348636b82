//! Reads from services that limit the number of events of a range without reporting this limit. Other tests read
//! records that differ only in their formatting. Each of these records is an event of its own.

use std::sync::Mutex;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;
use crate::CrossCheck;
use crate::internal::share_extra_requests;

/// A service that returns and counts at most `limit` events for each range.
struct LimitedLog {
    /// Time and record, from the earliest to the latest.
    log: Vec<(DateTime<Utc>, String)>,
    limit: usize,
    has_total: bool,
    /// Whether the service returns the latest events of a range instead of the earliest ones.
    latest: bool,
    requests: Mutex<u64>,
}

/// A service that also limits the number of hits of a page, and does not support all offsets.
struct LimitedPages {
    log: LimitedLog,
    page_size: u64,
    after: AfterPages,
}

/// The answer of a service to a request with an offset above 0.
#[derive(Clone, Copy, Debug)]
enum AfterPages {
    Hits,
    /// Each page after the first one is empty.
    Empty,
    /// Each page has the hits of the first page.
    FirstPage,
    /// A page is empty if its offset plus its requested size exceeds the limit of the log.
    EmptyAboveLimit,
}

/// The answer to a request for a page with these records.
fn answer(records: &[&str], total: Option<usize>) -> Exchange<'static> {
    let hits: Vec<String> = records.iter().map(|record| format!(r#"{{"_source":{record}}}"#)).collect();
    let total = total.map_or(String::new(), |total| format!(r#""total":{total},"#));
    let body = format!(r#"{{"hits":{{{total}"hits":[{}]}}}}"#, hits.join(","));
    Box::pin(async move { Ok(http::Response::new(body.into_bytes()).into()) })
}

/// The hits of one page. `hits` has all hits of the range, and `query` has the offset and the size of the page.
fn page<'a>(hits: &[&'a str], query: PageQuery) -> Vec<&'a str> {
    hits.iter().skip(query.offset as usize).take(query.limit as usize).copied().collect()
}

impl LimitedLog {
    /// The hits of a range, at most `limit`.
    fn hits(&self, range: DateRange) -> Vec<&str> {
        let within = self.log.iter().filter(|(time, _)| range.contains(*time));
        let mut hits: Vec<&str> = within.map(|(_, record)| &record[..]).collect();
        if self.latest {
            hits.reverse();
        }
        hits.truncate(self.limit);
        hits
    }
}

impl Transport for LimitedLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageQuery::of(&request);
        *self.requests.lock().unwrap() += 1;
        let hits = self.hits(query.range);
        answer(&page(&hits, query), self.has_total.then_some(hits.len()))
    }
}

impl Transport for LimitedPages {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageQuery::of(&request);
        let mut hits = self.log.hits(query.range);
        let total = self.log.has_total.then_some(hits.len());
        let (limit, offset) = (query.limit.min(self.page_size), query.offset);
        let is_empty = match self.after {
            AfterPages::Empty => offset > 0,
            AfterPages::EmptyAboveLimit => offset + query.limit > self.log.limit as u64,
            AfterPages::Hits | AfterPages::FirstPage => false,
        };
        if is_empty {
            hits.clear();
        }
        let offset = if matches!(self.after, AfterPages::FirstPage) { 0 } else { offset };
        answer(&page(&hits, PageQuery { limit, offset, ..query }), total)
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

/// 4500 events, one every 19 seconds. None of them is at the start of the range.
fn spread_log() -> Vec<(DateTime<Utc>, String)> {
    let event = |index| {
        let time = day().start() + TimeDelta::seconds(19 * index + 7);
        (time, record(index, time))
    };
    (0..4_500).map(event).collect()
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
        let log = spread_log();
        let expected: Vec<String> = log.iter().map(|(_, record)| record.clone()).collect();
        let service = Arc::new(LimitedLog { log, limit, has_total, latest, requests: Mutex::default() });
        let (mut records, summary, error) = read_day(&service).await;
        records.sort();
        assert!(error.is_none() && summary.is_complete(), "limit {limit}, total {has_total}: {error:?} {summary:?}");
        assert!(records == expected, "limit {limit}, total {has_total}: {} of {}", records.len(), expected.len());
        if !has_total {
            assert!(matches!(summary.cross_check, CrossCheck::NotChecked(_)), "{summary:?}");
        }
    }
}

/// A limit is refuted by an answer whose total is above the limit. Here, each total counts only the hits of its page,
/// so no total is above the limit.
#[tokio::test]
async fn a_limit_is_not_refuted_by_totals_that_count_only_the_hits_of_a_page() {
    struct CountedPages(LimitedLog);
    impl Transport for CountedPages {
        fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
            let query = PageQuery::of(&request);
            let hits = self.0.hits(query.range);
            let page = page(&hits, query);
            answer(&page, Some(page.len()))
        }
    }
    for limit in [100, 512, 700, 999] {
        let log = spread_log();
        let log = LimitedLog { log, limit, has_total: true, latest: false, requests: Mutex::default() };
        let events = client_of(Arc::new(CountedPages(log))).events(31_720_001.into(), day());
        let (records, summary, _) = read(events).await;
        assert!(records.len() == 4_500 || !summary.is_complete(), "{limit}: {} {summary:?}", records.len());
    }
}

/// A service may keep its log in one index per day, each with its own limit. The log has no event at the start of the
/// range, so the check of the start does not show the limit.
#[tokio::test]
async fn a_limit_of_one_day_hides_no_event_although_another_day_has_more_events() {
    let client = |limit: usize| {
        let log = spread_log();
        client_of(Arc::new(LimitedLog { log, limit, has_total: true, latest: true, requests: Mutex::default() }))
    };
    for limit_of_day in [700, 1_000, 1_250] {
        let extra = Arc::default();
        // Two readings that share the extra requests stand for the readings of two days.
        for limit in [10_000, limit_of_day] {
            let events = share_extra_requests(client(limit).events(31_720_001.into(), day()), &extra);
            let (records, summary, error) = read(events).await;
            assert!(error.is_none() && summary.is_complete(), "limit {limit}: {error:?} {summary:?}");
            assert_eq!(records.len(), 4_500, "limit {limit}");
        }
    }
}

#[tokio::test]
async fn one_second_with_more_events_than_the_limit_is_read_in_parts_or_is_a_gap() {
    let time = day().start() + TimeDelta::hours(5);
    // The events of each second are in one millisecond, or in several milliseconds.
    for millis in [0, 1, 3] {
        let event = |index: i64| {
            let time = time + TimeDelta::seconds(index / 150) + TimeDelta::milliseconds(index % 150 * millis / 3);
            (time, record(index, time))
        };
        let log = (0..450).map(event).collect();
        let service =
            Arc::new(LimitedLog { log, limit: 100, has_total: true, latest: true, requests: Mutex::default() });
        let (records, summary, _) = read_day(&service).await;
        assert!(records.len() == 450 || !summary.is_complete(), "{millis} ms: {} events, {summary:?}", records.len());
        assert!(millis > 0 || !summary.is_complete(), "{summary:?}");
    }
}

/// Most events are in one second, so parts of the second have to be read.
#[tokio::test]
async fn a_limit_that_a_single_second_exceeds_hides_no_event_or_leaves_a_gap() {
    use AfterPages::{Empty, EmptyAboveLimit, FirstPage, Hits};
    for (limit, page_size, has_total, after) in [
        (1_000, 1_000, true, Empty),
        (1_000, 1_000, true, FirstPage),
        (1_000, 1_000, true, Hits),
        (2_000, 1_000, true, Hits),
        (5_000, 1_000, true, Hits),
        (1_000, 1_000, false, Empty),
        (1_000, 1_000, false, EmptyAboveLimit),
        (100, 100, false, Empty),
    ] {
        // The log has an event at exactly the start of the range only if `first` is 0.
        for (first, millis) in [(0, 900), (1, 900), (1, 200), (1, 20)] {
            let minutes = (first..300).map(|index| day().start() + TimeDelta::minutes(index));
            let second = day().start() + TimeDelta::seconds(33_333);
            let burst = (0..limit as i64 * 5 / 2).map(|index| second + TimeDelta::milliseconds(index % millis));
            let mut times: Vec<DateTime<Utc>> = minutes.chain(burst).collect();
            times.sort_unstable();
            let log: Vec<_> = (0..).zip(times).map(|(index, time)| (time, record(index, time))).collect();
            let expected: Vec<String> = log.iter().map(|(_, record)| record.clone()).collect();
            let log = LimitedLog { log, limit, has_total, latest: true, requests: Mutex::default() };
            let service = Arc::new(LimitedPages { log, page_size, after });
            let (mut records, summary, _) = read(client_of(service).events(31_720_001.into(), day())).await;
            records.sort();
            let is_complete = records == expected;
            assert!(
                is_complete || !summary.is_complete(),
                "limit {limit}, total {has_total}, {after:?}, first minute {first}, burst of {millis} ms: {summary:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_second_whose_parts_have_fewer_events_than_its_total_is_a_gap() {
    /// A service that counts one event too many for each range that has events and is exactly one second long.
    struct Overcounting(LimitedLog);
    impl Transport for Overcounting {
        fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
            let query = PageQuery::of(&request);
            let hits = self.0.hits(query.range);
            let is_second = query.range.duration() == TimeDelta::seconds(1);
            let total = hits.len() + usize::from(is_second && !hits.is_empty());
            answer(&page(&hits, query), Some(total))
        }
    }
    let second = day().start() + TimeDelta::seconds(33_333);
    let event = |index: i64| {
        let time = second + TimeDelta::milliseconds(index % 1_000);
        (time, record(index, time))
    };
    let log = (0..12_500).map(event).collect();
    let log = LimitedLog { log, limit: 20_000, has_total: true, latest: false, requests: Mutex::default() };
    let (records, summary, _) = read(client_of(Arc::new(Overcounting(log))).events(31_720_001.into(), day())).await;
    let gap = &summary.gaps[0];
    assert_eq!((records.len(), gap.seen, gap.total.unwrap().count), (12_500, 12_500, 12_501), "{summary:?}");
    assert_eq!(gap.range.start(), second);
}

#[tokio::test]
async fn a_round_number_of_events_that_is_no_limit_costs_few_requests() {
    // With step 0, all events are at the start of the range. With step 1, they are in its first 100 seconds. With step
    // 800, they are spread over the day.
    for step in [0, 1, 800] {
        let event = |index: i64| {
            let time = day().start() + TimeDelta::milliseconds(index * step * 1_000);
            (time, record(index, time))
        };
        let mut log: Vec<_> = (0..100).map(event).collect();
        // The log has an event of another day, so the log has more events than the day that is read.
        let before = day().start() - TimeDelta::hours(5);
        log.insert(0, (before, record(100, before)));
        let service =
            Arc::new(LimitedLog { log, limit: 10_000, has_total: true, latest: true, requests: Mutex::default() });
        let (records, summary, error) = read_day(&service).await;
        assert!(error.is_none() && summary.is_complete() && records.len() == 100, "step {step}: {error:?} {summary:?}");
        assert!(!matches!(summary.cross_check, CrossCheck::NotChecked(_)), "step {step}: {summary:?}");
        let requests = *service.requests.lock().unwrap();
        assert!(requests <= 14, "step {step}: {requests} requests");
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

/// A service that answers some requests without a body (204).
struct SilentLog {
    log: LimitedLog,
    /// Number of requests at the beginning that the service answers without a body.
    silent: u64,
    /// Whether the service answers without a body if a range has no events.
    is_silent_if_empty: bool,
}

impl Transport for SilentLog {
    fn send<'a>(&'a self, id: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = PageQuery::of(&request);
        let is_empty = !self.log.log.iter().any(|(time, _)| query.range.contains(*time));
        if *self.log.requests.lock().unwrap() < self.silent || is_empty && self.is_silent_if_empty {
            *self.log.requests.lock().unwrap() += 1;
            let response = http::Response::builder().status(204).body(Vec::new()).unwrap();
            return Box::pin(async move { Ok(response.into()) });
        }
        self.log.send(id, request)
    }
}

async fn read_silent(start: &str, silent: u64, is_silent_if_empty: bool) -> (Vec<String>, Summary, Option<Error>) {
    let event = |index| {
        let time = parse_time(start) + TimeDelta::seconds(index);
        (time, record(index, time))
    };
    let log = (0..60).map(event).collect();
    let log = LimitedLog { log, limit: 10_000, has_total: true, latest: true, requests: Mutex::default() };
    let service = Arc::new(SilentLog { log, silent, is_silent_if_empty });
    read(client_of(service).events(31_720_001.into(), day())).await
}

#[tokio::test]
async fn answers_without_a_body_are_a_proof_only_if_a_longer_range_has_an_answer_with_a_body() {
    // The first answers have no body, although the day has events.
    for silent in 1..=6 {
        let (records, summary, _) = read_silent("2026-11-19T08:00:00Z", silent, false).await;
        assert!(records.len() == 60 || !summary.is_complete(), "{silent} empty answers: {} {summary:?}", records.len());
    }
    // The service never sends a body.
    assert!(!read_silent("2026-11-19T08:00:00Z", u64::MAX, false).await.1.is_complete());
    // The service sends no body for a range without events, such as this day.
    let (records, summary, error) = read_silent("2026-11-18T08:00:00Z", 0, true).await;
    assert!(error.is_none() && summary.is_complete() && records.is_empty(), "{error:?} {summary:?}");
}

#[tokio::test]
async fn a_repeated_record_in_the_place_of_another_record_never_proves_a_window() {
    /// If a range has more than 100 events, each page has its first record twice, in place of its second record.
    struct Replacing(LimitedLog);
    impl Transport for Replacing {
        fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
            let query = PageQuery::of(&request);
            let hits = self.0.hits(query.range);
            let mut page = page(&hits, query);
            if hits.len() > 100 && page.len() > 1 {
                page[1] = page[0];
            }
            answer(&page, Some(hits.len()))
        }
    }
    for count in [150, 777, 2_503] {
        let event = |index: i64| {
            let time = day().start() + TimeDelta::seconds(30 * index);
            (time, format!(r#"{{"n":{index},"meta":{{"time":"{}"}}}}"#, time.to_rfc3339()))
        };
        let log: Vec<_> = (0..count).map(event).collect();
        let expected = ordered(log.iter().map(|(_, record)| record.clone()).collect());
        let log = LimitedLog { log, limit: 10_000, has_total: true, latest: false, requests: Mutex::default() };
        let (records, summary, _) = read(client_of(Arc::new(Replacing(log))).events(31_720_001.into(), day())).await;
        assert!(records == expected || !summary.is_complete(), "{count} events: {} read, {summary:?}", records.len());
    }
}

/// Once, between two pages, one event leaves the log and another one arrives. The total and the number of distinct hits
/// stay the same, although one event that was in the log all the time is on no page.
#[tokio::test]
async fn events_that_move_to_the_previous_page_are_not_lost() {
    struct MovingLog {
        log: LimitedLog,
        /// Number of requests after which the log changes.
        changes_after: u64,
        page_size: u64,
    }
    impl Transport for MovingLog {
        fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
            let query = PageQuery::of(&request);
            let number = {
                let mut requests = self.log.requests.lock().unwrap();
                *requests += 1;
                *requests
            };
            let last = self.log.log.len() - 1;
            let is_in_log = |index: &usize| if number <= self.changes_after { *index != last } else { *index != 0 };
            let log = self.log.log.iter().enumerate().filter(|(index, _)| is_in_log(index));
            let hits: Vec<&str> =
                log.filter(|(_, (time, _))| query.range.contains(*time)).map(|(_, (_, r))| &r[..]).collect();
            let limit = query.limit.min(self.page_size);
            answer(&page(&hits, PageQuery { limit, ..query }), Some(hits.len()))
        }
    }
    for (events, page_size) in [(3_498, 1_000), (1_234, 100), (95, 20)] {
        for changes_after in 1..6 {
            let event = |index: i64| {
                let time = day().start() + TimeDelta::seconds(20 * index);
                (time, record(index, time))
            };
            let log: Vec<_> = (0..events).map(event).collect();
            let stable: Vec<String> = log[1..log.len() - 1].iter().map(|(_, record)| record.clone()).collect();
            let log = LimitedLog { log, limit: 10_000, has_total: true, latest: false, requests: Mutex::default() };
            let service = Arc::new(MovingLog { log, changes_after, page_size });
            let (records, summary, _) = read(client_of(service).events(31_720_001.into(), day())).await;
            let found: BTreeSet<&String> = records.iter().collect();
            let lost = stable.iter().filter(|record| !found.contains(record)).count();
            assert!(lost == 0 || !summary.is_complete(), "{page_size} {changes_after}: {lost} lost, {summary:?}");
        }
    }
}
