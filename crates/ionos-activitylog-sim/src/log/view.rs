//! Ranges and pages of a log. Most hits are counted by hour and slice, without opening a slice. A slice is opened only
//! if the range starts or ends in the slice, if events of the slice may still arrive, or if the slice has hits of the
//! page.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::behavior::Order;
use crate::data::activity_profile::{HOUR, MILLISECOND};
use crate::data::random::mix;
use crate::log::permutation::Permutation;
use crate::log::source::{EventEntry, LogEvent, LogSlice};
use crate::log::span::LogSpan;
use crate::log::{COPIES, Log};

/// The number of hits of some slices, by slice number.
type SliceCounts = BTreeMap<u64, u64>;

/// A range of one contract's log at one instant.
pub(crate) struct LogView<'a> {
    log: &'a Log,
    contract: u64,
    span: LogSpan,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    now: i64,
}

/// One page of a range.
pub(crate) struct LogPage<'a> {
    log: &'a Log,
    now: i64,
    /// The number of hits of the whole range.
    pub(crate) total: u64,
    hits: Vec<LogEvent<'a>>,
}

impl<'a> LogView<'a> {
    pub(super) fn new(log: &'a Log, contract: u64, span: LogSpan, now: i64) -> Self {
        Self { log, contract, span, now }
    }

    /// The number of hits: the events of the range, and their duplicates if the total counts duplicates.
    pub(crate) fn total(&self) -> u64 {
        self.count_by_hour(&mut BTreeMap::new()).iter().sum()
    }

