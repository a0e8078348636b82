//! Reads the events of an archive in order of time. Parts of a day may overlap, because late events are in separate
//! parts.
//!
//! The parts are merged (k-way merge). A part is opened when the merge reaches the start of its range, and the part
//! after it is opened in advance. An open part takes at most a few MiB of memory. `part_lines` reads lines, `parallel`
//! parses them on several threads. `coverage` finds the times of the requested range that are not archived or not
//! verified.

mod coverage;
mod parallel;
mod part_lines;

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog::{ContractNumber, DateRange, Event, EventId, Filter, FilterCounts, RangeSet};

use crate::error::Error;
use crate::export::read_run_log;
use crate::layout::Archive;
use crate::state::read_archived_days;
use coverage::ContractCoverage;
use parallel::{ParsedEvent, PartEvents, Selection, SkippedCounts, is_in_range};
use part_lines::ClosedPart;

/// An event of an archive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ArchivedEvent {
    /// Contract whose log contains the event.
    pub contract: ContractNumber,
    /// The event, with the bytes of its record.
    pub event: Event,
    /// Whether the filter of [`ArchiveReader::filter`] matches; `true` without a filter. The reader skips most events
    /// that do not match.
    pub kept: bool,
    /// Range in which the event occurred. `None` if the event has a readable time, or if this range is within the
    /// requested range. An event with an uncertain range may have occurred outside of the requested range.
    pub uncertain_range: Option<DateRange>,
}

/// The events of an archive in order of time, then contract, then id.
///
/// ```no_run
/// use ionos_activitylog_archive::{Archive, ArchiveReader, Error};
///
/// fn print_all(root: &str) -> Result<(), Error> {
///     for archived in ArchiveReader::open(&Archive::new(root), None, None)? {
///         println!("{}", archived?.event.raw());
///     }
///     Ok(())
/// }
/// ```
///
/// An event without a readable time occurred at an unknown time in the range of its part, which lies within one day.
/// Such an event is returned if the range of its part overlaps the requested range, see
/// [`ArchivedEvent::uncertain_range`].
///
/// The iterator ends with [`Error::Damaged`] if a part is missing, cannot be decompressed, has a line that is not JSON,
/// or is not the file that its manifest describes. The digest of a part is compared only at the end of the part, after
/// the events of the part were returned.
/// [`verify_archive`](crate::verify_archive) finds any other change.
#[must_use = "events are read only when the iterator is advanced"]
pub struct ArchiveReader {
    range: Option<DateRange>,
    /// Whether the end of the archive counts as the end of the range.
    open_end: bool,
    contracts: Vec<ContractCoverage>,
    selection: Arc<Selection>,
    /// Parts that are not open yet, the earliest first.
    upcoming: VecDeque<UpcomingPart>,
    /// Open parts, by their next event.
    open: BinaryHeap<Reverse<NextEvent>>,
    /// Number of events read, including those outside of the range, and number of events in all parts.
    progress: (u64, u64),
    counts: FilterCounts,
    failed: bool,
}

/// A part that the merge has not reached.
struct UpcomingPart {
    closed: ClosedPart,
    /// Events of the part, if the part was opened in advance. An error is reported only when the merge reaches the
    /// part.
    events: Option<Result<PartEvents, Error>>,
}

/// The next event of an open part.
struct NextEvent {
    key: EventOrder,
    /// Time of the event. `None` if its record has no readable time.
    time: Option<DateTime<Utc>>,
    event: Event,
    kept: bool,
    rest: PartEvents,
}

/// Sort key: time, contract, id, and the index of the part.
type EventOrder = (DateTime<Utc>, usize, EventId, usize);

impl ArchiveReader {
    /// Opens an archive for some contracts (`None`: all) and a range (`None`: all times). Reads all manifests and no
    /// events.
    ///
    /// Fails with [`Error::NoArchive`] if the archive has no contract, or if it has neither a day nor a state for one
    /// of the `contracts`. Fails with [`Error::Open`] if a folder cannot be listed, and with [`Error::Damaged`] if the
    /// state of a contract shows that manifests are missing. Also fails with the errors of
    /// [`Manifest::read`](crate::Manifest::read).
    pub fn open(
        archive: &Archive,
        contracts: Option<&[ContractNumber]>,
        range: Option<DateRange>,
    ) -> Result<Self, Error> {
        let folders = archive.select_contracts(contracts)?;
        let mut reader = Self {
            range,
            open_end: false,
            contracts: Vec::new(),
            selection: Arc::default(),
            upcoming: VecDeque::new(),
            open: BinaryHeap::new(),
            progress: (0, 0),
            counts: FilterCounts::default(),
            failed: false,
        };
        let mut parts = Vec::new();
        for folder in &folders {
            let run_log = read_run_log(folder);
            let archived = read_archived_days(folder)?;
            if archived.days.is_empty() && !archived.has_state && contracts.is_some() {
                return Err(Error::NoArchive { path: folder.path().to_path_buf() });
            }
            let contract = reader.contracts.len();
            let mut covered = ContractCoverage::new(folder.contract().clone(), &archived, run_log);
            for (date, manifest) in archived.days {
                if !crate::manifest::day(date).is_none_or(|day| is_requested(day, range)) {
                    continue;
                }
                covered.add(&manifest);
                for part in manifest.parts {
                    if DateRange::new(part.from, part.to).is_ok_and(|part| is_requested(part, range)) {
                        let path = folder.day(date).join(part.file.to_string());
                        parts.push(ClosedPart { contract, path, part, index: 0 });
                    }
                }
            }
            reader.contracts.push(covered);
        }
        if folders.is_empty() {
            return Err(Error::NoArchive { path: archive.root().to_path_buf() });
        }
        parts.sort_by_key(|closed| (closed.part.from, closed.contract));
        for (index, part) in parts.iter_mut().enumerate() {
            part.index = index;
            reader.progress.1 = reader.progress.1.saturating_add(part.part.count);
        }
        let upcoming = |closed| UpcomingPart { closed, events: None };
        reader.upcoming = parts.into_iter().map(upcoming).collect();
        Ok(reader)
    }

