//! A source provides the events of a log. It generates the events from a seed, or takes them from a recording. A source
//! divides the log into slices of time. It counts the events of a slice without listing them; opening a slice lists its
//! events.

use std::sync::Arc;

use crate::behavior::Behavior;
use crate::data::activity_profile::{ActivityProfile, HOUR, MILLISECOND};
use crate::data::operation_context::RecordSettings;
use crate::data::outline::{EventOutline, SliceOutline};
use crate::data::people::Population;
use crate::data::random::RandomKey;
use crate::data::request_id::RequestLocation;
use crate::log::cache::{CachedSlice, RecordCache};
use crate::log::recording::{RecordedEvent, Recording};
use crate::log::span::LogSpan;

/// Initial capacity for a record, in bytes. Few records are larger.
const TYPICAL_RECORD_BYTES: usize = 1024;

/// The source of the events of a log.
pub(crate) enum LogSource {
    Generated(GeneratedLog),
    Recorded(Recording),
}

/// A log that is generated from a seed.
pub(crate) struct GeneratedLog {
    pub(crate) seed: u64,
    pub(crate) profile: ActivityProfile,
    pub(crate) population: Population,
    /// The hour in which the log begins, counted since 1970-01-01T00:00:00Z.
    pub(crate) first_hour: u64,
    pub(crate) cache: RecordCache,
}

/// The time and number of an event, without its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventEntry {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// The unique number of the event. All 64-bit numbers are equally likely.
    pub(crate) number: u64,
    /// The index of the event in its slice.
    index: usize,
}

/// An event whose record can be written. The value keeps the opened slice of the event in memory.
#[derive(Clone)]
pub(crate) struct LogEvent<'a> {
    pub(crate) entry: EventEntry,
    origin: EventOrigin<'a>,
}

#[derive(Clone)]
enum EventOrigin<'a> {
    Generated(&'a GeneratedLog, Arc<CachedSlice>),
    Recorded(&'a RecordedEvent),
}

/// An opened slice.
pub(crate) enum LogSlice<'a> {
    Generated(&'a GeneratedLog, Arc<CachedSlice>),
    Recorded(&'a [RecordedEvent]),
}

impl LogSource {
    pub(crate) fn slices_per_hour(&self) -> u64 {
        match self {
            Self::Generated(generated) => generated.profile.slices_per_hour(),
            Self::Recorded(_) => 1,
        }
    }

    /// The length of a slice, in nanoseconds.
    pub(crate) fn slice_length(&self) -> i64 {
        HOUR * MILLISECOND / self.slices_per_hour() as i64
    }

    /// The start of the log, in nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn begin(&self) -> i64 {
        match self {
            Self::Generated(generated) => generated.first_hour as i64 * HOUR * MILLISECOND,
            Self::Recorded(recording) => recording.begin(),
        }
    }

    /// The number of events from the start of an hour to the start of one of its slices. Hours are counted since
    /// 1970-01-01T00:00:00Z, the slices of an hour from 0.
    pub(crate) fn events_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        match self {
            Self::Generated(generated) => generated.profile.events_before(contract, hour, slice),
            Self::Recorded(_) if slice == 0 => 0,
            Self::Recorded(recording) => recording.hour(contract, hour).len() as u64,
        }
    }

    /// Opens a slice, given by its number since 1970-01-01T00:00:00Z.
    pub(crate) fn open(&self, contract: u64, slice: u64, behavior: &Behavior) -> LogSlice<'_> {
        match self {
            Self::Generated(generated) => {
                let key = RandomKey { seed: generated.seed, contract, part: slice };
                let generate = || SliceOutline::generate(key, &generated.profile, behavior.fraction_digits);
                LogSlice::Generated(generated, generated.cache.slice(contract, slice, generate))
            }
            Self::Recorded(recording) => LogSlice::Recorded(recording.hour(contract, slice)),
        }
    }

    /// The contract of the Cloud API request `id`, and the request's events in `span`, oldest first. `None` if the
    /// request has no event in `span`, or if `may_read` rejects the contract.
    pub(crate) fn request(
        &self,
        id: &str,
        may_read: impl Fn(u64) -> bool,
        span: LogSpan,
        behavior: &Behavior,
    ) -> Option<(u64, Vec<LogEvent<'_>>)> {
        let (contract, mut events) = match self {
            Self::Generated(generated) => {
                let id = uuid::Uuid::try_parse(id).ok()?;
                let location = RequestLocation::from_id(id, generated.seed, self.slices_per_hour())?;
                // An identifier from a log with another start or a later clock may name a slice outside this log.
                let slices = span.chunks(self.slice_length());
                if !slices.contains(&location.slice) || !may_read(location.contract) {
                    return None;
                }
                let slice = self.open(location.contract, location.slice, behavior);
                (location.contract, slice.events_of_operation(location.operation))
            }
            Self::Recorded(recording) => {
                let (contract, events) = recording.request(id, may_read)?;
                (contract, events.iter().map(LogEvent::from_recorded).collect())
            }
        };
        events.retain(|event| span.contains(event.entry.time));
        (!events.is_empty()).then_some((contract, events))
    }
}

