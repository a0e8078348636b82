//! Compares a window with some of its parts. Some services silently shorten a long range, or return and count only some
//! of its events. Then the total of the window equals its number of events, but a part has more events than the window
//! has in this part. Other services shift or round the dates of a request. Then the answer for a part has events
//! outside of the part.
//!
//! One request for each part shows this, see [`parts_to_compare`]. Some services send an answer without events for each
//! range that is too long. So if neither the window nor the whole log seems to have events, single hours are requested
//! too.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
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

/// Maximum number of times that a whole page is requested to find the events that the total of a part reports. If each
/// request goes to one of two replicas, 15 of 16 readings find an event that only one of the replicas has.
const WHOLE_PAGES: usize = 4;

/// Result of comparing a window with its parts.
pub(super) enum PartCheck {
    /// No part contradicts the window.
    Agrees,
    /// The service reports fewer events for a part than the window has in the part. So another answer may lack events
    /// too, and the window must be scanned again.
    NeedsScan,
    /// A part contradicts the window. These windows must be read instead.
    Contradicts(Vec<PlannedWindow>),
}

/// Requests the number of events in each part of a verified window, unless earlier checks make this check unnecessary.
/// Also returns the number of requests.
pub(super) async fn check_parts(
    window: PlannedWindow,
    verification: &Verification,
    pages: PageReader<'_>,
    page_size: u64,
) -> Result<(PartCheck, u64), Error> {
    let events = verification.events.distinct();
    let seconds = window.range.duration().num_seconds();
    let total = verification.highest_total.map_or(0, |total| total.count);
    let is_limited = !pages.extra.has_larger_range(events.max(verification.last_distinct).max(total));
    let needs_check = || pages.extra.with_checked_windows(|checked| checked.needs_check(seconds, events, is_limited));
    if !needs_check() {
        return Ok((PartCheck::Agrees, 0));
    }
    // The windows of a split are scanned at the same time, but only one of them is compared at a time. If this window
    // agrees with its parts, the others need no check.
    let _others_wait = pages.part_checks.lock().await;
    if !needs_check() {
        return Ok((PartCheck::Agrees, 0));
    }
    if let Some(longest) = pages.extra.with_checked_windows(|checked| checked.longest_correct_below(seconds)) {
        return Ok((PartCheck::Contradicts(window.split_by_longest(longest)), 0));
    }
    let times = verification.events.times();
    let parts = parts_to_compare(window.range, times.clone());
    if parts.is_empty() {
        return Ok((PartCheck::Agrees, 0));
    }
    let mut compared = ComparedParts::read(&parts, &times, verification, pages, page_size).await?;
    let mut requests = compared.requests;
    keep_unconfirmed(&compared, window, verification, pages);
    if events == 0 && compared.contradiction.is_none() && !pages.extra.has_log_events() {
        let log = LogAnswer::read(pages, window.range).await?;
        requests += log.requests;
        if log.is_inside {
            return Ok((PartCheck::Contradicts(window.split_by_length()), requests));
        }
        if !pages.extra.has_log_events() && pages.extra.try_compare_hours() {
            // The service may send an answer without events for each range that is too long.
            compared =
                ComparedParts::read(&hours_to_compare(window.range), &times, verification, pages, page_size).await?;
            requests += compared.requests;
            keep_unconfirmed(&compared, window, verification, pages);
        }
    }
    if let Some((part, missing)) = compared.contradiction {
        let (has_grown, own) = has_higher_total(window.range, verification, pages).await?;
        requests += own;
        let mut longest = part.duration();
        if let Some(missing) = missing {
            keep_total(part, missing, &times, pages);
            if !has_grown {
                let own;
                (longest, own) = longest_correct(part, window.range, missing, &times, pages).await?;
                requests += own;
            }
        }
        if !has_grown {
            pages.extra.with_checked_windows(|checked| checked.add_contradiction(longest.num_seconds()));
        }
        // A service may keep its log in one index per day, so days are tried before other parts.
        let windows = window.split_by_longest(longest).into_iter().flat_map(|window| window.split_at(part));
        return Ok((PartCheck::Contradicts(windows.collect()), requests));
    }
    if compared.has_lower_total && !verification.is_repeated() {
        return Ok((PartCheck::NeedsScan, requests));
    }
    if compared.is_conclusive && (compared.has_events || pages.extra.has_log_events() || events > 0) {
        pages.extra.with_checked_windows(|checked| checked.add(seconds, events));
    }
    Ok((PartCheck::Agrees, requests))
}

