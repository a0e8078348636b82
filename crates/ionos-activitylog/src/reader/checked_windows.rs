//! Remembers which windows were compared with their parts, so that a reading compares only few windows.

use chrono::TimeDelta;

/// Length of the shortest window that a service is expected to shorten or refuse because of its length.
pub(super) const MIN_LENGTH: TimeDelta = TimeDelta::hours(1);

/// Smallest number of events to which a service may limit the answers for a range.
const MIN_EVENTS: u64 = 49;

/// The windows that were compared with their parts. A part contradicts its window if the answers for the two do not
/// fit, for example because the part has more events than the window has in this part.
#[derive(Debug, Default)]
pub(super) struct CheckedWindows {
    /// Length in seconds of the longest window that no part contradicted.
    seconds: i64,
    /// Largest number of events in a window that no part contradicted.
    events: u64,
    /// Length in seconds of the longest range that the service answers correctly, at least [`MIN_LENGTH`]. This is the
    /// length of a range that showed events that a longer window lacked. `None` if no part contradicted its window.
    /// After a contradiction, every window is checked, because the service shortens ranges or omits events.
    longest_correct: Option<i64>,
}

impl CheckedWindows {
    /// Whether a window must be compared with its parts. After a contradiction, every window must be compared. Without
    /// a contradiction, a window must be compared if it is longer than the windows compared so far. It must also be
    /// compared if it has more events than these windows and `may_be_limited` is set.
    ///
    /// `may_be_limited`: whether the number of events of the window may be the maximum that the service returns for a
    /// range. This is so until the reading has found a range with more events.
    pub(super) fn needs_check(&self, seconds: i64, events: u64, may_be_limited: bool) -> bool {
        if self.longest_correct.is_some() {
            return true;
        }
        // The windows of one split may differ in length by one second. This difference does not count.
        let is_longer = seconds >= MIN_LENGTH.num_seconds() && seconds > self.seconds + 1;
        is_longer || may_be_limited && events >= MIN_EVENTS && events > self.events
    }

    /// Records that no part contradicted a window of this length with this number of events.
    pub(super) fn add(&mut self, seconds: i64, events: u64) {
        (self.seconds, self.events) = (self.seconds.max(seconds), self.events.max(events));
    }

    /// Records that a part of a window contradicted the window, and that ranges of this length are answered correctly.
    pub(super) fn add_contradiction(&mut self, seconds: i64) {
        let shortest = self.longest_correct.map_or(seconds, |known| known.min(seconds));
        self.longest_correct = Some(shortest.max(MIN_LENGTH.num_seconds()));
    }

    /// Whether answers for windows of this length are not trusted, because a part that is shorter than this length
    /// contradicted an earlier window.
    pub(super) fn is_refuted(&self, seconds: i64) -> bool {
        self.longest_correct_below(seconds).is_some()
    }

    /// The length of the longest range that the service answers correctly, if answers for windows of `seconds` are not
    /// trusted (see [`Self::is_refuted`]). `None` if they are trusted.
    pub(super) fn longest_correct_below(&self, seconds: i64) -> Option<TimeDelta> {
        self.longest_correct.filter(|longest| seconds > longest + 1).map(TimeDelta::seconds)
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
            (86_401, 0, false, false),
            (86_402, 0, false, true),
            (60, 101, true, true),
            (60, 101, false, false),
        ] {
            assert_eq!(checked.needs_check(seconds, events, may_be_limited), expected, "{seconds} s, {events} events");
        }
        let mut failed = CheckedWindows::default();
        failed.add_contradiction(7_200);
        failed.add_contradiction(14_400);
        failed.add(86_400, 100);
        assert!(failed.needs_check(60, 0, false));
        assert!(failed.is_refuted(7_202) && !failed.is_refuted(7_200) && !checked.is_refuted(86_400));
        failed.add_contradiction(60);
        assert!(failed.is_refuted(3_602) && !failed.is_refuted(3_600));
    }
}
