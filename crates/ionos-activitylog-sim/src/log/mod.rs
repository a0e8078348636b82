//! A client asks for a range of the log and a page of it, and expects to be told how many events the whole range holds.
//! The log may have millions of events and nobody keeps it: slices of time are counted without looking inside, only
//! those that a page touches are opened, and only the records of the page are written.
//!
//! A [`View`] is a range of one contract's log as it looks at one instant: events that have not arrived yet are not in
//! it, those that are there twice are, if they count.

mod recording;
mod shuffle;
mod source;
mod span;

use chrono::{DateTime, Utc};

pub use recording::{Recording, RecordingError};

pub(crate) use source::{Drawn, Source};

use crate::switches::{Order, Switches};
use crate::world::random::mix;
use crate::world::rhythm::HOUR;
use shuffle::Shuffle;
use source::{Block, Entry};
use span::{Span, nanoseconds};

/// When the log of every contract begins unless something else is chosen: 2025-01-01T00:00:00Z.
pub const LOG_BEGIN: DateTime<Utc> = DateTime::from_timestamp_nanos(1_735_689_600_000_000_000);

/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

/// The logs of all contracts.
pub(crate) struct Log {
    pub(crate) source: Source,
    pub(crate) switches: Switches,
}

impl Log {
    /// What [start, end) of a contract's log looks like at the time `now`. An absent bound is that of the log itself.
    pub(crate) fn view(
        &self,
        contract: u64,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> View<'_> {
        let now = nanoseconds(now);
        let retention = self
            .switches
            .retention
            .and_then(|kept| kept.num_nanoseconds());
        let kept = retention.map_or(i64::MIN, |kept| now.saturating_sub(kept));
        let log = Span {
            start: self.source.begin().max(kept),
            end: now,
        };
        View {
            log: self,
            contract,
            span: log.within(start, end),
            now,
        }
    }

    /// The contract of a request and those of its events that happened before `now`, in their order, as JSON text.
    pub(crate) fn request(&self, id: &str, now: DateTime<Utc>) -> Option<(u64, Vec<String>)> {
        let (contract, events) = self.source.request(id, &self.switches)?;
        let now = nanoseconds(now);
        let known = Span {
            start: self.source.begin(),
            end: now,
        };
        let mut texts = Vec::new();
        for (time, text) in events {
            if known.holds(time) {
                texts.push(text);
            }
        }
        (!texts.is_empty()).then_some((contract, texts))
    }
}

/// A range of one contract's log at one instant.
pub(crate) struct View<'a> {
    log: &'a Log,
    contract: u64,
    span: Span,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    now: i64,
}

impl<'a> View<'a> {
    /// How many documents it has: its events, and those that are there twice a second time if they count.
    pub(crate) fn total(&self) -> u64 {
        self.hours().map(|hour| self.count_of_hour(hour)).sum()
    }

