//! Records that follow one another are alike, and whoever looks through a million of them wants to know little of most:
//! so each is read in one pass that compares it with those before, and an event is made only of what is wanted.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::details::{self, Details, PARTS, Parts};
use super::envelope::Record;
use super::{Event, fit, not_json, read_time};
use crate::Error;
use crate::json::Shapes;

/// What records looked like so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownRecords(Shapes<PARTS>);

/// A record that was read, and of which no event was made yet.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    record: &'a str,
    parts: Parts<'a>,
    fits: bool,
}

impl KnownRecords {
    /// Reads the next record. White space around it is left out. Fails as [`Event::from_json`].
    pub(crate) fn read<'a>(&mut self, text: &'a str) -> Result<Seen<'a>, Error> {
        if let Some(known) = self.0.read(text, 0)
            && known.end == text.len()
        {
            return Ok(Seen { record: text, parts: known.parts, fits: known.fits });
        }
        let record = serde_json::from_str::<&RawValue>(text).map_err(not_json)?;
        let record = record.get();
        let parts = details::parts(record);
        // Where it is not remembered, it is found out if anybody asks.
        let fits = self.0.takes(record) && fit::surely_fits(record);
        self.0.learn(record, &parts, fits);
        Ok(Seen { record, parts, fits })
    }
}

impl<'a> Seen<'a> {
    /// The record's text.
    pub(crate) fn record(&self) -> &'a str {
        self.record
    }

    /// As [`Event::details`].
    pub(crate) fn details(&self) -> Details<'a> {
        Details::of_parts(self.parts)
    }

    /// As [`Event::time`].
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        let [time, ..] = self.parts;
        read_time(time)
    }

    pub(crate) fn event(&self) -> Event {
        let [time, .., uuid] = self.parts;
        let text = self.record;
        Event::of_record(Record { text, time, uuid }, self.fits)
    }
}
