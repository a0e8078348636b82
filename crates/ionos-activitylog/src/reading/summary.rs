//! A reading that says only what it found cannot be checked. A summary says what it took, and what is missing.

use crate::reading::window::verdict;
use crate::{Error, Gap, Window};

/// What a reading has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "it says what is missing"]
pub struct Summary {
    /// Events that were given out.
    pub yielded: u64,
    /// Hits that came more than once in one scan, and were given out once.
    pub duplicates: u64,
    /// Events of which several contents came under one id. All of them were given out.
    pub amended: u64,
    /// Windows that were given out.
    pub windows: u64,
    /// How often a window was read once more.
    pub rescans: u64,
    /// What is not proven to be complete.
    pub gaps: Vec<Gap>,
    /// Requests, retries not counted.
    pub requests: u64,
    /// Bytes of all records that came.
    pub bytes: u64,
    /// Events that a filter left out.
    pub filtered: u64,
}

impl Summary {
    /// Whether everything that was read is proven to be complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Fails with [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete) when something is not proven to be complete,
    /// and names the first of it.
    pub fn verdict(&self) -> Result<(), Error> {
        verdict(&self.gaps)
    }

    /// Counts a window that was given out.
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