/// Keeps a total that no other answer confirmed, because a total that was reported once is never forgotten. If the
/// windows that are returned lack the missing events, these events are a gap.
fn keep_unconfirmed(
    compared: &ComparedParts,
    window: PlannedWindow,
    verification: &Verification,
    pages: PageReader<'_>,
) {
    if compared.unconfirmed > 0 && pages.extra.trusts_totals() {
        let counted = verification.events.distinct() + verification.at_end;
        pages.split_totals.add(window.range, counted.saturating_add(compared.unconfirmed));
    }
}

/// The length of the longest range around `part` for which the service reports the events that the window lacks in the
/// part. `missing` is the number of these events, and `times` has the times of the events that the window does not
/// lack. Also returns the number of requests. Ranges of two, four, eight and more times the length of the part are
/// requested, up to half of the window.
async fn longest_correct(
    part: DateRange,
    window: DateRange,
    missing: u64,
    times: &[DateTime<Utc>],
    pages: PageReader<'_>,
) -> Result<(TimeDelta, u64), Error> {
    let (mut correct, mut requests) = (part, 0);
    while correct.duration() * 4 <= window.duration() {
        let half = correct.duration() / 2;
        let longer = DateRange::from_bounds(
            (correct.start() - half).trunc_subsecs(0).max(window.start()),
            (correct.end() + half).trunc_subsecs(0).min(window.end()),
        );
        let Some(longer) = longer.filter(|longer| longer.duration() > correct.duration()) else { break };
        requests += 1;
        let total = match pages.read(longer, 0, 1).await {
            Err(error) if concerns_only_page(&error) => None,
            fetched => fetched?.page.total,
        };
        let expected = events_inside(longer, times).saturating_add(missing);
        if total.is_none_or(|total| total.count < expected) {
            break;
        }
        correct = longer;
    }
    // A service that shortens ranges may have counted only the half of the range with the part.
    Ok((part.duration().max(correct.duration() / 2), requests))
}

/// The answers for parts of a window.
struct ComparedParts {
    /// The first part whose answer contradicts the window, and the number of events that the window lacks in the part
    /// according to its total. `None` if the total does not say this number.
    contradiction: Option<(DateRange, Option<u64>)>,
    /// The number of events that the window lacks according to a total that no other answer confirmed.
    unconfirmed: u64,
    /// Whether the service reports fewer events for a part than the window has in the part.
    has_lower_total: bool,
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
        let allowed = |part: &DateRange| {
            let at_end = if part.end() == verification.range().end() { verification.at_end } else { 0 };
            events_in(*part, times) + repeats + at_end
        };
        let answers = parts.iter().map(|part| read_part(*part, allowed(part), verification, pages, page_size));
        let answers = try_join_all(answers).await?;
        let contradiction = parts.iter().zip(&answers).find(|(_, answer)| answer.contradicts);
        // The number of events of a part that the window lacks according to a total. A part may count some events in
        // addition to its own.
        let missing =
            |part: &DateRange, total: Option<u64>| total?.checked_sub(allowed(part)).filter(|count| *count > 0);
        // A total of 1 may be the number of hits on the page. The oldest event may have been removed meanwhile, because
        // services keep events for a limited time.
        let oldest = times.iter().min();
        let is_lower = |(part, answer): (&DateRange, &PartAnswer)| {
            if oldest.is_none_or(|oldest| part.contains(*oldest)) {
                return false;
            }
            let inside = || times.iter().filter(|time| part.start() < **time && **time < part.end()).count() as u64;
            answer.total.is_some_and(|total| total > 1 && total < inside())
        };
        let is_exact = verification.events.amended + verification.events.undated == 0;
        let unconfirmed =
            parts.iter().zip(&answers).filter_map(|(part, answer)| missing(part, answer.unconfirmed_total));
        Ok(Self {
            contradiction: contradiction.map(|(part, answer)| (*part, missing(part, answer.total))),
            unconfirmed: unconfirmed.max().unwrap_or_default(),
            has_lower_total: is_exact && parts.iter().zip(&answers).any(is_lower),
            is_conclusive: answers.iter().all(|answer| answer.is_usable),
            has_events: answers.iter().any(|answer| answer.count > 0),
            requests: answers.iter().map(|answer| answer.requests).sum(),
        })
    }
}

