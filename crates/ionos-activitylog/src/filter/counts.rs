//! A filtered list that does not say what it left out passes for the whole.

use std::fmt;

/// How many events were looked at, and how many of them a filter kept.
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
    /// How many were looked at.
    pub seen: u64,
    /// How many of them were kept.
    pub kept: u64,
}

impl FilterCounts {
    /// Counts one event, and gives back whether it was kept.
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
