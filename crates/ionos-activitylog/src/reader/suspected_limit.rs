//! Recognises a limit on the number of events that a service returns and counts for one range. If the service does not
//! report the limit, a range with more events looks complete, because it has as many hits as its total. Limits are
//! round numbers, so the total of a window with a round number of events is compared with the totals of two parts of
//! the window. If there is such a limit, the totals of the two parts are together higher than the total of the window,
//! because each part has at least one event. Without usable totals, the parts are read as windows.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::api::page::Total;
use crate::range::DateRange;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::plan::PlannedWindow;
use crate::reader::scanned_pages::Scan;
use crate::reader::verification::Verification;

/// Minimum number of events that may be a limit: one below 50, because a limit of 50 may exclude the 50th event.
const MIN_LIMIT: u64 = 49;

/// Whether a window may have more events than its scans returned and its total reports.
pub(super) fn may_be_limited(window: PlannedWindow, verification: &Verification, extra: &ExtraRequests) -> bool {
    let events = counted_events(verification);
    match window.suspected_limit {
        // The window is a part of a window with `limit` events. If the part has as many events as the whole, this
        // number may be a limit of the service. An answer with more events for another range does not rule out the
        // limit, because each day may have a limit of its own. There is one exception: if all events are in one second,
        // even a complete part has as many events as the whole. In this case, such an answer rules out the limit.
        Some(limit) => events == limit && !(is_one_second(window, verification) && extra.has_larger_range(limit)),
        None => is_round(events),
    }
}

/// Whether all events of a window are in one second.
fn is_one_second(window: PlannedWindow, verification: &Verification) -> bool {
    matches!(boundaries(window.range, &verification.events.times()), Boundaries::Around(_))
}

/// The suspected limit for the parts of a window that is split. A round total of the window is the suspected limit in
/// two cases: a scan that did not reach the end of the window returned exactly this number of hits, or the window has
/// more events than this total. In all other cases, the parts have the suspected limit of the window itself.
pub(super) fn limit_of_parts(
    window: PlannedWindow,
    verification: &Verification,
    scan_without_end: Option<&Scan>,
) -> Option<u64> {
    let exact = |total: Option<Total>| total.filter(|total| total.exact && is_round(total.count));
    let of_scan = scan_without_end.and_then(|scan| {
        let hits = (scan.events.len() as u64).saturating_sub(scan.overlapping_hits);
        exact(scan.highest_total).filter(|total| total.count == hits)
    });
    let exceeded = exact(verification.highest_total).filter(|total| total.count < verification.events.distinct());
    of_scan.or(exceeded).map(|total| total.count).or(window.suspected_limit)
}

/// Number of events that the total reports. Without a total, the number of events that the scans returned.
fn counted_events(verification: &Verification) -> u64 {
    verification.counted_total().unwrap_or(verification.events.distinct())
}

/// The parts of a window that show whether the number of events of the window is a limit.
pub(super) struct LimitCheck {
    /// The parts of the window. If `is_one_second` is not set, each part of a complete window has fewer events than the
    /// window.
    pub(super) windows: Vec<PlannedWindow>,
    /// Whether all events are in one second, so that one of the parts has all events.
    pub(super) is_one_second: bool,
    /// The number of events of the window, which may be a limit.
    pub(super) limit: u64,
}

/// Splits a window between two of its events, or around the only second with events.
pub(super) fn split_between_events(window: PlannedWindow, verification: &Verification) -> LimitCheck {
    let limit = counted_events(verification);
    let (boundaries, is_one_second) = match boundaries(window.range, &verification.events.times()) {
        Boundaries::Between(second) => (vec![second], false),
        Boundaries::Around(seconds) => (seconds, true),
    };
    let ends = boundaries.iter().copied().chain([window.range.end()]);
    let starts = [window.range.start()].into_iter().chain(boundaries.iter().copied());
    let ranges = starts.zip(ends).filter_map(|(start, end)| DateRange::from_bounds(start, end));
    let suspected_limit = Some(limit);
    let part = |range| PlannedWindow { range, suspected_limit, part_of: None, earlier_requests: 0, ..window };
    LimitCheck { windows: ranges.map(part).collect(), is_one_second, limit }
}

