//! Events are drawn from a seed or come from a recording, and whoever pages through them must not care. A source cuts
//! either into slices of time, tells how many events a slice has without looking inside where it can, and opens it
//! where it must.

use crate::log::recording::{Line, Recording};
use crate::switches::Switches;
use crate::world::event::Style;
use crate::world::people::Population;
use crate::world::random::Key;
use crate::world::record::json;
use crate::world::request_id::Place;
use crate::world::rhythm::{HOUR, Rhythm};
use crate::world::slice::{Slice, Slot};

/// Nanoseconds in a millisecond.
const MILLISECOND: i64 = 1_000_000;

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
}

/// An event that is known to exist, and little more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) time: i64,
    /// A number of its own, spread evenly over 64 bits.
    pub(crate) own: u64,
    /// Its index in the slice.
    index: usize,
}

/// A slice that was opened.
pub(crate) enum Block<'a> {
    Drawn(&'a Drawn, Slice),
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

    /// How many events an hour has, given by its number since 1970-01-01T00:00:00Z.
    pub(crate) fn events_of_hour(&self, contract: u64, hour: u64) -> u64 {
        match self {
            Self::Drawn(drawn) => drawn.rhythm.events_of_hour(contract, hour),
            Self::Recorded(recording) => recording.hour(contract, hour).len() as u64,
        }
    }

    /// How many events a slice has.
    pub(crate) fn events_of_slice(&self, contract: u64, slice: u64) -> u64 {
        match self {
            Self::Drawn(drawn) => {
                let (events, bursts) = drawn.rhythm.slice(contract, slice);
                events + bursts.map(|burst| burst.events).sum::<u64>()
            }
            Self::Recorded(recording) => recording.hour(contract, slice).len() as u64,
        }
    }

    /// Opens a slice.
    pub(crate) fn block(&self, contract: u64, slice: u64, switches: &Switches) -> Block<'_> {
        match self {
            Self::Drawn(drawn) => {
                let key = Key {
                    seed: drawn.seed,
                    contract,
                    part: slice,
                };
                Block::Drawn(
                    drawn,
                    Slice::sketch(key, &drawn.rhythm, switches.fraction_digits),
                )
            }
            Self::Recorded(recording) => Block::Recorded(recording.hour(contract, slice)),
        }
    }

    /// The contract of a request and its events, in their order: the time, and the text if it is there as it is.
    /// `None` when nobody made such a request.
    pub(crate) fn request(
        &self,
        id: &str,
        switches: &Switches,
    ) -> Option<(u64, Vec<(i64, String)>)> {
        match self {
            Self::Drawn(drawn) => {
                let id = uuid::Uuid::try_parse(id).ok()?;
                let place = Place::of(id, drawn.seed)?;
                let block = self.block(place.contract, place.slice, switches);
                let events = block.of_operation(place.operation, switches);
                Some((place.contract, events))
            }
            Self::Recorded(recording) => {
                let events = recording.request(id);
                let (contract, ..) = events.first()?;
                let mut own: Vec<(i64, String)> = events
                    .iter()
                    .filter(|(of, ..)| of == contract)
                    .map(|(_, time, text)| (*time, text.clone()))
                    .collect();
                own.sort_by_key(|(time, _)| *time);
                Some((*contract, own))
            }
        }
    }
}

impl Block<'_> {
    /// Its events, in the order of their times; of equal times, in an order that is always the same.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        let (slots, lines): (&[Slot], &[Line]) = match self {
            Self::Drawn(_, slice) => (&slice.slots, &[]),
            Self::Recorded(lines) => (&[], lines),
        };
        let drawn = slots.iter().enumerate().map(|(index, slot)| Entry {
            time: slot.time,
            own: self.own(*slot),
            index,
        });
        let recorded = lines.iter().enumerate().map(|(index, line)| Entry {
            time: line.time,
            own: line.own,
            index,
        });
        drawn.chain(recorded)
    }

    fn own(&self, slot: Slot) -> u64 {
        match self {
            Self::Drawn(_, slice) => slice.own(slot),
            Self::Recorded(_) => 0,
        }
    }

    /// Writes the record of one of its events, as it was at first or as it was amended.
    pub(crate) fn write(
        &self,
        entry: Entry,
        amended: bool,
        switches: &Switches,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Drawn(drawn, slice) => {
                let record =
                    slice.record(slice.slots[entry.index], amended, &drawn.style(switches));
                // Writing to memory does not fail, and neither do the types of a record.
                let _ = serde_json::to_writer(out, &record);
            }
            Self::Recorded(lines) => out.extend_from_slice(lines[entry.index].text.as_bytes()),
        }
    }

    fn of_operation(&self, operation: u32, switches: &Switches) -> Vec<(i64, String)> {
        let Self::Drawn(drawn, slice) = self else {
            return Vec::new();
        };
        let own = slice
            .slots
            .iter()
            .filter(|slot| slot.operation == operation);
        own.map(|slot| {
            (
                slot.time,
                json(&slice.record(*slot, false, &drawn.style(switches))),
            )
        })
        .collect()
    }
}

impl Drawn {
    fn style<'a>(&self, switches: &'a Switches) -> Style<'a> {
        Style {
            population: self.population,
            switches,
            operations_of_a_slice: self.rhythm.most_events_of_a_slice(),
            first_slice: self.first_hour * self.rhythm.slices_of_an_hour(),
        }
    }
}
