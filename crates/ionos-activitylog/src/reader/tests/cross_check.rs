//! The cross-check of a range: compares the total of the range with the sum of the totals of its windows.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;
use crate::{CrossCheck, Window};

/// A log with one event per minute. The service refuses offsets from 1000 on. Late events are on no page until the
/// service has sent `late_after` answers.
struct ChangingLog {
    minutes: i64,
    /// Minutes of the late events.
    late: Vec<i64>,
    /// Number of answers after which the late events are part of the log.
    late_after: u64,
    /// Minutes of events that the service does not return for a range that starts at exactly their time.
    lost_at_start: Vec<i64>,
    /// Whether the service excludes events at exactly the start of a range.
    excludes_start: bool,
    /// Computes a reported total from the true total. Applies only to answers to requests with `limit=1`.
    counted: fn(u64) -> String,
    /// JSON members before `hits`. Applies only to answers to requests with `limit=1`.
    counted_beside: &'static str,
    requests: AtomicU64,
    counts: Mutex<Vec<DateRange>>,
}

impl Default for ChangingLog {
    fn default() -> Self {
        Self {
            minutes: 2_880,
            late: Vec::new(),
            late_after: 0,
            lost_at_start: Vec::new(),
            excludes_start: false,
            counted: |count| count.to_string(),
            counted_beside: "",
            requests: AtomicU64::new(0),
            counts: Mutex::default(),
        }
    }
}

fn start() -> DateTime<Utc> {
    parse_time("2026-11-01T00:00:00Z")
}

