//! Services that silently answer for only a part of a long range. The total and the hits of each answer agree.

use std::sync::atomic::AtomicU64;

use ionos_activitylog_client::{Exchange, Transport};

use super::*;

/// The events that a service returns and counts for a range.
#[derive(Clone, Copy, Debug)]
enum Shortened {
    /// Only the events in the last part of the range. The part has this length.
    ToEnd(TimeDelta),
    /// Only the events in the first part of the range. The part has this length.
    ToStart(TimeDelta),
    /// Only the events of the last day of the range.
    ToLastDay,
    /// Only the newest events of the range, at most this number.
    ToNewest(usize),
    /// All events except those of the second day. For a range within the second day, all events.
    WithoutSecondDay,
    /// For a range of more than this length, no events. For other ranges, all events.
    ToNone(TimeDelta),
    /// For a range of more than 12 hours, all events except this percentage of them. For other ranges, all events.
    Sampled(usize),
    /// For a range of more than the first length, all events except those of some hours. The hours begin 30 hours after
    /// the first event, and take the second length. For other ranges, all events.
    WithoutHours(TimeDelta, TimeDelta),
    /// Of each of five shards, only the newest events of the range, at most this number.
    OfShards(usize),
    /// All events of another range, which begins and ends earlier by this length.
    Shifted(TimeDelta),
    /// All events, but the service refuses a range that is longer than this length.
    Refused(TimeDelta),
    /// All events, but a page is empty if its requested size is above this number.
    ToPageSize(u64),
    /// All events are counted, but the service returns the first page for every offset. The page has at most this
    /// number of hits.
    ToFirstPage(usize),
}

struct ShorteningService {
    /// Times of the events, in order.
    times: Vec<DateTime<Utc>>,
    shortened: Shortened,
    has_total: bool,
    requests: AtomicU64,
}

impl ShorteningService {
    /// The events of a range that the service returns and counts.
    fn events(&self, range: DateRange) -> Vec<(usize, DateTime<Utc>)> {
        let range = match self.shortened {
            Shortened::Shifted(length) => DateRange::new(range.start() - length, range.end() - length).unwrap(),
            _ => range,
        };
        let inside = self.times.iter().copied().enumerate().filter(|(_, time)| range.contains(*time));
        let first = self.times[0].date_naive();
        let is_second_day = |time: DateTime<Utc>| time.date_naive() == first + TimeDelta::days(1);
        let is_within_second = is_second_day(range.start()) && is_second_day(range.end() - TimeDelta::milliseconds(1));
        let last_day = (range.end() - TimeDelta::milliseconds(1)).date_naive();
        let mut events: Vec<_> = match self.shortened {
            Shortened::ToEnd(length) => inside.filter(|(_, time)| *time >= range.end() - length).collect(),
            Shortened::ToStart(length) => inside.filter(|(_, time)| *time < range.start() + length).collect(),
            Shortened::ToNone(length) => inside.filter(|_| range.duration() <= length).collect(),
            Shortened::ToLastDay => inside.filter(|(_, time)| time.date_naive() == last_day).collect(),
            Shortened::WithoutSecondDay if !is_within_second => {
                inside.filter(|(_, time)| !is_second_day(*time)).collect()
            }
            Shortened::Sampled(percentage) if range.duration() > TimeDelta::hours(12) => {
                inside.filter(|(index, _)| index * 37 % 100 >= percentage).collect()
            }
            Shortened::WithoutHours(longest, hours) if range.duration() > longest => {
                let start = self.times[0] + TimeDelta::hours(30);
                inside.filter(|(_, time)| *time < start || *time >= start + hours).collect()
            }
            Shortened::OfShards(count) => {
                let mut left = [count; 5];
                let mut newest: Vec<_> = inside.collect();
                newest.reverse();
                newest.retain(|(index, _)| {
                    let left = &mut left[index % 5];
                    let is_kept = *left > 0;
                    *left = left.saturating_sub(1);
                    is_kept
                });
                newest.reverse();
                newest
            }
            _ => inside.collect(),
        };
        events.reverse();
        if let Shortened::ToNewest(count) = self.shortened {
            events.truncate(count);
        }
        events
    }
}

