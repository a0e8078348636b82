//! A client asks for a range of the log and a page of it, and expects to be told how many events the whole range holds.
//! The log may have millions of events and nobody keeps it: slices of time are counted without looking inside, only
//! those that a page touches are opened, and only the records of the page are written.
//!
//! A [`View`] is a range of one contract's log as it looks at one instant: events that have not arrived yet are not in
//! it, those that are there twice are, if they count.

mod kept;
mod recording;
mod shuffle;
mod source;
mod span;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use recording::{Recording, RecordingError};

pub(crate) use kept::Kept;
pub(crate) use source::{Drawn, Source};

use crate::switches::{Order, Share, Switches};
use crate::world::random::mix;
use crate::world::rhythm::{HOUR, MILLISECOND};
use shuffle::Shuffle;
use source::{Block, Entry, Event};
use span::{Span, nanoseconds};

/// When the log of every contract begins unless something else is chosen: 2025-01-01T00:00:00Z.
pub const LOG_BEGIN: DateTime<Utc> = DateTime::from_timestamp_nanos(1_735_689_600_000_000_000);

/// When the log of every contract ends at the latest: 2200-01-01T00:00:00Z. A clock, a begin and a query after it are
/// taken for it, because times in nanoseconds and the numbers of slices in identifiers do not reach much further.
pub const LOG_END: DateTime<Utc> = DateTime::from_timestamp_nanos(7_258_118_400_000_000_000);

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
        let retention = self.switches.retention.and_then(|kept| kept.num_nanoseconds());
        let kept = retention.map_or(i64::MIN, |kept| now.saturating_sub(kept));
        let log = Span { start: self.source.begin().max(kept), end: now };
        View { log: self, contract, span: log.within(start, end), now }
    }

    /// The contract of a request, if it is one that may be read, and those of its events that happened before `now`, in
    /// their order, as JSON text.
    pub(crate) fn request(
        &self,
        id: &str,
        may_read: impl Fn(u64) -> bool,
        now: DateTime<Utc>,
    ) -> Option<(u64, Vec<String>)> {
        let now = nanoseconds(now);
        let known = Span { start: self.source.begin(), end: now };
        let (contract, events) = self.source.request(id, may_read, known, &self.switches)?;
        let texts = events.iter().map(|event| self.text(event, now)).collect();
        Some((contract, texts))
    }

    /// The record of an event as it is at the time `now`.
    fn text(&self, event: &Event, now: i64) -> String {
        let mut text = Vec::with_capacity(1024);
        self.write(event, now, &mut text);
        // A record is made of text, or was read as text.
        String::from_utf8(text).unwrap_or_default()
    }

    fn write(&self, event: &Event, now: i64, out: &mut Vec<u8>) {
        event.write(self.amended(event.entry, now), &self.switches, out);
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
    /// How many hits it has: its events, and those that are there twice a second time if they count.
    pub(crate) fn total(&self) -> u64 {
        self.count(&mut BTreeMap::new()).iter().sum()
    }

    /// A page of it, in the order of the switch. `request` chooses the order where that is another one for every
    /// request.
    pub(crate) fn page(&self, offset: u64, limit: u64, request: u64) -> Page<'a> {
        let mut of_slices = BTreeMap::new();
        let counts = self.count(&mut of_slices);
        let total = counts.iter().sum();
        let places = offset.min(total)..offset.saturating_add(limit).min(total);
        let order = self.log.switches.order;
        let shuffle = Shuffle::new(request, total);
        // Where they are when all hits are counted from the oldest.
        let wanted: Vec<u64> = places
            .map(|place| match order {
                Order::OldestFirst => place,
                Order::NewestFirst | Order::UnstableTies => total - 1 - place,
                Order::Shuffled => shuffle.at(place),
            })
            .collect();
        let mut sorted: Vec<(u64, usize)> = wanted.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let mut found = Vec::with_capacity(sorted.len());
        self.find(&counts, &of_slices, &sorted, request, &mut found);
        found.sort_unstable_by_key(|(place, _)| *place);
        Page { log: self.log, now: self.now, total, hits: found.into_iter().map(|(_, event)| event).collect() }
    }

    /// Opens the slices that hold the hits with the numbers that are wanted, which are in ascending order, each with its
    /// place on the page.
    fn find(
        &self,
        counts: &[u64],
        of_slices: &SliceCounts,
        mut wanted: &[(u64, usize)],
        request: u64,
        found: &mut Vec<(usize, Event<'a>)>,
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
                let known = of_slices.get(&slice).copied();
                let count = known.unwrap_or_else(|| self.count_of_slice(slice));
                let here = wanted.partition_point(|(number, _)| *number < passed + count);
                if here > 0 {
                    let block = self.open(slice);
                    let hits = self.hits(slice, &block, request);
                    let places = wanted[..here].iter();
                    found.extend(places.map(|(number, place)| {
                        let entry = hits[(number - passed) as usize];
                        (*place, block.event(entry))
                    }));
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
                .map(|entry| self.log.text(&block.event(entry), self.now))
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

    /// How many hits each of its hours has. Where events may not have arrived yet, or an hour is cut, every slice is
    /// counted by itself, and its count is kept.
    fn count(&self, of_slices: &mut SliceCounts) -> Vec<u64> {
        let slices = self.log.source.slices_of_an_hour();
        let of_hour = |hour: u64| {
            let begin = hour as i64 * HOUR * MILLISECOND;
            if self.is_all_there(begin, HOUR * MILLISECOND) {
                return self.log.hits_before(self.contract, hour, slices);
            }
            let mut hits = 0;
            for slice in self.slices_of(hour) {
                let count = self.count_of_slice(slice);
                of_slices.insert(slice, count);
                hits += count;
            }
            hits
        };
        self.hours().map(of_hour).collect()
    }

    /// How many hits it has in a slice.
    fn count_of_slice(&self, slice: u64) -> u64 {
        let length = self.log.source.slice_length();
        let begin = slice as i64 * length;
        if self.is_all_there(begin, length) {
            let (hour, at) = self.log.place_of(slice);
            let until = |at| self.log.hits_before(self.contract, hour, at);
            until(at + 1) - until(at)
        } else if begin >= self.span.end || begin + length <= self.span.start {
            0
        } else {
            let block = self.open(slice);
            self.hits(slice, &block, 0).len() as u64
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
    fn hits(&self, slice: u64, block: &Block, request: u64) -> Vec<Entry> {
        let entries = block.entries();
        let copies = self.log.copies(self.contract, slice);
        let chosen = Shuffle::new(mix(slice ^ COPIES), entries.len() as u64);
        let mut hits = Vec::with_capacity(entries.len() + copies as usize);
        for (entry, at) in entries.zip(0..) {
            if self.shows(entry) {
                hits.push(entry);
                if copies > 0 && chosen.at(at) < copies {
                    hits.push(entry);
                }
            }
        }
        if self.log.switches.order == Order::UnstableTies {
            hits.sort_by_key(|entry| (entry.time, mix(entry.number ^ request)));
        }
        hits
    }

    fn shows(&self, entry: Entry) -> bool {
        self.span.holds(entry.time) && entry.time.saturating_add(self.log.delay(entry)) <= self.now
    }
}

/// How many hits some slices have, by their numbers.
type SliceCounts = BTreeMap<u64, u64>;

/// One page of a range.
pub(crate) struct Page<'a> {
    log: &'a Log,
    now: i64,
    /// How many hits the range holds, whatever the page.
    pub(crate) total: u64,
    hits: Vec<Event<'a>>,
}

impl Page<'_> {
    /// Its hits, in their order: the number of each event, and what writes its record.
    pub(crate) fn hits(&self) -> impl ExactSizeIterator<Item = (u64, impl Fn(&mut Vec<u8>))> {
        self.hits.iter().map(move |event| {
            let write = move |out: &mut Vec<u8>| self.log.write(event, self.now, out);
            (event.entry.number, write)
        })
    }
}

/// Sets the draws for events that are there twice apart from others with the same number.
const COPIES: u64 = 0x636f_7069_6573_0000;

/// What the number of an event decides, apart from each other.
#[derive(Clone, Copy)]
enum Decision {
    Delay = 1,
    Late = 2,
    Amended = 3,
}

impl Log {
    /// The hour of a slice, and which of its slices it is, counted from 0.
    fn place_of(&self, slice: u64) -> (u64, u64) {
        let slices = self.source.slices_of_an_hour();
        (slice / slices, slice % slices)
    }

    /// How many hits the slices of an hour before one of them have.
    fn hits_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        let events = self.source.events_before(contract, hour, slice);
        events + self.copies_of(contract, hour, events)
    }

    /// How many events of a slice are there twice, where that counts.
    fn copies(&self, contract: u64, slice: u64) -> u64 {
        let (hour, at) = self.place_of(slice);
        let until = |at| {
            let events = self.source.events_before(contract, hour, at);
            self.copies_of(contract, hour, events)
        };
        until(at + 1) - until(at)
    }

    /// How many of the first `events` of an hour are there twice, where that counts: of all of them the share, and of
    /// some as many as is even.
    fn copies_of(&self, contract: u64, hour: u64, events: u64) -> u64 {
        let share = self.switches.duplicates;
        if !self.switches.duplicates_counted || share == Share::NONE {
            return 0;
        }
        let slices = self.source.slices_of_an_hour();
        let all = self.source.events_before(contract, hour, slices);
        let copies = share.of(all, mix(mix(contract ^ COPIES) ^ hour));
        // Neither has as many as 2^32, whatever the bursts.
        (copies * events).checked_div(all).unwrap_or(0)
    }

    /// No event appears later than this after its time, in nanoseconds.
    fn longest_delay(&self) -> i64 {
        let late = self.switches.late;
        let by = if late.share == Share::NONE { 0 } else { late.by };
        (self.switches.ingest_delay.longest() + by) * MILLISECOND
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
    mix(entry.number ^ decision as u64)
}

#[cfg(test)]
mod tests;
