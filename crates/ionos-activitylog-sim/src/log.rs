//! A client asks for a range of the log and a page of it, newest first, and expects to be told how many events the
//! whole range holds. The log is years long and nobody keeps it: the hours that a range touches are sketched anew each
//! time, counted, and only the records of the page are written.

use chrono::{DateTime, Utc};

use crate::hour::{HOUR, Hour, Slot};
use crate::random::{Key, Random};
use crate::record::json;

/// When the log of every contract begins: 2025-01-01T00:00:00Z.
pub const LOG_BEGIN: DateTime<Utc> = DateTime::from_timestamp_nanos(1_735_689_600_000_000_000);

/// [`LOG_BEGIN`] in hours since 1970-01-01T00:00:00Z.
pub(crate) const FIRST_HOUR: u64 = LOG_BEGIN.timestamp() as u64 / 3600;

/// A part of the log that exists: half-open, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: i64,
    end: i64,
}

impl Span {
    /// What exists of [start, end) at the time `now`; an absent bound is that of the log itself.
    ///
    /// Empty when `start` is not before `end`.
    pub(crate) fn new(
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let start = milliseconds(start.map_or(LOG_BEGIN, |start| start.max(LOG_BEGIN)));
        let end = milliseconds(end.map_or(now, |end| end.min(now)));
        Self {
            start,
            end: end.max(start),
        }
    }

    /// The hours that it touches, in hours since 1970-01-01T00:00:00Z.
    fn hours(self) -> std::ops::Range<u64> {
        let first = self.start / HOUR;
        // The end is exclusive: an hour that begins there is not touched.
        let end = (self.end + HOUR - 1) / HOUR;
        first as u64..end as u64
    }

    /// The part of an hour's events that it holds.
    fn of(self, hour: &Hour) -> &[Slot] {
        let from = hour.slots.partition_point(|slot| slot.time < self.start);
        let to = hour.slots.partition_point(|slot| slot.time < self.end);
        &hour.slots[from..to]
    }
}

/// Rounded up: events have whole milliseconds, so that "not before" and "before" mean the same as before rounding.
fn milliseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis() + i64::from(!time.timestamp_subsec_nanos().is_multiple_of(1_000_000))
}

/// One page of a range.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many events the range holds, whatever the page.
    pub(crate) total: u64,
    /// JSON text, newest first.
    pub(crate) records: Vec<String>,
}

/// The logs of all contracts.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) seed: u64,
}

impl Log {
    /// Skips `offset` events from the newest one of the span, and gives at most `limit`.
    pub(crate) fn page(&self, contract: u64, span: Span, offset: u64, limit: u64) -> Page {
        let wanted = offset..offset.saturating_add(limit);
        let mut page = Page {
            total: 0,
            records: Vec::new(),
        };
        for number in span.hours().rev() {
            let hour = Hour::sketch(self.seed, contract, number);
            let slots = span.of(&hour);
            let index = page.total..page.total + slots.len() as u64;
            page.total = index.end;
            if index.start >= wanted.end || index.end <= wanted.start {
                continue;
            }
            let newest_first = slots.iter().rev().zip(index);
            page.records.extend(
                newest_first
                    .filter(|(_, index)| wanted.contains(index))
                    .map(|(slot, _)| json(&hour.record(slot))),
            );
        }
        page
    }

    /// All of the span as JSON text, oldest first.
    pub(crate) fn records(&self, contract: u64, span: Span) -> Vec<String> {
        span.hours()
            .flat_map(|number| {
                let hour = Hour::sketch(self.seed, contract, number);
                let records = span.of(&hour).iter().map(|slot| json(&hour.record(slot)));
                records.collect::<Vec<_>>()
            })
            .collect()
    }
}

/// The contracts of an account: different numbers of 8 digits, the first ones the same however many there are.
pub(crate) fn contract_numbers(seed: u64, count: usize) -> Vec<u64> {
    let key = Key {
        seed,
        contract: 0,
        part: Key::CONTRACTS,
    };
    let mut random = Random::new(key, 0);
    let mut numbers = Vec::new();
    while numbers.len() < count {
        let number = random.between(10_000_000, 99_999_999);
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests;
