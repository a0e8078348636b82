//! The logs of all contracts. A client asks for a page of a range and expects the total of the range, but a log may
//! have millions of events and is not stored. So totals are sums of the counts of time slices. Events are generated
//! only for three kinds of slices: a slice with hits of the page, a slice in which the range starts or ends, and a
//! slice with events that may still arrive. Records are written only for the page.
//!
//! A [`LogView`] is a range of one contract's log at one instant. It includes the duplicates that the total counts, and
//! excludes events that have not arrived yet.

pub(crate) mod cache;
mod permutation;
mod recording;
pub(crate) mod source;
mod span;
mod view;

use chrono::{DateTime, Utc};

pub use recording::{Recording, RecordingError};
pub(crate) use view::{LogPage, LogView};

use crate::behavior::Behavior;
use crate::behavior::share::Share;
use crate::data::activity_profile::MILLISECOND;
use crate::data::random::mix;
use source::{EventEntry, LogEvent, LogSource};
use span::{LogSpan, to_nanoseconds};

/// Default start of the log of every contract: 2025-01-01T00:00:00Z.
pub const LOG_BEGIN: DateTime<Utc> = DateTime::from_timestamp_nanos(1_735_689_600_000_000_000);

/// End of the log of every contract: 2200-01-01T00:00:00Z. This time replaces a later time of the clock, a later
/// configured start of the log, and a later bound of a query. The log needs an end, because times in nanoseconds and
/// slice numbers in request identifiers overflow not much later.
pub const LOG_END: DateTime<Utc> = DateTime::from_timestamp_nanos(7_258_118_400_000_000_000);

/// The logs of all contracts.
pub(crate) struct Log {
    pub(crate) source: LogSource,
    pub(crate) behavior: Behavior,
}

/// Salt that makes the choice of duplicates independent of other random choices for the same contract and hour.
const COPIES: u64 = 0x636f_7069_6573_0000;

/// Random choices for an event. They are independent of each other. Each choice depends only on the event's own number
/// in the log.
#[derive(Clone, Copy)]
enum EventDecision {
    Delay = 1,
    Late = 2,
    Amended = 3,
}

impl EventDecision {
    /// The random 64-bit number that decides this choice for an event. All numbers are equally likely.
    fn word(self, entry: EventEntry) -> u64 {
        mix(entry.number ^ self as u64)
    }
}

impl Log {
    /// The log of a contract in [start, end) at the time `now`. If a bound is absent, the bound of the log is used.
    pub(crate) fn view(
        &self,
        contract: u64,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> LogView<'_> {
        let now = to_nanoseconds(now);
        let retention = self.behavior.retention.and_then(|retention| retention.num_nanoseconds());
        let oldest = retention.map_or(i64::MIN, |retention| now.saturating_sub(retention));
        let span = LogSpan { start: self.source.begin().max(oldest), end: now };
        LogView::new(self, contract, span.intersect(start, end), now)
    }

    /// The contract of the Cloud API request `id`, and the JSON records of the request's events before `now`, oldest
    /// first. `None` if the request has no event before `now`, or if `may_read` rejects the contract.
    pub(crate) fn request(
        &self,
        id: &str,
        may_read: impl Fn(u64) -> bool,
        now: DateTime<Utc>,
    ) -> Option<(u64, Vec<String>)> {
        let now = to_nanoseconds(now);
        let span = LogSpan { start: self.source.begin(), end: now };
        let (contract, events) = self.source.request(id, may_read, span, &self.behavior)?;
        let records = events.iter().map(|event| self.record(event, now)).collect();
        Some((contract, records))
    }

    /// The record of an event at the time `now`, as JSON.
    fn record(&self, event: &LogEvent, now: i64) -> String {
        let mut record = Vec::with_capacity(1024);
        self.write_record(event, now, &mut record);
        // Always valid UTF-8, because records are generated or were read as text.
        String::from_utf8(record).unwrap_or_default()
    }

    fn write_record(&self, event: &LogEvent, now: i64, out: &mut Vec<u8>) {
        event.write(self.is_amended(event.entry, now), &self.behavior, out);
    }

    /// The hour of a slice, and the number of the slice in this hour, from 0.
    fn hour_of_slice(&self, slice: u64) -> (u64, u64) {
        let slices = self.source.slices_per_hour();
        (slice / slices, slice % slices)
    }

    /// The number of hits in the first `slice` slices of an hour.
    fn hits_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        let events = self.source.events_before(contract, hour, slice);
        events + self.duplicates_of_first(contract, hour, events)
    }

    /// The number of duplicates in a slice. 0 if the total does not count duplicates.
    fn duplicates_of_slice(&self, contract: u64, slice: u64) -> u64 {
        let (hour, index) = self.hour_of_slice(slice);
        let duplicates_before = |index| {
            let events = self.source.events_before(contract, hour, index);
            self.duplicates_of_first(contract, hour, events)
        };
        duplicates_before(index + 1) - duplicates_before(index)
    }

    /// The number of duplicates among the first `events` events of an hour. 0 if the total does not count duplicates.
    /// The hour has the configured share of duplicates, spread evenly.
    fn duplicates_of_first(&self, contract: u64, hour: u64, events: u64) -> u64 {
        let share = self.behavior.duplicates;
        if !self.behavior.duplicates_counted || share == Share::NONE {
            return 0;
        }
        let slices = self.source.slices_per_hour();
        let all = self.source.events_before(contract, hour, slices);
        let duplicates = share.count_of(all, mix(mix(contract ^ COPIES) ^ hour));
        // Both factors are below 2^32, even with the largest bursts, so the product fits into 64 bits.
        (duplicates * events).checked_div(all).unwrap_or(0)
    }

    /// The maximum time from an event to its arrival, in nanoseconds.
    fn max_delay(&self) -> i64 {
        let late = self.behavior.late_events;
        let by = if late.share == Share::NONE { 0 } else { late.by };
        (self.behavior.ingest_delay.max_delay() + by) * MILLISECOND
    }

    /// The time from an event to its arrival, in nanoseconds.
    fn delay(&self, entry: EventEntry) -> i64 {
        let behavior = &self.behavior;
        let mut delay = behavior.ingest_delay.delay_of(EventDecision::Delay.word(entry));
        if behavior.late_events.share.includes(EventDecision::Late.word(entry)) {
            delay += behavior.late_events.by;
        }
        delay * MILLISECOND
    }

    /// Whether an event has its amended form at the time `now`.
    fn is_amended(&self, entry: EventEntry, now: i64) -> bool {
        let amended = self.behavior.amended_events;
        amended.share.includes(EventDecision::Amended.word(entry))
            && entry.time.saturating_add(amended.after * MILLISECOND) <= now
    }
}

#[cfg(test)]
mod tests;
