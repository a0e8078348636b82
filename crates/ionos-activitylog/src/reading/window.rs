//! Completeness is shown window by window: a closed stretch of time is read until the service's own count agrees with
//! what came, and where it never does, that is said and not passed over.

use std::fmt;

use crate::{DateRange, Error, ErrorKind, Event, Total};

/// A stretch of time that was read, with all of its events.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a window may have a gap"]
pub struct Window {
    /// The stretch of time. Windows of one reading touch and never overlap.
    pub range: DateRange,
    /// The events in it, in the order of their times, those of one time in the order of their ids; each once. An event
    /// without a readable time is where the window begins. Events that a filter leaves out are not here.
    pub events: Vec<Event>,
    /// Events that came although they happened at another time, which is a gap of its own kind. Where they belong to what
    /// is read, they are to come in their own window too.
    pub strays: Vec<Event>,
    /// What the service counted, where all pages of the last scan agreed. In a verified window it is the number of
    /// different ids, unless the service counts hits that it sends twice, or counts so unreliably that the window was
    /// read again until the same events had come often enough.
    pub counted: Option<u64>,
    /// What of it is not proven to be complete; empty in a verified window.
    pub gaps: Vec<Gap>,
    /// How often it was read.
    pub scans: u32,
    /// How many requests that took, retries not counted.
    pub requests: u64,
    /// Hits that came more than once in one scan and are not repeated here.
    pub duplicates: u64,
    /// Events of which several contents came under one id. All of them are here.
    pub amended: u64,
    /// Events that a filter left out.
    pub filtered: u64,
    /// Bytes of all records that came.
    pub bytes: u64,
}

impl Window {
    /// Whether it is proven to be complete.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Fails with [`ErrorKind::Incomplete`] when it is not proven to be complete, and names what is missing.
    pub fn verdict(&self) -> Result<(), Error> {
        verdict(&self.gaps)
    }
}

/// Of gaps that are [`GapReason::Overflow`]: why nobody needs to try again, and what to do.
pub const BEYOND_REACH: [&str; 2] = [
    "asking again brings no more, as no shorter time can be asked for",
    "ask the vendor's support for what is missing",
];

/// Fails when there are gaps.
pub(super) fn verdict(gaps: &[Gap]) -> Result<(), Error> {
    let Some(first) = gaps.first() else {
        return Ok(());
    };
    let others = match gaps.len() - 1 {
        0 => String::new(),
        1 => ", and there is one gap more".to_owned(),
        more => format!(", and there are {more} gaps more"),
    };
    let advice = match gaps.iter().all(|gap| gap.reason == GapReason::Overflow) {
        true => BEYOND_REACH.join("; "),
        false => "what was read is not proven to be all, try again".to_owned(),
    };
    Err(Error::new(ErrorKind::Incomplete, format!("{first}{others}")).with_hint(advice))
}

/// Something that could not be proven to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Where.
    pub range: DateRange,
    /// How many different events came.
    pub seen: u64,
    /// How many the service counts, at the most, as of the last reading; none when it did not say.
    pub total: Option<Total>,
    /// Why.
    pub reason: GapReason,
}

/// Why something could not be proven to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReason {
    /// More events share the shortest time that can be asked for than the service lets one reach.
    Overflow,
    /// However often it was read, the service counted other than it sent.
    Disagreement,
    /// The service sent events that do not belong to the time that was asked for.
    OutsideOfWindow,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { range, seen, .. } = self;
        let events = if *seen == 1 { "event" } else { "events" };
        match self.reason {
            GapReason::Overflow => {
                write!(f, "{range} holds more events than the service lets one reach, {seen} of them came")?
            }
            GapReason::Disagreement => write!(f, "of {range} {seen} {events} came")?,
            GapReason::OutsideOfWindow => write!(f, "of {range} {seen} {events} came, not all of that time,")?,
        }
        match self.total {
            Some(Total { count, exact: true }) => write!(f, " and the service counts {count}"),
            Some(Total { count, .. }) => write!(f, " and the service counts at least {count}"),
            None => f.write_str(" and the service does not say how many there are"),
        }
    }
}
