//! Compares a window with its parts. Some services silently shorten a long range, or return and count only a part of
//! its events. Then the total of the window equals its number of events, but its parts have more events. One request
//! for each part shows this. The window is divided just before or just after its events, so that one part has none of
//! them: a service may have dropped the events of this part. The window is also divided at midnight, because a service
//! may keep its log in one index per day.

use chrono::{DateTime, DurationRound, SubsecRound, TimeDelta, Utc};

use crate::error::Error;
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::checked_windows::CheckedWindows;
use crate::reader::page_end::may_be_after_end;
use crate::reader::page_reader::{FetchedPage, PageReader, may_be_read_in_pieces};
use crate::reader::plan::PlannedWindow;
use crate::reader::verification::Verification;

/// Requests the number of events in each part of a verified window, unless an equal check has already succeeded.
/// Returns the windows to read instead if the parts have more events than the window, and the number of requests.
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
    let needs_check = pages.extra.with_checked_windows(|checked| checked.needs_check(seconds, events, is_limited));
    if !needs_check {
        return Ok((None, 0));
    }
    let times = verification.events.times();
    let parts = window.split_at(boundaries(window.range, &times));
    if parts.len() < 2 {
        return Ok((None, 0));
    }
    // Records that the service may count in each part, or more than once.
    let counted_repeats = verification.highest_total_inside().map_or(0, |total| total.count.saturating_sub(events));
    let repeats = counted_repeats.max(verification.content_repeats()) + verification.events.undated;
    let (mut requests, mut is_conclusive, mut has_events) = (0, true, false);
    for part in parts {
        let at_end = if part.range.end() == window.range.end() { verification.at_end } else { 0 };
        let allowed = events_in(part.range, &times) + repeats + at_end;
        let answer = read_part(part.range, allowed, verification, pages, page_size).await?;
        requests += answer.requests;
        is_conclusive &= answer.is_usable;
        has_events |= answer.has_events;
        if answer.has_more {
            pages.extra.with_checked_windows(CheckedWindows::record_failure);
            // A service may keep its log in one index per day, so days are tried before other parts.
            return Ok((Some(window.split_by_length()), requests));
        }
    }
    if is_conclusive && has_events {
        pages.extra.with_checked_windows(|checked| checked.add(seconds, events));
    }
    Ok((None, requests))
}

/// The times that divide a window into parts. A window with events is divided beside them, at the longer of the two
/// empty stretches: before the first event or after the last one. A window without events is divided at its middle and
/// at the noon UTC that is nearest to the middle. Every window is also divided at the midnight UTC that is nearest to
/// the middle. If none of these times is inside the window, it is divided at its middle.
fn boundaries(range: DateRange, times: &[DateTime<Utc>]) -> Vec<DateTime<Utc>> {
    let (start, end) = (range.start(), range.end());
    let middle = (start + (end - start) / 2).trunc_subsecs(0);
    let midnight_near = |time: DateTime<Utc>| time.duration_round(TimeDelta::days(1)).ok();
    let is_inside = |time: &DateTime<Utc>| start < *time && *time < end;
    let times = || times.iter().copied().filter(|time| range.contains(*time));
    let mut boundaries = Vec::from_iter(midnight_near(middle));
    if let (Some(first), Some(last)) = (times().min(), times().max()) {
        let (before_first, after_last) = (first.trunc_subsecs(0), last.trunc_subsecs(0) + TimeDelta::seconds(1));
        boundaries.push(if before_first - start >= end - after_last { before_first } else { after_last });
    } else {
        let half_day = TimeDelta::hours(12);
        boundaries.extend(midnight_near(middle + half_day).map(|midnight| midnight - half_day));
        boundaries.push(middle);
    }
    if !boundaries.iter().any(is_inside) {
        boundaries.push(middle);
    }
    boundaries
}

/// Number of events in a range and at exactly its end, because the service may count the events at the end too.
fn events_in(range: DateRange, times: &[DateTime<Utc>]) -> u64 {
    times.iter().filter(|time| range.contains(**time) || **time == range.end()).count() as u64
}

/// The answer for one part.
struct PartAnswer {
    /// Whether the part has more events than allowed, or an event that the window does not have.
    has_more: bool,
    /// Whether the answer could show that the part has more events.
    is_usable: bool,
    has_events: bool,
    requests: u64,
}

/// Requests the number of events of one part: its total, or without totals, one hit more than `allowed`. If the number
/// is too high, requests a whole page: the total may be wrong. An answer that cannot be used is no reason to doubt the
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
    let mut answer = PartAnswer { has_more: false, is_usable: false, has_events: false, requests: 0 };
    for (size, is_whole_page) in [(size, false), (page_size, true)] {
        let FetchedPage { page, requests } = match pages.read(range, 0, size).await {
            Err(error) if may_be_after_end(error.kind()) || may_be_read_in_pieces(&error) => {
                answer.requests += 1;
                break;
            }
            fetched => fetched?,
        };
        answer.requests += requests;
        let hits = page.hits();
        // A page with room for more hits has all events of the part, so a higher total is wrong. This does not hold if
        // the page has fewer hits than allowed: the service may have cut it off.
        let has_room = is_whole_page && hits < size && hits >= allowed;
        let count = page.total.map_or(0, |total| total.count).max(hits);
        let is_inside = |event: &Event| event.time().is_some_and(|time| verification.range().contains(time));
        let is_unknown = |event: &Event| is_inside(event) && !verification.events.contains(&event.id());
        let has_unknown = page.events.iter().any(is_unknown);
        let is_partial = page.partial_search.is_some();
        answer.is_usable = !is_partial && (page.total.is_some() || size > allowed);
        answer.has_events |= count > 0;
        pages.received.keep(verification.range(), page.events);
        answer.has_more = has_unknown || !is_partial && count > allowed && !has_room;
        if has_unknown || !answer.has_more {
            break;
        }
    }
    Ok(answer)
}
