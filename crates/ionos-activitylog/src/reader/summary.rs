//! Statistics of a stream: returned events, requests, and ranges that are not verified.

use crate::error::Error;
use crate::reader::cross_check::CrossCheck;
use crate::reader::window::{Gap, Window, incomplete_error};

/// Statistics of a stream so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the summary lists the gaps"]
pub struct Summary {
    /// Number of events returned.
    pub yielded: u64,
    /// Number of hits that repeated an earlier hit of the same scan and were not returned again.
    pub duplicates: u64,
    /// Number of events that have the id of an earlier event, but another content. All of them were returned.
    pub amended: u64,
    /// Number of windows returned.
    pub windows: u64,
    /// Number of scans beyond the first one of each window.
    pub rescans: u64,
    /// Ranges that could not be verified.
    pub gaps: Vec<Gap>,
    /// Number of requests, without retries.
    pub requests: u64,
    /// Size of all received records in bytes, including repeats and the events that the filter excluded.
    pub bytes: u64,
    /// Number of events that the filter excluded.
    pub filtered: u64,
    /// Whether the windows together have as many events as the service reports for the range.
    pub cross_check: CrossCheck,
}

impl Summary {
    /// Whether all windows so far are proven complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Fails with [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete) if there is a gap, and names the first gap.
    pub fn verdict(&self) -> Result<(), Error> {
        incomplete_error(&self.gaps)
    }

    /// Adds a window that was returned.
    pub fn add(&mut self, window: &Window) {
        self.yielded += window.events.len() as u64;
        self.duplicates += window.duplicates;
        self.amended += window.amended;
        self.windows += 1;
        self.rescans += u64::from(window.scans.saturating_sub(1));
        self.gaps.extend_from_slice(&window.gaps);
        self.requests += window.requests;
        self.bytes += window.bytes;
        self.filtered += window.filtered;
    }
}
