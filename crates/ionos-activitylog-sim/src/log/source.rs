//! Events are drawn from a seed or come from a recording, and whoever pages through them must not care. A source cuts
//! either into slices of time, tells how many events a slice has without looking inside where it can, and opens it
//! where it must.

use std::sync::Arc;

use crate::log::kept::{Kept, Opened};
use crate::log::recording::{Line, Recording};
use crate::log::span::Span;
use crate::switches::Switches;
use crate::world::event::Style;
use crate::world::people::Population;
use crate::world::random::Key;
use crate::world::request_id::Place;
use crate::world::rhythm::{HOUR, MILLISECOND, Rhythm};
use crate::world::slice::{Slice, Slot};

/// Most records have fewer bytes.
const USUAL_BYTES: usize = 1024;

/// Where events come from.
pub(crate) enum Source {
    Drawn(Drawn),
    Recorded(Recording),
}

/// Events drawn from a seed.
pub(crate) struct Drawn {
    pub(crate) seed: u64,
    pub(crate) rhythm: Rhythm,
    pub(crate) population: Population,
    /// The hour since 1970-01-01T00:00:00Z in which the log begins.
    pub(crate) first_hour: u64,
    pub(crate) kept: Kept,
}

/// An event that is known to exist, and little more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// The event's number, which no other event shares, spread evenly over 64 bits.
    pub(crate) number: u64,
    /// Its index in the slice.
    index: usize,
}

/// An event whose record can be written, whatever became of the slice that it was found in.
#[derive(Clone)]
pub(crate) struct Event<'a> {
    pub(crate) entry: Entry,
    origin: Origin<'a>,
}

#[derive(Clone)]
enum Origin<'a> {
    Drawn(&'a Drawn, Arc<Opened>),
    Recorded(&'a Line),
}

/// A slice that was opened.
pub(crate) enum Block<'a> {
    Drawn(&'a Drawn, Arc<Opened>),
    Recorded(&'a [Line]),
}

impl Source {
    /// How many slices an hour has.
    pub(crate) fn slices_of_an_hour(&self) -> u64 {
        match self {
            Self::Drawn(drawn) => drawn.rhythm.slices_of_an_hour(),
            Self::Recorded(_) => 1,
        }
    }

    /// Nanoseconds in a slice.
    pub(crate) fn slice_length(&self) -> i64 {
        HOUR * MILLISECOND / self.slices_of_an_hour() as i64
    }

    /// When the log begins, in nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn begin(&self) -> i64 {
        match self {
            Self::Drawn(drawn) => drawn.first_hour as i64 * HOUR * MILLISECOND,
            Self::Recorded(recording) => recording.begin(),
        }
    }

    /// How many events of an hour belong to the slices before one of them. The hour is given by its number since
    /// 1970-01-01T00:00:00Z, the slices of an hour are counted from 0.
    pub(crate) fn events_before(&self, contract: u64, hour: u64, slice: u64) -> u64 {
        match self {
            Self::Drawn(drawn) => drawn.rhythm.events_before(contract, hour, slice),
            Self::Recorded(_) if slice == 0 => 0,
            Self::Recorded(recording) => recording.hour(contract, hour).len() as u64,
        }
    }

    /// Opens a slice.
    pub(crate) fn block(&self, contract: u64, slice: u64, switches: &Switches) -> Block<'_> {
        match self {
            Self::Drawn(drawn) => {
                let key = Key { seed: drawn.seed, contract, part: slice };
                let sketch = || Slice::sketch(key, &drawn.rhythm, switches.fraction_digits);
                Block::Drawn(drawn, drawn.kept.slice(contract, slice, sketch))
            }
            Self::Recorded(recording) => Block::Recorded(recording.hour(contract, slice)),
        }
    }

    /// The contract of a request, which must be one that may be read, and those of its events that happened in the known
    /// part of the log, in their order. `None` when nobody made such a request.
    pub(crate) fn request(
        &self,
        id: &str,
        may_read: impl Fn(u64) -> bool,
        known: Span,
        switches: &Switches,
    ) -> Option<(u64, Vec<Event<'_>>)> {
        let (contract, mut events) = match self {
            Self::Drawn(drawn) => {
                let id = uuid::Uuid::try_parse(id).ok()?;
                let place = Place::of(id, drawn.seed, self.slices_of_an_hour())?;
                // An identifier of a log with another begin or of a later time may name any slice.
                let slices = known.stretches(self.slice_length());
                if !slices.contains(&place.slice) || !may_read(place.contract) {
                    return None;
                }
                let block = self.block(place.contract, place.slice, switches);
                (place.contract, block.of_operation(place.operation))
            }
            Self::Recorded(recording) => {
                let (contract, lines) = recording.request(id, may_read)?;
                (contract, lines.iter().map(Event::recorded).collect())
            }
        };
        events.retain(|event| known.holds(event.entry.time));
        (!events.is_empty()).then_some((contract, events))
    }
}

