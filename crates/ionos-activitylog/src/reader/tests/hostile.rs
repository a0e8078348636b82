//! Reads from services that count wrongly or send damaged pages. Every event is returned, no window is verified without
//! a proof, and the number of requests is bounded.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;
use crate::{UnreadableRecord, Window};

const CONTRACT: &str = "31720001";

/// A request for a page.
#[derive(Clone, Copy, Debug)]
struct Query {
    range: DateRange,
    offset: u64,
    limit: u64,
}

/// A log with a rule for the total.
struct HostileService {
    /// Time and record, from the earliest to the latest.
    log: Vec<(DateTime<Utc>, Vec<u8>)>,
    /// Maximum hits per page.
    max_page: u64,
    /// The total as JSON, from the true number of events and the number of the request.
    total: Box<dyn Fn(u64, u64) -> String + Send + Sync>,
    requests: AtomicU64,
    queries: Mutex<Vec<Query>>,
}

impl HostileService {
    fn new(log: Vec<(DateTime<Utc>, Vec<u8>)>, total: impl Fn(u64, u64) -> String + Send + Sync + 'static) -> Self {
        let total = Box::new(total);
        Self { log, max_page: 1_000, total, requests: AtomicU64::new(0), queries: Mutex::default() }
    }

    fn page(&self, query: Query) -> Vec<u8> {
        let request = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        self.queries.lock().unwrap().push(query);
        let hits: Vec<&Vec<u8>> =
            self.log.iter().filter(|(time, _)| query.range.contains(*time)).map(|(_, record)| record).collect();
        let size = query.limit.min(self.max_page) as usize;
        let page = hits.iter().skip(query.offset as usize).take(size);
        let page: Vec<Vec<u8>> = page.map(|record| [b"{\"_source\":", &record[..], b"}"].concat()).collect();
        let total = (self.total)(hits.len() as u64, request);
        let start = format!(r#"{{"took":1,"timed_out":false,"hits":{{"total":{total},"hits":["#);
        [start.as_bytes(), &page.join(&b','), b"]}}"].concat()
    }
}

impl Transport for HostileService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let value = |key: &str| {
            let mut pairs = request.url().query_pairs();
            pairs.find(|(name, _)| name == key).map(|(_, value)| value.into_owned()).unwrap()
        };
        let number = |key: &str| value(key).parse().unwrap();
        let range = range(&value("dateStart"), &value("dateEnd"));
        let body = self.page(Query { range, offset: number("offset"), limit: number("limit") });
        Box::pin(async move { Ok(http::Response::new(body).into()) })
    }
}

fn time_of(index: u64, step: TimeDelta) -> DateTime<Utc> {
    parse_time("2026-11-19T00:00:00Z") + step * i32::try_from(index).unwrap()
}

fn record(index: u64, time: DateTime<Utc>) -> String {
    let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    format!(r#"{{"@uuid":"00000000-0000-4000-8000-{index:012}","meta":{{"time":"{time}"}}}}"#)
}

/// `count` events at equal distances from the start of the day.
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
    let mut stream = hostile_client(service).events(CONTRACT.parse().unwrap(), range).windows();
    let mut windows = Vec::new();
    while let Some(window) = stream.try_next().await.unwrap() {
        windows.push(window);
    }
    (windows, stream.summary().clone())
}

#[tokio::test]
async fn a_service_that_counts_wrongly_costs_a_bounded_number_of_requests() {
    type Total = fn(u64, u64) -> u64;
    let decade = range("2016-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let two_days = range("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z");
    let second = TimeDelta::seconds(1);
    let cases: [(&str, u64, TimeDelta, u64, DateRange, Total); 14] = [
        ("7 events, one total for all ranges", 7, second * 3600, 1_000, day(), |_, _| 1_733),
        ("a full page, one total for all ranges", 1_500, second * 50, 1_000, day(), |_, _| 5_000),
        ("1000 events, one total for all ranges", 1_000, second * 50, 1_000, day(), |_, _| 3_000),
        ("many small pages, one total for all ranges", 1_500, second * 50, 20, day(), |_, _| 9_000),
        ("above the maximum offset, one total for all ranges", 15_000, second * 5, 1_000, day(), |_, _| 30_000),
        ("always one too many", 2_500, second * 60, 1_000, two_days, |true_count, _| true_count + 1),
        ("always one too many, small pages", 2_500, second * 60, 20, two_days, |true_count, _| true_count + 1),
        ("always one too few", 2_500, second * 60, 1_000, two_days, |true_count, _| true_count.saturating_sub(1)),
        ("always twice as many", 20_000, second * 8, 1_000, two_days, |true_count, _| 2 * true_count + 1),
        ("half as many", 20_000, second * 8, 1_000, two_days, |true_count, _| true_count / 2),
        ("-1 as unsigned", 40, second * 3600, 1_000, decade, |_, _| u64::MAX),
        ("-1 as unsigned, no event", 0, second, 1_000, decade, |_, _| u64::MAX),
        ("another number each time", 2_500, second * 60, 1_000, two_days, |true_count, request| {
            true_count + request % 7
        }),
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
        // With a page cap of 20, the windows in flight exceed the limit of 50 by a few requests.
        let more = if what.starts_with("many small pages") { 60 } else { 50 };
        assert!(requests <= 3 * honest + more, "{what}: {requests} requests instead of {honest}");
        assert!(!summary.is_complete(), "{what}");
        let events: BTreeSet<_> = windows.iter().flat_map(|window| &window.events).map(Event::raw).collect();
        assert_eq!(events.len() as u64, count, "{what}: every event is returned");
    }
}

#[tokio::test]
async fn a_local_mismatch_does_not_keep_later_windows_from_being_verified() {
    // Ranges that contain the third hour of the first day are counted wrongly.
    let events = log(60_000, TimeDelta::seconds(5));
    let wrong = parse_time("2026-11-19T02:30:00Z");
    let service = HostileService::new(events, |count, _| count.to_string());
    let service = Arc::new(service);
    let client = Client::builder()
        .token("a.b.c")
        .transport(Arc::new(WrongHour { service: Arc::clone(&service), wrong }))
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

/// Counts one event too many in ranges that contain a moment.
struct WrongHour {
    service: Arc<HostileService>,
    wrong: DateTime<Utc>,
}

impl Transport for WrongHour {
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

/// Five days of 20 events a day; the event in the middle is `poison`.
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
        assert!(service.requests.load(Ordering::Relaxed) < 20);
    }
}