/// Where to split a window.
#[derive(Debug, PartialEq, Eq)]
enum Boundaries {
    /// At a whole second that has events before and after it. If possible, the two parts have about the same number of
    /// events, and no event lies in the second that begins at this time.
    Between(DateTime<Utc>),
    /// At the start and the end of the only second with events, as far as these times are inside the window. The part
    /// with this second has as many events as the window.
    Around(Vec<DateTime<Utc>>),
}

fn boundaries(range: DateRange, times: &[DateTime<Utc>]) -> Boundaries {
    let second = |time: &DateTime<Utc>| time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(*time);
    let mut seconds: Vec<DateTime<Utc>> = times.iter().filter(|time| range.contains(**time)).map(second).collect();
    seconds.sort_unstable();
    let (Some(first), Some(middle)) = (seconds.first().copied(), seconds.get(seconds.len() / 2).copied()) else {
        return Boundaries::Around(Vec::new());
    };
    let after_first = || seconds.iter().find(|second| **second > first).copied();
    let between = if middle > first { Some(middle) } else { after_first() };
    // Moves the boundary as early as possible. Then an event is rarely at exactly the start of the later part, which a
    // service may exclude.
    let before = |between: &DateTime<Utc>| seconds.iter().rev().find(|second| *second < between).copied();
    let between = between.map(|between| before(&between).map_or(between, |before| before + TimeDelta::seconds(1)));
    let is_inside = |time: &DateTime<Utc>| range.start() < *time && *time < range.end();
    match between {
        Some(between) => Boundaries::Between(between),
        None => Boundaries::Around([first, first + TimeDelta::seconds(1)].into_iter().filter(is_inside).collect()),
    }
}

/// Whether a number may be a limit. Possible limits are the multiples of 50 and the powers of two. The numbers directly
/// above and below these numbers are possible limits, too, because "up to 100" and "fewer than 100" are both usual.
fn is_round(events: u64) -> bool {
    let is_next_to = |is_limit: fn(u64) -> bool| (events.saturating_sub(1)..=events.saturating_add(1)).any(is_limit);
    events >= MIN_LIMIT && (is_next_to(|number| number % 50 == 0) || is_next_to(u64::is_power_of_two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_possible_limit_is_a_round_number_or_next_to_a_round_number() {
        for events in [
            49, 50, 63, 64, 99, 100, 101, 250, 750, 1_250, 127, 128, 129, 199, 500, 700, 999, 1_000, 1_001, 9_999,
            10_000, 10_001, 65_535,
        ] {
            assert!(is_round(events), "{events}");
        }
        for events in [0, 1, 32, 48, 98, 102, 153, 253, 997, 1_234, 3_119] {
            assert!(!is_round(events), "{events}");
        }
    }

    #[test]
    fn a_boundary_has_events_on_both_sides() {
        let time = |second: u32| format!("2026-11-19T10:00:{second:02}.5Z").parse::<DateTime<Utc>>().unwrap();
        let start: DateTime<Utc> = "2026-11-19T10:00:00Z".parse().unwrap();
        let second = |second: i64| start + TimeDelta::seconds(second);
        let range = DateRange::new(start, second(60)).unwrap();
        for (times, expected) in [
            (vec![1, 2, 3, 4], Boundaries::Between(second(3))),
            (vec![9, 9, 9, 9, 40], Boundaries::Between(second(10))),
            (vec![9, 40, 40, 40], Boundaries::Between(second(10))),
            (vec![9, 9], Boundaries::Around(vec![second(9), second(10)])),
            (vec![0, 0], Boundaries::Around(vec![second(1)])),
            (vec![59, 59], Boundaries::Around(vec![second(59)])),
            (vec![], Boundaries::Around(vec![])),
        ] {
            let times: Vec<_> = times.into_iter().map(time).collect();
            assert_eq!(boundaries(range, &times), expected, "{times:?}");
        }
    }
}
