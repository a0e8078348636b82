//! Prevents that records without a readable time are archived repeatedly. Such a record belongs to no range, so a
//! service may return it for several ranges. If the record has a `@uuid`, each day keeps it at most once. If a range is
//! read again, a record that one of the days already has is not added.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use chrono::NaiveDate;
use ionos_activitylog::Event;
use ionos_activitylog::internal::UndatedEvents;

use super::lines;
use crate::digest::Digest;
use crate::error::Error;
use crate::manifest::Part;

/// The archived records of a contract that have no time. The parts are read only when the service returns the first
/// record without a time.
#[derive(Debug, Default)]
pub(crate) struct ArchivedUndated {
    /// The parts that are not read yet, each with its date and the folder of this day.
    parts: Vec<(NaiveDate, PathBuf, Part)>,
    days: HashMap<NaiveDate, UndatedEvents>,
    /// Fingerprints of the archived records of all days.
    archived: HashSet<Digest>,
}

impl ArchivedUndated {
    /// Uses the records of these parts. Each part comes with its date and the folder of this day.
    pub(crate) fn new(parts: impl IntoIterator<Item = (NaiveDate, PathBuf, Part)>) -> Self {
        Self { parts: parts.into_iter().collect(), ..Self::default() }
    }

    /// Whether an event must be added to a day. `false` if the event has no time, and the day already has an equal
    /// record with a `@uuid`. Remembers an event without a time as a record of the day.
    pub(crate) fn insert(&mut self, date: NaiveDate, event: &Event) -> Result<bool, Error> {
        if event.time().is_some() {
            return Ok(true);
        }
        self.read_parts()?;
        Ok(self.days.entry(date).or_default().insert(event))
    }

    /// Whether an event has no time and at least one day of the archive has an equal record.
    pub(crate) fn is_archived(&mut self, event: &Event) -> Result<bool, Error> {
        if event.time().is_some() {
            return Ok(false);
        }
        self.read_parts()?;
        Ok(self.archived.contains(&Digest::from_bytes(event.fingerprint())))
    }

    /// Remembers an event of a range that is read again. Such an event counts as archived: either the archive has the
    /// event already, or this export adds it as a late event. Has no effect if the event has a time.
    pub(crate) fn add_archived(&mut self, event: &Event) {
        if event.time().is_none() {
            self.archived.insert(Digest::from_bytes(event.fingerprint()));
        }
    }

    fn read_parts(&mut self) -> Result<(), Error> {
        for (date, folder, part) in std::mem::take(&mut self.parts) {
            let day = self.days.entry(date).or_default();
            lines::for_each(&folder, &part, |event| {
                if event.time().is_none() {
                    day.insert(&event);
                    self.archived.insert(Digest::from_bytes(event.fingerprint()));
                }
            })?;
        }
        Ok(())
    }
}
