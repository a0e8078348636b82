//! Decides where one part ends and the next begins. The decision depends on the range to read, its events and its gaps,
//! but not on windows or interruptions. So an interrupted export produces the same files as an uninterrupted one.
//!
//! A part ends at midnight UTC, at the end of the range to read, and at the first full hour at which it has
//! [`PART_EVENTS`] events. A range that is not verified gets a part of its own, because a manifest can mark only a
//! whole part as verified.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use ionos_activitylog::internal::EventMultiset;
use ionos_activitylog::{DateRange, Event, EventId, Window};

use super::file::{FinishedPart, PartFile, PartMeta};
use super::undated::ArchivedUndated;
use crate::encode::Compression;
use crate::error::Error;
use crate::fs::FailPoints;
use crate::manifest::{KnownGap, Part, RangeProof, ReadRange, day};

/// Number of events after which a part ends at the next full hour: about 85 MB of lines. With parts of this size, the
/// export after a kill repeats little work, and tools can load a whole part into memory.
pub(crate) const PART_EVENTS: u64 = 100_000;

/// A range that was read and lies within one day, with the part that holds its events. `part` is `None` if the range
/// has no events.
#[derive(Debug)]
pub(crate) struct WrittenRange {
    pub(crate) range: DateRange,
    pub(crate) verified: bool,
    /// Whether the events match the totals of the service. This is the case if the total of every window that overlaps
    /// the range matches, or if the total of the range itself matches.
    pub(crate) counted: bool,
    /// The weakest proof of the windows that overlap the range. `None` if the range is not verified or one of these
    /// windows has no proof.
    window_proof: Option<RangeProof>,
    /// Whether equal records without a usable `@uuid` are among the events of the range.
    has_repeats: bool,
    /// The total that the service reports for the range if it counts each event once.
    pub(crate) expected_total: u64,
    pub(crate) part: Option<Part>,
    pub(crate) gaps: Vec<KnownGap>,
    /// The ranges and totals of the gaps that were divided at midnight. `gaps` has the parts of these gaps that lie in
    /// the range, without totals.
    pub(crate) divided: Vec<(DateRange, u64)>,
    /// Number of events that do not fit the event model.
    pub(crate) with_issues: u64,
}

impl WrittenRange {
    /// Number of events of the range that are a further version of an earlier event of the range: both have the same
    /// `@uuid`.
    pub(crate) fn amended(&self) -> u64 {
        self.part.as_ref().map_or(0, |part| part.count.saturating_sub(self.expected_total))
    }

    /// Notes that the service has reported the expected total for exactly this range.
    pub(crate) fn confirm_total(&mut self) {
        self.counted = true;
        if let Some(part) = &mut self.part {
            part.total = Some(self.expected_total);
        }
    }

    /// The entry of the range in a manifest. If the total matches, the proof in the entry depends only on the events.
    /// Otherwise it is the weakest proof of the windows. This proof also depends on where the export started, because
    /// the boundaries of the windows depend on that start.
    pub(crate) fn read_range(&self) -> ReadRange {
        if !self.verified {
            return ReadRange::unverified(self.range);
        }
        let proof = match self.counted {
            true => Some(RangeProof::of_matching_total(self.has_repeats)),
            false => self.window_proof,
        };
        ReadRange::verified(self.range, self.counted.then_some(self.expected_total), proof)
    }
}

/// A written range whose part is not on disk yet.
pub(crate) struct FinishedRange {
    written: WrittenRange,
    part: Option<FinishedPart>,
}

impl FinishedRange {
    /// Makes the part durable under its name.
    pub(crate) fn commit(self) -> Result<WrittenRange, Error> {
        let part = self.part.map(FinishedPart::commit).transpose()?;
        Ok(WrittenRange { part, ..self.written })
    }
}

/// An event with its time and id, which are computed once.
type Keyed<'a> = (&'a Event, (Option<DateTime<Utc>>, EventId));

/// Whether an event is earlier than `end`. True for an event without a time, so that the event keeps the position at
/// which it was received.
fn is_before((_, (time, _)): &Keyed<'_>, end: DateTime<Utc>) -> bool {
    time.is_none_or(|time| time < end)
}

/// Splits consecutive windows into parts.
pub(crate) struct PartSplitter<F> {
    /// Creates the folder of a day and returns its path.
    folder: F,
    /// Receives the finished ranges, in order.
    ended: SyncSender<FinishedRange>,
    compression: Compression,
    fail_points: FailPoints,
    full: u64,
    /// Every event before this time is in a finished part.
    position: DateTime<Utc>,
    /// The midnight after `position`, cached because every event is compared with it. `None` at the end of the
    /// calendar.
    midnight: Option<DateTime<Utc>>,
    open: Option<PartFile>,
    /// Time of the last event, or the start of the current range if that is later.
    last: DateTime<Utc>,
    /// Whether the total of every window since `position` matches the events of that window.
    counted: bool,
    /// Whether the total of the current window matches its events.
    window_counted: bool,
    /// The weakest proof of all windows since `position`. `None` if one of them has no proof.
    proof: Option<RangeProof>,
    /// The proof of the current window.
    window_proof: Option<RangeProof>,
    /// Number of events in the open part that do not fit the event model.
    with_issues: u64,
    undated: ArchivedUndated,
}

