//! Reads from services that count wrongly or send damaged pages. Every event is returned, no window is verified without
//! a proof, and the number of requests is bounded.

mod boundaries;
mod page_ends;
mod rising_totals;
mod shortened_ranges;

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;
use crate::{CrossCheck, UnreadableRecord, Window};

const CONTRACT: &str = "31720001";

/// A service with a log. Its answers are wrong in the ways that the fields describe.
struct HostileService {
    /// Time and record of each event, from the earliest to the latest.
    log: Vec<(DateTime<Utc>, Vec<u8>)>,
    /// Maximum hits per page.
    max_page: u64,
    /// Maximum hits of the first page and of the second page that the service sends. All later pages have at most
    /// `max_page` hits. `None` if `max_page` applies to all pages.
    first_pages: Option<[u64; 2]>,
    /// Decides from the number of a request and the time of an event whether the answer lacks the event.
    hides: Option<fn(u64, DateTime<Utc>) -> bool>,
    /// A record that the service returns for every range.
    everywhere: Option<Vec<u8>>,
    /// Whether the total is the number of hits of the page.
    counts_page: bool,
    /// Offset from which every page is refused.
    refuses_from: Option<u64>,
    /// Whether a page after the last hit is refused.
    refuses_end: bool,
    /// Whether the service includes events at exactly the end of a range.
    has_end: bool,
    /// Whether the service excludes events at exactly the start of a range.
    lacks_start: bool,
    /// Computes the total as JSON from the true number of events and the number of the request.
    total: Box<dyn Fn(u64, u64) -> String + Send + Sync>,
    /// Whether the service answers every range with the whole log.
    ignores_range: bool,
    /// Whether the service sends the first page for every offset.
    pages_repeat: bool,
    /// Whether every page is full, with one event of the range and all other events outside of the range.
    fills_pages: bool,
    requests: AtomicU64,
    queries: Mutex<Vec<PageQuery>>,
    /// Every record that was sent.
    sent: Mutex<BTreeSet<Vec<u8>>>,
}

impl HostileService {
    fn new(log: Vec<(DateTime<Utc>, Vec<u8>)>, total: impl Fn(u64, u64) -> String + Send + Sync + 'static) -> Self {
        let total = Box::new(total);
        let (requests, queries) = (AtomicU64::new(0), Mutex::default());
        Self {
            log,
            max_page: 1_000,
            first_pages: None,
            hides: None,
            everywhere: None,
            counts_page: false,
            refuses_from: None,
            refuses_end: false,
            has_end: false,
            lacks_start: false,
            total,
            ignores_range: false,
            pages_repeat: false,
            fills_pages: false,
            requests,
            queries,
            sent: Mutex::default(),
        }
    }

    /// The body of the answer to a query. `None` if the page is refused.
    fn page(&self, query: PageQuery) -> Option<Vec<u8>> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        self.queries.lock().unwrap().push(query);
        let filled = self.fills_pages.then(|| {
            let time = |index| if index == 0 { query.range.start() } else { parse_time("2026-11-20T00:00:00Z") };
            (0..1_000).map(|index| record(request * 1_000 + index, time(index)).into_bytes()).collect::<Vec<_>>()
        });
        let is_hidden = |time| self.hides.is_some_and(|hides| hides(request, time));
        let is_in_range = |time| match time {
            _ if time == query.range.start() => !self.lacks_start,
            _ if time == query.range.end() => self.has_end,
            _ => query.range.contains(time),
        };
        let is_within = |time| (self.ignores_range || is_in_range(time)) && !is_hidden(time);
        let hits: Vec<&Vec<u8>> = match &filled {
            Some(records) => records.iter().collect(),
            None => {
                let within = self.log.iter().filter(|(time, _)| is_within(*time)).map(|(_, record)| record);
                self.everywhere.iter().chain(within).collect()
            }
        };
        let is_after_end = query.offset > 0 && query.offset >= hits.len() as u64;
        if self.refuses_from.is_some_and(|from| query.offset >= from) || self.refuses_end && is_after_end {
            return None;
        }
        let max_first = self.first_pages.and_then(|pages| pages.get(request as usize - 1).copied());
        let size = query.limit.min(max_first.unwrap_or(self.max_page)) as usize;
        let offset = if self.fills_pages || self.pages_repeat { 0 } else { query.offset as usize };
        let page = hits.iter().skip(offset).take(size);
        self.sent.lock().unwrap().extend(page.clone().map(|record| record.to_vec()));
        let page: Vec<Vec<u8>> = page.map(|record| [b"{\"_source\":", &record[..], b"}"].concat()).collect();
        let counted = if self.counts_page { page.len() } else { hits.len() };
        let total = (self.total)(counted as u64, request);
        let start = format!(r#"{{"took":1,"timed_out":false,"hits":{{"total":{total},"hits":["#);
        Some([start.as_bytes(), &page.join(&b','), b"]}}"].concat())
    }
}