impl<'a> LogSlice<'a> {
    /// The entries of all events of the slice, in the order of their times. Events of equal time have a fixed order.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = EventEntry> {
        (0..self.len()).map(|index| self.entry(index))
    }

    fn len(&self) -> usize {
        match self {
            Self::Generated(_, slice) => slice.outline.events.len(),
            Self::Recorded(events) => events.len(),
        }
    }

    fn entry(&self, index: usize) -> EventEntry {
        let (time, number) = match self {
            Self::Generated(_, slice) => {
                let event = slice.outline.events[index];
                (event.time, slice.outline.event_number(event))
            }
            Self::Recorded(events) => (events[index].time, events[index].number),
        };
        EventEntry { time, number, index }
    }

    /// The event of an entry, which must belong to this slice.
    pub(crate) fn event(&self, entry: EventEntry) -> LogEvent<'a> {
        let origin = match self {
            Self::Generated(generated, slice) => EventOrigin::Generated(generated, slice.clone()),
            Self::Recorded(events) => EventOrigin::Recorded(&events[entry.index]),
        };
        LogEvent { entry, origin }
    }

    fn events_of_operation(&self, operation: u32) -> Vec<LogEvent<'a>> {
        let outlines: &[EventOutline] = match self {
            Self::Generated(_, slice) => &slice.outline.events,
            Self::Recorded(_) => &[],
        };
        let numbered = outlines.iter().enumerate();
        numbered
            .filter(|(_, event)| event.operation == operation)
            .map(|(index, _)| self.event(self.entry(index)))
            .collect()
    }
}

impl<'a> LogEvent<'a> {
    fn from_recorded(event: &'a RecordedEvent) -> Self {
        let entry = EventEntry { time: event.time, number: event.number, index: 0 };
        Self { entry, origin: EventOrigin::Recorded(event) }
    }

    /// Appends the record as JSON, in its first or in its amended form.
    pub(crate) fn write(&self, amended: bool, behavior: &Behavior, out: &mut Vec<u8>) {
        match &self.origin {
            EventOrigin::Generated(generated, slice) => {
                let index = self.entry.index;
                let write = |out: &mut Vec<u8>| {
                    let blueprint = slice.outline.blueprint(index);
                    blueprint.record(amended, &generated.record_settings(behavior)).write(out);
                };
                if amended {
                    return write(out);
                }
                let cached = generated.cache.record(slice, index, || {
                    let mut record = Vec::with_capacity(TYPICAL_RECORD_BYTES);
                    write(&mut record);
                    record
                });
                match cached {
                    Some(record) => out.extend_from_slice(record),
                    None => write(out),
                }
            }
            EventOrigin::Recorded(event) => out.extend_from_slice(event.text.as_bytes()),
        }
    }
}

impl GeneratedLog {
    fn record_settings<'a>(&self, behavior: &'a Behavior) -> RecordSettings<'a> {
        RecordSettings {
            population: self.population,
            behavior,
            max_operations_per_slice: self.profile.max_events_per_slice(),
            first_slice: self.first_hour * self.profile.slices_per_hour(),
            slices_per_hour: self.profile.slices_per_hour(),
        }
    }
}