impl<F: Fn(NaiveDate) -> Result<PathBuf, Error>> PartSplitter<F> {
    /// Creates a splitter. `start` is the beginning of the range to read. `full` is the number of events after which a
    /// part ends at the next full hour.
    pub(crate) fn new(
        start: DateTime<Utc>,
        compression: Compression,
        full: u64,
        fail_points: FailPoints,
        folder: F,
        undated: ArchivedUndated,
        ended: SyncSender<FinishedRange>,
    ) -> Self {
        Self {
            folder,
            ended,
            compression,
            fail_points,
            full,
            position: start,
            midnight: midnight_after(start),
            open: None,
            last: start,
            counted: true,
            window_counted: true,
            proof: None,
            window_proof: None,
            with_issues: 0,
            undated,
        }
    }

    /// Adds the next window.
    pub(crate) fn add(&mut self, window: &Window) -> Result<(), Error> {
        self.window_counted = total_matches(window);
        self.window_proof = RangeProof::of_window(window);
        let keyed = window.events.iter().map(|event| (event, (event.time(), event.id())));
        let mut events = keyed.peekable();
        for (range, gaps) in pieces(window) {
            let in_range = std::iter::from_fn(|| events.next_if(|event| is_before(event, range.end())));
            if gaps.is_empty() {
                self.add_verified(range, in_range)?;
            } else {
                self.add_gap(range, &gaps, in_range)?;
            }
        }
        Ok(())
    }

    /// Ends the last part at the end of the range to read.
    pub(crate) fn end(&mut self, end: DateTime<Utc>) -> Result<(), Error> {
        self.close(end)
    }

    fn add_verified<'a>(&mut self, range: DateRange, events: impl Iterator<Item = Keyed<'a>>) -> Result<(), Error> {
        self.last = self.last.max(range.start());
        // Windows before `position` do not affect the range that starts at `position`.
        if self.position >= range.start() {
            (self.counted, self.proof) = (self.window_counted, self.window_proof);
        } else {
            self.counted &= self.window_counted;
            self.proof = RangeProof::weaker(self.proof, self.window_proof);
        }
        for event in events {
            let (_, (time, _)) = &event;
            let time = time.map_or(self.last, |time| time.max(self.last));
            self.pass(time)?;
            self.last = time;
            self.write(event)?;
        }
        self.pass(range.end())
    }

    /// Ends the parts that are complete once all events before `time` were added. A part ends at midnight, or at the
    /// full hour after its last event if it has enough events.
    fn pass(&mut self, time: DateTime<Utc>) -> Result<(), Error> {
        let full = self.open.as_ref().is_some_and(|part| part.count >= self.full);
        if full
            && let Some(hour) = next_hour(self.last)
            && hour <= time
        {
            self.close_days(hour)?;
            self.close(hour)?;
        }
        self.close_days(time)
    }

    /// Ends a part at each midnight up to `time`.
    fn close_days(&mut self, time: DateTime<Utc>) -> Result<(), Error> {
        while let Some(midnight) = self.midnight
            && midnight <= time
        {
            self.close(midnight)?;
        }
        Ok(())
    }

    fn write(&mut self, (event, key): Keyed<'_>) -> Result<(), Error> {
        if !self.undated.insert(self.position.date_naive(), event)? {
            return Ok(());
        }
        self.with_issues += u64::from(!event.issues().is_empty());
        if self.open.is_none() {
            let folder = (self.folder)(self.position.date_naive())?;
            self.open = Some(PartFile::begin(&folder, self.compression, &self.fail_points)?);
        }
        match &mut self.open {
            Some(part) => part.add(event, key),
            None => Ok(()),
        }
    }

    /// Ends the current verified range at the time `at`. Does nothing if the range is empty.
    fn close(&mut self, at: DateTime<Utc>) -> Result<(), Error> {
        let Ok(range) = DateRange::new(self.position, at) else {
            return Ok(());
        };
        self.finish(range, true, Vec::new(), Vec::new())
    }

    fn finish(
        &mut self,
        range: DateRange,
        verified: bool,
        gaps: Vec<KnownGap>,
        divided: Vec<(DateRange, u64)>,
    ) -> Result<(), Error> {
        let counted = verified && std::mem::replace(&mut self.counted, self.window_counted);
        let window_proof = if verified { std::mem::replace(&mut self.proof, self.window_proof) } else { None };
        let meta = PartMeta { range, verified, counted, late: false };
        let open = self.open.take();
        let expected_total = open.as_ref().map_or(0, |part| part.expected_total(|_| false));
        let has_repeats = open.as_ref().is_some_and(PartFile::has_repeats);
        let part = open.map(|part| part.end(meta, |_| false)).transpose()?;
        self.position = range.end();
        self.midnight = midnight_after(range.end());
        self.last = self.last.max(range.end());
        let written = WrittenRange {
            range,
            verified,
            counted,
            window_proof,
            has_repeats,
            expected_total,
            part: None,
            gaps,
            divided,
            with_issues: std::mem::take(&mut self.with_issues),
        };
        let sent = self.ended.send(FinishedRange { written, part });
        // Sending fails if the receiver was dropped: either the committing thread has failed and reports its own error,
        // or the export was dropped.
        sent.map_err(|_| Error::Thread { source: io::Error::other("the thread that commits parts has ended") })
    }

    fn add_gap<'a>(
        &mut self,
        range: DateRange,
        gaps: &[KnownGap],
        events: impl Iterator<Item = Keyed<'a>>,
    ) -> Result<(), Error> {
        self.close_days(range.start())?;
        self.close(range.start())?;
        let mut events = events.peekable();
        for range in range.by_day(&Utc) {
            while let Some(event) = events.next_if(|event| is_before(event, range.end())) {
                self.write(event)?;
            }
            let clip = |gap: &KnownGap| {
                let whole = gap.range()?;
                let both = whole.intersection(&range)?;
                // The total of the whole gap says nothing about a part of it.
                let total = gap.total.filter(|_| both == whole);
                Some(KnownGap { from: both.start(), to: both.end(), total, ..gap.clone() })
            };
            let is_divided =
                |gap: &&KnownGap| gap.overlaps(range) && clip(gap).is_some_and(|part| part.total != gap.total);
            let divided = gaps.iter().filter(is_divided).filter_map(|gap| Some((gap.range()?, gap.total?)));
            self.finish(range, false, gaps.iter().filter_map(clip).collect(), divided.collect())?;
        }
        Ok(())
    }
}

