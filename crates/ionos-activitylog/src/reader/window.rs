//! A window is a range that is read as a unit. A [`Window`] holds the events of the range, and either the proof that
//! they are complete or the gaps that could not be verified.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

use crate::api::page::{Total, UnreadableRecord};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, EventId};
use crate::range::DateRange;
use crate::reader::split_totals::SplitTotal;
use crate::reader::verification::Proof;

/// A range that was read, with its events.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a window may have a gap"]
pub struct Window {
    /// The range that was read (half-open, UTC). The windows of one stream touch and do not overlap. Only the windows
    /// that the cross-check adds at the end of the stream overlap earlier windows.
    pub range: DateRange,
    /// The events in the range, each once, sorted by time and then by id, without the events that a filter excludes. An
    /// event without a readable time counts as an event at the start of the window.
    pub events: Vec<Event>,
    /// Events whose time is outside of the range. A window with such events has a gap ([`GapReason::OutsideOfWindow`]).
    /// Events at exactly the end of the range are not included; see [`Window::events_at_end`]. If the time of an event
    /// is in the range of the whole stream, the event should also be in the window that contains this time.
    pub out_of_window: Vec<Event>,
    /// Hits of the last scan that are not JSON. A window with such hits has a gap ([`GapReason::UnreadableRecord`]).
    pub unreadable: Vec<UnreadableRecord>,
    /// Total that all pages of the last scan reported, minus [`Window::events_at_end`] and plus
    /// [`Window::events_excluded_at_start`]. `None` if the totals differ or if a page has no exact total. With
    /// [`Proof::ScanMatchesTotal`] and [`Proof::UnionMatchesStableTotal`], the total equals the number of distinct ids
    /// that were received.
    pub reported_total: Option<u64>,
    pub(super) proof: Option<Proof>,
    /// Hashes of the ids of all events, also of those that a filter excluded. Empty without a cross-check.
    pub(super) id_hashes: Vec<u64>,
    /// Ids of the events at exactly the start of the window, also of those that a filter excluded.
    pub(super) ids_at_start: Vec<EventId>,
    /// Ids of the events at exactly the end of the window, which belong to the next window.
    pub(super) ids_at_end: Vec<EventId>,
    /// See [`Window::events_at_end`].
    pub(super) events_at_end: u64,
    /// See [`Window::events_excluded_at_start`].
    pub(super) events_excluded_at_start: u64,
    /// Number of events of the whole window, each counted once, including those that a filter excluded.
    pub(super) distinct: u64,
    /// Ranges that could not be verified. Empty in a verified window.
    pub gaps: Vec<Gap>,
    /// Number of scans of the window.
    pub scans: u32,
    /// Number of requests for the window, without retries.
    pub requests: u64,
    /// Number of hits that are not in `events`, because they repeat an earlier hit of the same scan. Also counts
    /// events without a time that an earlier window has already returned.
    pub duplicates: u64,
    /// Number of events that have the id of an earlier event, but another content. All of them are in `events`.
    pub amended: u64,
    /// Number of events that a filter excluded.
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

    /// Number of events at exactly the end of the window. The last scan of the window returned these events, and its
    /// total counts them. They are not among the events of this window, because they belong to the window that begins
    /// at this time. 0 if the service treats `dateEnd` as exclusive, as the API description says. "End" means the end
    /// of the request here, which is `range.end()` rounded up to the whole second.
    #[must_use]
    pub fn events_at_end(&self) -> u64 {
        self.events_at_end
    }

    /// Number of events at exactly the start of the window that the service excluded from its answers for the window.
    /// The service returned these events only for a longer range. They are among the events of the window, and
    /// `reported_total` includes them. 0 if the service treats `dateStart` as inclusive, as the API description says.
    #[must_use]
    pub fn events_excluded_at_start(&self) -> u64 {
        self.events_excluded_at_start
    }