    /// A page of it, in the order of the switch. `request` chooses the order where that is another one for every
    /// request.
    pub(crate) fn page(&self, offset: u64, limit: u64, request: u64) -> Page<'a> {
        let counts: Vec<u64> = self.hours().map(|hour| self.count_of_hour(hour)).collect();
        let total = counts.iter().sum();
        let places = offset.min(total)..offset.saturating_add(limit).min(total);
        let order = self.log.switches.order;
        let shuffle = Shuffle::new(request, total);
        // Where they are when all documents are counted from the oldest.
        let wanted: Vec<u64> = places
            .map(|place| match order {
                Order::OldestFirst => place,
                Order::NewestFirst | Order::UnstableTies => total - 1 - place,
                Order::Shuffled => shuffle.at(place),
            })
            .collect();
        let mut sorted: Vec<(u64, usize)> = wanted.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut page = Page {
            log: self.log,
            now: self.now,
            total,
            blocks: Vec::new(),
            hits: Vec::new(),
        };
        let mut found = Vec::with_capacity(sorted.len());
        self.find(&counts, &sorted, request, &mut page.blocks, &mut found);
        found.sort_unstable_by_key(|(place, _)| *place);
        page.hits = found.into_iter().map(|(_, hit)| hit).collect();
        page
    }

    /// Opens the slices that hold the documents with the numbers that are wanted, which are in ascending order, each
    /// with its place on the page. `counts` has the documents of each hour.
    fn find(
        &self,
        counts: &[u64],
        mut wanted: &[(u64, usize)],
        request: u64,
        blocks: &mut Vec<Block<'a>>,
        found: &mut Vec<(usize, Hit)>,
    ) {
        let mut passed = 0;
        for (hour, count) in self.hours().zip(counts) {
            let Some((next, _)) = wanted.first() else {
                return;
            };
            if passed + count <= *next {
                passed += count;
                continue;
            }
            for slice in self.slices_of(hour) {
                let count = self.count(slice);
                let here = wanted.partition_point(|(number, _)| *number < passed + count);
                if here > 0 {
                    let block = self.open(slice);
                    let entries = self.documents(&block, request);
                    let hits = wanted[..here].iter().map(|(number, place)| {
                        let entry = entries[(number - passed) as usize];
                        let block = blocks.len();
                        (*place, Hit { block, entry })
                    });
                    found.extend(hits);
                    blocks.push(block);
                    wanted = &wanted[here..];
                }
                passed += count;
            }
        }
    }

    /// Its events as JSON text, each once, oldest first; of equal times in an order that is always the same.
    pub(crate) fn records(self) -> impl Iterator<Item = String> + use<'a> {
        let slices = self.span.stretches(self.log.source.slice_length());
        slices.flat_map(move |slice| {
            let block = self.open(slice);
            self.entries(&block)
                .into_iter()
                .map(|entry| {
                    let mut text = Vec::with_capacity(1024);
                    block.write(
                        entry,
                        self.log.amended(entry, self.now),
                        &self.log.switches,
                        &mut text,
                    );
                    // A record is made of text, or was read as text.
                    String::from_utf8(text).unwrap_or_default()
                })
                .collect::<Vec<String>>()
        })
    }

    /// The hours that it touches, in hours since 1970-01-01T00:00:00Z.
    fn hours(&self) -> std::ops::Range<u64> {
        self.span.stretches(HOUR * MILLISECOND)
    }

    fn slices_of(&self, hour: u64) -> std::ops::Range<u64> {
        let slices = self.log.source.slices_of_an_hour();
        hour * slices..(hour + 1) * slices
    }

    fn open(&self, slice: u64) -> Block<'a> {
        let log = self.log;
        log.source.block(self.contract, slice, &log.switches)
    }

    fn count_of_hour(&self, hour: u64) -> u64 {
        let begin = hour as i64 * HOUR * MILLISECOND;
        if self.log.copies().is_none() && self.is_all_there(begin, HOUR * MILLISECOND) {
            self.log.source.events_of_hour(self.contract, hour)
        } else {
            self.slices_of(hour).map(|slice| self.count(slice)).sum()
        }
    }

    /// How many documents it has in a slice.
    fn count(&self, slice: u64) -> u64 {
        let length = self.log.source.slice_length();
        let begin = slice as i64 * length;
        if self.is_all_there(begin, length) {
            let events = self.log.source.events_of_slice(self.contract, slice);
            // Every n-th event of a slice is there twice.
            events + self.log.copies().map_or(0, |every| events / every)
        } else if begin >= self.span.end || begin + length <= self.span.start {
            0
        } else {
            let block = self.open(slice);
            self.documents(&block, 0).len() as u64
        }
    }

    /// Whether all events of a stretch of time belong to it and have arrived.
    fn is_all_there(&self, begin: i64, length: i64) -> bool {
        let end = begin + length;
        let settled = end.saturating_add(self.log.longest_delay()) <= self.now;
        settled && self.span.covers(Span { start: begin, end })
    }

    /// The events of a slice that belong to it.
    fn entries(&self, block: &Block) -> Vec<Entry> {
        let entries = block.entries();
        entries.filter(|entry| self.shows(*entry)).collect()
    }

    /// The same with those that count twice, and with ties in the order that a request sees.
    fn documents(&self, block: &Block, request: u64) -> Vec<Entry> {
        let every = self.log.copies();
        let mut documents = Vec::new();
        for (entry, number) in block.entries().zip(1_u64..) {
            if self.shows(entry) {
                documents.push(entry);
                if every.is_some_and(|every| number.is_multiple_of(every)) {
                    documents.push(entry);
                }
            }
        }
        if self.log.switches.order == Order::UnstableTies {
            documents.sort_by_key(|entry| (entry.time, mix(entry.own ^ request)));
        }
        documents
    }

    fn shows(&self, entry: Entry) -> bool {
        self.span.holds(entry.time) && entry.time.saturating_add(self.log.delay(entry)) <= self.now
    }
}

/// One page of a range.
pub(crate) struct Page<'a> {
    log: &'a Log,
    now: i64,
    /// How many documents the range holds, whatever the page.
    pub(crate) total: u64,
    blocks: Vec<Block<'a>>,
    hits: Vec<Hit>,
}

/// A document on a page.
#[derive(Clone, Copy, Debug)]
struct Hit {
    block: usize,
    entry: Entry,
}

impl Page<'_> {
    /// Its documents, in their order: a number of each event's own, spread evenly over 64 bits, and what writes its
    /// record.
    pub(crate) fn hits(&self) -> impl ExactSizeIterator<Item = (u64, impl Fn(&mut Vec<u8>))> {
        self.hits.iter().map(move |hit| {
            let write = move |out: &mut Vec<u8>| {
                let amended = self.log.amended(hit.entry, self.now);
                self.blocks[hit.block].write(hit.entry, amended, &self.log.switches, out);
            };
            (hit.entry.own, write)
        })
    }
}

/// What the number of an event decides, apart from each other.
#[derive(Clone, Copy)]
enum Decision {
    Delay = 1,
    Late = 2,
    Amended = 3,
}

impl Log {
    /// One event in how many is there twice, where that counts.
    fn copies(&self) -> Option<u64> {
        let every = self.switches.duplicates.one_in();
        every.filter(|_| self.switches.duplicates_counted)
    }

    /// No event appears later than this after its time, in nanoseconds.
    fn longest_delay(&self) -> i64 {
        (self.switches.ingest_delay.longest() + self.switches.late.by) * MILLISECOND
    }

    /// How long an event takes to appear, in nanoseconds.
    fn delay(&self, entry: Entry) -> i64 {
        let switches = &self.switches;
        let mut delay = switches.ingest_delay.of(decided(entry, Decision::Delay));
        if switches.late.share.takes(decided(entry, Decision::Late)) {
            delay += switches.late.by;
        }
        delay * MILLISECOND
    }

    /// Whether an event has its second form at the time `now`.
    fn amended(&self, entry: Entry, now: i64) -> bool {
        let amended = self.switches.amended;
        amended.share.takes(decided(entry, Decision::Amended))
            && entry.time.saturating_add(amended.after * MILLISECOND) <= now
    }
}

fn decided(entry: Entry, decision: Decision) -> u64 {
    mix(entry.own ^ decision as u64)
}

#[cfg(test)]
mod tests;