/// Keeps the total of a part of which the window lacks `missing` events. The windows that are read instead of the window
/// must have these events, or they are a gap.
fn keep_total(part: DateRange, missing: u64, times: &[DateTime<Utc>], pages: PageReader<'_>) {
    pages.split_totals.add(part, events_inside(part, times).saturating_add(missing));
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
    let read = |part: &DateRange| read_part(*part, events_in(*part, &times), verification, pages, page_size);
    let answers = try_join_all(parts.iter().map(read)).await?;
    for (part, answer) in parts.iter().zip(&answers) {
        let higher = answer.total.filter(|_| answer.contradicts || answer.unconfirmed_total.is_some());
        if let Some(missing) = higher.and_then(|total| total.checked_sub(events_in(*part, &times))) {
            keep_total(*part, missing, &times, pages);
        }
    }
    let is_usable = answers.iter().all(|answer| answer.is_usable && !answer.contradicts);
    let sum = answers.iter().fold(0_u64, |sum, answer| sum.saturating_add(answer.count));
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

/// Number of events in a range.
fn events_inside(range: DateRange, times: &[DateTime<Utc>]) -> u64 {
    times.iter().filter(|time| range.contains(**time)).count() as u64
}

/// Number of events in a range and at exactly its end, because the service may count the events at the end too.
fn events_in(range: DateRange, times: &[DateTime<Utc>]) -> u64 {
    times.iter().filter(|time| range.contains(**time) || **time == range.end()).count() as u64
}

/// The answer for one part.
#[derive(Default)]
struct PartAnswer {
    /// Whether the answer contradicts the window: the part has more events than allowed, the answer has an event
    /// outside of the part, or the answer has an event of the window's range that the window does not have.
    contradicts: bool,
    /// Whether the answer tells if the part has more events than allowed. `false` after a partial search, or if there
    /// is no total and the page is too short.
    is_usable: bool,
    /// The highest number of events that the answer has or reports.
    count: u64,
    /// The exact total of the first answer. `None` if the answer has no exact total.
    total: Option<u64>,
    /// The exact total of the first answer, if it is above the allowed number of events, and all later answers lack
    /// further events and report a lower total.
    unconfirmed_total: Option<u64>,
    requests: u64,
}

/// Requests the number of events of one part. If the service reports totals, this number is the total of the part.
/// Otherwise, one hit more than `allowed` is requested, and the hits are counted. If the number is above `allowed`,
/// requests a whole page, because the total may be wrong. An answer that cannot be used is no reason to doubt the
/// window.
///
/// If the whole page has no further event and reports a lower total, the two answers may come from replicas that lack
/// different events. So the page is requested several times. If no page has a further event, the total is
/// [`PartAnswer::unconfirmed_total`].
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
    let mut answer = PartAnswer::default();
    let sizes = std::iter::once(size).chain(std::iter::repeat_n(page_size, WHOLE_PAGES));
    for (index, size) in sizes.enumerate() {
        if index > 1 && !pages.extra.try_spend(1, size) {
            break;
        }
        let FetchedPage { page, requests } = match pages.read(range, 0, size).await {
            Err(error) if concerns_only_page(&error) => {
                answer.requests += 1;
                break;
            }
            fetched => fetched?,
        };
        answer.requests += requests;
        let hits = page.hits();
        let count = page.total.map_or(0, |total| total.count).max(hits);
        let exact_total = page.total.filter(|total| total.exact).map(|total| total.count);
        let is_inside = |event: &Event| event.time().is_some_and(|time| verification.range().contains(time));
        let is_unknown = |event: &Event| is_inside(event) && !verification.events.contains(&event.id());
        let is_outside = |event: &Event| event.time().is_some_and(|time| !range.contains(time) && time != range.end());
        let has_new = page.events.iter().any(|event| is_unknown(event) || is_outside(event));
        let is_partial = page.partial_search.is_some();
        answer.is_usable = !is_partial && (page.total.is_some() || size > allowed);
        answer.count = answer.count.max(count);
        pages.received.keep(verification.range(), page.events);
        if index == 0 {
            answer.total = exact_total;
        }
        // If a page with room for more hits has at least `allowed` hits, it has all events of the part, so a higher
        // total of the same page is wrong. A page with fewer than `allowed` hits may have been cut off by the service.
        let is_whole_page = index > 0;
        let has_all = is_whole_page && (allowed..size).contains(&hits);
        answer.contradicts = has_new || !is_partial && count > allowed && !has_all;
        let is_lower = is_whole_page && (count <= allowed || is_partial);
        answer.unconfirmed_total = answer.total.filter(|total| is_lower && *total > allowed);
        let may_differ = match is_whole_page {
            true => !answer.contradicts && answer.unconfirmed_total.is_some(),
            false => answer.contradicts && !has_new,
        };
        if !may_differ {
            break;
        }
    }
    Ok(answer)
}