    /// Why the window counts as complete; `None` if the window has a gap. A window that was read in parts has the
    /// weakest of the proofs of its parts. The proof depends only on the answers of the service.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        self.proof
    }

    /// Adds a gap to this window. The gap is the range `split.range`, which this window and the windows before it cover
    /// together. An earlier answer reported more events for this range than these windows have.
    pub(super) fn add_gap_of(&mut self, split: SplitTotal) {
        let total = Some(Total { count: split.total, exact: true });
        self.gaps.push(Gap { range: split.range, seen: split.seen, total, reason: GapReason::TotalDecreased });
        (self.proof, self.reported_total) = (None, None);
    }

    /// Removes events that an earlier window has returned. They do not count as events of this window any more.
    pub(super) fn remove_events(&mut self, id_hasher: &Option<RandomState>, mut is_repeat: impl FnMut(&Event) -> bool) {
        for event in self.events.extract_if(.., |event| is_repeat(event)) {
            self.duplicates += 1;
            self.reported_total = self.reported_total.map(|total| total.saturating_sub(1));
            if let Some(hash) = id_hasher.as_ref().map(|hasher| hasher.hash_one(event.id()))
                && let Some(index) = self.id_hashes.iter().position(|known| *known == hash)
            {
                self.id_hashes.swap_remove(index);
            }
        }
    }

    /// Fails with [`ErrorKind::Incomplete`] if the window has a gap, and names the first gap.
    pub fn verdict(&self) -> Result<(), Error> {
        incomplete_error(&self.gaps)
    }
}

/// Reason and hint to show for gaps with [`GapReason::Overflow`], for which another attempt does not help.
pub const UNREACHABLE_EVENTS: [&str; 2] = [
    "another attempt does not help, because no shorter range can be requested",
    "ask the vendor's support for the missing events",
];

/// Fails if there are gaps. The error names the first gap and the number of the others.
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
    /// Highest total that any answer for the range reported. `None` if no answer reported a total.
    pub total: Option<Total>,
    /// Why the range could not be verified.
    pub reason: GapReason,
}

impl Window {
    /// A window without events, with the gap `range`. Earlier windows returned `seen` events of `range`. The service
    /// reports `missing` more events, and reading the range again did not return them.
    pub(super) fn of_higher_total(range: DateRange, seen: u64, missing: u64, reason: GapReason) -> Self {
        let total = Some(Total { count: seen + missing, exact: true });
        Self {
            range,
            events: Vec::new(),
            out_of_window: Vec::new(),
            unreadable: Vec::new(),
            reported_total: None,
            proof: None,
            id_hashes: Vec::new(),
            ids_at_start: Vec::new(),
            ids_at_end: Vec::new(),
            events_at_end: 0,
            events_excluded_at_start: 0,
            distinct: 0,
            gaps: vec![Gap { range, seen, total, reason }],
            scans: 0,
            requests: 0,
            duplicates: 0,
            amended: 0,
            filtered: 0,
            bytes: 0,
        }
    }
}

/// Why a range could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReason {
    /// The shortest range that can be requested has more events than the service's maximum offset.
    Overflow,
    /// No scan proved that the events are complete, usually because their number did not match the reported total.
    Disagreement,
    /// The service returned events outside of the requested range.
    OutsideOfWindow,
    /// An answer for the range reported more events than were received, and later answers reported fewer.
    TotalDecreased,
    /// After the range was read, the service reported more events for the range, and reading the range again did not
    /// return the additional events.
    TotalIncreased,
    /// The service searched only a part of the log for the range, or sent an old answer from a cache, and said so in its
    /// answer.
    PartialSearch,
    /// Records of the range are not JSON; see [`Window::unreadable`].
    UnreadableRecord,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, seen, .. } = self;
        let events = if *seen == 1 { "event" } else { "events" };
        write!(f, "{range}: received {seen} {events}")?;
        match self.reason {
            GapReason::Overflow => f.write_str(", further events cannot be reached")?,
            GapReason::Disagreement => {}
            GapReason::OutsideOfWindow => f.write_str(", some outside of the range")?,
            GapReason::TotalIncreased => f.write_str(", a later answer reports more events")?,
            GapReason::PartialSearch => {
                f.write_str(", the service searched only a part of the log or sent an old answer")?
            }
            GapReason::UnreadableRecord => f.write_str(", further records are not JSON")?,
            GapReason::TotalDecreased => {
                f.write_str(", a later answer reports fewer events than an earlier one")?;
            }
        }
        match self.total {
            Some(Total { count, exact: true }) => write!(f, ", the service reports {count}"),
            Some(Total { count, .. }) => write!(f, ", the service reports at least {count}"),
            None => f.write_str(", the service reports no total"),
        }
    }
}
