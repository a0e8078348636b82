//! One record of the log. What arrives is what is kept: the record is its bytes, and everything typed is a view
//! that may find fault with them but never changes or drops them.
//!
//! [`Event`] is the bytes, its time and its [`EventId`]; [`Details`] is the view of everything else, with a file for
//! each of its parts; `model` says what a record looks like, `issue` what of one does not, and `fit` whether there is any.

mod action;
mod details;
mod envelope;
mod fault;
mod fit;
mod id;
mod issue;
mod model;
mod multiset;
mod op_class;
mod outcome;
mod principal;
mod resource;
#[cfg(feature = "schemars")]
mod schema;
mod seen;
mod vocabulary;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::json::{self, Shapes, SharedShapes, Walk};
use crate::{Error, ErrorKind};

use envelope::Record;

pub use action::Action;
pub use details::Details;
pub use fault::{EventError, EventErrorMessage};
pub use id::EventId;
pub use issue::Issue;
pub use multiset::EventMultiset;
pub use op_class::OpClass;
pub use outcome::Outcome;
pub use principal::Principal;
pub use resource::Resource;
pub(crate) use seen::{KnownRecords, Seen};
pub(crate) use vocabulary::folded;
pub use vocabulary::{ActionName, EventType, ResourceType, ServiceName, Status};

/// The shapes of hits, with the record in each of them, its time, and its `@uuid`.
type HitShapes = Shapes<3>;

/// Those that were seen by now.
pub(crate) type KnownHits = SharedShapes<3>;

/// One event of the log.
///
/// It is little more than its bytes, and knows its time. Nothing else is parsed before it is asked for, and nothing that
/// was parsed is kept: whoever needs several values asks for [`Event::details`] once.
///
/// ```
/// use ionos_activitylog::{Event, EventType, Outcome};
///
/// let event = Event::from_json(
///     r#"{"@uuid":"c1b9b1b0-7b1b-11e6-9a41-000d3a002f99",
///         "meta":{"time":"2026-11-20T09:14:03.120Z"},
///         "principal":{"identity":{"username":"jane@example.com","contractNumber":31721060}},
///         "event":{"type":"RequestAccepted","status":"QUEUED",
///                  "resources":[{"type":"user","id":"1466","action":["sec.user.create"]}]}}"#,
/// )?;
/// assert_eq!(event.id().to_string(), "u:c1b9b1b0-7b1b-11e6-9a41-000d3a002f99");
/// let details = event.details();
/// assert_eq!(details.event_type(), Some(EventType::REQUEST_ACCEPTED));
/// assert_eq!(details.outcome(), Outcome::Pending);
/// assert_eq!(details.principal().contract.as_deref(), Some("31721060"));
/// assert_eq!(details.resources()[0].actions[0].verb(), "create");
/// assert_eq!(event.field("/event/resources/0/id"), Some("\"1466\""));
/// # Ok::<(), ionos_activitylog::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Event {
    /// One JSON value, without white space around it.
    record: Box<str>,
    /// Why a hit itself is kept as the record, where it is.
    astray: Option<&'static str>,
    /// Whether it was seen that the record fits the model, but for its time.
    fits: bool,
    time: Option<DateTime<Utc>>,
    /// None where it takes the whole record to make one.
    name: Option<EventId>,
}

impl Event {
    /// The event of a hit that a JSON reader has accepted. An envelope without a record is kept whole in its place.
    pub(crate) fn of_hit(hit: &str) -> Self {
        match envelope::record_in(hit) {
            Ok(record) => Self::of_record(record, false),
            Err(reason) => Self::of_stray(hit, reason),
        }
    }

    /// A hit that is kept itself, and why.
    fn of_stray(hit: &str, reason: &'static str) -> Self {
        Self { astray: Some(reason), ..Self::of_record(Record::of(hit), false) }
    }

    /// The event of the next hit; none where that is no JSON. Shapes that are not known yet are learned.
    pub(crate) fn of_next_hit(walk: &mut Walk<'_>, shapes: &mut Arc<HitShapes>) -> Option<Self> {
        if let Some(known) = walk.known(shapes) {
            let [text, time, uuid] = known.parts;
            return Some(Self::of_record(Record { text: text?, time, uuid }, known.fits));
        }
        let hit = walk.value()?.get();
        let record = match envelope::record_in(hit) {
            Ok(record) => record,
            Err(reason) => return Some(Self::of_stray(hit, reason)),
        };
        let fits = fit::surely_fits(record.text);
        if shapes.takes(hit) {
            let Record { text, time, uuid } = record;
            Arc::make_mut(shapes).learn(hit, &[Some(text), time, uuid], fits);
        }
        Some(Self::of_record(record, fits))
    }