impl Transport for HostileService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let answer = match self.page(PageQuery::of(&request)) {
            Some(page) => http::Response::new(page),
            None => http::Response::builder().status(400).body(Vec::new()).unwrap(),
        };
        Box::pin(async move { Ok(answer.into()) })
    }
}

fn time_of(index: u64, step: TimeDelta) -> DateTime<Utc> {
    parse_time("2026-11-19T00:00:00Z") + step * i32::try_from(index).unwrap()
}

fn record(index: u64, time: DateTime<Utc>) -> String {
    let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    format!(r#"{{"@uuid":"00000000-0000-4000-8000-{index:012}","meta":{{"time":"{time}"}}}}"#)
}

/// A log of `count` events. The first event is at the start of the day, and the others follow at intervals of `step`.
fn log(count: u64, step: TimeDelta) -> Vec<(DateTime<Utc>, Vec<u8>)> {
    (0..count)
        .map(|index| time_of(index, step))
        .enumerate()
        .map(|(index, time)| (time, record(index as u64, time).into_bytes()))
        .collect()
}

fn hostile_client(service: &Arc<HostileService>) -> Client {
    let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z")));
    Client::builder().token("a.b.c").transport(service.clone()).clock(clock).build().unwrap()
}

async fn windows(service: &Arc<HostileService>, range: DateRange) -> (Vec<Window>, Summary) {
    windows_of(&hostile_client(service), range).await
}

#[tokio::test]
async fn a_service_that_counts_wrongly_costs_a_bounded_number_of_requests() {
    type Total = fn(u64, u64) -> u64;
    let decade = range("2016-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let two_days = range("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let second = TimeDelta::seconds(1);
    let cases: [(&str, u64, TimeDelta, u64, DateRange, Total); 27] = [
        ("7 events, one total for all ranges", 7, second * 3600, 1_000, day(), |_, _| 1_733),
        ("a full page, one total for all ranges", 1_500, second * 50, 1_000, day(), |_, _| 5_000),
        ("1000 events, one total for all ranges", 1_000, second * 50, 1_000, day(), |_, _| 3_000),
        ("many small pages, one total for all ranges", 1_500, second * 50, 20, day(), |_, _| 9_000),
        ("above the maximum offset, one total for all ranges", 15_000, second * 5, 1_000, day(), |_, _| 30_000),
        ("always one too many", 2_500, second * 60, 1_000, two_days, |true_count, _| true_count + 1),
        ("always one too many, small pages", 2_500, second * 60, 20, two_days, |true_count, _| true_count + 1),
        ("always one too few", 2_500, second * 60, 1_000, two_days, |true_count, _| true_count.saturating_sub(1)),
        ("always twice as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 2 * true_count + 1),
        ("always 5 times as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 5 * true_count),
        ("always 7 times as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 7 * true_count),
        ("always 10 times as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 10 * true_count),
        ("always 20 times as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 20 * true_count),
        ("always 300 times as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 300 * true_count),
        ("always 1000 times as many", 8_640, second * 10, 1_000, day(), |true_count, _| 1_000 * true_count),
        ("10 000 for all ranges", 60, second * 1_000, 1_000, day(), |_, _| 10_000),
        ("10 000 for all ranges, many events", 28_800, second * 3, 1_000, day(), |_, _| 10_000),
        ("1000 times as many, many events", 28_800, second * 3, 1_000, day(), |true_count, _| 1_000 * true_count),
        ("half as many", 20_000, second * 8, 1_000, two_days, |true_count, _| true_count / 2),
        ("-1 as unsigned", 40, second * 3600, 1_000, decade, |_, _| u64::MAX),
        ("-1 as unsigned, no event", 0, second, 1_000, decade, |_, _| u64::MAX),
        ("another number each time", 2_500, second * 60, 1_000, two_days, |true_count, request| {
            true_count + request % 7
        }),
        ("100 000 events, one total for all ranges", 100_000, second / 2, 1_000, day(), |_, _| 5_000_000),
        ("the total of another contract", 20_000, second * 4, 1_000, day(), |_, _| 21_000),
        ("2500 events, a huge total for all ranges", 2_500, second * 30, 1_000, day(), |_, _| 5_000_000),
        ("a burst, one total for all ranges", 9_000, second / 1_000, 1_000, decade, |_, _| 90_000),
        ("wrong only for ranges with events", 600, second * 120, 1_000, day(), |true_count, _| {
            true_count + true_count.min(1)
        }),
    ];
    for (what, count, step, max_page, range, total) in cases {
        let service =
            HostileService::new(log(count, step), move |true_count, request| total(true_count, request).to_string());
        let service = Arc::new(HostileService { max_page, ..service });
        let (windows, summary) = self::windows(&service, range).await;
        let requests = service.requests.load(Ordering::Relaxed);
        let truthful = HostileService::new(log(count, step), |true_count, _| true_count.to_string());
        let truthful = Arc::new(HostileService { max_page, ..truthful });
        assert!(self::windows(&truthful, range).await.1.is_complete());
        let honest = truthful.requests.load(Ordering::Relaxed);
        eprintln!("{what}: {requests} requests instead of {honest}");
        assert!(requests <= 3 * honest + 50, "{what}: {requests} requests instead of {honest}");
        assert!(!summary.is_complete(), "{what}");
        let events: BTreeSet<_> = windows.iter().flat_map(|window| &window.events).map(Event::raw).collect();
        assert_eq!(events.len() as u64, count, "{what}: every event is returned");
    }
}

#[tokio::test]
async fn a_service_that_ignores_the_range_does_not_keep_the_reader_busy() {
    let year = range("2025-11-19T00:00:00Z", "2026-11-19T00:00:00Z");
    for total in [1_500, 30_000, 5_000_000, u64::MAX] {
        for count in [0, 1_500, 30_000] {
            // All events are after the range.
            let service = HostileService::new(log(count, TimeDelta::seconds(2)), move |_, _| total.to_string());
            let service = Arc::new(HostileService { ignores_range: true, ..service });
            let (windows, summary) = windows(&service, year).await;
            assert!(!summary.is_complete() && windows.iter().all(|window| window.events.is_empty()));
            let requests = service.requests.load(Ordering::Relaxed);
            assert!(requests <= 100, "{count} events, total {total}: {requests} requests");
        }
    }
}

#[tokio::test]
async fn a_service_that_fills_each_page_costs_a_bounded_number_of_requests() {
    // One event in a thousand lies in the range.
    let service = HostileService::new(Vec::new(), |_, _| u64::MAX.to_string());
    let service = Arc::new(HostileService { fills_pages: true, ..service });
    let (_, summary) = windows(&service, range("2025-11-19T00:00:00Z", "2026-11-19T00:00:00Z")).await;
    assert!(!summary.is_complete());
    let requests = service.requests.load(Ordering::Relaxed);
    assert!(requests <= 110, "{requests} requests");
}

#[tokio::test]
async fn later_windows_are_verified_after_a_mismatch_in_one_window() {
    // Ranges that contain 02:30 of the first day are counted wrongly.
    let events = log(60_000, TimeDelta::seconds(5));
    let wrong = parse_time("2026-11-19T02:30:00Z");
    let service = HostileService::new(events, |count, _| count.to_string());
    let service = Arc::new(service);
    let client = Client::builder()
        .token("a.b.c")
        .transport(Arc::new(WrongCount { service: Arc::clone(&service), wrong }))
        .clock(Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z"))))
        .build()
        .unwrap();
    let range = range("2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z");
    let mut stream = client.events(CONTRACT.parse().unwrap(), range).windows();
    let mut events = 0;
    while let Some(window) = stream.try_next().await.unwrap() {
        events += window.events.len();
    }
    assert_eq!(events, 60_000);
    let gaps = &stream.summary().gaps;
    assert!(gaps.iter().all(|gap| gap.range.contains(wrong)) && gaps.len() == 1, "{gaps:?}");
    assert!(gaps[0].range.duration() < TimeDelta::hours(1), "{gaps:?}");
}

/// Counts one event too many in each range that contains the time `wrong`.
struct WrongCount {
    service: Arc<HostileService>,
    wrong: DateTime<Utc>,
}

impl Transport for WrongCount {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            let body = self.service.send(operation, request).await?.text().await?;
            let query = *self.service.queries.lock().unwrap().last().unwrap();
            let count = self.service.log.iter().filter(|(time, _)| query.range.contains(*time)).count();
            let body = match query.range.contains(self.wrong) {
                true => body.replacen(&format!(r#""total":{count}"#), &format!(r#""total":{}"#, count + 1), 1),
                false => body,
            };
            Ok(http::Response::new(body).into())
        })
    }
}

/// A log of five days with 20 events each. The record of the event in the middle is `poison`.
fn poisoned(poison: &[u8]) -> Vec<(DateTime<Utc>, Vec<u8>)> {
    let mut log = log(100, TimeDelta::seconds(4_320));
    log[50].1 = poison.to_vec();
    log
}

#[tokio::test]
async fn a_poison_record_is_kept_as_bytes_in_its_day_and_the_other_days_are_verified() {
    let days = range("2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z");
    for poison in
        [&b"{\"@uuid\":\"j\xfcrgen\"}"[..], b"{\"n\":NaN}", b"{\"a\":\"\x01\"}", b"{\"a\":1,}", b"{\"a\":\"\\x\"}"]
    {
        let service = Arc::new(HostileService::new(poisoned(poison), |count, _| count.to_string()));
        let (windows, summary) = windows(&service, days).await;
        assert_eq!(windows.iter().map(|window| window.events.len()).sum::<usize>(), 99);
        let poisoned_day = range("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z");
        let gaps: Vec<_> = summary.gaps.iter().map(|gap| (gap.range, gap.reason)).collect();
        assert_eq!(gaps, [(poisoned_day, GapReason::UnreadableRecord)]);
        let unreadable: Vec<&UnreadableRecord> = windows.iter().flat_map(|window| &window.unreadable).collect();
        let [UnreadableRecord { range, position: 10, bytes, .. }] = unreadable[..] else {
            panic!("{unreadable:?}");
        };
        assert_eq!(*range, poisoned_day);
        assert_eq!(*bytes, [b"{\"_source\":", poison, b"}"].concat());
        let requests = service.requests.load(Ordering::Relaxed);
        assert!(requests < 28, "{requests} requests");
    }
}

/// A service with a maximum page size, whose totals count only the hits of the page: every total agrees with its page.
#[tokio::test]
async fn an_incomplete_window_is_never_proven_by_a_total_that_counts_only_the_page() {
    let minute = TimeDelta::minutes(1);
    for (events, max_page) in [(100, 20), (100, 99), (21, 20), (1_440, 20), (1_440, 500), (3, 1), (1_440, 3)] {
        let counting = HostileService::new(log(events, minute), |count, _| count.to_string());
        let service = Arc::new(HostileService { max_page, counts_page: true, ..counting });
        let (windows, summary) = windows(&service, day()).await;
        let read: usize = windows.iter().map(|window| window.events.len()).sum();
        assert!(read as u64 == events || !summary.is_complete(), "{read} of {events}, {max_page} a page: {summary:?}");
    }
}

/// Windows with few events come first. Their pages cannot show the maximum page size of the service, even if a page has
/// exactly this size.
#[tokio::test]
async fn a_maximum_page_size_is_found_after_windows_with_fewer_events() {
    let days = range("2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z");
    for quiet in [1, 7, 19, 20] {
        let time = |index: u64| match index < quiet {
            true => time_of(index, TimeDelta::minutes(1)),
            false => parse_time("2026-11-22T00:00:00Z") + TimeDelta::seconds(index as i64 * 60),
        };
        let log = (0..quiet + 100).map(|index| (time(index), record(index, time(index)).into_bytes())).collect();
        let counting = HostileService::new(log, |count, _| count.to_string());
        let service = Arc::new(HostileService { max_page: 20, counts_page: true, ..counting });
        // Two single days, then the range that contains both.
        let mut read = 0;
        let mut is_complete = true;
        let first_day = DateRange::new(days.start(), days.start() + TimeDelta::days(1)).unwrap();
        for range in [first_day, range("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"), days] {
            let (windows, summary) = windows(&service, range).await;
            read += windows.iter().map(|window| window.events.len() as u64).sum::<u64>();
            is_complete &= summary.is_complete();
        }
        assert!(read == 2 * (quiet + 100) || !is_complete, "{quiet} events in quiet windows: {read} events read");
    }
}

#[tokio::test]
async fn a_record_without_a_time_is_returned_once_although_every_range_has_it() {
    for (record, count) in [(r#"{"@uuid":"no-time"}"#, 1), (r#"{"@uuid":"bad","meta":{"time":"soon"}}"#, 1)] {
        let service = HostileService::new(log(30_000, TimeDelta::seconds(2)), |count, _| count.to_string());
        let service = Arc::new(HostileService { everywhere: Some(record.as_bytes().to_vec()), ..service });
        let (windows, summary) = windows(&service, day()).await;
        assert!(summary.is_complete() && windows.len() > 1, "{summary:?}");
        assert_eq!(summary.cross_check, CrossCheck::Agrees);
        let returned = windows.iter().flat_map(|window| &window.events).filter(|event| event.raw() == record);
        assert_eq!(returned.count(), count, "{record}");
        assert_eq!(summary.yielded, 30_001);
    }
}

/// A service that ignores the dates, or a cache that answers every request with the same page. If the log has several
/// pages, every window receives events from outside of its range.
#[tokio::test]
async fn a_service_that_ignores_the_dates_costs_a_bounded_number_of_requests() {
    let days = range("2026-11-19T06:00:00Z", "2026-11-21T00:00:00Z");
    for (events, max_page, pages_repeat) in [
        (450, 100, false),
        (510, 100, false),
        (450, 100, true),
        (3_000, 20, false),
        (3_000, 1_000, true),
        (90, 7, true),
    ] {
        let service = HostileService::new(log(events, TimeDelta::minutes(9)), |count, _| count.to_string());
        let service = Arc::new(HostileService { max_page, ignores_range: true, pages_repeat, ..service });
        let (_, summary) = windows(&service, days).await;
        assert!(!summary.is_complete(), "{events} events, {max_page} per page: {summary:?}");
        let requests = service.requests.load(Ordering::Relaxed);
        let honest = events.div_ceil(max_page) + 2;
        assert!(
            requests <= 3 * honest + 50,
            "{events} events, {max_page} per page, pages repeat {pages_repeat}: {requests} requests instead of {honest}"
        );
    }
}

/// Some answers lack one event or all events, and the total of each answer agrees with its hits.
#[tokio::test]
async fn an_event_of_any_answer_is_returned_and_leaves_a_gap_if_later_answers_lack_it() {
    let minute = TimeDelta::minutes(1);
    type Hides = fn(u64, DateTime<Utc>) -> bool;
    let hides: [(&str, Hides); 5] = [
        ("only the first answer has the event", |request, time| request > 1 && is_noon(time)),
        ("the first 4 answers have the event", |request, time| request > 4 && is_noon(time)),
        ("every other answer lacks the event", |request, time| request % 2 == 0 && is_noon(time)),
        ("every third answer is empty", |request, _| request % 3 == 0),
        ("every second answer is empty", |request, _| request % 2 == 0),
    ];
    for (name, hides) in hides {
        for (max_page, requested) in [(1_000, 1_000), (100, 1_000), (25, 1_000), (1_000, 100), (1_000, 400)] {
            let service = HostileService::new(log(1_440, minute), |count, _| count.to_string());
            let service = Arc::new(HostileService { max_page, hides: Some(hides), ..service });
            let client = hostile_client(&service);
            let events = client.events(CONTRACT.parse().unwrap(), day()).page_size(PageSize::new(requested).unwrap());
            let mut stream = events.windows();
            let mut read = Vec::new();
            while let Some(window) = stream.try_next().await.unwrap() {
                read.extend(window.events);
            }
            let returned: BTreeSet<Vec<u8>> = read.iter().map(|event| event.raw().as_bytes().to_vec()).collect();
            assert_eq!(returned.len(), read.len(), "{name}, {requested} asked, {max_page} sent");
            let sent = service.sent.lock().unwrap().clone();
            let lost: Vec<_> = sent.difference(&returned).map(|record| String::from_utf8_lossy(record)).collect();
            let is_complete = stream.summary().is_complete();
            // An answer to a request for a total contains one event. If too many totals differ, the reader stops
            // comparing totals. Then it possibly does not return the events of these answers.
            let is_compared = !matches!(stream.summary().cross_check, CrossCheck::NotChecked(_));
            let may_lack = if is_complete || is_compared { 0 } else { 2 };
            assert!(lost.len() <= may_lack, "{name}, {requested} asked, {max_page} sent: lost {lost:?}");
            assert!(!is_complete || read.len() == 1_440, "{name}, {requested} asked, {max_page} sent: {}", read.len());
        }
    }
}

fn is_noon(time: DateTime<Utc>) -> bool {
    time == parse_time("2026-11-19T12:00:00Z")
}

#[tokio::test]
async fn two_short_pages_do_not_shorten_the_pages_of_the_whole_reading() {
    let days = range("2026-11-19T00:00:00Z", "2026-11-29T00:00:00Z");
    for first_pages in [[2, 3], [3, 2], [1, 1], [20, 7]] {
        let service = HostileService::new(log(9_500, TimeDelta::seconds(90)), |count, _| count.to_string());
        let service = Arc::new(HostileService { first_pages: Some(first_pages), ..service });
        let (windows, summary) = windows(&service, days).await;
        assert!(summary.is_complete(), "{first_pages:?}: {summary:?}");
        assert_eq!(windows.iter().map(|window| window.events.len()).sum::<usize>(), 9_500);
        let requests = service.requests.load(Ordering::Relaxed);
        assert!(requests <= 80, "{first_pages:?}: {requests} requests");
    }
}

#[tokio::test]
async fn a_page_in_which_no_border_between_hits_is_found_is_read_in_pieces() {
    let days = range("2026-11-19T00:00:00Z", "2026-11-24T00:00:00Z");
    // A string without its end, and a brace too many.
    for poison in [&b"{\"@uuid\":\"a"[..], b"{\"n\":1}}"] {
        let service = Arc::new(HostileService::new(poisoned(poison), |count, _| count.to_string()));
        let (windows, summary) = windows(&service, days).await;
        assert_eq!(windows.iter().map(|window| window.events.len()).sum::<usize>(), 99);
        let gaps: Vec<_> = summary.gaps.iter().map(|gap| (gap.range, gap.reason)).collect();
        assert_eq!(gaps, [(range("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"), GapReason::UnreadableRecord)]);
        let unreadable: Vec<&UnreadableRecord> = windows.iter().flat_map(|window| &window.unreadable).collect();
        let [UnreadableRecord { position: 10, bytes, reason, .. }] = unreadable[..] else {
            panic!("{unreadable:?}");
        };
        assert_eq!((bytes.len(), &reason[..]), (0, "the answer to a request for only this record is not JSON"));
        let requests = service.requests.load(Ordering::Relaxed);
        assert!(requests <= 110, "{requests} requests");
    }
}

#[tokio::test]
async fn a_page_above_the_size_limit_is_read_in_pieces() {
    let large = |index: u64, length: usize| {
        let mut record = record(index, time_of(index, TimeDelta::minutes(1)));
        record.insert_str(record.len() - 1, &format!(r#","text":"{}""#, "x".repeat(length)));
        (time_of(index, TimeDelta::minutes(1)), record.into_bytes())
    };
    // 240 kB in all, at most 100 kB in an answer.
    let log = (0..120).map(|index| large(index, 2_000)).collect();
    let service = Arc::new(HostileService::new(log, |count, _| count.to_string()));
    let (windows, summary) = windows_of(&capped_client(&service), day()).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(windows.iter().map(|window| window.events.len()).sum::<usize>(), 120);

    // One record is larger than an answer may be.
    let log = (0..120).map(|index| large(index, if index == 70 { 200_000 } else { 20 })).collect();
    let service = Arc::new(HostileService::new(log, |count, _| count.to_string()));
    let (windows, summary) = windows_of(&capped_client(&service), day()).await;
    assert_eq!(windows.iter().map(|window| window.events.len()).sum::<usize>(), 119);
    let unreadable: Vec<&UnreadableRecord> = windows.iter().flat_map(|window| &window.unreadable).collect();
    let [UnreadableRecord { position: 70, reason, .. }] = unreadable[..] else { panic!("{unreadable:?}") };
    assert_eq!(reason, "the record is larger than the client's limit");
    assert_eq!(summary.gaps.len(), 1);

    // The first records are larger than an answer may be, and the service has a maximum page size.
    for (first_large, max_page) in [(1, 7), (1, 3), (3, 1_000), (2, 7)] {
        let log = (0..400).map(|index| large(index, if index < first_large { 200_000 } else { 20 })).collect();
        let service = HostileService::new(log, |count, _| count.to_string());
        let service = Arc::new(HostileService { max_page, ..service });
        let (windows, summary) = windows_of(&capped_client(&service), day()).await;
        let read: u64 = windows.iter().map(|window| window.events.len() as u64).sum();
        assert_eq!(read, 400 - first_large, "{first_large} large records, {max_page} per page: {summary:?}");
        let unreadable: usize = windows.iter().map(|window| window.unreadable.len()).sum();
        assert_eq!((unreadable as u64, summary.gaps.len()), (first_large, 1), "{first_large} large, {max_page} a page");
    }
}

fn capped_client(service: &Arc<HostileService>) -> Client {
    let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z")));
    let builder = Client::builder().token("a.b.c").transport(service.clone()).clock(clock);
    builder.body_cap(100_000).build().unwrap()
}

async fn windows_of(client: &Client, range: DateRange) -> (Vec<Window>, Summary) {
    let mut stream = client.events(CONTRACT.parse().unwrap(), range).windows();
    let mut windows = Vec::new();
    while let Some(window) = stream.try_next().await.unwrap() {
        windows.push(window);
    }
    (windows, stream.summary().clone())
}