    /// A page, with its hits in the configured [`Order`]. `request_key` selects the order if the order differs from
    /// request to request.
    pub(crate) fn page(&self, offset: u64, limit: u64, request_key: u64) -> LogPage<'a> {
        let mut slice_counts = BTreeMap::new();
        let counts = self.count_by_hour(&mut slice_counts);
        let total = counts.iter().sum();
        let positions = offset.min(total)..offset.saturating_add(limit).min(total);
        let order = self.log.behavior.order;
        let permutation = Permutation::new(request_key, total);
        // The number of each hit of the page, counted from the oldest hit of the range.
        let numbers = positions.map(|position| match order {
            Order::OldestFirst => position,
            Order::NewestFirst | Order::UnstableTies => total - 1 - position,
            Order::Shuffled => permutation.number_at(position),
        });
        let mut sorted: Vec<(u64, usize)> = numbers.zip(0..).collect();
        sorted.sort_unstable();
        let mut found = Vec::with_capacity(sorted.len());
        self.find_hits(&counts, &slice_counts, &sorted, request_key, &mut found);
        found.sort_unstable_by_key(|(position, _)| *position);
        LogPage { log: self.log, now: self.now, total, hits: found.into_iter().map(|(_, event)| event).collect() }
    }

    /// Adds the hits of a page to `found`, each with its position on the page. Opens only the slices that have hits of
    /// the page. `remaining` has one entry per hit of the page: the number of the hit, counted from the oldest hit of
    /// the range, and its position on the page. The entries are in ascending order of the numbers.
    fn find_hits(
        &self,
        counts: &[u64],
        slice_counts: &SliceCounts,
        mut remaining: &[(u64, usize)],
        request_key: u64,
        found: &mut Vec<(usize, LogEvent<'a>)>,
    ) {
        let mut passed = 0;
        for (hour, count) in self.hours().zip(counts) {
            let Some((next, _)) = remaining.first() else {
                return;
            };
            if passed + count <= *next {
                passed += count;
                continue;
            }
            for slice in self.slices_of_hour(hour) {
                let known = slice_counts.get(&slice).copied();
                let count = known.unwrap_or_else(|| self.count_slice(slice));
                let here = remaining.partition_point(|(number, _)| *number < passed + count);
                if here > 0 {
                    let opened = self.open(slice);
                    let hits = self.hits(slice, &opened, request_key);
                    found.extend(remaining[..here].iter().map(|(number, position)| {
                        let entry = hits[(number - passed) as usize];
                        (*position, opened.event(entry))
                    }));
                    remaining = &remaining[here..];
                }
                passed += count;
            }
        }
    }

    /// The records of the range as JSON, each once, oldest first. Events of equal time have a fixed order.
    pub(crate) fn records(self) -> impl Iterator<Item = String> + use<'a> {
        let slices = self.span.chunks(self.log.source.slice_length());
        slices.flat_map(move |slice| {
            let opened = self.open(slice);
            self.visible_entries(&opened)
                .into_iter()
                .map(|entry| self.log.record(&opened.event(entry), self.now))
                .collect::<Vec<String>>()
        })
    }

    /// The hours that overlap the range, counted since 1970-01-01T00:00:00Z.
    fn hours(&self) -> Range<u64> {
        self.span.chunks(HOUR * MILLISECOND)
    }

    fn slices_of_hour(&self, hour: u64) -> Range<u64> {
        let slices = self.log.source.slices_per_hour();
        hour * slices..(hour + 1) * slices
    }

    fn open(&self, slice: u64) -> LogSlice<'a> {
        let log = self.log;
        log.source.open(self.contract, slice, &log.behavior)
    }

    /// The number of hits of each hour. The slices of an hour are counted one by one in two cases: the range starts or
    /// ends within the hour, or events of the hour may still arrive. The count of each of these slices is stored in
    /// `slice_counts`.
    fn count_by_hour(&self, slice_counts: &mut SliceCounts) -> Vec<u64> {
        let slices = self.log.source.slices_per_hour();
        let count_hour = |hour: u64| {
            let begin = hour as i64 * HOUR * MILLISECOND;
            if self.is_complete(begin, HOUR * MILLISECOND) {
                return self.log.hits_before(self.contract, hour, slices);
            }
            let mut hits = 0;
            for slice in self.slices_of_hour(hour) {
                let count = self.count_slice(slice);
                slice_counts.insert(slice, count);
                hits += count;
            }
            hits
        };
        self.hours().map(count_hour).collect()
    }

    /// The number of hits that are in the range and in a slice.
    fn count_slice(&self, slice: u64) -> u64 {
        let length = self.log.source.slice_length();
        let begin = slice as i64 * length;
        if self.is_complete(begin, length) {
            let (hour, index) = self.log.hour_of_slice(slice);
            let hits_before = |index| self.log.hits_before(self.contract, hour, index);
            hits_before(index + 1) - hits_before(index)
        } else if begin >= self.span.end || begin + length <= self.span.start {
            0
        } else {
            let opened = self.open(slice);
            self.hits(slice, &opened, 0).len() as u64
        }
    }

    /// Whether all events of a span of time are in the range and have arrived.
    fn is_complete(&self, begin: i64, length: i64) -> bool {
        let end = begin + length;
        let arrived = end.saturating_add(self.log.max_delay()) <= self.now;
        arrived && self.span.covers(LogSpan { start: begin, end })
    }

    /// The events of a slice that are in the range and have arrived.
    fn visible_entries(&self, opened: &LogSlice) -> Vec<EventEntry> {
        opened.entries().filter(|entry| self.is_visible(*entry)).collect()
    }

    /// The visible events of a slice, with their duplicates if the total counts duplicates, oldest first. With
    /// [`Order::UnstableTies`], `request_key` selects the order of events of equal time.
    fn hits(&self, slice: u64, opened: &LogSlice, request_key: u64) -> Vec<EventEntry> {
        let entries = opened.entries();
        let duplicates = self.log.duplicates_of_slice(self.contract, slice);
        let permutation = Permutation::new(mix(slice ^ COPIES), entries.len() as u64);
        let mut hits = Vec::with_capacity(entries.len() + duplicates as usize);
        for (entry, index) in entries.zip(0..) {
            if self.is_visible(entry) {
                hits.push(entry);
                if duplicates > 0 && permutation.number_at(index) < duplicates {
                    hits.push(entry);
                }
            }
        }
        if self.log.behavior.order == Order::UnstableTies {
            hits.sort_by_key(|entry| (entry.time, mix(entry.number ^ request_key)));
        }
        hits
    }

    fn is_visible(&self, entry: EventEntry) -> bool {
        self.span.contains(entry.time) && entry.time.saturating_add(self.log.delay(entry)) <= self.now
    }
}

impl LogPage<'_> {
    /// The hits in order. Each hit is the number of its event and a function that writes the record of the event.
    pub(crate) fn hits(&self) -> impl ExactSizeIterator<Item = (u64, impl Fn(&mut Vec<u8>))> {
        self.hits.iter().map(move |event| {
            let write = move |out: &mut Vec<u8>| self.log.write_record(event, self.now, out);
            (event.entry.number, write)
        })
    }
}
