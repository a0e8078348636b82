//! A window is a range that is read as a unit: its events, the proof that they are complete, or the gaps that
//! could not be verified.

use std::fmt;

use crate::api::page::Total;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::range::DateRange;
use crate::reader::verification::Proof;

/// A range that was read, with all of its events.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a window may have a gap"]
pub struct Window {
    /// The range that was read (half-open, UTC). The windows of one stream touch and never overlap.
    pub range: DateRange,
    /// The events in the range, sorted by time, then by id; each once. An event without a readable time is at the start
    /// of the window. Without the events that a filter excludes.
    pub events: Vec<Event>,
    /// Events with a time outside of the range. Such events make the window a gap ([`GapReason::OutsideOfWindow`]). If
    /// the time is in the range of the whole stream, the event should also be in the window of that time.
    pub out_of_window: Vec<Event>,
    /// Total that all pages of the last scan reported. `None` if they differ or one is absent or inexact. With
    /// [`Proof::ScanMatchesTotal`] and [`Proof::UnionMatchesStableTotal`] it is the number of distinct ids.
    pub reported_total: Option<u64>,
    pub(super) proof: Option<Proof>,
    /// Ranges that could not be verified. Empty in a verified window.
    pub gaps: Vec<Gap>,
    /// Number of scans of the window.
    pub scans: u32,
    /// Number of requests for the window, without retries.
    pub requests: u64,
    /// Hits that occurred more than once in one scan and are not repeated here.
    pub duplicates: u64,
    /// Further contents of the same id. All of them are in `events`.
    pub amended: u64,
    /// Events that a filter excluded.
    pub filtered: u64,
    /// Size of all received records in bytes, including repeats and the events that a filter excluded.
    pub bytes: u64,
}

impl Window {
    /// Whether the window is proven complete.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Why the window counts as complete. `None` if it has a gap. Depends only on the answers of the service. A window
    /// that was read in parts has the weakest of their proofs.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        self.proof
    }

    /// Fails with [`ErrorKind::Incomplete`] if the window has a gap, and names the gap.
    pub fn verdict(&self) -> Result<(), Error> {
        incomplete_error(&self.gaps)
    }
}

/// Reason and hint for gaps that are [`GapReason::Overflow`]: trying again does not help.
pub const UNREACHABLE_EVENTS: [&str; 2] = [
    "another attempt returns no more events, because no shorter range can be requested",
    "ask the vendor's support for the missing events",
];

/// Fails if there are gaps, and names the first one.
pub(super) fn incomplete_error(gaps: &[Gap]) -> Result<(), Error> {
    let Some(first) = gaps.first() else {
        return Ok(());
    };
    let others = match gaps.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more gap".to_owned(),
        more => format!(", and {more} more gaps"),
    };
    let hint = match gaps.iter().all(|gap| gap.reason == GapReason::Overflow) {
        true => UNREACHABLE_EVENTS.join("; "),
        false => "the result is incomplete, try again".to_owned(),
    };
    Err(Error::new(ErrorKind::Incomplete, format!("{first}{others}")).with_hint(hint))
}

/// A range that could not be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The range that is not verified (half-open, UTC).
    pub range: DateRange,
    /// Number of distinct events received.
    pub seen: u64,
    /// Highest total that the service reported in the last scan. `None` if it reported none.
    pub total: Option<Total>,
    /// Why the range could not be verified.
    pub reason: GapReason,
}

/// Why a range could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReason {
    /// The shortest range that can be requested has more events than the service's maximum offset.
    Overflow,
    /// The events did not match the reported total in any scan.
    Disagreement,
    /// The service returned events outside of the requested range.
    OutsideOfWindow,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, seen, .. } = self;
        let events = if *seen == 1 { "event" } else { "events" };
        write!(f, "{range}: received {seen} {events}")?;
        match self.reason {
            GapReason::Overflow => f.write_str(", more cannot be reached")?,
            GapReason::Disagreement => {}
            GapReason::OutsideOfWindow => f.write_str(", some outside of the range")?,
        }
        match self.total {
            Some(Total { count, exact: true }) => write!(f, ", the service reports {count}"),
            Some(Total { count, .. }) => write!(f, ", the service reports at least {count}"),
            None => f.write_str(", the service reports no total"),
        }
    }
}
