//! Records without a readable time belong to no range, so a service may return one of them for several ranges of a day.
//! A day has each of them once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use chrono::NaiveDate;
use ionos_activitylog::Event;
use ionos_activitylog::internal::UndatedEvents;

use super::lines;
use crate::error::Error;
use crate::manifest::Part;

/// The archived records without a time of some days. The parts of a day are read at its first such record.
#[derive(Debug, Default)]
pub(crate) struct ArchivedUndated {
    parts: HashMap<NaiveDate, Vec<Part>>,
    days: HashMap<NaiveDate, UndatedEvents>,
}

impl ArchivedUndated {
    /// The records of days that have these parts. Other days have no parts.
    pub(crate) fn new(parts: impl IntoIterator<Item = (NaiveDate, Vec<Part>)>) -> Self {
        Self { parts: parts.into_iter().collect(), days: HashMap::new() }
    }

    /// Adds an event to the day whose folder is `folder`. Returns `false` if it has no time and the day has an equal
    /// record with a `@uuid` already.
    pub(crate) fn insert(&mut self, date: NaiveDate, folder: &Path, event: &Event) -> Result<bool, Error> {
        if event.time().is_some() {
            return Ok(true);
        }
        let day = match self.days.entry(date) {
            Entry::Occupied(day) => day.into_mut(),
            Entry::Vacant(vacant) => {
                let mut archived = UndatedEvents::default();
                for part in self.parts.get(&date).into_iter().flatten() {
                    lines::for_each(folder, part, |event| {
                        archived.insert(&event);
                    })?;
                }
                vacant.insert(archived)
            }
        };
        Ok(day.insert(event))
    }
}