    fn of_record(Record { text, time, uuid }: Record<'_>, fits: bool) -> Self {
        Self { record: text.into(), astray: None, fits, time: read_time(time), name: named(uuid) }
    }

    /// An event from its record, such as [`Event::raw`] gave it. Any JSON value will do; what does not fit the model of
    /// an event is in [`Event::issues`]. White space around the record is left out.
    ///
    /// Fails with [`ErrorKind::Configuration`] for text that is not one JSON value.
    pub fn from_json(record: impl Into<String>) -> Result<Self, Error> {
        let record = RawValue::from_string(record.into()).map_err(not_json)?;
        let Record { time, uuid, .. } = Record::of(record.get());
        Ok(Self { time: read_time(time), name: named(uuid), astray: None, fits: false, record: record.into() })
    }

    /// The record's JSON text, byte for byte as the service sent it. Costs nothing.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.record
    }

    /// When it happened (`/meta/time`); none when the record has no time or one that cannot be read as RFC 3339. Given
    /// in UTC, whatever offset it was written with.
    #[must_use]
    pub fn time(&self) -> Option<DateTime<Utc>> {
        self.time
    }

    /// What the event is known by: see [`EventId`]. Unique within a contract. Where the record has no identifier, it is
    /// hashed each time.
    #[must_use]
    pub fn id(&self) -> EventId {
        let of_content = || EventId::of_content(self.fingerprint());
        self.name.clone().unwrap_or_else(of_content)
    }

    /// The SHA-256 of the canonical record, so that two records of one id can be told apart: the service may have
    /// amended one.
    ///
    /// The canonical record has no white space; the members of its objects are ordered by the code points of their
    /// keys, and none are merged; strings are spelled as RFC 8785 does, and numbers as they were written. So neither
    /// the order of keys, nor white space, nor the spelling of a string changes it, and everything else does. Inside
    /// of more than 128 levels of objects and lists, the order of keys counts.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        hmac_sha256::Hash::hash(self.canonical().as_bytes())
    }

    /// The text that [`Event::fingerprint`] is made from.
    pub(crate) fn canonical(&self) -> String {
        json::canonical(self.raw())
    }

    /// The exact JSON text at a place of the record, named by a JSON pointer (RFC 6901) such as `/event/param/uri`;
    /// the empty pointer names the record itself. None where there is nothing, and for text that is no pointer. Of a
    /// key that occurs twice in an object, the last counts.
    #[must_use]
    pub fn field(&self, pointer: &str) -> Option<&str> {
        json::at(self.raw(), pointer)
    }

    /// The typed view. It borrows from the event; the record's objects are gone through once, here.
    #[must_use]
    pub fn details(&self) -> Details<'_> {
        Details::of(self.raw())
    }

    /// What does not fit the model of an event, 100 findings at the most; empty for a record that fits. Members that
    /// the model does not know are no issue.
    #[must_use]
    pub fn issues(&self) -> Vec<Issue> {
        match self.astray {
            Some(reason) => vec![Issue::whole(reason)],
            None if self.time.is_some() && (self.fits || fit::surely_fits(self.raw())) => Vec::new(),
            None => issue::of(self.raw()),
        }
    }
}

fn not_json(error: serde_json::Error) -> Error {
    let detail = format!("the record is not JSON: {error}");
    Error::new(ErrorKind::Configuration, detail).with_source(error)
}

/// The identifier that a record brings along.
fn named(uuid: Option<&str>) -> Option<EventId> {
    uuid.and_then(EventId::of_uuid)
}

fn read_time(value: Option<&str>) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(&text(value)?).ok()?;
    Some(time.to_utc())
}

/// What a member says; none where it is missing or neither a string nor a number.
fn text(value: Option<&str>) -> Option<Cow<'_, str>> {
    json::scalar(value?)
}

#[cfg(test)]
mod tests;
