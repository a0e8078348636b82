//! To understand a line and to test it takes several times as long as to unpack it, and that longer than to put events in
//! order. So a file that is open has threads of its own, which end with it: one unpacks it and deals its lines out in
//! heaps, in turns, and the others understand what they got. Taken back in the same turns, the heaps are in order again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::vec;

use chrono::{DateTime, Utc};
use ionos_activitylog::{DateRange, Event, Filter};
use memchr::memchr;

use super::part_lines::{ClosedPart, Lines, Read, parse_line};
use crate::error::Error;

/// Threads that understand lines at the most, for each file: enough for the cores of a usual machine.
const MOST: usize = 4;

/// Files with threads of their own at the most. Those of many contracts are open at the same time.
const WITH_THREADS: usize = 4;

/// Bytes of a heap: so many that the threads seldom wait for one another, and so few that its memory is used again for
/// the next one: what is larger goes back to the system each time.
const BYTES: usize = 1 << 16;

/// Heaps that wait at a thread, and behind it. A file takes a megabyte for each thread.
const HEAPS: usize = 8;

/// Lines of a file that follow one another.
struct Heap {
    /// The number of the first.
    number: u64,
    lines: Vec<u8>,
    /// Why there are no more.
    error: Option<Error>,
}

/// What came of a line.
enum Item {
    Event(Read),
    /// The filter leaves it out, and nobody needs it: its time.
    Passed(Option<DateTime<Utc>>),
}

/// A heap that was understood; an empty one is the last of its file.
type Understood = Vec<Result<Item, Error>>;

/// Which events are wanted.
#[derive(Default)]
pub(super) struct Wanted {
    filter: Filter,
    range: Option<DateRange>,
    /// Whether it has kept any of the range.
    found: AtomicBool,
}

impl Wanted {
    pub(super) fn new(filter: Filter, range: Option<DateRange>) -> Self {
        Self { filter, range, found: AtomicBool::new(false) }
    }

    /// What is left out ends here where it can: to hand it over and to put it in order takes as long as to read it.
    fn item(&self, event: Event, last: bool) -> Item {
        let of_range = |range: DateRange| event.time().is_some_and(|time| range.contains(time));
        let kept = self.filter.matches(&event);
        if kept {
            if self.range.is_none_or(of_range) {
                self.found.store(true, Ordering::Relaxed);
            }
        } else if !last && self.found.load(Ordering::Relaxed) {
            return Item::Passed(event.time());
        }
        Item::Event(Read::of(event, kept))
    }
}

/// Events that were passed over: see [`Wanted`].
#[derive(Default)]
pub(super) struct Passed {
    /// How many there were in files.
    pub(super) read: u64,
    /// How many of them happened in the range.
    pub(super) seen: u64,
}

/// The events of one file, up to the first error.
pub(super) struct Events {
    path: PathBuf,
    source: Source,
    heap: vec::IntoIter<Result<Item, Error>>,
    /// The time of the last event, or where the file begins.
    position: DateTime<Utc>,
}

enum Source {
    /// Threads, and which of them is next.
    Ahead(Vec<Receiver<Understood>>, usize),
    /// When they are asked for.
    Here(Box<Lines>, Arc<Wanted>),
}

impl Events {
    /// Begins to read, on threads of its own unless so many files are open that they have enough of them. Fails where
    /// the file cannot be opened.
    pub(super) fn begin(closed: &ClosedPart, wanted: Arc<Wanted>, open: usize) -> Result<Self, Error> {
        let here = |lines, wanted| Source::Here(Box::new(lines), wanted);
        let lines = Lines::open(closed)?;
        let source = if open < WITH_THREADS {
            match threads(lines, &wanted) {
                Ok(threads) => Source::Ahead(threads, 0),
                // The system has none left.
                Err(_) => here(Lines::open(closed)?, wanted),
            }
        } else {
            here(lines, wanted)
        };
        Ok(Self { path: closed.path.clone(), source, heap: Vec::new().into_iter(), position: closed.part.from })
    }

    /// The next event with the time to sort it by, which without a time is where it stands; none at the end. What is
    /// passed over on the way there is counted.
    pub(super) fn next(
        &mut self,
        range: Option<DateRange>,
        passed: &mut Passed,
    ) -> Result<Option<(DateTime<Utc>, Read)>, Error> {
        loop {
            if self.heap.as_slice().is_empty() {
                self.heap = self.next_heap()?.into_iter();
            }
            let Some(item) = self.heap.next().transpose()? else {
                return Ok(None);
            };
            let (Item::Event(Read { time, .. }) | Item::Passed(time)) = &item;
            self.position = time.map_or(self.position, |time| time.max(self.position));
            if let Item::Event(read) = item {
                return Ok(Some((self.position, read)));
            }
            passed.read += 1;
            passed.seen += u64::from(range.is_none_or(|range| range.contains(self.position)));
        }
    }

    fn next_heap(&mut self) -> Result<Understood, Error> {
        match &mut self.source {
            Source::Here(lines, wanted) => Ok(of(next_of(lines), &lines.path, wanted)),
            Source::Ahead(threads, turn) => {
                let heap = threads.get(*turn).and_then(|thread| thread.recv().ok());
                *turn = (*turn + 1) % threads.len().max(1);
                // That nothing comes must not pass for the end of the file.
                heap.ok_or_else(|| {
                    let early = io::Error::other("what reads it ended before it did");
                    Error::Open(self.path.clone(), early)
                })
            }
        }
    }
}

/// Starts the threads of a file. Each ends when the other ends of its channels are gone.
fn threads(mut lines: Lines, wanted: &Arc<Wanted>) -> io::Result<Vec<Receiver<Understood>>> {
    let count = thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST));
    let (mut dealt, mut understood) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (deal, heaps): (SyncSender<Heap>, _) = sync_channel(HEAPS);
        let (tell, told) = sync_channel(HEAPS);
        let (path, wanted) = (lines.path.clone(), wanted.clone());
        named("archive-events").spawn(move || heaps.iter().try_for_each(|heap| tell.send(of(heap, &path, &wanted))))?;
        dealt.push(deal);
        understood.push(told);
    }
    named("archive-lines").spawn(move || {
        for deal in dealt.iter().cycle() {
            let heap = next_of(&mut lines);
            let last = heap.lines.is_empty() || heap.error.is_some();
            if deal.send(heap).is_err() || last {
                return;
            }
        }
    })?;
    Ok(understood)
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

/// The next lines of a file; none at its end.
fn next_of(lines: &mut Lines) -> Heap {
    let number = lines.count + 1;
    let (lines, error) = match lines.next(BYTES) {
        Ok(lines) => (lines, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    Heap { number, lines, error }
}

/// The events of lines. The last one is always there: whoever waits for what is wanted has a turn now and then.
fn of(heap: Heap, path: &Path, wanted: &Wanted) -> Understood {
    let mut items = Vec::new();
    let mut rest = heap.lines.as_slice();
    let mut number = heap.number;
    while !rest.is_empty() {
        let (line, behind) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &[][..]),
        };
        rest = behind;
        let event = parse_line(path, number, line);
        items.push(event.map(|event| wanted.item(event, rest.is_empty())));
        number += 1;
    }
    items.extend(heap.error.map(Err));
    items
}
