//! Plans which windows are read: a range with too many events is split, and so is each part that still has too many
//! events. Windows of a second or more begin and end at whole seconds, because the service does not document whether a
//! query may contain a fraction of a second.

use chrono::{DateTime, TimeDelta, Utc};

use crate::defaults::MAX_PIECES;
use crate::range::DateRange;

/// Maximum number of days that a window is split into at once.
const MAX_DAYS: i64 = 64;

/// Maximum number of parts that a window is split into if it is itself a part of a split window. Several such parts may
/// be split at the same time. If totals are too high everywhere, the requests for all resulting windows are wasted.
const PARTS_OF_PART: u64 = 4;

/// Number of parts that a window without a usable total is split into.
pub(super) const PARTS_WITHOUT_TOTAL: u64 = 4;

/// A range to be read as one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlannedWindow {
    pub(super) range: DateRange,
    /// Number of splits due to a wrong total, among the splits that led to this window.
    pub(super) mismatch_splits: u32,
    /// The longer window that this window is a part of. `None` if this window is not a part, or if the longer window
    /// was split to locate the cause of a wrong total.
    pub(super) part_of: Option<SplitWindow>,
    /// Whether a longer window has already returned the events of this window. If so, these events do not raise the
    /// number of allowed extra requests again.
    pub(super) was_scanned: bool,
    /// Number of events of the longer window that this window is a part of. `None` if this window is not a part, or if
    /// that number is not a possible limit of the service. Without a limit, a part has fewer events than the longer
    /// window. So a part with the same number of events suggests a limit; see
    /// [`suspected_limit`](crate::reader::suspected_limit).
    pub(super) suspected_limit: Option<u64>,
    /// Number of earlier requests that count as requests of this window. For the first part of a split window, these
    /// are the requests before the split. For a window that is read a second time, these are the requests of the first
    /// time. In all other cases, 0.
    pub(super) earlier_requests: u64,
}

/// A window that was split because of its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SplitWindow {
    pub(super) range: DateRange,
    /// Total that the service reported for the window. `None` if the total may be capped.
    pub(super) total: Option<u64>,
}

/// Length of the shortest window that can be requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    Second,
    Millisecond,
}

impl Resolution {
    fn milliseconds(self) -> i64 {
        match self {
            Self::Second => 1_000,
            Self::Millisecond => 1,
        }
    }
}

impl PlannedWindow {
    pub(super) fn new(range: DateRange) -> Self {
        Self {
            range,
            mismatch_splits: 0,
            part_of: None,
            was_scanned: false,
            suspected_limit: None,
            earlier_requests: 0,
        }
    }

    /// Whether the window is longer than the shortest window that can be requested.
    pub(super) fn is_splittable(&self, resolution: Resolution) -> bool {
        self.range.duration().num_milliseconds() > resolution.milliseconds()
    }

    /// Splits the window at each midnight UTC. A window of more than `MAX_DAYS - 1` days may touch more than
    /// [`MAX_DAYS`] days, so it is split into [`MAX_PIECES`] windows instead. Returns one window if the window lies
    /// within a day.
    pub(super) fn split_by_day(self) -> Vec<Self> {
        if self.range.duration() > TimeDelta::days(MAX_DAYS - 1) {
            return self.split(MAX_PIECES, Resolution::Second);
        }
        self.range.by_day(&Utc).map(|range| Self { range, earlier_requests: 0, ..self }).collect()
    }

    /// Splits a window that is too long for the service: by day, or into halves if the window lies within a day.
    pub(super) fn split_by_length(self) -> Vec<Self> {
        let whole = Self { part_of: None, ..self };
        let days = whole.split_by_day();
        if days.len() > 1 { days } else { whole.split(2, Resolution::Second) }
    }

    /// Splits a window that is longer than the service can answer correctly. `longest` is the longest range that the
    /// service has answered correctly. The parts are as many whole days UTC long as `longest` allows. If it allows only
    /// one day, does the same as [`Self::split_by_length`].
    pub(super) fn split_by_longest(self, longest: TimeDelta) -> Vec<Self> {
        let days: Vec<DateRange> = self.range.by_day(&Utc).collect();
        let days_per_part = days.len().div_ceil(MAX_DAYS as usize).max(longest.num_days().unsigned_abs() as usize);
        if days_per_part < 2 || days.len() <= days_per_part {
            return self.split_by_length();
        }
        let whole = |days: &[DateRange]| DateRange::from_bounds(days.first()?.start(), days.last()?.end());
        let parts = days.chunks(days_per_part).filter_map(whole);
        parts.map(|range| Self { range, part_of: None, earlier_requests: 0, ..self }).collect()
    }

