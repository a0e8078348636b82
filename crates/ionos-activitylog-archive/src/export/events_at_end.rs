//! Counts the events at exactly the end of a range. The API description says that `dateEnd` is exclusive. A service
//! that treats it as inclusive counts these events in the total of the range, although they belong to the range that
//! begins there.
//!
//! An event explains a higher total only if the service returns it for a range with the same end. So a late event,
//! which is inside of the range, is never mistaken for one at its end.

use std::pin::pin;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use ionos_activitylog::{DateRange, Error, Events};

/// The events at exactly the end of a range.
#[derive(Default)]
pub(crate) struct EventsAtEnd {
    pub(crate) count: u64,
    /// Number of requests that were necessary.
    pub(crate) requests: u64,
}

impl EventsAtEnd {
    /// Reads the last second of a range, which has the same end. `events`: the events of a range. Fails if the second
    /// cannot be read. If it cannot be verified, the count is 0.
    pub(crate) async fn read(events: impl FnOnce(DateRange) -> Events, range: DateRange) -> Result<Self, Error> {
        let mut at_end = Self::default();
        let Ok(last_second) = DateRange::new(range.end() - TimeDelta::seconds(1), range.end()) else {
            return Ok(at_end);
        };
        let mut windows = pin!(events(last_second).cross_check(false).windows());
        while let Some(window) = windows.try_next().await? {
            at_end.requests += window.requests;
            at_end.count = if window.is_verified() { window.events_at_end() } else { 0 };
        }
        Ok(at_end)
    }
}
