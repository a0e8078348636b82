//! Compares a window with some of its parts. Some services silently shorten a long range, or return and count only some
//! of its events. Then the total of the window equals its number of events, but a part has more events than the window
//! has in this part. Other services shift or round the dates of a request. Then the answer for a part has events
//! outside of the part.
//!
//! One request for each part shows this, see [`parts_to_compare`]. Some services send an answer without events for each
//! range that is too long. So if neither the window nor the whole log seems to have events, single hours are requested
//! too.

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use crate::error::Error;
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::compared_parts::{hours_to_compare, parts_to_compare};
use crate::reader::log_answer::LogAnswer;
use crate::reader::page_end::concerns_only_page;
use crate::reader::page_reader::{FetchedPage, PageReader};
use crate::reader::plan::PlannedWindow;
use crate::reader::verification::Verification;

/// Requests the number of events in each part of a verified window, unless earlier checks make this check unnecessary.
/// If a part contradicts the window, returns the windows to read instead. Also returns the number of requests.
pub(super) async fn check_parts(
    window: PlannedWindow,
    verification: &Verification,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<(Option<Vec<PlannedWindow>>, u64), Error> {
    let events = verification.events.distinct();
    let seconds = window.range.duration().num_seconds();
    let total = verification.highest_total.map_or(0, |total| total.count);
    let is_limited = !pages.extra.has_larger_range(events.max(verification.last_distinct).max(total));
    let needs_check = || pages.extra.with_checked_windows(|checked| checked.needs_check(seconds, events, is_limited));
    if !needs_check() {
        return Ok((None, 0));
    }
    // The windows of a split are scanned at the same time, but only one of them is compared at a time. If this window
    // agrees with its parts, the others need no check.
    let _others_wait = pages.part_checks.lock().await;
    if !needs_check() {
        return Ok((None, 0));
    }
    if pages.extra.with_checked_windows(|checked| checked.is_refuted(seconds)) {
        return Ok((Some(window.split_by_length()), 0));
    }
    let times = verification.events.times();
    let parts = parts_to_compare(window.range, times.clone());
    if parts.is_empty() {
        return Ok((None, 0));
    }
    let mut compared = ComparedParts::read(&parts, &times, verification, pages, page_size).await?;
    let mut requests = compared.requests;
    if events == 0 && compared.contradiction.is_none() && !pages.extra.has_log_events() {
        let log = LogAnswer::read(pages, window.range).await?;
        requests += log.requests;
        if log.is_inside {
            return Ok((Some(window.split_by_length()), requests));
        }
        if !pages.extra.has_log_events() && pages.extra.try_compare_hours() {
            // The service may send an answer without events for each range that is too long.
            compared =
                ComparedParts::read(&hours_to_compare(window.range), &times, verification, pages, page_size).await?;
            requests += compared.requests;
        }
    }
    if let Some(part) = compared.contradiction {
        let (has_grown, own) = has_higher_total(window.range, verification, pages).await?;
        requests += own;
        if !has_grown {
            let length = part.duration().num_seconds();
            pages.extra.with_checked_windows(|checked| checked.add_contradiction(length));
        }
        // A service may keep its log in one index per day, so days are tried before other parts.
        return Ok((Some(window.split_by_length()), requests));
    }
    if compared.is_conclusive && (compared.has_events || pages.extra.has_log_events() || events > 0) {
        pages.extra.with_checked_windows(|checked| checked.add(seconds, events));
    }
    Ok((None, requests))
}

/// The answers for parts of a window.
struct ComparedParts {
    /// The first part whose answer contradicts the window.
    contradiction: Option<DateRange>,
    /// Whether all answers are usable; see [`PartAnswer::is_usable`].
    is_conclusive: bool,
    has_events: bool,
    requests: u64,
}

impl ComparedParts {
    /// Requests the number of events of each part. `times` has the times of the events of the window.
    async fn read(
        parts: &[DateRange],
        times: &[DateTime<Utc>],
        verification: &Verification,
        pages: PageReader<'_>,
        page_size: u64,
    ) -> Result<Self, Error> {
        // A part may have more events than `times` shows: the service may count repeats, and it may count the records
        // without a readable time in each part.
        let events = verification.events.distinct();
        let counted_repeats = verification.highest_total_inside().map_or(0, |total| total.count.saturating_sub(events));
        let repeats = counted_repeats.max(verification.content_repeats()) + verification.events.undated;
        let answers = parts.iter().map(|part| {
            let at_end = if part.end() == verification.range().end() { verification.at_end } else { 0 };
            let allowed = events_in(*part, times) + repeats + at_end;
            read_part(*part, allowed, verification, pages, page_size)
        });
        let answers = try_join_all(answers).await?;
        let contradiction = parts.iter().zip(&answers).find(|(_, answer)| answer.contradicts);
        Ok(Self {
            contradiction: contradiction.map(|(part, _)| *part),
            is_conclusive: answers.iter().all(|answer| answer.is_usable),
            has_events: answers.iter().any(|answer| answer.count > 0),
            requests: answers.iter().map(|answer| answer.requests).sum(),
        })
    }
}

/// Whether the service counts each event of a window in exactly one of the two parts of the window. Requests the total
/// of each part, and also returns the number of requests.
pub(super) async fn totals_add_up(
    parts: [DateRange; 2],
    verification: &Verification,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<(bool, u64), Error> {
    let Some(total) = verification.counted_total() else { return Ok((false, 0)) };
    let times = verification.events.times();
    let answers = parts.map(|part| read_part(part, events_in(part, &times), verification, pages, page_size));
    let answers = try_join_all(answers).await?;
    let is_usable = answers.iter().all(|answer| answer.is_usable && !answer.contradicts);
    let sum: u64 = answers.iter().map(|answer| answer.count).sum();
    Ok((is_usable && sum == total, answers.iter().map(|answer| answer.requests).sum()))
}

/// Whether the service now reports more events for a window than before. If so, an event of a part may have reached the
/// log after the window was scanned. Also returns the number of requests.
async fn has_higher_total(
    range: DateRange,
    verification: &Verification,
    pages: PageReader<'_>,
) -> Result<(bool, u64), Error> {
    let Some(before) = verification.highest_total else { return Ok((false, 0)) };
    match pages.read(range, 0, 1).await {
        Err(error) if concerns_only_page(&error) => Ok((false, 1)),
        fetched => {
            let FetchedPage { page, requests } = fetched?;
            Ok((page.total.is_some_and(|total| total.count > before.count), requests))
        }
    }
}

/// Number of events in a range and at exactly its end, because the service may count the events at the end too.
fn events_in(range: DateRange, times: &[DateTime<Utc>]) -> u64 {
    times.iter().filter(|time| range.contains(**time) || **time == range.end()).count() as u64
}

/// The answer for one part.
struct PartAnswer {
    /// Whether the answer contradicts the window: the part has more events than allowed, the answer has an event
    /// outside of the part, or the answer has an event of the window's range that the window does not have.
    contradicts: bool,
    /// Whether the answer is sufficient to decide if the part has more events than allowed. `false` after a partial
    /// search. Also `false` if the answer has no total, and no more than the allowed number of hits was requested.
    is_usable: bool,
    /// The highest number of events that the answer has or reports.
    count: u64,
    requests: u64,
}

/// Requests the number of events of one part. If the service reports totals, this number is the total of the part.
/// Otherwise, one hit more than `allowed` is requested, and the hits are counted. If the number is above `allowed`,
/// requests a whole page, because the total may be wrong. An answer that cannot be used is no reason to doubt the
/// window.
async fn read_part(
    range: DateRange,
    allowed: u64,
    verification: &Verification,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<PartAnswer, Error> {
    let size = match verification.highest_total {
        Some(_) => 1,
        None => (allowed + 1).min(page_size),
    };
    let mut answer = PartAnswer { contradicts: false, is_usable: false, count: 0, requests: 0 };
    for (size, is_whole_page) in [(size, false), (page_size, true)] {
        let FetchedPage { page, requests } = match pages.read(range, 0, size).await {
            Err(error) if concerns_only_page(&error) => {
                answer.requests += 1;
                break;
            }
            fetched => fetched?,
        };
        answer.requests += requests;
        let hits = page.hits();
        // If a page with room for more hits has at least `allowed` hits, it has all events of the part, so a higher
        // total is wrong. A page with fewer than `allowed` hits may have been cut off by the service.
        let has_room = is_whole_page && hits < size && hits >= allowed;
        let count = page.total.map_or(0, |total| total.count).max(hits);
        let is_inside = |event: &Event| event.time().is_some_and(|time| verification.range().contains(time));
        let is_unknown = |event: &Event| is_inside(event) && !verification.events.contains(&event.id());
        let is_outside = |event: &Event| event.time().is_some_and(|time| !range.contains(time) && time != range.end());
        let contradicts = page.events.iter().any(|event| is_unknown(event) || is_outside(event));
        let is_partial = page.partial_search.is_some();
        answer.is_usable = !is_partial && (page.total.is_some() || size > allowed);
        answer.count = answer.count.max(count);
        pages.received.keep(verification.range(), page.events);
        answer.contradicts = contradicts || !is_partial && count > allowed && !has_room;
        if contradicts || !answer.contradicts {
            break;
        }
    }
    Ok(answer)
}
