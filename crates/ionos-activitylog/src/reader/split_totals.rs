//! Totals of windows that were split. The parts of a window are verified one by one. Together they must have as many
//! events as the highest total of the whole window, even if later answers report fewer events.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::range::DateRange;

/// The totals of the split windows that still have parts to read.
#[derive(Debug, Default)]
pub(super) struct SplitTotals(Mutex<Vec<SplitTotal>>);

/// The total of a window that was split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SplitTotal {
    pub(super) range: DateRange,
    /// Highest exact total that an answer reported.
    pub(super) total: u64,
    /// Number of events in the parts so far.
    pub(super) seen: u64,
    /// Whether a part has a gap, so that missing events are reported already.
    has_gap: bool,
}

impl SplitTotals {
    pub(super) fn add(&self, range: DateRange, total: u64) {
        let split = SplitTotal { range, total, seen: 0, has_gap: false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(split);
    }

    /// Adds the next part to the split windows that contain it. `at_end` is the number of events at exactly the end of
    /// the part. The total of a split window with the same end counts these events too. Returns the longest window that
    /// ends with this part and whose total is higher than the number of events in its parts. `end` is the end of the
    /// whole reading.
    pub(super) fn add_part(
        &self,
        part: DateRange,
        events: u64,
        at_end: u64,
        has_gap: bool,
        end: DateTime<Utc>,
    ) -> Option<SplitTotal> {
        let mut splits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for split in splits.iter_mut().filter(|split| split.range.contains(part.start())) {
            split.seen += events;
            split.has_gap |= has_gap;
        }
        let is_ended = |split: &mut SplitTotal| split.range.end().min(end) <= part.end();
        let without_end = |split: SplitTotal| SplitTotal { total: split.total.saturating_sub(at_end), ..split };
        let ended =
            splits.extract_if(.., is_ended).map(without_end).filter(|split| !split.has_gap && split.seen < split.total);
        ended.max_by_key(|split| split.range.duration())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_window_must_have_as_many_events_as_its_total() {
        let time = |hour: u32| format!("2026-11-19T{hour:02}:00:00Z").parse().unwrap();
        let range = |from: u32, to: u32| DateRange::new(time(from), time(to)).unwrap();
        let end = time(8);
        for (counts, has_gap, missing) in [([3, 4], false, None), ([3, 3], false, Some(6)), ([3, 3], true, None)] {
            let totals = SplitTotals::default();
            totals.add(range(2, 6), 7);
            assert_eq!(totals.add_part(range(0, 2), 9, 0, false, end), None);
            assert_eq!(totals.add_part(range(2, 4), counts[0], 0, has_gap, end), None);
            let found = totals.add_part(range(4, 6), counts[1], 0, false, end);
            assert_eq!(found.map(|split| split.seen), missing);
            assert_eq!(totals.add_part(range(6, 8), 0, 0, false, end), None);
        }
        // The total of the window also counts an event at the end of the window. It does not count an event at the end
        // of an earlier part.
        for (at_ends, missing) in [([0, 1], None), ([1, 0], Some(6))] {
            let totals = SplitTotals::default();
            totals.add(range(2, 6), 7);
            assert_eq!(totals.add_part(range(2, 4), 3, at_ends[0], false, end), None);
            let found = totals.add_part(range(4, 6), 3, at_ends[1], false, end);
            assert_eq!(found.map(|split| split.seen), missing);
        }
        // The split window ends after the end of the whole reading.
        let totals = SplitTotals::default();
        totals.add(range(6, 9), 2);
        assert_eq!(totals.add_part(range(6, 8), 1, 0, false, end).map(|split| split.total), Some(2));
    }
}