impl Transport for ShorteningService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let PageQuery { range, offset, limit } = PageQuery::of(&request);
        let is_refused = matches!(self.shortened, Shortened::Refused(length) if range.duration() > length);
        let events = self.events(range);
        let (mut offset, mut length) = (offset as usize, limit as usize);
        match self.shortened {
            Shortened::ToPageSize(size) if limit > size => length = 0,
            Shortened::ToFirstPage(size) => (offset, length) = (0, length.min(size)),
            _ => {}
        }
        let hits = events.iter().skip(offset).take(length);
        let hits: Vec<String> =
            hits.map(|(index, time)| format!(r#"{{"_source":{}}}"#, record(*index as u64, *time))).collect();
        let total = if self.has_total { format!(r#""total":{},"#, events.len()) } else { String::new() };
        let answer = match is_refused {
            true => http::Response::builder().status(400).body(String::new()).unwrap(),
            false => http::Response::new(format!(r#"{{"hits":{{{total}"hits":[{}]}}}}"#, hits.join(","))),
        };
        Box::pin(async move { Ok(answer.into()) })
    }
}

/// Reads a range. Returns the windows, the summary, and the number of requests that the service received.
async fn read(service: ShorteningService, range: DateRange) -> (Vec<Window>, Summary, u64) {
    let service = Arc::new(service);
    let clock = Arc::new(VirtualClock::starting_at(parse_time("2026-12-31T00:00:00Z")));
    let client = Client::builder().token("a.b.c").transport(service.clone()).clock(clock).build().unwrap();
    let (windows, summary) = windows_of(&client, range).await;
    (windows, summary, service.requests.load(Ordering::Relaxed))
}

#[tokio::test]
async fn no_event_of_a_shortened_range_is_lost() {
    let range = range("2026-11-18T00:00:00Z", "2026-11-21T00:00:00Z");
    let even = |index: i64| range.start() + TimeDelta::seconds(index * 419);
    // Events from 08:00 to 17:00 of each day.
    let in_office_hours =
        |index: i64| range.start() + TimeDelta::days(index / 206) + TimeDelta::seconds(28_800 + index % 206 * 157);
    let times = |time: &dyn Fn(i64) -> DateTime<Utc>| (0..617).map(time).collect::<Vec<_>>();
    let (even, in_office_hours) = (times(&even), times(&in_office_hours));
    for (shortened, has_total, times, most_requests) in [
        (Shortened::ToEnd(TimeDelta::hours(12)), true, &even, 320),
        // Without totals, each window takes at least two scans.
        (Shortened::ToEnd(TimeDelta::hours(12)), false, &even, 1_500),
        (Shortened::ToEnd(TimeDelta::hours(6)), true, &even, 320),
        (Shortened::ToEnd(TimeDelta::hours(6)), true, &in_office_hours, 320),
        (Shortened::ToEnd(TimeDelta::minutes(30)), true, &even, 2_400),
        (Shortened::ToEnd(TimeDelta::days(2)), true, &even, 320),
        (Shortened::ToStart(TimeDelta::days(2)), true, &even, 320),
        (Shortened::ToStart(TimeDelta::hours(6)), true, &in_office_hours, 320),
        (Shortened::ToStart(TimeDelta::hours(30)), false, &even, 1_200),
        (Shortened::ToLastDay, true, &even, 320),
        (Shortened::ToNewest(333), true, &even, 320),
        (Shortened::ToNewest(365), true, &in_office_hours, 320),
        (Shortened::ToEnd(TimeDelta::hours(3)), true, &in_office_hours, 1_200),
        (Shortened::ToNewest(20), true, &in_office_hours, 1_200),
        (Shortened::ToNone(TimeDelta::hours(1)), true, &even, 1_200),
        (Shortened::ToNone(TimeDelta::hours(6)), true, &in_office_hours, 1_200),
        (Shortened::ToNone(TimeDelta::hours(11)), true, &in_office_hours, 1_200),
        (Shortened::ToNone(TimeDelta::days(2)), true, &even, 320),
        (Shortened::WithoutSecondDay, true, &even, 320),
        (Shortened::WithoutSecondDay, true, &in_office_hours, 320),
        (Shortened::WithoutHours(TimeDelta::hours(24), TimeDelta::hours(8)), true, &even, 600),
        (Shortened::WithoutHours(TimeDelta::hours(4), TimeDelta::hours(6)), true, &even, 800),
        (Shortened::OfShards(120), true, &even, 320),
        (Shortened::OfShards(60), true, &even, 600),
        (Shortened::Sampled(5), true, &even, 600),
        (Shortened::Sampled(20), true, &even, 600),
        (Shortened::Sampled(20), false, &even, 1_500),
        (Shortened::Shifted(TimeDelta::minutes(5)), true, &even, 1_200),
        (Shortened::Shifted(TimeDelta::hours(1)), true, &even, 1_200),
        (Shortened::Shifted(TimeDelta::hours(-2)), true, &in_office_hours, 1_200),
        (Shortened::Refused(TimeDelta::days(2)), true, &even, 320),
        (Shortened::Refused(TimeDelta::hours(6)), true, &even, 320),
        (Shortened::ToPageSize(200), true, &even, 320),
        (Shortened::ToFirstPage(100), true, &even, 320),
    ] {
        let service = ShorteningService { times: times.clone(), shortened, has_total, requests: AtomicU64::new(0) };
        let (windows, summary, requests) = read(service, range).await;
        let read: Vec<DateTime<Utc>> =
            windows.iter().flat_map(|window| &window.events).filter_map(Event::time).collect();
        let gaps: Vec<_> = windows.iter().flat_map(|window| &window.gaps).collect();
        let what = format!("{shortened:?}, total: {has_total}");
        // In these cases, the reader would need more splits than a reading may make, so the rest of the range is a gap.
        let may_have_gaps = match shortened {
            Shortened::ToEnd(length) => length < TimeDelta::hours(1),
            Shortened::ToNone(length) => length <= TimeDelta::hours(1),
            Shortened::ToNewest(count) => count < 100,
            Shortened::Shifted(_) => true,
            _ => false,
        };
        assert_eq!(summary.is_complete(), !may_have_gaps, "{what}: {summary:?}");
        assert!(may_have_gaps || read.len() == times.len(), "{what}: {} events", read.len());
        let is_in_gap = |time: &DateTime<Utc>| gaps.iter().any(|gap| gap.range.contains(*time));
        let lost = times.iter().find(|time| !read.contains(*time) && !is_in_gap(time));
        assert_eq!(lost, None, "{what}: an event is neither returned nor in a gap");
        assert!(requests < most_requests, "{what}: {requests} requests");
    }
}

/// Most empty ranges of these logs are longer than the ranges that the services answer completely.
#[tokio::test]
async fn no_event_of_a_sparse_log_is_lost() {
    let range = range("2026-09-01T00:00:00Z", "2026-11-25T00:00:00Z");
    // 80 events at irregular times, and 40 events on each of 6 days.
    let spread = |index: i64| range.start() + TimeDelta::minutes(1_530 * index + index * index * 7 % 997);
    let on_days = |index: i64| {
        range.start()
            + TimeDelta::days([3, 9, 30, 31, 58, 82][index as usize / 40])
            + TimeDelta::minutes(500 + index % 40)
    };
    for times in [(0..80).map(spread).collect::<Vec<_>>(), (0..240).map(on_days).collect()] {
        for shortened in [
            Shortened::ToEnd(TimeDelta::days(1)),
            Shortened::ToEnd(TimeDelta::days(7)),
            Shortened::ToEnd(TimeDelta::days(30)),
            Shortened::ToStart(TimeDelta::days(1)),
            Shortened::ToStart(TimeDelta::days(7)),
            Shortened::ToNone(TimeDelta::days(30)),
            Shortened::ToLastDay,
        ] {
            let requests = AtomicU64::new(0);
            let service = ShorteningService { times: times.clone(), shortened, has_total: true, requests };
            let (windows, summary, requests) = read(service, range).await;
            let read: usize = windows.iter().map(|window| window.events.len()).sum();
            // In these cases, the reader may need more splits than a reading may make. Then the rest of the range is a
            // gap.
            let may_have_gaps = match shortened {
                Shortened::ToEnd(length) | Shortened::ToStart(length) => length <= TimeDelta::days(1),
                Shortened::ToLastDay => true,
                _ => false,
            };
            assert!(may_have_gaps || summary.is_complete(), "{shortened:?}: {summary:?}");
            assert!(read == times.len() || !summary.is_complete(), "{shortened:?}: {read} events");
            assert!(requests < 1_600, "{shortened:?}: {requests} requests");
        }
    }
}