    /// Applies a filter while parts are parsed, see [`ArchivedEvent::kept`].
    ///
    /// Returns all events that match. Until the first match, events that do not match are returned too, so that the
    /// caller can suggest values that occur. After the first match, few events that do not match are returned: at most
    /// one per batch of lines. [`ArchiveReader::counts`] counts all events.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.selection = Arc::new(Selection::new(filter, self.range));
        self
    }

    /// Number of events of the range that were read so far, and number of those that match the filter.
    #[must_use]
    pub fn counts(&self) -> FilterCounts {
        self.counts
    }

    /// Declares that the caller gave only a start of the range, as in "since yesterday". If the archive ends before the
    /// end that was passed to [`open`](Self::open), the time between these two ends does not count as missing, see
    /// [`early_ends`](Self::early_ends).
    pub fn open_end(mut self) -> Self {
        self.open_end = true;
        self
    }

    /// Contracts whose archive ends within the range, each with the time of that end. Empty unless the range has an
    /// [open end](Self::open_end). A contract without any archived time in the range is in
    /// [`incomplete_ranges`](Self::incomplete_ranges) instead.
    #[must_use]
    pub fn early_ends(&self) -> Vec<(ContractNumber, DateTime<Utc>)> {
        if self.open_end { self.ends_within_range() } else { Vec::new() }
    }

    /// Contracts whose archive ends before the requested end of the range, each with the time at which its archive
    /// ends. Archived ranges count even if they are not verified. Empty if no end was requested. A contract whose
    /// archive does not reach the range is in [`incomplete_ranges`](Self::incomplete_ranges) only.
    #[must_use]
    pub fn missed_ends(&self) -> Vec<(ContractNumber, DateTime<Utc>)> {
        if self.open_end { Vec::new() } else { self.ends_within_range() }
    }

    fn ends_within_range(&self) -> Vec<(ContractNumber, DateTime<Utc>)> {
        let ends = self
            .contracts
            .iter()
            .filter_map(|covered| Some((covered.contract.clone(), covered.end_within(self.range?)?)));
        ends.collect()
    }

    /// Contracts whose archive has no range at all. The requested range does not matter.
    #[must_use]
    pub fn empty_contracts(&self) -> Vec<ContractNumber> {
        let empty = self.contracts.iter().filter(|covered| covered.end.is_none());
        empty.map(|covered| covered.contract.clone()).collect()
    }

    /// Contracts whose export is running, has failed or was killed, so that the archive may lack ranges that were to be
    /// exported.
    #[must_use]
    pub fn unfinished_contracts(&self) -> Vec<ContractNumber> {
        let unfinished = self.contracts.iter().filter(|covered| covered.is_unfinished);
        unfinished.map(|covered| covered.contract.clone()).collect()
    }

    /// Contracts that lack the manifest of an open day: according to the run log, an export was completed, but its
    /// range ends later than all manifests. Each contract comes with the end of that range.
    ///
    /// If the caller requested an end, the list is empty, because [`incomplete_ranges`](Self::incomplete_ranges) then
    /// names what is missing. If the range has an [open end](Self::open_end), the list has only contracts whose
    /// manifests end before the end that was passed to [`open`](Self::open).
    #[must_use]
    pub fn lost_ends(&self) -> Vec<(ContractNumber, DateTime<Utc>)> {
        let reaches_end = |end: Option<DateTime<Utc>>| match self.range {
            Some(range) => self.open_end && end.is_none_or(|end| range.end() > end),
            None => true,
        };
        let affected = self.contracts.iter().filter(|covered| reaches_end(covered.end));
        affected.filter_map(|covered| Some((covered.contract.clone(), covered.lost_end?))).collect()
    }

    /// Contracts whose state is missing or cannot be read, or whose run log exists and cannot be opened. Without these
    /// files, nothing shows whether the last manifests of a contract are missing. The requested range does not matter.
    /// [`rebuild_state`](crate::rebuild_state) recreates a missing or damaged state.
    #[must_use]
    pub fn contracts_of_unknown_end(&self) -> Vec<ContractNumber> {
        let unknown = self.contracts.iter().filter(|covered| covered.is_end_unknown);
        unknown.map(|covered| covered.contract.clone()).collect()
    }

    /// Ranges that are not archived or not verified, by contract. If no range was requested, only ranges between the
    /// first and the last archived time. Empty if nothing is missing.
    #[must_use]
    pub fn incomplete_ranges(&self) -> Vec<(ContractNumber, RangeSet)> {
        let missing = self
            .contracts
            .iter()
            .map(|covered| (covered.contract.clone(), covered.incomplete_ranges(self.range, self.open_end)));
        missing.filter(|(_, ranges)| !ranges.is_empty()).collect()
    }

    /// Whether these ranges of a contract will stay incomplete, because the service does not return all of their
    /// events, see [`KnownGap::is_beyond_reach`](crate::KnownGap::is_beyond_reach).
    #[must_use]
    pub fn is_beyond_reach(&self, contract: &ContractNumber, missing: &RangeSet) -> bool {
        let covered = self.contracts.iter().find(|one| one.contract == *contract);
        covered.is_some_and(|one| missing.difference(&one.beyond_reach).is_empty())
    }

    /// Number of events read so far, and number of events in all parts that overlap the range. Both numbers include
    /// events outside of the range.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        self.progress
    }

    /// Reads the open parts to their ends, and so compares these parts with their manifests. For callers that need no
    /// further event.
    pub fn finish_open_parts(&mut self) -> Result<(), Error> {
        let mut skipped = SkippedCounts::default();
        for Reverse(mut head) in std::mem::take(&mut self.open) {
            while head.rest.next(self.range, &mut skipped)?.is_some() {}
        }
        self.upcoming.clear();
        Ok(())
    }

    /// Opens all parts that may contain the next event, and one more in advance.
    fn open_parts(&mut self) -> Result<(), Error> {
        while let Some(next) = self.upcoming.front() {
            let earliest = self.open.peek().map(|Reverse(head)| head.key.0);
            if earliest.is_some_and(|earliest| earliest < next.closed.part.from) {
                break;
            }
            let Some(UpcomingPart { closed, events }) = self.upcoming.pop_front() else {
                break;
            };
            let events =
                events.unwrap_or_else(|| PartEvents::open(&closed, self.selection.clone(), self.open.len()))?;
            self.begin(events, closed.contract, closed.index)?;
        }
        if let Some(next) = self.upcoming.front_mut() {
            let begin = || PartEvents::open(&next.closed, self.selection.clone(), self.open.len());
            next.events.get_or_insert_with(begin);
        }
        Ok(())
    }

    /// Reads the next event of a part and queues it.
    fn begin(&mut self, events: PartEvents, contract: usize, index: usize) -> Result<(), Error> {
        let mut skipped = SkippedCounts::default();
        let head = NextEvent::read(events, contract, index, self.range, &mut skipped);
        self.progress.0 += skipped.read;
        self.counts.seen += skipped.in_range;
        self.open.extend(head?);
        Ok(())
    }

    fn read(&mut self) -> Result<Option<ArchivedEvent>, Error> {
        loop {
            self.open_parts()?;
            let Some(Reverse(head)) = self.open.pop() else {
                return Ok(None);
            };
            self.progress.0 += 1;
            let (_, contract, _, index) = head.key;
            let in_range = is_in_range(head.time, self.range);
            let uncertain_range = if head.time.is_none() { head.rest.range_beyond(self.range) } else { None };
            self.begin(head.rest, contract, index)?;
            let contract = self.contracts.get(contract).map(|one| one.contract.clone());
            if let Some(contract) = contract.filter(|_| in_range) {
                self.counts.count(head.kept);
                return Ok(Some(ArchivedEvent { contract, event: head.event, kept: head.kept, uncertain_range }));
            }
        }
    }
}

/// Whether a range overlaps the requested one (`None`: all times).
fn is_requested(range: DateRange, requested: Option<DateRange>) -> bool {
    requested.is_none_or(|requested| requested.intersection(&range).is_some())
}

impl Iterator for ArchiveReader {
    type Item = Result<ArchivedEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}

impl NextEvent {
    /// The next event of a part. `None` at its end.
    fn read(
        mut rest: PartEvents,
        contract: usize,
        index: usize,
        range: Option<DateRange>,
        skipped: &mut SkippedCounts,
    ) -> Result<Option<Reverse<Self>>, Error> {
        let Some((position, read)) = rest.next(range, skipped)? else {
            return Ok(None);
        };
        let ParsedEvent { time, id, event, kept } = read;
        Ok(Some(Reverse(Self { key: (position, contract, id, index), time, event, kept, rest })))
    }
}

impl Ord for NextEvent {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for NextEvent {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NextEvent {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for NextEvent {}

impl std::fmt::Debug for ArchiveReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveReader")
            .field("range", &self.range)
            .field("closed", &self.upcoming.len())
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
