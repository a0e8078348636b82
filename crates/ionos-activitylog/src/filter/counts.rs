//! Counts the events that a filter tested and kept, so that a user does not take a filtered list for a complete one.

use std::fmt;

/// Number of events that a filter tested, and number of events that it kept.
///
/// ```
/// use ionos_activitylog::{Event, Filter, FilterCounts};
///
/// let filter = Filter::parse(["status=DONE"])?;
/// let mut counts = FilterCounts::default();
/// for status in ["QUEUED", "DONE"] {
///     let event = Event::from_json(format!(r#"{{"event":{{"status":"{status}"}}}}"#))?;
///     if counts.count(filter.matches(&event)) {
///         println!("{}", event.raw());
///     }
/// }
/// assert_eq!(counts.to_string(), "1 of 2 events");
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterCounts {
    /// Number of events tested.
    pub seen: u64,
    /// Number of events kept.
    pub kept: u64,
}

impl FilterCounts {
    /// Counts one event. Returns `kept`.
    pub fn count(&mut self, kept: bool) -> bool {
        self.seen += 1;
        self.kept += u64::from(kept);
        kept
    }
}

impl fmt::Display for FilterCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} events", self.kept, self.seen)
    }
}
