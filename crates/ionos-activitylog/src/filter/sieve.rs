//! An archive holds a million records, of which somebody wants a few hundred: most of the time goes into reading those
//! that are left out. A sieve makes no event of them.

use chrono::{DateTime, Utc};

use super::Filter;
use crate::event::{KnownRecords, Seen};
use crate::{Error, Event};

/// A filter at work on one record after another: see [`Filter::sieve`]. It learns what records look like on the way, so
/// one that is used for many is quicker than many. Clones learn each for themselves.
#[derive(Clone, Debug)]
pub struct Sieve {
    filter: Filter,
    known: KnownRecords,
}

/// A record that was tested. No event was made of it yet.
#[derive(Clone, Debug)]
pub struct Sifted<'a> {
    seen: Seen<'a>,
    kept: bool,
}

impl Filter {
    /// This filter, for records that are not events yet.
    ///
    /// ```
    /// use ionos_activitylog::Filter;
    ///
    /// let mut sieve = Filter::parse(["status=DONE"])?.sieve();
    /// let record = r#"{"meta":{"time":"2026-11-20T09:14:03Z"},"event":{"status":"DONE"}}"#;
    /// let sifted = sieve.sift(record)?;
    /// assert!(sifted.is_kept());
    /// assert_eq!(sifted.event().raw(), record);
    /// # Ok::<(), ionos_activitylog::Error>(())
    /// ```
    #[must_use]
    pub fn sieve(&self) -> Sieve {
        Sieve { filter: self.clone(), known: KnownRecords::default() }
    }
}

impl Sieve {
    /// Tests a record, such as [`Event::raw`] gave it. White space around it is left out.
    ///
    /// Fails with [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for text that is not one JSON value.
    pub fn sift<'a>(&mut self, record: &'a str) -> Result<Sifted<'a>, Error> {
        let seen = self.known.read(record)?;
        let kept = self.filter.is_empty() || self.filter.holds(seen.record(), &seen.details());
        Ok(Sifted { seen, kept })
    }
}

impl Sifted<'_> {
    /// Whether the filter keeps it, as [`Filter::matches`] says of its event.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// When it happened: as [`Event::time`].
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.seen.time()
    }

    /// The event of the record.
    #[must_use]
    pub fn event(&self) -> Event {
        self.seen.event()
    }
}