impl<'a> Block<'a> {
    /// Its events, in the order of their times; of equal times, in an order that is always the same.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = Entry> {
        (0..self.len()).map(|index| self.entry(index))
    }

    fn len(&self) -> usize {
        match self {
            Self::Drawn(_, opened) => opened.slice.slots.len(),
            Self::Recorded(lines) => lines.len(),
        }
    }

    fn entry(&self, index: usize) -> Entry {
        let (time, number) = match self {
            Self::Drawn(_, opened) => {
                let slot = opened.slice.slots[index];
                (slot.time, opened.slice.number(slot))
            }
            Self::Recorded(lines) => (lines[index].time, lines[index].number),
        };
        Entry { time, number, index }
    }

    /// One of its events.
    pub(crate) fn event(&self, entry: Entry) -> Event<'a> {
        let origin = match self {
            Self::Drawn(drawn, opened) => Origin::Drawn(drawn, opened.clone()),
            Self::Recorded(lines) => Origin::Recorded(&lines[entry.index]),
        };
        Event { entry, origin }
    }

    fn of_operation(&self, operation: u32) -> Vec<Event<'a>> {
        let slots: &[Slot] = match self {
            Self::Drawn(_, opened) => &opened.slice.slots,
            Self::Recorded(_) => &[],
        };
        let numbered = slots.iter().enumerate();
        numbered
            .filter(|(_, slot)| slot.operation == operation)
            .map(|(index, _)| self.event(self.entry(index)))
            .collect()
    }
}

impl<'a> Event<'a> {
    fn recorded(line: &'a Line) -> Self {
        let entry = Entry { time: line.time, number: line.number, index: 0 };
        let origin = Origin::Recorded(line);
        Self { entry, origin }
    }

    /// Writes its record, as it was at first or as it was amended.
    pub(crate) fn write(&self, amended: bool, switches: &Switches, out: &mut Vec<u8>) {
        match &self.origin {
            Origin::Drawn(drawn, opened) => {
                let index = self.entry.index;
                let write = |out: &mut Vec<u8>| {
                    let sketched = opened.slice.event(index);
                    sketched.record(amended, &drawn.style(switches)).write(out);
                };
                if amended {
                    return write(out);
                }
                let kept = drawn.kept.record(opened, index, || {
                    let mut record = Vec::with_capacity(USUAL_BYTES);
                    write(&mut record);
                    record
                });
                match kept {
                    Some(record) => out.extend_from_slice(record),
                    None => write(out),
                }
            }
            Origin::Recorded(line) => out.extend_from_slice(line.text.as_bytes()),
        }
    }
}

impl Drawn {
    fn style<'a>(&self, switches: &'a Switches) -> Style<'a> {
        Style {
            population: self.population,
            switches,
            operations_of_a_slice: self.rhythm.most_events_of_a_slice(),
            first_slice: self.first_hour * self.rhythm.slices_of_an_hour(),
            slices_of_an_hour: self.rhythm.slices_of_an_hour(),
        }
    }
}