    /// Splits the window at the start and at the end of `range`, if they lie inside of the window.
    pub(super) fn split_at(self, range: DateRange) -> Vec<Self> {
        let inside = |time: &DateTime<Utc>| self.range.start() < *time && *time < self.range.end();
        let ends = [range.start(), range.end()].into_iter().filter(inside).chain([self.range.end()]);
        let mut start = self.range.start();
        let parts = ends.filter_map(|end| DateRange::from_bounds(std::mem::replace(&mut start, end), end));
        parts.map(|range| Self { range, earlier_requests: 0, ..self }).collect()
    }

    /// Splits the window so that each part probably has at most `fill` of the `total` events.
    pub(super) fn split_by_total(self, total: Option<u64>, fill: u64, resolution: Resolution) -> Vec<Self> {
        let mut parts = total.map_or(PARTS_WITHOUT_TOTAL, |total| total.div_ceil(fill));
        if self.part_of.is_some() {
            parts = parts.min(PARTS_OF_PART);
        }
        let part_of = Some(SplitWindow { range: self.range, total });
        Self { part_of, ..self }.split(parts, resolution)
    }

    /// Splits the window into about `count` windows of similar length: at least 2, at most [`MAX_PIECES`], and none
    /// shorter than the resolution. The parts differ from this window only in their ranges, and in their
    /// `earlier_requests`, which are 0.
    pub(super) fn split(self, count: u64, resolution: Resolution) -> Vec<Self> {
        let (start, end) = (self.range.start(), self.range.end());
        let length = self.range.duration().num_milliseconds();
        let unit = resolution.milliseconds();
        let max_count = (length / unit).max(1);
        let count = count.min(MAX_PIECES) as i64;
        let count = count.clamp(2.min(max_count), max_count);
        let boundary = |number: i64| {
            // The offset is computed in 128 bits, because the product of length and number may exceed 64 bits.
            let offset = i128::from(length) * i128::from(number) / i128::from(count);
            let offset = i64::try_from(offset).unwrap_or(length) / unit * unit;
            start + TimeDelta::milliseconds(offset)
        };
        let window = |(from, to): (DateTime<Utc>, DateTime<Utc>)| {
            let range = DateRange::from_bounds(from, to)?;
            Some(Self { range, earlier_requests: 0, ..self })
        };
        // At most MAX_PIECES windows, so collecting them takes little memory.
        (0..count)
            .map(|number| {
                let to = if number + 1 == count { end } else { boundary(number + 1) };
                (boundary(number), to)
            })
            .filter_map(window)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(start: &str, end: &str) -> PlannedWindow {
        PlannedWindow::new(DateRange::new(start.parse().unwrap(), end.parse().unwrap()).unwrap())
    }

    #[test]
    fn parts_cover_the_range_without_overlap_and_begin_at_multiples_of_the_resolution() {
        for (start, end, resolution, requested, count) in [
            ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", Resolution::Second, 3, 3),
            ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", Resolution::Second, 1, 2),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:07Z", Resolution::Second, 100, 7),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:02Z", Resolution::Second, u64::MAX, 2),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:01Z", Resolution::Millisecond, 4, 4),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00.003Z", Resolution::Millisecond, 4, 3),
            ("0000-01-01T00:00:00Z", "9999-01-01T00:00:00Z", Resolution::Second, 16, 16),
            ("0000-01-01T00:00:00Z", "9999-01-01T00:00:00Z", Resolution::Second, u64::MAX, 16),
        ] {
            let whole = PlannedWindow { mismatch_splits: 7, ..planned(start, end) };
            assert!(whole.is_splittable(resolution));
            let windows = whole.split(requested, resolution);
            assert_eq!(windows.len(), count, "{start} .. {end}");
            assert_eq!(windows[0].range.start(), whole.range.start());
            assert_eq!(windows[count - 1].range.end(), whole.range.end());
            for pair in windows.windows(2) {
                assert_eq!(pair[0].range.end(), pair[1].range.start());
                let boundary = pair[0].range.end().timestamp_millis();
                assert_eq!(boundary % resolution.milliseconds(), 0);
            }
            assert!(windows.iter().all(|window| window.mismatch_splits == 7));
        }
        assert!(!planned("2026-11-20T00:00:00Z", "2026-11-20T00:00:01Z").is_splittable(Resolution::Second));
    }
}
