//! Remembers which windows were compared with their halves, so that only few windows of a reading are.

use chrono::TimeDelta;

/// Length of the shortest window that may be too long for a service.
pub(super) const MIN_LENGTH: TimeDelta = TimeDelta::hours(1);

/// Smallest number of events that may be a limit of a service.
const MIN_EVENTS: u64 = 49;

/// The windows whose halves had no more events than the windows themselves.
#[derive(Debug, Default)]
pub(super) struct CheckedWindows {
    /// Length of the longest one, in seconds.
    seconds: i64,
    /// Largest number of events in one of them.
    events: u64,
}

impl CheckedWindows {
    /// Whether a window must be compared with its halves: it is much longer than the windows compared before, or it may
    /// be limited and has more events. `may_be_limited`: whether no other range had more events than the window.
    pub(super) fn needs_check(&self, seconds: i64, events: u64, may_be_limited: bool) -> bool {
        let is_longer = seconds >= MIN_LENGTH.num_seconds() && seconds - seconds / 10 > self.seconds;
        is_longer || may_be_limited && events >= MIN_EVENTS && events > self.events
    }

    pub(super) fn add(&mut self, seconds: i64, events: u64) {
        *self = Self { seconds: self.seconds.max(seconds), events: self.events.max(events) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_checked_if_it_is_longer_or_may_be_limited() {
        let mut checked = CheckedWindows::default();
        assert!(checked.needs_check(3_600, 0, false) && !checked.needs_check(3_599, 0, true));
        assert!(checked.needs_check(60, 49, true) && !checked.needs_check(60, 48, true));
        checked.add(86_400, 100);
        for (seconds, events, may_be_limited, expected) in [
            (86_400, 100, true, false),
            (90_000, 0, false, false),
            (100_000, 0, false, true),
            (60, 101, true, true),
            (60, 101, false, false),
        ] {
            assert_eq!(checked.needs_check(seconds, events, may_be_limited), expected, "{seconds} s, {events} events");
        }
    }
}
