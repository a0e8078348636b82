//! Measures four things: the form of the total, including whether the total is capped; how the service treats fractions
//! of a second in dates; whether the start and the end of a range are inclusive; and how long it takes until an event
//! appears in the log.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::api::page::{Page, Total};
use crate::api::profile::{DateFractions, HitOrder, TotalShape};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::probe::{Finding, LARGE_PAGE, NOT_KNOWN, ProbeSession, ProbedPage, describe_failure};
use crate::range::DateRange;

/// Minimum total for which the probe tests whether the total is capped. A smaller total is hardly ever capped, so the
/// two requests of the test would be wasted.
const MIN_TOTAL_TO_TEST: u64 = 1_000;

const TOO_MANY_EVENTS: &str = "the second around the event has more events than a page";

impl ProbeSession<'_> {
    /// The form of the total, and whether the total is capped (`None` if unknown). A total counts as capped if the
    /// service declares it a lower bound, or if the totals of two parts of the range add up to more than 101 % of the
    /// total.
    pub(super) async fn total_shape(&mut self, range: DateRange, first: &ProbedPage) -> (Finding, Option<bool>) {
        let word = match first.shape {
            TotalShape::Number => "a number",
            TotalShape::Text => "a text",
            TotalShape::Object => "an object",
            TotalShape::Other => "of an unknown form",
            TotalShape::Absent => "absent",
        };
        let finding = |answer: &str, observation: String| Finding::new("total", answer, observation);
        let Some(total) = first.page.total else {
            return (finding(word, "there is no usable total".to_owned()), None);
        };
        let count = total.count;
        if !total.exact {
            let observation = format!("the service reports at least {count}");
            return (finding(&format!("{word}, capped"), observation), Some(true));
        }
        let mut times = first.page.events.iter().filter_map(Event::time);
        let middle = times.next_back().map(|time| time.trunc_subsecs(0));
        let parts = middle.and_then(|middle| {
            let before = DateRange::new(range.start(), middle).ok()?;
            Some((before, DateRange::new(middle, range.end()).ok()?))
        });
        let Some((before, after)) = parts.filter(|_| count >= MIN_TOTAL_TO_TEST) else {
            let observation = format!("{count} events are too few to tell whether the total is capped");
            return (finding(word, observation), None);
        };
        let mut sum = 0;
        for part in [before, after] {
            match self.request_page(part, 0, 1).await.map(|answer| answer.total()) {
                Ok(Some(count)) => sum += count,
                Ok(None) => return (finding(word, "a part of the range has no total".to_owned()), None),
                Err(error) => return (finding(word, describe_failure(&error)), None),
            }
        }
        if sum == count {
            let observation = format!("{count} in total, and the totals of two parts add up to the same number");
            return (finding(&format!("{word}, exact"), observation), Some(false));
        }
        let observation = format!("{count} in total, and the totals of two parts add up to {sum}");
        // A smaller difference proves no cap: the total may have changed between the requests.
        match sum > count + count / 100 {
            true => (finding(&format!("{word}, capped"), observation), Some(true)),
            false => (finding(&format!("{word}, not exact"), observation), None),
        }
    }

    /// Measures the service's treatment of fractions of a second. A range that begins just after an event contains the
    /// event only if the service cuts fractions off.
    pub(super) async fn date_fractions(&mut self, page: &Page) -> (Finding, Option<DateFractions>) {
        let finding = |answer: &str, observation: &str| Finding::new("date fractions", answer, observation);
        let mut by_second: BTreeMap<i64, Vec<(&Event, DateTime<Utc>)>> = BTreeMap::new();
        for event in &page.events {
            if let Some(time) = event.time() {
                let second = by_second.entry(time.timestamp()).or_default();
                second.push((event, time));
            }
        }
        let range_after = |time: DateTime<Utc>| {
            let start = time.trunc_subsecs(3) + TimeDelta::milliseconds(1);
            DateRange::new(start, time.trunc_subsecs(0) + TimeDelta::seconds(1)).ok()
        };
        // If the service cuts off fractions, the range just after an event at a whole second begins at exactly this
        // event. A service that excludes the start of a range does not return this event either, so its absence would
        // prove nothing. Other events are therefore preferred. Among equally good events, chooses the one whose second
        // has the fewest events, because such a second most likely fits on one page.
        let candidates = by_second.values().filter_map(|events| {
            let (event, time) = events.iter().min_by_key(|(_, time)| *time)?;
            let second = time.trunc_subsecs(0);
            Some(((*time == second, events.len()), event, second, range_after(*time)?))
        });
        let Some((_, event, second, range)) = candidates.min_by_key(|(rank, ..)| *rank) else {
            return (finding(NOT_KNOWN, "there is no event to test with"), None);
        };
        let refused = match self.has_event(range, event, page).await {
            Ok(Some(true)) => {
                let observation = "a range that begins just after the time of an event contains the event";
                return (finding("cut off", observation), Some(DateFractions::CutOff));
            }
            Ok(Some(false)) => {
                let observation = "a range that begins just after the time of an event does not contain the event";
                return (finding("taken", observation), Some(DateFractions::Taken));
            }
            Ok(None) => return (finding(NOT_KNOWN, TOO_MANY_EVENTS), None),
            Err(error) if matches!(error.kind(), ErrorKind::BadRequest | ErrorKind::Server) => error,
            Err(error) => return (finding(NOT_KNOWN, &describe_failure(&error)), None),
        };
        // If the service also refuses a range without fractions, the fraction was not the reason.
        let whole = DateRange::new(second, second + TimeDelta::seconds(1));
        let whole = match whole {
            Ok(whole) => self.request_page(whole, 0, 1).await,
            Err(error) => Err(error),
        };
        match whole {
            Ok(_) => {
                let status = refused.status().unwrap_or_default();
                let observation = format!("a date with a fraction is refused with {status}");
                (finding("refused", &observation), Some(DateFractions::Refused))
            }
            Err(error) => (finding(NOT_KNOWN, &describe_failure(&error)), None),
        }
    }

    /// Whether the service treats `dateStart` as exclusive; `None` if unknown. If it does, a range that begins at
    /// exactly the time of an event lacks the event. If the service cuts off or refuses fractions of a second, the test
    /// needs an event at a whole second.
    pub(super) async fn date_start(
        &mut self,
        page: &Page,
        fractions: Option<DateFractions>,
    ) -> (Finding, Option<bool>) {
        let finding = |answer: &str, observation: &str| Finding::new("date start", answer, observation);
        let Some((event, time)) = event_at_exact_time(page, fractions) else {
            return (finding(NOT_KNOWN, "there is no event at a time that a request can express"), None);
        };
        let Ok(range) = DateRange::new(time, time + TimeDelta::seconds(1)) else {
            return (finding(NOT_KNOWN, "there is no range that begins at the event"), None);
        };
        match self.has_event(range, event, page).await {
            Ok(Some(true)) => {
                let observation = "a range that begins at the time of an event contains the event";
                (finding("inclusive", observation), Some(false))
            }
            Ok(Some(false)) => {
                let observation = "a range that begins at the time of an event does not contain the event";
                (finding("exclusive", observation), Some(true))
            }
            Ok(None) => (finding(NOT_KNOWN, TOO_MANY_EVENTS), None),
            Err(error) => (finding(NOT_KNOWN, &describe_failure(&error)), None),
        }
    }

    /// Whether the service treats `dateEnd` as inclusive. If it does, a range that ends at exactly the time of an event
    /// has the event. If the service cuts off or refuses fractions of a second, the test needs an event at a whole
    /// second.
    pub(super) async fn date_end(&mut self, page: &Page, fractions: Option<DateFractions>) -> Finding {
        let finding = |answer: &str, observation: &str| Finding::new("date end", answer, observation);
        let Some((event, time)) = event_at_exact_time(page, fractions) else {
            return finding(NOT_KNOWN, "there is no event at a time that a request can express");
        };
        let Ok(range) = DateRange::new(time - TimeDelta::seconds(1), time) else {
            return finding(NOT_KNOWN, "there is no range that ends at the event");
        };
        match self.has_event(range, event, page).await {
            Ok(Some(true)) => finding("inclusive", "a range that ends at the time of an event contains the event"),
            Ok(Some(false)) => {
                finding("exclusive", "a range that ends at the time of an event does not contain the event")
            }
            Ok(None) => finding(NOT_KNOWN, TOO_MANY_EVENTS),
            Err(error) => finding(NOT_KNOWN, &describe_failure(&error)),
        }
    }

    /// Whether a range of at most one second contains `event`, which is on the first page of the log. `None` if the
    /// answer lacks the event, but the range may have more events than fit on a page.
    async fn has_event(&mut self, range: DateRange, event: &Event, first: &Page) -> Result<Option<bool>, Error> {
        let answer = self.request_page(range, 0, LARGE_PAGE.min(first.events.len().max(20) as u64)).await?;
        let id = event.id();
        let has = answer.page.events.iter().any(|event| event.id() == id);
        let is_whole = match answer.total() {
            Some(count) => count <= answer.received(),
            None => answer.received() < answer.requested_size,
        };
        Ok((has || is_whole).then_some(has))
    }

    /// The age of the newest event in seconds; `None` if unknown. The time until an event appears in the log is at most
    /// this age.
    pub(super) async fn ingest_lag(&mut self, first: &ProbedPage, order: Option<HitOrder>) -> (Finding, Option<u64>) {
        let finding = |answer: String, observation: String| Finding::new("ingest lag", answer, observation);
        let unknown = |observation: String| (finding(NOT_KNOWN.to_owned(), observation), None);
        let now = self.api.limits.service_time();
        let (now, whose) = match now {
            Some(now) => (now, "the service's"),
            None => (self.api.clock.now(), "this machine's"),
        };
        for hours in [1, 24, 24 * 30] {
            let end = now.trunc_subsecs(0) + TimeDelta::seconds(1);
            let Ok(range) = DateRange::new(end - TimeDelta::hours(hours), end) else {
                break;
            };
            let answer = match self.request_page(range, 0, first.requested_size).await {
                Ok(answer) => answer,
                Err(error) => return unknown(describe_failure(&error)),
            };
            if answer.received() == 0 {
                continue;
            }
            let last = match (order, answer.page.total) {
                (Some(HitOrder::NewestFirst), _) => None,
                (_, Some(Total { count, exact: true })) if count > answer.received() => Some(count),
                _ => None,
            };
            let mut pages = vec![answer];
            if let Some(count) = last {
                let size = pages.first().map_or(1, ProbedPage::received);
                match self.request_page(range, count - size, size).await {
                    Ok(answer) => pages.push(answer),
                    Err(error) => return unknown(describe_failure(&error)),
                }
            }
            let events = pages.iter().flat_map(|answer| &answer.page.events);
            let Some(newest) = events.filter_map(Event::time).max() else {
                return unknown("no event has a time".to_owned());
            };
            let seconds = (now - newest).num_seconds().max(0);
            let observation = format!(
                "the newest event is {seconds} s old by {whose} clock; if events are rare, the real lag is shorter"
            );
            return (finding(format!("at most {seconds} s"), observation), u64::try_from(seconds).ok());
        }
        unknown("the last 30 days have no event".to_owned())
    }
}

/// An event of the page at a time that a request can express: a whole second or, if the service honours fractions of a
/// second, a whole millisecond.
fn event_at_exact_time(page: &Page, fractions: Option<DateFractions>) -> Option<(&Event, DateTime<Utc>)> {
    let takes_fractions = fractions == Some(DateFractions::Taken);
    let mut times = page.events.iter().filter_map(|event| Some((event, event.time()?)));
    let whole = times.clone().find(|(_, time)| *time == time.trunc_subsecs(0));
    // A request can express whole milliseconds, but no smaller unit.
    whole.or_else(|| times.find(|(_, time)| takes_fractions && *time == time.trunc_subsecs(3)))
}
