//! Totals of ranges, without the events at exactly their end. The API description says that `dateEnd` is exclusive. A
//! service that treats it as inclusive counts these events too, although they belong to the range that begins there.
//!
//! An event explains a higher total only if the service returns it for a range with the same end. So a late event, which
//! is inside of the range, is never mistaken for one at its end.

use std::pin::pin;

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use ionos_activitylog::{DateRange, Error, Events};

/// The total of a range, without the events at exactly its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TotalInside {
    pub(crate) total: u64,
    /// Number of requests that were necessary.
    pub(crate) requests: u64,
}

impl TotalInside {
    /// Subtracts the events at the end of `range` from its total. Reads the last second of the range if the total is
    /// above `expected`; a total that is not higher has no such events. `events` reads a range of the contract.
    ///
    /// Fails if the second cannot be read. If it cannot be verified, nothing is subtracted.
    pub(crate) async fn read(
        events: impl Fn(DateRange) -> Events,
        range: DateRange,
        total: u64,
        expected: u64,
    ) -> Result<Self, Error> {
        let mut inside = Self { total, requests: 0 };
        let last_second = DateRange::new(range.end() - TimeDelta::seconds(1), range.end()).ok();
        let Some(last_second) = last_second.filter(|_| total > expected) else {
            return Ok(inside);
        };
        let mut windows = pin!(events(last_second).cross_check(false).windows());
        let mut at_end = 0;
        while let Some(window) = windows.try_next().await? {
            inside.requests += window.requests;
            at_end = if window.is_verified() { window.events_at_end() } else { 0 };
        }
        inside.total = total.saturating_sub(at_end);
        Ok(inside)
    }
}
