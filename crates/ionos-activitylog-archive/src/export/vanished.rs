//! Counts the archived events that the service no longer returns. If an export reads a range again several times, each
//! of these events counts once. A later total of such a range is compared with the total of the returned events,
//! because the manifest may still have the earlier total.

use ionos_activitylog::DateRange;

use crate::sum::saturating_sum;

/// The archived events that rereads of this export have not received.
#[derive(Default)]
pub(super) struct VanishedEvents(Vec<VanishedInRange>);

/// The result of the last reread of a range.
struct VanishedInRange {
    range: DateRange,
    /// Number of archived events that the service did not return.
    events: u64,
    /// Total that the service reported for the events that it returned. `None` if it is unknown.
    total: Option<u64>,
}

impl VanishedEvents {
    /// Stores the result of a verified reread of `range`. This result replaces the results of earlier rereads of
    /// `range` or of parts of `range`. The result is not stored if an earlier reread of a longer range has already
    /// counted the events of `range`.
    pub(super) fn record(&mut self, range: DateRange, events: u64, total: Option<u64>) {
        self.0.retain(|one| range.intersection(&one.range) != Some(one.range));
        let is_counted = self.0.iter().any(|one| range.intersection(&one.range).is_some());
        if events > 0 && !is_counted {
            self.0.push(VanishedInRange { range, events, total });
        }
    }

    /// Number of archived events that the service no longer returns.
    pub(super) fn count(&self) -> u64 {
        saturating_sum(self.0.iter().map(|one| one.events))
    }

    /// Total of the events that the service returned when exactly this range was read again. `None` if the service
    /// returned all archived events, or if the total is unknown.
    pub(super) fn total_in(&self, range: DateRange) -> Option<u64> {
        self.0.iter().find(|one| one.range == range)?.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: u32, to: u32) -> DateRange {
        let time = |hour: u32| format!("2026-11-20T{hour:02}:00:00Z").parse().unwrap();
        DateRange::new(time(from), time(to)).unwrap()
    }

    /// A reread: the hours at which its range starts and ends, and the number of archived events that it did not
    /// return.
    type RereadCase = (u32, u32, u64);

    #[test]
    fn each_event_is_counted_once_if_ranges_are_read_again_several_times() {
        // The rereads, and the expected number of events.
        let cases: [(&[RereadCase], u64); 6] = [
            (&[(0, 6, 1), (0, 6, 1)], 1),
            (&[(0, 3, 1), (3, 6, 2)], 3),
            (&[(0, 3, 1), (3, 6, 2), (0, 6, 3)], 3),
            (&[(0, 6, 3), (0, 3, 1)], 3),
            (&[(0, 6, 3), (0, 6, 0)], 0),
            (&[(0, 6, 3), (12, 18, 4), (0, 6, 5)], 9),
        ];
        for (rereads, expected) in cases {
            let mut vanished = VanishedEvents::default();
            rereads.iter().for_each(|(from, to, events)| vanished.record(hours(*from, *to), *events, None));
            assert_eq!(vanished.count(), expected, "{rereads:?}");
        }
    }

    #[test]
    fn the_total_of_the_last_reread_counts() {
        let mut vanished = VanishedEvents::default();
        vanished.record(hours(0, 6), 1, Some(11));
        assert_eq!((vanished.total_in(hours(0, 6)), vanished.total_in(hours(0, 5))), (Some(11), None));
        vanished.record(hours(0, 6), 2, Some(10));
        assert_eq!(vanished.total_in(hours(0, 6)), Some(10));
        vanished.record(hours(0, 6), 0, Some(12));
        assert_eq!(vanished.total_in(hours(0, 6)), None);
    }
}
