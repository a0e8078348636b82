//! Parses the events of a part on several threads.
//!
//! Parsing and filtering a line takes several times as long as decompressing it. So an open part has its own threads,
//! unless too many parts are open. One thread decompresses batches of lines and distributes them round-robin to the
//! others, which parse them. The batches are received in the same order, so the events keep their order. The threads
//! end when [`PartEvents`] is dropped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::vec;

use chrono::{DateTime, Utc};
use ionos_activitylog::{DateRange, Event, EventId, Filter};
use memchr::memchr;

use super::part_lines::{ClosedPart, PartLines, parse_line};
use crate::error::Error;

/// Maximum number of parser threads per part: enough for the cores of a usual machine.
const MAX_THREADS: usize = 4;

/// Maximum number of open parts that have threads. An archive of many contracts may have more open parts; the parts
/// beyond this number are parsed on the caller's thread.
const MAX_PARTS_WITH_THREADS: usize = 4;

/// Size of a batch in bytes. Large enough that threads rarely wait for each other; small enough that the allocator
/// reuses the memory instead of returning it to the system.
const BATCH_BYTES: usize = 1 << 16;

/// Maximum length of each of the two queues of a parser thread: the batches that wait to be parsed, and the parsed
/// batches that wait to be received. The batches in both queues together take about 1 MiB of memory.
const BATCHES_WAITING: usize = 8;

/// Consecutive lines of a part.
struct LineBatch {
    /// Number of the first line, from 1.
    first: u64,
    lines: Vec<u8>,
    /// The error that ended the reading of the part. `None` if more lines may follow, or if the part ended normally.
    error: Option<Error>,
}

/// An event with its sort key and the result of the filter.
pub(super) struct ParsedEvent {
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) id: EventId,
    pub(super) event: Event,
    /// Whether the filter matches.
    pub(super) kept: bool,
}

/// A parsed line.
enum ParsedItem {
    Event(ParsedEvent),
    /// The time of an event that does not match the filter and is not returned.
    Skipped(Option<DateTime<Utc>>),
}

/// The parsed lines of a batch. An empty batch is the last of its part.
type ParsedBatch = Vec<Result<ParsedItem, Error>>;

/// Decides which events are returned, see [`Selection::select`].
#[derive(Default)]
pub(super) struct Selection {
    filter: Filter,
    range: Option<DateRange>,
    /// Whether an event of the range has matched.
    has_match: AtomicBool,
}

impl Selection {
    pub(super) fn new(filter: Filter, range: Option<DateRange>) -> Self {
        Self { filter, range, has_match: AtomicBool::new(false) }
    }

    /// Skips an event that does not match the filter, except before the first match and at the end of a batch. Skipping
    /// it this early saves time, because sending and sorting an event takes as long as reading it.
    fn select(&self, event: Event, last_of_batch: bool) -> ParsedItem {
        let kept = self.filter.matches(&event);
        let (time, id) = (event.time(), event.id());
        if kept {
            if is_in_range(time, self.range) {
                self.has_match.store(true, Ordering::Relaxed);
            }
        } else if !last_of_batch && self.has_match.load(Ordering::Relaxed) {
            return ParsedItem::Skipped(time);
        }
        ParsedItem::Event(ParsedEvent { time, id, event, kept })
    }
}

/// Whether the requested range (`None`: all times) may contain an event. `true` for an event without a time: the event
/// occurred at an unknown time in the range of its part, and only parts that overlap the requested range are read.
pub(super) fn is_in_range(time: Option<DateTime<Utc>>, requested: Option<DateRange>) -> bool {
    requested.is_none_or(|requested| time.is_none_or(|time| requested.contains(time)))
}

/// Numbers of events that were skipped, see [`Selection`].
#[derive(Default)]
pub(super) struct SkippedCounts {
    /// All skipped events.
    pub(super) read: u64,
    /// Skipped events for which [`is_in_range`] is true.
    pub(super) in_range: u64,
}

/// The events of one part, in the order of the file, up to the first error.
pub(super) struct PartEvents {
    path: PathBuf,
    source: BatchSource,
    batch: vec::IntoIter<Result<ParsedItem, Error>>,
    /// The latest time of an event so far. Before the first event with a time, this is the start of the part's range.
    position: DateTime<Utc>,
    /// The range of the part. `None` if it is empty.
    part_range: Option<DateRange>,
}

enum BatchSource {
    /// Parser threads, and the index of the one that has the next batch.
    Threads(Vec<Receiver<ParsedBatch>>, usize),
    /// Parses on the thread of the caller.
    Inline(Box<PartLines>, Arc<Selection>),
}

