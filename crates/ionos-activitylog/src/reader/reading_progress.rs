//! The state that the windows of one reading share.

use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use crate::range::DateRange;
use crate::reader::extra_requests::ExtraRequests;
use crate::reader::received_events::ReceivedEvents;
use crate::reader::split_totals::SplitTotals;

/// What the windows of one reading have learned about the service so far, and what they have received.
#[derive(Debug, Default)]
pub(super) struct ReadingProgress {
    /// Number of windows with a wrong total so far.
    pub(super) mismatches: AtomicU32,
    pub(super) extra: Arc<ExtraRequests>,
    pub(super) received: ReceivedEvents,
    pub(super) split_totals: SplitTotals,
    /// Hash function for the ids of returned events. `None` without a cross-check.
    pub(super) id_hasher: Option<RandomState>,
    /// The start of the range that remains to be read. `None` once the first window requests the events around this
    /// start, and also if these events are not requested at all; see [`start_check`](crate::reader::start_check).
    unchecked_start: Mutex<Option<DateTime<Utc>>>,
    /// Locked while a window is compared with its parts.
    pub(super) part_checks: futures_util::lock::Mutex<()>,
    /// Whether the service excludes events at exactly the start of a range.
    pub(super) excludes_start: AtomicBool,
}

impl ReadingProgress {
    pub(super) fn new(
        id_hasher: Option<RandomState>,
        extra: Option<Arc<ExtraRequests>>,
        unchecked_start: Option<DateTime<Utc>>,
    ) -> Self {
        let unchecked_start = Mutex::new(unchecked_start);
        Self { id_hasher, extra: extra.unwrap_or_default(), unchecked_start, ..Self::default() }
    }

    /// Returns whether a window starts at the unchecked start, and marks this start as checked. So the result is true
    /// only for the first such window.
    pub(super) fn takes_unchecked_start(&self, window: DateRange) -> bool {
        let mut start = self.unchecked_start.lock().unwrap_or_else(PoisonError::into_inner);
        start.take_if(|start| *start == window.start()).is_some()
    }

    /// Makes the start of a window unchecked again, because its check failed.
    pub(super) fn return_unchecked_start(&self, window: DateRange) {
        *self.unchecked_start.lock().unwrap_or_else(PoisonError::into_inner) = Some(window.start());
    }
}