/// The first midnight after a time.
fn midnight_after(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    day(time.date_naive()).map(|today| today.end())
}

/// The first full hour after a time.
fn next_hour(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let hour = TimeDelta::hours(1);
    time.duration_trunc(hour).ok()?.checked_add_signed(hour)
}

/// Whether a window is verified and its reported total equals its number of events. All versions of an event count as
/// one event. If the result is `true`, the number of events in any range within the window counts as the total of that
/// range.
pub(crate) fn total_matches(window: &Window) -> bool {
    let received = window.events.len() as u64;
    let counted = received.checked_sub(window.amended);
    window.gaps.is_empty() && counted.is_some() && window.reported_total == counted
}

/// The entry of a verified range of a window. `is_counted`: whether the total of the window belongs to exactly this
/// range and matches the events.
pub(crate) fn read_range_of(window: &Window, range: DateRange, is_counted: bool) -> ReadRange {
    let proof = RangeProof::of_window(window);
    ReadRange::verified(range, window.reported_total.filter(|_| is_counted), proof)
}

/// Splits a window into ranges, each with its gaps. A range without gaps is verified, a range with gaps is not.
pub(crate) fn pieces(window: &Window) -> Vec<(DateRange, Vec<KnownGap>)> {
    let gaps = gaps_of(window);
    let mut pieces: Vec<(DateRange, Vec<KnownGap>)> = Vec::new();
    let mut position = window.range.start();
    for gap in gaps {
        if let Ok(before) = DateRange::new(position, gap.from) {
            pieces.push((before, Vec::new()));
        }
        let overlapped = gap.from < position;
        match pieces.last_mut() {
            Some((range, gaps)) if overlapped => {
                if let Ok(longer) = DateRange::new(range.start(), range.end().max(gap.to)) {
                    *range = longer;
                }
                position = position.max(gap.to);
                gaps.push(gap);
            }
            _ => {
                if let Some(range) = gap.range() {
                    position = gap.to;
                    pieces.push((range, vec![gap]));
                }
            }
        }
    }
    if let Ok(rest) = DateRange::new(position, window.range.end()) {
        pieces.push((rest, Vec::new()));
    }
    pieces
}

/// Number of events of a window in a range. An event without a time counts, and all versions of an event count as one.
fn events_in(window: &Window, range: DateRange) -> u64 {
    let is_inside = |event: &&Event| event.time().is_none_or(|time| range.contains(time));
    let ids: EventMultiset = window.events.iter().filter(is_inside).map(Event::id).collect();
    ids.expected_total(|_| false)
}

/// The gaps of a window, in order of time.
pub(crate) fn gaps_of(window: &Window) -> Vec<KnownGap> {
    let mut gaps: Vec<KnownGap> = window
        .gaps
        .iter()
        .map(|gap| {
            // A gap may extend beyond the window. The events outside of the window are not in the gap that is stated,
            // so its total does not count them.
            let range = gap.range.intersection(&window.range).unwrap_or(window.range);
            let outside = if range == gap.range { 0 } else { gap.seen.saturating_sub(events_in(window, range)) };
            KnownGap {
                from: range.start(),
                to: range.end(),
                reason: KnownGap::reason(gap.reason).to_owned(),
                seen: gap.seen.saturating_sub(outside),
                total: gap.total.map(|total| total.count.saturating_sub(outside)),
            }
        })
        .collect();
    gaps.sort_by_key(|gap| (gap.from, gap.to));
    gaps
}