impl PartEvents {
    /// Opens a part. Starts threads for it if fewer than [`MAX_PARTS_WITH_THREADS`] parts are open.
    pub(super) fn open(closed: &ClosedPart, selection: Arc<Selection>, open_parts: usize) -> Result<Self, Error> {
        let inline = |lines, selection| BatchSource::Inline(Box::new(lines), selection);
        let lines = PartLines::open(closed)?;
        let source = if open_parts < MAX_PARTS_WITH_THREADS {
            match spawn_threads(lines, &selection) {
                Ok(threads) => BatchSource::Threads(threads, 0),
                // The system has no threads left.
                Err(_) => inline(PartLines::open(closed)?, selection),
            }
        } else {
            inline(lines, selection)
        };
        Ok(Self {
            path: closed.path.clone(),
            source,
            batch: Vec::new().into_iter(),
            position: closed.part.from,
            part_range: DateRange::new(closed.part.from, closed.part.to).ok(),
        })
    }

    /// The next event and the time to sort it by; an event without a time gets the time of the previous event. `None`
    /// at the end of the part. Adds the skipped events to `skipped`.
    pub(super) fn next(
        &mut self,
        range: Option<DateRange>,
        skipped: &mut SkippedCounts,
    ) -> Result<Option<(DateTime<Utc>, ParsedEvent)>, Error> {
        loop {
            if self.batch.as_slice().is_empty() {
                self.batch = self.next_batch()?.into_iter();
            }
            let Some(item) = self.batch.next().transpose()? else {
                return Ok(None);
            };
            let time = match &item {
                ParsedItem::Event(event) => event.time,
                ParsedItem::Skipped(time) => *time,
            };
            self.position = time.map_or(self.position, |time| time.max(self.position));
            if let ParsedItem::Event(event) = item {
                return Ok(Some((self.position, event)));
            }
            skipped.read += 1;
            skipped.in_range += u64::from(is_in_range(time, range));
        }
    }

    /// The range of the part. `None` if this range is within the requested range, or if all times are requested.
    pub(super) fn range_beyond(&self, requested: Option<DateRange>) -> Option<DateRange> {
        self.part_range.filter(|part| requested.is_some_and(|range| range.intersection(part) != Some(*part)))
    }

    fn next_batch(&mut self) -> Result<ParsedBatch, Error> {
        match &mut self.source {
            BatchSource::Inline(lines, selection) => Ok(parse_batch(read_batch(lines), &lines.path, selection)),
            BatchSource::Threads(threads, next) => {
                let batch = threads.get(*next).and_then(|thread| thread.recv().ok());
                *next = (*next + 1) % threads.len().max(1);
                // Only an empty batch marks the end of the part. A closed channel is an error.
                batch.ok_or_else(|| {
                    let error = io::Error::other("the reader thread has ended early");
                    Error::Open { path: self.path.clone(), source: error }
                })
            }
        }
    }
}

/// Starts the threads of a part. A thread ends when the other end of one of its channels is dropped.
fn spawn_threads(mut lines: PartLines, selection: &Arc<Selection>) -> io::Result<Vec<Receiver<ParsedBatch>>> {
    let count = thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS));
    let (mut batch_senders, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (batch_sender, batches): (SyncSender<LineBatch>, _) = sync_channel(BATCHES_WAITING);
        let (sender, receiver) = sync_channel(BATCHES_WAITING);
        let (path, selection) = (lines.path.clone(), selection.clone());
        let parse = move || batches.iter().try_for_each(|batch| sender.send(parse_batch(batch, &path, &selection)));
        thread::Builder::new().name("archive-events".to_owned()).spawn(parse)?;
        batch_senders.push(batch_sender);
        receivers.push(receiver);
    }
    thread::Builder::new().name("archive-lines".to_owned()).spawn(move || {
        for batch_sender in batch_senders.iter().cycle() {
            let batch = read_batch(&mut lines);
            let last = batch.lines.is_empty() || batch.error.is_some();
            if batch_sender.send(batch).is_err() || last {
                return;
            }
        }
    })?;
    Ok(receivers)
}

/// Reads the next batch of a part. The batch is empty at the end of the part.
fn read_batch(lines: &mut PartLines) -> LineBatch {
    let first = lines.count + 1;
    let (lines, error) = match lines.read_lines(BATCH_BYTES) {
        Ok(lines) => (lines, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    LineBatch { first, lines, error }
}

/// Parses a batch. The last event is never skipped, so that the caller regains control after each batch.
fn parse_batch(batch: LineBatch, path: &Path, selection: &Selection) -> ParsedBatch {
    let mut items = Vec::new();
    let mut rest = batch.lines.as_slice();
    let mut number = batch.first;
    while !rest.is_empty() {
        let (line, tail) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &[][..]),
        };
        rest = tail;
        let event = parse_line(path, number, line);
        let is_error = event.is_err();
        items.push(event.map(|event| selection.select(event, rest.is_empty())));
        if is_error {
            // Reading ends here, so the later lines do not matter.
            return items;
        }
        number += 1;
    }
    items.extend(batch.error.map(Err));
    items
}
