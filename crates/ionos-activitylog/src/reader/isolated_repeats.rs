//! Separates the seconds with equal records from the rest of a window. Two equal records without a usable `@uuid` may
//! be two events. They may also be one event that the service sent twice in place of another event, so that the
//! total matches by chance. To find out which is the case, each such second is read as a window of its own, whose page
//! is short. If a service puts a repeat in the place of another event, it is assumed to do so only on longer pages. So
//! a short page has the record twice only if there are two events.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::range::DateRange;
use crate::reader::plan::PlannedWindow;

/// Maximum number of seconds that are separated at once. The windows between these seconds are split again if
/// necessary.
const MAX_SECONDS: usize = 16;

/// Splits a window at the start and the end of each second in `seconds`. Returns one window if no such boundary lies
/// inside of the window, for example because the window is one of these seconds.
pub(super) fn split_around(window: PlannedWindow, seconds: &BTreeSet<DateTime<Utc>>) -> Vec<PlannedWindow> {
    let range = window.range;
    let ends = seconds.iter().take(MAX_SECONDS).flat_map(|second| [*second, *second + TimeDelta::seconds(1)]);
    let inside = ends.filter(|time| range.start() < *time && *time < range.end());
    let boundaries: BTreeSet<DateTime<Utc>> = [range.start(), range.end()].into_iter().chain(inside).collect();
    let ranges = boundaries.iter().zip(boundaries.iter().skip(1));
    let ranges = ranges.filter_map(|(start, end)| DateRange::from_bounds(*start, *end));
    let part = |range| PlannedWindow { range, part_of: None, was_scanned: true, earlier_requests: 0, ..window };
    ranges.map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_given_second_becomes_a_window() {
        let start: DateTime<Utc> = "2026-11-19T10:00:00Z".parse().unwrap();
        let second = |second: i64| start + TimeDelta::seconds(second);
        let window = |from, to| PlannedWindow::new(DateRange::new(second(from), second(to)).unwrap());
        for (seconds, expected) in [
            (vec![], vec![(0, 60)]),
            (vec![0], vec![(0, 1), (1, 60)]),
            (vec![59], vec![(0, 59), (59, 60)]),
            (vec![7, 8, 20], vec![(0, 7), (7, 8), (8, 9), (9, 20), (20, 21), (21, 60)]),
        ] {
            let seconds = seconds.into_iter().map(second).collect();
            let ranges: Vec<DateRange> =
                split_around(window(0, 60), &seconds).into_iter().map(|window| window.range).collect();
            let expected: Vec<DateRange> = expected.into_iter().map(|(from, to)| window(from, to).range).collect();
            assert_eq!(ranges, expected);
        }
        assert_eq!(split_around(window(5, 6), &[second(5)].into()).len(), 1);
    }
}