fn record(minute: i64) -> String {
    let time = (start() + TimeDelta::minutes(minute)).format("%Y-%m-%dT%H:%M:%SZ");
    format!(r#"{{"@uuid":"00000000-0000-4000-8000-{minute:012}","meta":{{"time":"{time}"}}}}"#)
}

impl ChangingLog {
    fn page(&self, range: DateRange, offset: u64, limit: u64) -> String {
        let is_count = limit == 1;
        let sent = self.requests.fetch_add(1, Ordering::Relaxed);
        let is_visible = |minute: &i64| {
            let time = start() + TimeDelta::minutes(*minute);
            let is_late = self.late.contains(minute) && sent < self.late_after;
            let can_be_lost = self.excludes_start || self.lost_at_start.contains(minute);
            let is_lost = can_be_lost && range.start() == time;
            range.contains(time) && !is_late && !is_lost
        };
        let minutes: Vec<i64> = (0..self.minutes).filter(is_visible).collect();
        let count = minutes.len() as u64;
        let total = if is_count { (self.counted)(count) } else { count.to_string() };
        if is_count {
            self.counts.lock().unwrap().push(range);
        }
        let hits = minutes.into_iter().skip(offset as usize).take(limit as usize);
        let hits: Vec<String> = hits.map(|minute| format!(r#"{{"_source":{}}}"#, record(minute))).collect();
        let beside = if is_count { self.counted_beside } else { "" };
        format!(r#"{{{beside}"hits":{{"total":{total},"hits":[{}]}}}}"#, hits.join(","))
    }

    async fn read(self: &Arc<Self>) -> (Vec<Window>, Summary) {
        let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z")));
        let client = Client::builder().token("a.b.c").transport(self.clone()).clock(clock).build().unwrap();
        let range = DateRange::new(start(), start() + TimeDelta::minutes(self.minutes)).unwrap();
        let mut stream = client.events("31720001".parse().unwrap(), range).windows();
        let mut windows = Vec::new();
        while let Some(window) = stream.try_next().await.unwrap() {
            windows.push(window);
        }
        (windows, stream.summary().clone())
    }

    /// Number of requests for the total of the whole range.
    fn counts_of_whole(&self) -> usize {
        let whole = DateRange::new(start(), start() + TimeDelta::minutes(self.minutes)).unwrap();
        self.counts.lock().unwrap().iter().filter(|range| **range == whole).count()
    }

    fn counts(&self) -> usize {
        self.counts.lock().unwrap().len()
    }
}

impl Transport for ChangingLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let PageQuery { range, offset, limit } = PageQuery::of(&request);
        let answer = match offset < 1_000 {
            true => http::Response::new(self.page(range, offset, limit)),
            false => http::Response::builder().status(400).body(String::new()).unwrap(),
        };
        Box::pin(async move { Ok(answer.into()) })
    }
}

fn minutes(windows: &[Window]) -> Vec<String> {
    windows.iter().flat_map(|window| &window.events).map(|event| event.raw().to_owned()).collect()
}

#[tokio::test]
async fn several_windows_are_compared_with_the_total_of_one_request() {
    let log = Arc::new(ChangingLog::default());
    let (windows, summary) = log.read().await;
    assert!(windows.len() > 1);
    assert_eq!((&summary.cross_check, log.counts_of_whole()), (&CrossCheck::Agrees, 1));
    assert!(summary.is_complete());
}

#[tokio::test]
async fn a_single_window_is_compared_with_the_total_only_if_it_is_empty() {
    let log = Arc::new(ChangingLog { minutes: 60, ..ChangingLog::default() });
    assert_eq!((log.read().await.1.cross_check, log.counts_of_whole()), (CrossCheck::NotNeeded, 0));
    let empty =
        Arc::new(ChangingLog { minutes: 60, late: (0..60).collect(), late_after: 100, ..ChangingLog::default() });
    assert_eq!((empty.read().await.1.cross_check, empty.counts_of_whole()), (CrossCheck::Agrees, 1));
    // The first page is sent by a replica that has no events yet.
    let late = Arc::new(ChangingLog { minutes: 60, late: (0..60).collect(), late_after: 1, ..ChangingLog::default() });
    let (windows, summary) = late.read().await;
    assert_eq!((minutes(&windows).len(), &summary.cross_check), (60, &CrossCheck::NotNeeded));
    assert!(summary.is_complete());
}

#[tokio::test]
async fn events_that_arrive_after_their_window_was_read_are_returned_at_the_end() {
    for late in [vec![7], vec![5, 6, 2_000], vec![2_879]] {
        let late_records: Vec<String> = late.iter().map(|minute| record(*minute)).collect();
        // The late events become part of the log before the last request, which compares the total of the range.
        let undisturbed = Arc::new(ChangingLog::default());
        undisturbed.read().await.1.verdict().unwrap();
        let late_after = undisturbed.requests.load(Ordering::Relaxed) - 1;
        let log = Arc::new(ChangingLog { late, late_after, ..ChangingLog::default() });
        let (windows, summary) = log.read().await;
        let read = minutes(&windows);
        assert_eq!(read.len(), 2_880);
        assert_eq!(read[2_880 - late_records.len()..], late_records);
        assert_eq!(read.iter().collect::<BTreeSet<_>>().len(), 2_880);
        assert_eq!((&summary.cross_check, summary.yielded), (&CrossCheck::Agrees, 2_880));
        assert!(summary.is_complete());
    }
}

#[tokio::test]
async fn an_event_that_is_lost_at_the_boundary_of_two_windows_is_found() {
    let honest = Arc::new(ChangingLog::default());
    let (windows, _) = honest.read().await;
    let mut found = 0;
    for window in &windows[1..] {
        let boundary = (window.range.start() - start()).num_minutes();
        if start() + TimeDelta::minutes(boundary) < window.range.start() {
            continue;
        }
        let log = Arc::new(ChangingLog { lost_at_start: vec![boundary], ..ChangingLog::default() });
        let (windows, summary) = log.read().await;
        assert_eq!(minutes(&windows).len(), 2_880, "{summary:?}");
        // If a page of a longer range has shown the lost event, the window that lacks the event is not verified.
        let time = start() + TimeDelta::minutes(boundary);
        assert!(summary.gaps.iter().all(|gap| gap.range.contains(time)), "{summary:?}");
        found += u32::from(summary.is_complete());
    }
    assert!(found > 0);
}

#[tokio::test]
async fn totals_that_exclude_the_start_of_the_range_agree() {
    let log = Arc::new(ChangingLog { excludes_start: true, ..ChangingLog::default() });
    let (windows, summary) = log.read().await;
    assert!(windows.len() > 1);
    assert_eq!(minutes(&windows).len(), 2_880);
    assert_eq!(windows[0].events_excluded_at_start(), 1);
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(summary.cross_check, CrossCheck::Agrees);
}

#[tokio::test]
async fn events_that_arrive_before_the_parts_are_compared_cause_no_gap() {
    // The reader would not notice a single late event in a part, because the service may also count the event at
    // exactly the end of the part. So two events are late.
    for late_after in 1..=5 {
        let log = ChangingLog { minutes: 600, late: vec![300, 301], late_after, ..ChangingLog::default() };
        let (windows, summary) = Arc::new(log).read().await;
        assert_eq!(minutes(&windows).len(), 600, "late after {late_after} answers");
        assert!(summary.is_complete(), "late after {late_after} answers: {summary:?}");
        assert!(summary.requests <= 60, "late after {late_after} answers: {summary:?}");
    }
}

#[tokio::test]
async fn the_summary_says_why_a_total_of_the_range_was_not_compared() {
    for (counted, reason) in [
        ((|_| "null".to_owned()) as fn(u64) -> String, "the service reports no total for the range"),
        (|_| r#"{"value":10000,"relation":"gte"}"#.to_owned(), "only a lower bound"),
        (|count| count.saturating_sub(1).to_string(), "fewer events than it returned"),
    ] {
        let log = Arc::new(ChangingLog { counted, ..ChangingLog::default() });
        let (windows, summary) = log.read().await;
        let CrossCheck::NotChecked(text) = &summary.cross_check else { panic!("{:?}", summary.cross_check) };
        assert!(text.contains(reason), "{text}");
        assert_eq!(minutes(&windows).len(), 2_880);
        assert!(summary.is_complete() && log.counts() < 40, "{}", log.counts());
    }
}

#[tokio::test]
async fn the_total_of_a_partial_search_is_not_compared() {
    for counted_beside in [r#""timed_out":true,"#, r#""_shards":{"total":5,"successful":4,"failed":1},"#] {
        // The total is lower than the number of events in the windows, because only some shards were searched.
        let log = ChangingLog {
            counted: |count| count.saturating_sub(1).to_string(),
            counted_beside,
            ..ChangingLog::default()
        };
        let (windows, summary) = Arc::new(log).read().await;
        assert_eq!(minutes(&windows).len(), 2_880);
        let CrossCheck::NotChecked(reason) = &summary.cross_check else { panic!("{:?}", summary.cross_check) };
        assert!(reason.starts_with("the answer may lack events: "), "{reason}");
        assert!(summary.is_complete());
    }
}

#[tokio::test]
async fn a_capped_total_is_compared_in_parts() {
    for counted in [(|count: u64| count.min(10_000).to_string()) as fn(u64) -> String, |count| match count {
        0..=10_000 => count.to_string(),
        _ => r#"{"value":10000,"relation":"gte"}"#.to_owned(),
    }] {
        let log = Arc::new(ChangingLog { minutes: 11_520, counted, ..ChangingLog::default() });
        let (_, summary) = log.read().await;
        assert_eq!(summary.cross_check, CrossCheck::Agrees);
        assert!(log.counts() > 1);
    }
}

#[tokio::test]
async fn a_total_that_is_still_too_high_after_reading_again_is_a_gap() {
    type Counted = fn(u64) -> String;
    let every_count: Counted = |count| (count + 1).to_string();
    let count_of_range: Counted = |count| if count > 2_000 { (count + 3).to_string() } else { count.to_string() };
    let highest_number: Counted = |_| u64::MAX.to_string();
    for counted in [every_count, count_of_range, highest_number] {
        let log = Arc::new(ChangingLog { counted, ..ChangingLog::default() });
        let (windows, summary) = log.read().await;
        assert_eq!(minutes(&windows).len(), 2_880);
        assert!(!summary.is_complete() && log.counts() < 36, "{} {summary:?}", log.counts());
        let gaps: Vec<&Gap> = windows.iter().flat_map(|window| &window.gaps).collect();
        assert!(gaps.iter().any(|gap| gap.reason == GapReason::TotalIncreased), "{gaps:?}");
        assert!(!gaps.is_empty() && gaps.len() == summary.gaps.len(), "{gaps:?}");
        assert_ne!(summary.cross_check, CrossCheck::Agrees);
    }
}
