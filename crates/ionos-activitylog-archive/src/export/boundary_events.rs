//! Counts the events at exactly the start and the end of a range. The API description says that `dateStart` is
//! inclusive and `dateEnd` exclusive. A service that treats `dateEnd` as inclusive also counts the events at the end of
//! the range, although they belong to the range that begins there. A service that treats `dateStart` as exclusive does
//! not count the events at the start, although they belong to the range.
//!
//! If a total is too high, the last second of the range is read, and the events at the end that the service returns are
//! subtracted. If a total is too low, the first second is read. The events at the start that the service returns only
//! for a range that begins earlier are added. So an event inside of the range is never mistaken for an event at a
//! boundary. A total that equals the expected one is not corrected. It may still be wrong: if the service does not
//! count one event at the start, but counts one late event, the two errors cancel out.

use std::cmp::Ordering;
use std::pin::pin;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use ionos_activitylog::{DateRange, Error, Events};

/// A total that was corrected by the events at the boundaries of its range.
pub(crate) struct CorrectedTotal {
    /// The total of the range, with its start inclusive and its end exclusive.
    pub(crate) count: u64,
    /// Number of requests that were necessary.
    pub(crate) requests: u64,
}

impl CorrectedTotal {
    /// Corrects the `total` of the service if it differs from the `expected` one. If `total` is higher, reads the last
    /// second of the range and subtracts the events at the end. If `total` is lower and an archived event is at exactly
    /// the start of the range (`has_event_at_start`), reads the first second of the range and adds the events at the
    /// start. `events` returns the events of a range.
    ///
    /// Fails if this second cannot be read. If the second is read but cannot be verified, the total is not corrected.
    pub(crate) async fn read(
        total: u64,
        expected: u64,
        has_event_at_start: bool,
        events: impl FnOnce(DateRange) -> Events,
        range: DateRange,
    ) -> Result<Self, Error> {
        let mut corrected = Self { count: total, requests: 0 };
        let second = TimeDelta::seconds(1);
        let (is_higher, boundary) = match total.cmp(&expected) {
            Ordering::Greater => (true, DateRange::new(range.end() - second, range.end())),
            Ordering::Less if has_event_at_start => (false, DateRange::new(range.start(), range.start() + second)),
            Ordering::Less | Ordering::Equal => return Ok(corrected),
        };
        let Ok(boundary) = boundary else { return Ok(corrected) };
        // Only the cross-check finds events at the start that the service excludes.
        let mut windows = pin!(events(boundary).cross_check(!is_higher).windows());
        while let Some(window) = windows.try_next().await? {
            corrected.requests += window.requests;
            if window.is_verified() {
                corrected.count = match is_higher {
                    true => total.saturating_sub(window.events_at_end()),
                    false => total.saturating_add(window.events_excluded_at_start()),
                };
            }
        }
        Ok(corrected)
    }
}
